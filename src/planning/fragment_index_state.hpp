// What an index is made of. Internal to FragmentIndex.
#pragma once

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "planning/fragment_index.hpp"

namespace segue {

// FAISS's inverted file over the heads of rows, under their ids.
struct InvertedFile {
  InvertedFile(std::size_t dimension, std::size_t lists)
      : quantizer(static_cast<faiss::Index::idx_t>(dimension)), file(&quantizer, dimension, lists) {}
  faiss::IndexFlatL2 quantizer;  // the centres
  faiss::IndexIVFFlat file;
};

// Rows are kept rotated: distances are the same, and the first numbers say most of them.
struct FragmentIndex::State {
  using Allowed = std::function<bool(std::int64_t)>;

  State(std::size_t width, std::size_t most_exact);

  std::size_t dimension, exact;
  std::size_t head;               // numbers of a row that are compared first
  std::vector<float> rotation;    // [D × D] orthonormal, empty: none yet
  std::vector<float> rows;        // [n × D]
  std::vector<float> heads;       // [n × head], the beginning of each row once more
  std::vector<std::int64_t> ids;  // [n]
  std::unordered_map<std::int64_t, std::size_t> row_of;
  std::size_t counted = 0;                 // rows that the rotation was counted from
  std::unique_ptr<InvertedFile> inverted;  // beyond `exact`
  double inverted_at = 0;                  // rows that there were then

  std::size_t size() const { return ids.size(); }
  const float* row(std::size_t i) const { return rows.data() + i * dimension; }

  std::vector<float> rotated(const float* vectors, std::size_t count) const;
  void append(std::int64_t id, const float* turned);  // throws Error(internal) if it is there
  void settle();                                      // after rows came or went
  float distance(const std::vector<float>& turned, std::size_t i) const;
  std::vector<IndexHit> search_exactly(const std::vector<float>& turned, std::size_t count,
                                       const Allowed& allowed) const;
  std::vector<IndexHit> search_lists(const std::vector<float>& turned, std::size_t count,
                                     const Allowed& allowed) const;

 private:
  void rotate();
  void invert();
};

}  // namespace segue
