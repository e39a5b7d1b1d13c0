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
  InvertedFile(std::size_t head, std::size_t lists)
      : quantizer(static_cast<faiss::Index::idx_t>(head)), file(&quantizer, head, lists) {}
  faiss::IndexFlatL2 quantizer;  // the centres of the lists
  faiss::IndexIVFFlat file;
  std::vector<float> projection;  // [head × D]: principal components of the rows, orthonormal
  double made_of = 0;             // rows
};

// Rows that so many lists were made of.
double rows_for_lists(std::int64_t lists);

struct FragmentIndex::State {
  using Allowed = std::function<bool(std::int64_t)>;

  State(std::size_t width, std::size_t most_exact);

  std::size_t dimension, exact;
  std::size_t head;               // numbers of a row that the inverted file compares
  std::vector<float> rows;        // [n × D]
  std::vector<std::int64_t> ids;  // [n]
  std::unordered_map<std::int64_t, std::size_t> row_of;
  std::unique_ptr<InvertedFile> inverted;  // beyond `exact`

  std::size_t size() const { return ids.size(); }
  const float* row(std::size_t i) const { return rows.data() + i * dimension; }

  void append(std::int64_t id, const float* row);  // of an id that is not there
  void append_to_lists(std::size_t first);         // rows from `first` on
  void settle();                                   // after rows came or went
  float distance(std::span<const float> vector, std::size_t i) const;
  std::vector<IndexHit> compare_all(std::span<const float> vector, std::size_t count,
                                    const Allowed& allowed) const;
  std::vector<IndexHit> search_lists(std::span<const float> vector, std::size_t count,
                                     const Allowed& allowed) const;

 private:
  void invert();
  std::vector<float> heads(const float* vectors, std::size_t count) const;
  std::vector<IndexHit> nearest_in_lists(const std::vector<float>& near, std::size_t count,
                                         const Allowed& allowed) const;
};

}  // namespace segue
