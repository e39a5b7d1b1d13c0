// What can follow: the entries that lie nearest to an exit, among very many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/safetensors.hpp"

namespace segue {

struct IndexHit {
  std::int64_t id = 0;
  float distance = 0;  // squared L2
};

// Vectors under ids from 0 to 2^63 - 1, found by squared L2 distance.
//
// Up to `exact` vectors all are compared. Beyond, an inverted file (FAISS IndexIVFFlat) over the first
// 64 principal components names a thousand, which are compared in full: of the true nearest 64 it finds
// more than 19 of 20 (docs/architecture.md), and where little is allowed all are compared again. Which
// it misses depends on the order in which they came. Memory: 4 D bytes a vector and 40 for its id,
// beyond `exact` 264 more.
//
// Reading from several threads is safe while nobody changes it.
class FragmentIndex {
 public:
  static constexpr std::size_t kExact = 20000;
  static constexpr std::size_t kMostNumbers = 4096;

  // dimension: 1 … 4096 numbers a vector; exact: vectors up to which the search is.
  explicit FragmentIndex(std::size_t dimension, std::size_t exact = kExact);
  ~FragmentIndex();
  FragmentIndex(FragmentIndex&&) noexcept;
  FragmentIndex& operator=(FragmentIndex&&) noexcept;

  // vectors: row-major [ids.size() × dimension]. Throws Error(model) for numbers that are not finite,
  // Error(internal) for an id that is negative or there already or sizes that do not fit; then nothing
  // is added.
  void add(std::span<const std::int64_t> ids, std::span<const float> vectors);
  // Ids that are not there are passed over.
  void remove(std::span<const std::int64_t> ids);

  // At most `count` of those that `allowed` lets pass (all, if it is empty), nearest first, of equal
  // distance the lower id.
  std::vector<IndexHit> search(std::span<const float> vector, std::size_t count,
                               const std::function<bool(std::int64_t)>& allowed = {}) const;

  // An index of these alone. Throws Error(internal) for ids that are not there or given twice.
  FragmentIndex subset(std::span<const std::int64_t> ids) const;
  // Squared, from a vector to one that is there. Throws Error(internal) if it is not.
  float distance(std::int64_t id, std::span<const float> vector) const;

  std::size_t size() const noexcept;
  std::size_t dimension() const noexcept;
  bool contains(std::int64_t id) const;
  bool exact() const noexcept;
  std::size_t bytes() const noexcept;  // of memory that it holds

  // One file with `about` (any text: what the vectors are of) and further tensors `beside` (other names
  // than ids, rows, heads, projection, centres, list_of). Throws Error(output).
  void write(const std::filesystem::path& file, const std::string& about,
             std::span<const NamedTensor> beside = {}) const;
  // The index and its `about`. Throws Error(input) if the file is missing, damaged or of another
  // version.
  static std::pair<FragmentIndex, std::string> read(const std::filesystem::path& file,
                                                    std::size_t exact = kExact);
  static std::pair<FragmentIndex, std::string> read(const SafetensorsFile& file,
                                                    std::size_t exact = kExact);

 private:
  struct State;
  explicit FragmentIndex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace segue
