// Draws the batches of an epoch: clips of consecutive fragments, for each fragment the true next
// one and wrong answers. The same (seed, epoch) gives the same batches, so that a resumed run
// sees what the unbroken one would have seen.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "features/fragment_set.hpp"
#include "features/manifest.hpp"
#include "training/training_request.hpp"

namespace segue {

// Where a fragment of a batch comes from.
struct FragmentOrigin {
  std::size_t song = 0;  // number of its song, as songs_of() counts
  std::size_t clip = 0;  // number of its clip within the batch
  float position = 0;    // of its middle in its track, 0 … 1
};

// One batch. Fragments are numbered within it; -1 stands for none.
struct TrainingBatch {
  Hop guard = 0;                        // frames that were hidden at both edges
  std::vector<LogMel> fragments;        // augmented
  std::vector<FragmentOrigin> origins;  // of the first fragments; those beyond are extreme cases
  std::size_t queries = 0;
  std::size_t history = 0;               // context - 1
  std::size_t width = 0;                 // 1 + negatives_same + negatives_other + extremes
  std::size_t same = 0;                  // columns 1 … same hold negatives of the same track
  std::size_t extremes = 0;              // the last columns
  std::vector<std::int64_t> past;        // [queries × history], oldest first
  std::vector<std::int64_t> playing;     // [queries]
  std::vector<std::int64_t> candidates;  // [queries × width], column 0 is the true next one
};

// The songs of one side in the order in which its tracks name them.
std::vector<std::string> songs_of(const Manifest& manifest, Side side);

// What a pretrained encoder makes of a fragment of a track. Any thread.
using EmbeddingOf =
    std::function<std::vector<float>(const FeatureFile& track, const FragmentSpan& span, Hop guard)>;

class Sampler {
 public:
  // augment: false shows the side as it is (for validation). Throws Error(input) if no track of
  // the side has three fragments.
  Sampler(const Manifest& manifest, Side side, const Recipe& recipe, std::uint64_t seed, bool augment);

  // Fragments then carry their embeddings. The recipe must not change them (Recipe::use_pretrained()).
  void embed_by(EmbeddingOf embedding) { embedding_ = std::move(embedding); }

  // Prepares epoch `epoch` and returns how many batches it has.
  std::size_t begin_epoch(std::uint64_t epoch);
  // Batch `number` of that epoch, made on up to `threads` threads. Depends on nothing else.
  TrainingBatch batch(std::size_t number, std::size_t threads) const;

 private:
  struct Clip {
    std::size_t track;
    std::size_t first;  // in cuts_[track]
    std::size_t count;
  };
  struct Piece;  // where a fragment of a batch comes from

  std::vector<FragmentSpan> cut_otherwise(std::size_t track, Random& random);
  std::vector<Clip> cut_clips(Random& random) const;
  void place_clip(const Clip& clip, Hop guard, Random& random, std::vector<Piece>& pieces) const;
  void ask(std::span<const Clip> clips, Random& random, std::vector<Piece>& pieces,
           TrainingBatch& batch) const;
  std::int64_t extreme(std::size_t next, std::span<const Clip> clips, std::size_t own_clip,
                       Random& random, std::vector<Piece>& pieces) const;
  LogMel read(const Piece& piece, Hop guard) const;
  template <class Meant>
  std::vector<std::int64_t> pieces_of(std::span<const Clip> clips, const Meant& meant) const;
  static void drop_harmless_extremes(TrainingBatch& batch);

  // 0 where the system has no such setting.
  double setting(const char* name) const { return settings_.value(name, 0.0); }
  std::size_t count(const char* name) const { return settings_.value(name, std::size_t{0}); }

  nlohmann::json settings_;
  std::uint64_t seed_;
  bool augment_;
  std::vector<ManifestTrack> tracks_;  // of this side, with three fragments or more
  std::vector<std::shared_ptr<const FeatureFile>> features_;
  std::vector<std::size_t> songs_;  // of each track
  EmbeddingOf embedding_;
  std::vector<std::vector<float>> onsets_;       // of each track, where cuts move to them
  std::vector<std::vector<FragmentSpan>> cuts_;  // of each track, in this epoch
  std::vector<bool> at_moments_;                 // of each track, whether these lie at beats or onsets
  std::vector<Clip> clips_;                      // of the epoch
  std::uint64_t epoch_seed_ = 0;
};

}  // namespace segue
