// What a sketch of a blend costs and tells beside the same blend as sound: between random bars of tracks
// of the validation side of a split, how long both take, how critics' odds of both go together, and how
// much of what critics say lies in the places and not in the pair of tracks. And for how much of a blend
// both tracks are busy at once (blend_sketch.hpp), in all ways and in those that critics take.
//
// sketches SPLIT MUSIC…   (analyzed before: segue analyze)
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>

#include "bar_place.hpp"
#include "base/paths.hpp"
#include "base/random.hpp"
#include "features/split.hpp"
#include "judge/join_chooser.hpp"
#include "library/library.hpp"
#include "planning/meeting.hpp"
#include "planning/seam_ear.hpp"

namespace segue {
namespace {

constexpr std::size_t kMeetings = 160;
constexpr Seconds kRoom{20};
constexpr Seconds kKind{12};
constexpr double kTarget = -16;

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Sum of products of what two differ by from their means.
double products(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean(a), mean_b = mean(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum;
}

double seconds_of(const auto& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

std::vector<LibraryTrack> validation_side(Library& library, const Split& split,
                                          const std::vector<std::filesystem::path>& music) {
  std::vector<LibraryTrack> tracks = library.tracks(music);
  std::erase_if(tracks, [&](const LibraryTrack& track) {
    return split.side_of(track.record.id, track.file.stem()) != Side::validation;
  });
  return tracks;
}

void measure(const std::filesystem::path& split, const std::vector<std::filesystem::path>& music) {
  Library library(user_data_folder());
  MixConfig cutting;
  cutting.segmentation = Segmentation::parse("bars");
  const std::vector<LibraryTrack> tracks = validation_side(library, Split::read(split), music);
  const FragmentPool pool(cutting, library, tracks);
  const std::vector<PlanSource> sources = sources_of(pool);
  const auto critics = require_critics(kKind);
  const auto place = [&](std::size_t fragment, bool leaves, double gain) {
    return bar_place(pool, sources, fragment, leaves, gain, kRoom);
  };
  Random random(1);
  double sketching = 0, sounding = 0;
  std::vector<double> of_sketches, of_sounds, busy;
  std::map<std::pair<std::size_t, std::size_t>, std::pair<double, double>> taken;  // odds, busy
  std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> of_pairs;  // the best way of each
  for (std::size_t meetings = 0; meetings < kMeetings;) {
    const std::size_t a = random.below(pool.fragments().size()),
                      b = random.below(pool.fragments().size());
    const std::size_t from = pool.fragments()[a].track, to = pool.fragments()[b].track;
    if (from == to) continue;
    const auto [gain_a, gain_b] = gains_between(pool, a, b, kTarget, kRoom);
    const Meeting meeting(place(a, true, gain_a), place(b, false, gain_b), kKind);
    const std::size_t first = busy.size();
    std::vector<SeamWindow> sketches, sounds;
    for (const Proposal& way : meeting.proposals({.leave_early = false, .lengths = {kKind}})) {
      if (set_for({critics}, way.duration()) == nullptr) continue;
      BlendSketch sketch;
      sketching += seconds_of([&] { sketch = meeting.sketch(way, kKind); });
      sketches.push_back(std::move(sketch.window));
      const BandFade& middle = way.transition.blend.mid;
      busy.push_back(sketch.both_busy / to_seconds(middle.end - middle.begin, Meeting::kRate));
      sounding += seconds_of([&] { sounds.push_back(meeting.hear(way, kKind)); });
    }
    if (sketches.empty()) continue;
    ++meetings;
    const std::vector<float> sketched = critics->odds(sketches), heard = critics->odds(sounds);
    of_sketches.insert(of_sketches.end(), sketched.begin(), sketched.end());
    of_sounds.insert(of_sounds.end(), heard.begin(), heard.end());
    of_pairs[{from, to}].push_back(*std::min_element(heard.begin(), heard.end()));
    for (std::size_t i = 0; i < heard.size(); ++i) {
      const double odds = static_cast<double>(heard[i]);
      const auto [best, is_new] = taken.try_emplace({from, to}, odds, busy[first + i]);
      if (!is_new && odds < best->second.first) best->second = {odds, busy[first + i]};
    }
  }
  const auto count = static_cast<double>(of_sounds.size());
  std::vector<double> all;
  double within = 0;
  for (const auto& [pair, odds] : of_pairs) {
    if (odds.size() < 3) continue;
    all.insert(all.end(), odds.begin(), odds.end());
    within +=
        products(odds, odds) * static_cast<double>(odds.size()) / static_cast<double>(odds.size() - 1);
  }
  std::printf("%zu blends of up to %g s: %.2f ms a sketch, %.1f ms as sound (%.0f times as long)\n",
              of_sounds.size(), kKind.count(), 1e3 * sketching / count, 1e3 * sounding / count,
              sounding / sketching);
  std::printf("critics' odds of both: correlation %.3f\n",
              products(of_sketches, of_sounds) /
                  std::sqrt(products(of_sketches, of_sketches) * products(of_sounds, of_sounds)));
  std::vector<double> of_taken;
  for (const auto& [pair, best] : taken) of_taken.push_back(best.second);
  std::printf(
      "both tracks are busy at once for %.3f of the time in which the middle fades, of the way that "
      "critics take in each pair for %.3f; correlation with their odds %.3f\n",
      mean(busy), mean(of_taken),
      products(busy, of_sounds) / std::sqrt(products(busy, busy) * products(of_sounds, of_sounds)));
  std::printf("of their variance %.2f lies within pairs of tracks\n", within / products(all, all));
}

}  // namespace
}  // namespace segue

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "sketches SPLIT MUSIC…\n";
    return 2;
  }
  try {
    segue::measure(argv[1], std::vector<std::filesystem::path>(argv + 2, argv + argc));
  } catch (const std::exception& error) {
    std::cerr << "sketches: " << error.what() << '\n';
    return 1;
  }
}
