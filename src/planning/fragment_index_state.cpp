#include "planning/fragment_index_state.hpp"

#include <faiss/VectorTransform.h>
#include <faiss/utils/distances.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace segue {
namespace {

using Count = faiss::Index::idx_t;

// Measured with bench/index_growth.cpp; docs/architecture.md has the figures.
constexpr std::size_t kHead = 64;           // three quarters of the variance of real entries
constexpr std::size_t kMostForPca = 50000;  // rows that the components are counted from
constexpr std::size_t kInFull = 1024;       // of those that the lists name, compared in full
constexpr double kListsPerRoot = 4;         // lists: this times √n
constexpr double kProbed = 4;               // lists that are searched: this times √lists
constexpr double kGrown = 3;                // times the rows it was made of: made again

bool nearer(const IndexHit& a, const IndexHit& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
}

void keep_nearest(std::vector<IndexHit>& hits, std::size_t count) {
  const std::size_t kept = std::min(count, hits.size());
  std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(kept), hits.end(), nearer);
  hits.resize(kept);
}

// Lets FAISS ask for what is allowed.
struct Selector : faiss::IDSelector {
  explicit Selector(const std::function<bool(std::int64_t)>& ask) : allowed(ask) {}
  bool is_member(idx_t id) const override { return allowed(id); }
  const std::function<bool(std::int64_t)>& allowed;
};

}  // namespace

FragmentIndex::State::State(std::size_t width, std::size_t most_exact)
    : dimension(width), exact(most_exact), head(std::min(width, kHead)) {}

void FragmentIndex::State::append(std::int64_t id, const float* row) {
  row_of.emplace(id, ids.size());
  ids.push_back(id);
  rows.insert(rows.end(), row, row + dimension);
}

void FragmentIndex::State::append_to_lists(std::size_t first) {
  const std::size_t count = size() - first;
  inverted->file.add_with_ids(static_cast<Count>(count), heads(row(first), count).data(),
                              ids.data() + first);
}

std::vector<float> FragmentIndex::State::heads(const float* vectors, std::size_t count) const {
  faiss::LinearTransform transform(static_cast<int>(dimension), static_cast<int>(head));
  transform.A = inverted->projection;
  transform.is_trained = true;
  std::vector<float> result(count * head);
  transform.apply_noalloc(static_cast<Count>(count), vectors, result.data());
  return result;
}

double rows_for_lists(std::int64_t lists) {
  const double root = static_cast<double>(lists) / kListsPerRoot;
  return root * root;
}

void FragmentIndex::State::invert() {
  const auto root = std::sqrt(static_cast<double>(size()));
  inverted = std::make_unique<InvertedFile>(head, static_cast<std::size_t>(kListsPerRoot * root));
  inverted->made_of = static_cast<double>(size());
  std::vector<float> some;
  for (std::size_t i = 0; i < size(); i += 1 + size() / kMostForPca)
    some.insert(some.end(), row(i), row(i) + dimension);
  faiss::PCAMatrix components(static_cast<int>(dimension), static_cast<int>(head));
  components.train(static_cast<Count>(some.size() / dimension), some.data());
  inverted->projection = components.A;  // without the shift by the mean: distances do not need it
  faiss::IndexIVFFlat& file = inverted->file;
  file.cp.niter = 8;
  file.cp.max_points_per_centroid = 40;
  file.cp.min_points_per_centroid = 1;  // else it warns on standard error
  file.train(static_cast<Count>(size()), heads(rows.data(), size()).data());
  append_to_lists(0);
}

void FragmentIndex::State::settle() {
  if (size() <= exact) {
    inverted.reset();
  } else if (inverted == nullptr || static_cast<double>(size()) > kGrown * inverted->made_of) {
    invert();
  }
}

float FragmentIndex::State::distance(std::span<const float> vector, std::size_t i) const {
  return faiss::fvec_L2sqr(vector.data(), row(i), dimension);
}

std::vector<IndexHit> FragmentIndex::State::compare_all(std::span<const float> vector, std::size_t count,
                                                        const Allowed& allowed) const {
  std::vector<IndexHit> hits;
  hits.reserve(size());
  for (std::size_t i = 0; i < size(); ++i)
    if (!allowed || allowed(ids[i])) hits.push_back({ids[i], distance(vector, i)});
  keep_nearest(hits, count);
  return hits;
}

std::vector<IndexHit> FragmentIndex::State::search_lists(std::span<const float> vector,
                                                         std::size_t count,
                                                         const Allowed& allowed) const {
  const std::vector<float> near = heads(vector.data(), 1);
  // Asking for each that is looked at would cost more than looking: ask for the nearest only, and
  // where too few of them are allowed, for each, and then for all.
  const std::size_t least = std::min(size(), 4 * count);
  std::vector<IndexHit> hits = nearest_in_lists(near, count, {});
  if (allowed) std::erase_if(hits, [&](const IndexHit& hit) { return !allowed(hit.id); });
  if (hits.size() < least && allowed) hits = nearest_in_lists(near, count, allowed);
  if (hits.size() < least) return compare_all(vector, count, allowed);
  for (IndexHit& hit : hits) hit.distance = distance(vector, row_of.at(hit.id));
  keep_nearest(hits, count);
  return hits;
}

// At least kInFull, if the lists hold as many; distances of heads.
std::vector<IndexHit> FragmentIndex::State::nearest_in_lists(const std::vector<float>& near,
                                                             std::size_t count,
                                                             const Allowed& allowed) const {
  const std::size_t wanted = std::min(size(), std::max(kInFull, 8 * count));
  std::vector<float> distances(wanted);
  std::vector<Count> labels(wanted, -1);
  Selector selector(allowed);
  faiss::SearchParametersIVF parameters;
  parameters.nprobe =
      static_cast<std::size_t>(kProbed * std::sqrt(static_cast<double>(inverted->file.nlist)));
  parameters.sel = allowed ? &selector : nullptr;
  inverted->file.search(1, near.data(), static_cast<Count>(wanted), distances.data(), labels.data(),
                        &parameters);
  std::vector<IndexHit> hits;
  for (std::size_t i = 0; i < wanted; ++i)
    if (labels[i] >= 0) hits.push_back({labels[i], distances[i]});
  return hits;
}

}  // namespace segue
