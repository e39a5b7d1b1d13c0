#include "index_growth_embeddings.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/progress.hpp"
#include "base/random.hpp"
#include "base/safetensors.hpp"
#include "library/library.hpp"
#include "model/registry.hpp"

namespace segue {
namespace {

constexpr Hop kLength = 129;
constexpr std::size_t kQuestions = 200;

// Entries track by track, and where each track begins.
struct Heard {
  Embeddings embeddings;
  std::vector<std::size_t> first;
};

Heard hear(const std::filesystem::path& library_folder, const std::filesystem::path& weights,
           std::size_t most) {
  Library library(library_folder);
  std::vector<std::shared_ptr<const FeatureFile>> tracks;
  Hop hops = 0;
  for (const LibraryTrack& track : library.tracks({})) {
    tracks.push_back(library.features(track));
    hops += std::max<Hop>(0, tracks.back()->hops() - kLength);
  }
  const Hop step = std::max<Hop>(1, hops / static_cast<Hop>(most));
  const auto model = load_model(weights.native());
  Heard heard;
  Random random(1);
  Progress progress("hearing", static_cast<double>(hops / step), "fragments");
  for (const auto& track : tracks) {
    FragmentSet set;
    set.add_track(track);
    for (Hop start = 0; start + kLength <= track->hops(); start += step) set.add(0, {start, kLength});
    if (set.size() == 0) continue;
    const auto session = model->open_session(set, 0, 1);
    heard.embeddings.width = session->embedding_size();
    std::vector<std::size_t> all(set.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    heard.first.push_back(heard.embeddings.entries.size() / heard.embeddings.width);
    for (std::size_t i = 0; i < all.size(); i += 512) {
      const auto some = std::span(all).subspan(i, std::min<std::size_t>(512, all.size() - i));
      const std::vector<float> rows = session->entries(some);
      heard.embeddings.entries.insert(heard.embeddings.entries.end(), rows.begin(), rows.end());
      progress.advance(static_cast<double>(some.size()));
    }
    for (std::size_t i = 0; i < 1 + kQuestions / tracks.size(); ++i) {
      const std::size_t playing[] = {random.below(set.size())};
      const std::vector<float> exit = session->exit(playing);
      heard.embeddings.exits.insert(heard.embeddings.exits.end(), exit.begin(), exit.end());
    }
  }
  heard.embeddings.real = heard.embeddings.entries.size() / heard.embeddings.width;
  return heard;
}

void add_more(Heard& heard, std::size_t count) {
  Embeddings& all = heard.embeddings;
  Random random(2);
  all.entries.reserve(count * all.width);
  while (all.entries.size() < count * all.width) {
    const std::size_t track = random.below(heard.first.size());
    const std::size_t begin = heard.first[track];
    const std::size_t end = track + 1 < heard.first.size() ? heard.first[track + 1] : all.real;
    const std::size_t from = begin + random.below(end - begin), a = begin + random.below(end - begin),
                      b = begin + random.below(end - begin);
    for (std::size_t k = 0; k < all.width; ++k) {
      const auto number = [&](std::size_t row) { return all.entries[row * all.width + k]; };
      all.entries.push_back(number(from) + 0.25f * (number(a) - number(b)));
    }
  }
}

// Rows in random order, so that the first n are as varied as all.
void shuffle(Embeddings& all) {
  Random random(3);
  const std::size_t width = all.width;
  for (std::size_t i = all.entries.size() / width; i > 1; --i) {
    float* const one = all.entries.data() + (i - 1) * width;
    std::swap_ranges(one, one + width, all.entries.data() + random.below(i) * width);
  }
}

}  // namespace

Embeddings embeddings_of(const std::filesystem::path& library, const std::filesystem::path& weights,
                         std::size_t count, const std::filesystem::path& cache) {
  if (std::filesystem::exists(cache)) {
    const SafetensorsFile file = SafetensorsFile::open(cache);
    return {static_cast<std::size_t>(file.tensor("exits", DType::f32).shape[1]),
            std::stoul(file.metadata().at("real")), file.floats("entries"), file.floats("exits")};
  }
  Heard heard = hear(library, weights, count);
  add_more(heard, count);
  shuffle(heard.embeddings);
  const Embeddings& all = heard.embeddings;
  const auto shape = [&](const std::vector<float>& rows) {
    return std::vector<std::int64_t>{static_cast<std::int64_t>(rows.size() / all.width),
                                     static_cast<std::int64_t>(all.width)};
  };
  const NamedTensor tensors[] = {
      {"entries", DType::f32, shape(all.entries), std::as_bytes(std::span(all.entries))},
      {"exits", DType::f32, shape(all.exits), std::as_bytes(std::span(all.exits))}};
  write_safetensors(cache, tensors, {{"real", std::to_string(all.real)}});
  return std::move(heard.embeddings);
}

}  // namespace segue
