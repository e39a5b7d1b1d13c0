#include "index_growth_decision.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <numeric>

#include "base/random.hpp"
#include "index_growth_clock.hpp"
#include "library/library.hpp"
#include "model/registry.hpp"

namespace segue {
namespace {

constexpr Hop kLength = 129;
constexpr std::size_t kFragments = 2048, kNearest = 50;

// Of this core: other programs do not count.
double milliseconds(const std::function<void()>& act) {
  const double begin = core_milliseconds();
  act();
  return core_milliseconds() - begin;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

}  // namespace

void tell_decision(const std::filesystem::path& library_folder, const std::filesystem::path& weights) {
  Library library(library_folder);
  FragmentSet set;
  for (const LibraryTrack& track : library.tracks({})) {
    const auto features = library.features(track);
    const std::size_t number = set.add_track(features);
    for (Hop start = 0; start + kLength <= features->hops() && set.size() < kFragments; start += kLength)
      set.add(number, {start, kLength});
  }
  std::vector<std::size_t> all(set.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto model = load_model(weights.native());
  const auto session = model->open_session(set, 0, 1);
  const double entries = milliseconds([&] { session->entries(all); });
  std::vector<double> exits, known, unknown;
  Random random(1);
  std::vector<float> scores(kNearest);
  for (std::size_t i = 0; i < 60; ++i) {
    const std::size_t playing[] = {i * 7};
    random.shuffle(std::span(all));
    const std::span some = std::span(all).first(kNearest);
    const auto fresh = model->open_session(set, 0, 1);
    fresh->exit(playing);
    unknown.push_back(milliseconds([&] { fresh->score(playing, some, scores); }));
    exits.push_back(milliseconds([&] { session->exit(playing); }));
    known.push_back(milliseconds([&] { session->score(playing, some, scores); }));
  }
  std::printf(
      "hearing a fragment %.2f ms; exit %.2f ms; telling %zu apart %.1f ms, never heard before %.1f "
      "ms\n",
      entries / static_cast<double>(all.size()), median(exits), kNearest, median(known),
      median(unknown));
}

}  // namespace segue
