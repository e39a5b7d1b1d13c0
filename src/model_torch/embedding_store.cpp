#include "model_torch/embedding_store.hpp"

#include <cstring>
#include <span>

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "base/safetensors.hpp"

namespace segue {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kInterval{30};  // of hearing that a kill may lose
constexpr std::int64_t kHashBytes = sizeof(ContentHash::bytes);

// The tensors one after the other.
std::string content_hash(std::initializer_list<std::span<const std::byte>> tensors) {
  ContentHasher hasher;
  for (const auto bytes : tensors) hasher.update(bytes);
  return hasher.digest().hex();
}

}  // namespace

// One track's file, found sound. Its rows stay in the file until they are asked for.
class EmbeddingStore::Saved {
 public:
  // Throws Error(input) if it is not what the store would have written.
  Saved(const std::filesystem::path& path, std::map<std::string, std::string> origin, std::int64_t width)
      : file_(SafetensorsFile::open(path)),
        width_(static_cast<std::size_t>(width)),
        heard_(file_.tensor("heard", DType::u8)),
        embeddings_(file_.tensor("embeddings", DType::f32)) {
    const TensorView& fragments = file_.tensor("fragments", DType::i64);
    origin["content"] = content_hash({fragments.bytes, heard_.bytes, embeddings_.bytes});
    const std::int64_t count = fragments.shape.empty() ? -1 : fragments.shape[0];
    using Shape = std::vector<std::int64_t>;
    if (file_.metadata() != origin || fragments.shape != Shape{count, 3} ||
        heard_.shape != Shape{count, kHashBytes} || embeddings_.shape != Shape{count, width}) {
      throw Error(ErrorKind::input, "holds other embeddings", path);
    }
    for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
      Place place;
      std::memcpy(place.data(), fragments.bytes.data() + row * sizeof place, sizeof place);
      rows_[place] = row;
    }
  }

  std::optional<std::vector<float>> find(const Place& place, const ContentHash& heard) const {
    const auto found = rows_.find(place);
    if (found == rows_.end() || heard_of(found->second) != heard) return std::nullopt;
    return embedding_of(found->second);
  }

  // Leaves those that `rows` has already.
  void add_to(Rows& rows) const {
    for (const auto& [place, row] : rows_)
      rows.try_emplace(place, Row{heard_of(row), embedding_of(row)});
  }

 private:
  ContentHash heard_of(std::size_t row) const {
    ContentHash hash;
    std::memcpy(hash.bytes.data(), heard_.bytes.data() + row * hash.bytes.size(), hash.bytes.size());
    return hash;
  }
  std::vector<float> embedding_of(std::size_t row) const {
    std::vector<float> embedding(width_);
    const std::size_t bytes = width_ * sizeof(float);
    std::memcpy(embedding.data(), embeddings_.bytes.data() + row * bytes, bytes);
    return embedding;
  }

  SafetensorsFile file_;
  std::size_t width_;
  TensorView heard_, embeddings_;
  std::map<Place, std::size_t> rows_;
};

EmbeddingStore::EmbeddingStore(std::filesystem::path folder, std::map<std::string, std::string> origin,
                               std::int64_t width)
    : folder_(std::move(folder)), origin_(std::move(origin)), width_(width), written_(Clock::now()) {
  remove_stale_partials(folder_);
}

EmbeddingStore::~EmbeddingStore() { write(); }

EmbeddingStore::Place EmbeddingStore::place_of(const Fragment& fragment) {
  return {fragment.span.start, fragment.span.length, fragment.guard};
}

std::filesystem::path EmbeddingStore::file_of(const TrackId& track) const {
  return folder_ / (track.hex() + ".safetensors");
}

std::unique_ptr<const EmbeddingStore::Saved> EmbeddingStore::open(const TrackId& track) const {
  const std::filesystem::path file = file_of(track);
  std::error_code code;
  if (!std::filesystem::exists(file, code)) return nullptr;
  auto origin = origin_;
  origin["track"] = track.hex();
  try {
    return std::make_unique<const Saved>(file, std::move(origin), width_);
  } catch (const Error& error) {
    log_detail(std::string("not used: ") + error.what());
    return nullptr;
  }
}

std::optional<std::vector<float>> EmbeddingStore::find(const TrackId& track,
                                                       const Fragment& fragment) const {
  const std::lock_guard lock(mutex_);
  auto found = saved_.find(track);
  if (found == saved_.end()) found = saved_.emplace(track, open(track)).first;
  return found->second ? found->second->find(place_of(fragment), fragment.heard) : std::nullopt;
}

void EmbeddingStore::add(const TrackId& track, const Fragment& fragment, std::vector<float> embedding) {
  if (!writable_) return;
  {
    const std::lock_guard lock(mutex_);
    fresh_[track][place_of(fragment)] = {fragment.heard, std::move(embedding)};
    if (Clock::now() - written_ < kInterval) return;
    written_ = Clock::now();  // nobody else writes the same meanwhile
  }
  write();
}

void EmbeddingStore::write() noexcept {
  const std::lock_guard one_at_a_time(writing_);
  std::map<TrackId, Rows> fresh;
  {
    const std::lock_guard lock(mutex_);
    fresh.swap(fresh_);
  }
  try {
    for (auto& [track, rows] : fresh) {
      write_file(track, std::move(rows));
      const std::lock_guard lock(mutex_);
      saved_.erase(track);  // it is another file now
    }
  } catch (const std::exception& error) {
    writable_ = false;
    log_info(std::string("embeddings are not kept: ") + error.what());
  }
}

void EmbeddingStore::write_file(const TrackId& track, Rows rows) const {
  make_folders(folder_);
  // Another process may have written since this one read.
  if (const auto saved = open(track)) saved->add_to(rows);
  std::vector<Hop> fragments;
  std::vector<std::uint8_t> heard;
  std::vector<float> embeddings;
  for (const auto& [place, row] : rows) {
    fragments.insert(fragments.end(), place.begin(), place.end());
    heard.insert(heard.end(), row.heard.bytes.begin(), row.heard.bytes.end());
    embeddings.insert(embeddings.end(), row.embedding.begin(), row.embedding.end());
  }
  const auto bytes = [](const auto& values) { return std::as_bytes(std::span(values)); };
  const auto count = static_cast<std::int64_t>(rows.size());
  const NamedTensor tensors[] = {{"fragments", DType::i64, {count, 3}, bytes(fragments)},
                                 {"heard", DType::u8, {count, kHashBytes}, bytes(heard)},
                                 {"embeddings", DType::f32, {count, width_}, bytes(embeddings)}};
  auto metadata = origin_;
  metadata["track"] = track.hex();
  metadata["content"] = content_hash({bytes(fragments), bytes(heard), bytes(embeddings)});
  write_safetensors(file_of(track), tensors, metadata);
}

}  // namespace segue
