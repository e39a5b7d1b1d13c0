#include "planning/fragment_index_state.hpp"

#include <faiss/VectorTransform.h>
#include <faiss/utils/distances.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace segue {
namespace {

using Count = faiss::Index::idx_t;

constexpr std::size_t kHead = 32;           // principal components that are compared first
constexpr std::size_t kLeastForPca = 1000;  // vectors; fewer are compared as they are
constexpr std::size_t kMostForPca = 50000;  // vectors that the components are counted from
constexpr std::size_t kInFull = 512;        // at least so many are compared in full
constexpr std::size_t kInFullOfApproximate = 2048;
constexpr std::size_t kProbes = 48;  // lists of the inverted file that are searched

bool nearer(const IndexHit& a, const IndexHit& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
}

std::vector<IndexHit> nearest_of(std::vector<IndexHit>& some, std::size_t count) {
  const std::size_t kept = std::min(count, some.size());
  std::partial_sort(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(kept), some.end(), nearer);
  return {some.begin(), some.begin() + static_cast<std::ptrdiff_t>(kept)};
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

std::vector<float> FragmentIndex::State::rotated(const float* vectors, std::size_t count) const {
  std::vector<float> result(vectors, vectors + count * dimension);
  if (rotation.empty()) return result;
  faiss::LinearTransform transform(static_cast<int>(dimension), static_cast<int>(dimension));
  transform.A = rotation;
  transform.is_trained = true;
  transform.apply_noalloc(static_cast<Count>(count), vectors, result.data());
  return result;
}

void FragmentIndex::State::append(std::int64_t id, const float* turned) {
  if (!row_of.emplace(id, ids.size()).second)
    throw Error(ErrorKind::internal, "an index got the same id twice");
  ids.push_back(id);
  rows.insert(rows.end(), turned, turned + dimension);
  heads.insert(heads.end(), turned, turned + head);
}

// The principal components of the rows as they are now. They are about the origin, not the mean,
// because exits, which are searched with, have another mean.
void FragmentIndex::State::rotate() {
  const std::size_t step = std::max<std::size_t>(1, size() / kMostForPca);
  std::vector<float> some;
  for (std::size_t i = 0; i < size(); i += step) some.insert(some.end(), row(i), row(i) + dimension);
  faiss::PCAMatrix pca(static_cast<int>(dimension), static_cast<int>(dimension));
  pca.train(static_cast<Count>(some.size() / dimension), some.data());
  faiss::LinearTransform further(static_cast<int>(dimension), static_cast<int>(dimension));
  further.A = pca.A;  // without the shift by the mean
  further.is_trained = true;
  std::vector<float> turned(rows.size());
  further.apply_noalloc(static_cast<Count>(size()), rows.data(), turned.data());
  rows = std::move(turned);
  // Both rotations in one: R ← A R.
  std::vector<float> whole(dimension * dimension);
  for (std::size_t i = 0; i < dimension; ++i) {
    for (std::size_t k = 0; k < dimension; ++k) {
      const float a = pca.A[i * dimension + k];
      for (std::size_t j = 0; j < dimension; ++j) {
        const float before = rotation.empty() ? static_cast<float>(k == j) : rotation[k * dimension + j];
        whole[i * dimension + j] += a * before;
      }
    }
  }
  rotation = std::move(whole);
  counted = size();
  for (std::size_t i = 0; i < size(); ++i) std::copy_n(row(i), head, heads.data() + i * head);
  inverted.reset();
}

void FragmentIndex::State::invert() {
  const auto lists = static_cast<std::size_t>(4 * std::sqrt(static_cast<double>(size())));
  inverted = std::make_unique<InvertedFile>(head, lists);
  inverted_at = static_cast<double>(size());
  inverted->file.cp.niter = 10;
  inverted->file.cp.max_points_per_centroid = 64;
  inverted->file.cp.min_points_per_centroid = 1;  // else it warns on standard error
  inverted->file.train(static_cast<Count>(size()), heads.data());
  inverted->file.add_with_ids(static_cast<Count>(size()), heads.data(), ids.data());
}

void FragmentIndex::State::settle() {
  if (size() >= kLeastForPca && size() > 4 * counted) rotate();
  if (size() <= exact) {
    inverted.reset();
  } else if (inverted == nullptr || static_cast<double>(size()) > 4 * inverted_at) {
    invert();
  }
}

float FragmentIndex::State::distance(const std::vector<float>& turned, std::size_t i) const {
  return faiss::fvec_L2sqr(turned.data(), row(i), dimension);
}

std::vector<IndexHit> FragmentIndex::State::search_exactly(const std::vector<float>& turned,
                                                           std::size_t count,
                                                           const Allowed& allowed) const {
  std::vector<float> bounds(size());
  faiss::fvec_L2sqr_ny(bounds.data(), turned.data(), heads.data(), head, size());
  std::vector<std::pair<float, std::size_t>> open;
  open.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) {
    if (!allowed || allowed(ids[i])) open.emplace_back(bounds[i], i);
  }
  std::vector<IndexHit> found;
  std::size_t done = 0;
  for (std::size_t wanted = std::max(kInFull, 2 * count); done < open.size(); wanted *= 4) {
    const std::size_t end = std::min(open.size(), wanted);
    if (end < open.size())
      std::nth_element(open.begin() + static_cast<std::ptrdiff_t>(done),
                       open.begin() + static_cast<std::ptrdiff_t>(end), open.end());
    for (; done < end; ++done)
      found.push_back({ids[open[done].second], distance(turned, open[done].second)});
    found = nearest_of(found, count);
    // Sums in another order may differ in the last digits.
    if (done == open.size() ||
        (found.size() == count && found.back().distance < 0.9999f * open[done].first))
      break;
  }
  return found;
}

std::vector<IndexHit> FragmentIndex::State::search_lists(const std::vector<float>& turned,
                                                         std::size_t count,
                                                         const Allowed& allowed) const {
  const std::size_t wanted = std::min(size(), std::max(kInFullOfApproximate, 4 * count));
  std::vector<float> distances(wanted);
  std::vector<Count> labels(wanted, -1);
  Selector selector(allowed);
  faiss::SearchParametersIVF parameters;
  parameters.nprobe = kProbes;
  parameters.sel = allowed ? &selector : nullptr;
  inverted->file.search(1, turned.data(), static_cast<Count>(wanted), distances.data(), labels.data(),
                        &parameters);
  std::vector<IndexHit> found;
  for (const Count id : labels) {
    if (id >= 0) found.push_back({id, distance(turned, row_of.at(id))});
  }
  // Where little is allowed, much of it lies in lists that were not searched.
  if (allowed && found.size() < std::min(wanted, 4 * count))
    return search_exactly(turned, count, allowed);
  return nearest_of(found, count);
}

}  // namespace segue
