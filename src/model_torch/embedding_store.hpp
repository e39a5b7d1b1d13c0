// What a pretrained encoder made of fragments, on disk, so that another run or command need not ask it
// again. One safetensors file per track, in a folder of the encoder's own, whatever the segmentation:
//
// Tensors: `fragments` i64 [n × 3], start and length (hops) and guard (frames) of each, ascending;
//          `heard` u8 [n × 16], hash of the log-mel frames that it shows;
//          `embeddings` f32 [n × D].
// Metadata: what the embeddings come from, as the store is told; `track` (id); `content`, hash of the
// tensors.
//
// It only saves time: a file that is missing, damaged or of another origin is as good as none and is
// made again; where nothing can be written, nothing is kept. Files are replaced whole, so any number of
// processes may share a folder: at worst one's fragments displace another's, who then hears them again.
// Internal to model_torch.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <compare>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/content_hash.hpp"
#include "features/geometry.hpp"

namespace segue {

class EmbeddingStore {
 public:
  struct Fragment {
    FragmentSpan span;
    Hop guard = 0;
    ContentHash heard;  // of the log-mel frames that it shows: other features are another fragment
  };

  // folder: made with its first file. origin: what must be the same for embeddings to be the same; not
  // "track" nor "content". width: D.
  EmbeddingStore(std::filesystem::path folder, std::map<std::string, std::string> origin,
                 std::int64_t width);
  ~EmbeddingStore();  // write()
  EmbeddingStore(const EmbeddingStore&) = delete;
  EmbeddingStore& operator=(const EmbeddingStore&) = delete;

  // Of what lies on disk. Any thread.
  std::optional<std::vector<float>> find(const TrackId& track, const Fragment& fragment) const;
  // Keeps it for the next write(), which comes by itself every half minute. Any thread.
  void add(const TrackId& track, const Fragment& fragment, std::vector<float> embedding);
  // Every track that has something new. Any thread.
  void write() noexcept;

 private:
  using Place = std::array<Hop, 3>;  // start, length, guard
  struct Row {
    ContentHash heard;
    std::vector<float> embedding;
  };
  using Rows = std::map<Place, Row>;
  class Saved;

  static Place place_of(const Fragment& fragment);
  std::filesystem::path file_of(const TrackId& track) const;
  std::unique_ptr<const Saved> open(const TrackId& track) const;  // null: as good as none
  void write_file(const TrackId& track, Rows rows) const;         // throws Error(output)

  const std::filesystem::path folder_;
  const std::map<std::string, std::string> origin_;
  const std::int64_t width_;
  mutable std::mutex mutex_;
  mutable std::map<TrackId, std::unique_ptr<const Saved>> saved_;  // of the tracks asked for
  std::map<TrackId, Rows> fresh_;                                  // not yet written
  std::chrono::steady_clock::time_point written_;
  std::mutex writing_;
  std::atomic<bool> writable_{true};
};

}  // namespace segue
