#include "planning/fragment_index.hpp"

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/VectorTransform.h>
#include <faiss/utils/distances.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "base/error.hpp"
#include "base/safetensors.hpp"

namespace segue {
namespace {

constexpr std::size_t kHead = 32;           // principal components that are compared first
constexpr std::size_t kLeastForPca = 1000;  // vectors; fewer are compared as they are
constexpr std::size_t kMostForPca = 50000;  // vectors that the components are counted from
constexpr std::size_t kInFull = 512;        // at least so many are compared in full
constexpr std::size_t kInFullOfApproximate = 2048;
constexpr std::size_t kProbes = 48;  // lists of the inverted file that are searched
constexpr const char* kVersion = "1";

bool nearer(const IndexHit& a, const IndexHit& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
}

[[noreturn]] void refuse(const std::string& problem) { throw Error(ErrorKind::internal, problem); }

// Lets FAISS ask for what is allowed.
struct Selector : faiss::IDSelector {
  explicit Selector(const std::function<bool(std::int64_t)>& ask) : allowed(ask) {}
  bool is_member(idx_t id) const override { return allowed(id); }
  const std::function<bool(std::int64_t)>& allowed;
};

struct InvertedFile {
  explicit InvertedFile(std::size_t dimension, std::size_t lists)
      : quantizer(static_cast<faiss::Index::idx_t>(dimension)), file(&quantizer, dimension, lists) {}
  faiss::IndexFlatL2 quantizer;
  faiss::IndexIVFFlat file;
};

}  // namespace

// Rows are kept rotated: distances are the same, and the first numbers say most of them.
struct FragmentIndex::State {
  std::size_t dimension = 0, exact = kExact;
  std::size_t head = 0;           // numbers of a row that are compared first
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

  std::vector<float> rotated(const float* vectors, std::size_t count) const {
    std::vector<float> result(vectors, vectors + count * dimension);
    if (rotation.empty()) return result;
    faiss::LinearTransform transform(static_cast<int>(dimension), static_cast<int>(dimension));
    transform.A = rotation;
    transform.is_trained = true;
    transform.apply_noalloc(static_cast<faiss::Index::idx_t>(count), vectors, result.data());
    return result;
  }

  // The principal components of the rows as they are now. They are about the origin, not the mean,
  // because exits, which are searched with, have another mean.
  void rotate() {
    const auto width = static_cast<faiss::Index::idx_t>(dimension);
    const std::size_t step = std::max<std::size_t>(1, size() / kMostForPca);
    std::vector<float> some;
    for (std::size_t i = 0; i < size(); i += step) some.insert(some.end(), row(i), row(i) + dimension);
    faiss::PCAMatrix pca(static_cast<int>(dimension), static_cast<int>(dimension));
    pca.train(static_cast<faiss::Index::idx_t>(some.size()) / width, some.data());
    faiss::LinearTransform further(static_cast<int>(dimension), static_cast<int>(dimension));
    further.A = pca.A;  // without the shift by the mean
    further.is_trained = true;
    std::vector<float> turned(rows.size());
    further.apply_noalloc(static_cast<faiss::Index::idx_t>(size()), rows.data(), turned.data());
    rows = std::move(turned);
    // Both rotations in one: R ← A R.
    std::vector<float> whole(dimension * dimension);
    for (std::size_t i = 0; i < dimension; ++i) {
      for (std::size_t k = 0; k < dimension; ++k) {
        const float a = pca.A[i * dimension + k];
        for (std::size_t j = 0; j < dimension; ++j) {
          const float before =
              rotation.empty() ? static_cast<float>(k == j) : rotation[k * dimension + j];
          whole[i * dimension + j] += a * before;
        }
      }
    }
    rotation = std::move(whole);
    counted = size();
    for (std::size_t i = 0; i < size(); ++i) std::copy_n(row(i), head, heads.data() + i * head);
    inverted.reset();
  }

  void invert() {
    const auto lists = static_cast<std::size_t>(4 * std::sqrt(static_cast<double>(size())));
    inverted = std::make_unique<InvertedFile>(head, lists);
    inverted_at = static_cast<double>(size());
    inverted->file.cp.niter = 10;
    inverted->file.cp.max_points_per_centroid = 64;
    inverted->file.cp.min_points_per_centroid = 1;  // else it warns on standard error
    inverted->file.train(static_cast<faiss::Index::idx_t>(size()), heads.data());
    inverted->file.add_with_ids(static_cast<faiss::Index::idx_t>(size()), heads.data(), ids.data());
  }

  // After rows came or went.
  void settle() {
    if (size() >= kLeastForPca && size() > 4 * counted) rotate();
    if (size() <= exact) {
      inverted.reset();
    } else if (inverted == nullptr || static_cast<double>(size()) > 4 * inverted_at) {
      invert();
    }
  }

  std::vector<IndexHit> nearest_of(std::vector<IndexHit>& some, std::size_t count) const {
    const std::size_t kept = std::min(count, some.size());
    std::partial_sort(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(kept), some.end(),
                      nearer);
    return {some.begin(), some.begin() + static_cast<std::ptrdiff_t>(kept)};
  }

  float distance(const std::vector<float>& vector, std::size_t i) const {
    return faiss::fvec_L2sqr(vector.data(), row(i), dimension);
  }

  std::vector<IndexHit> search_exactly(const std::vector<float>& vector, std::size_t count,
                                       const std::function<bool(std::int64_t)>& allowed) const {
    std::vector<float> bounds(size());
    faiss::fvec_L2sqr_ny(bounds.data(), vector.data(), heads.data(), head, size());
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
        found.push_back({ids[open[done].second], distance(vector, open[done].second)});
      found = nearest_of(found, count);
      // Sums in another order may differ in the last digits.
      if (done == open.size() ||
          (found.size() == count && found.back().distance < 0.9999f * open[done].first))
        break;
    }
    return found;
  }

  std::vector<IndexHit> search_lists(const std::vector<float>& vector, std::size_t count,
                                     const std::function<bool(std::int64_t)>& allowed) const {
    const std::size_t wanted = std::min(size(), std::max(kInFullOfApproximate, 4 * count));
    std::vector<float> distances(wanted);
    std::vector<faiss::Index::idx_t> labels(wanted, -1);
    Selector selector(allowed);
    faiss::SearchParametersIVF parameters;
    parameters.nprobe = kProbes;
    parameters.sel = allowed ? &selector : nullptr;
    inverted->file.search(1, vector.data(), static_cast<faiss::Index::idx_t>(wanted), distances.data(),
                          labels.data(), &parameters);
    std::vector<IndexHit> found;
    for (const faiss::Index::idx_t id : labels) {
      if (id >= 0) found.push_back({id, distance(vector, row_of.at(id))});
    }
    return nearest_of(found, count);
  }
};

FragmentIndex::FragmentIndex(std::size_t dimension, std::size_t exact) : state_(std::make_unique<State>()) {
  if (dimension < 1 || dimension > 4096) refuse("an index holds vectors of 1 to 4096 numbers");
  state_->dimension = dimension;
  state_->exact = exact;
  state_->head = std::min(dimension, kHead);
}
FragmentIndex::~FragmentIndex() = default;
FragmentIndex::FragmentIndex(FragmentIndex&&) noexcept = default;
FragmentIndex& FragmentIndex::operator=(FragmentIndex&&) noexcept = default;

std::size_t FragmentIndex::size() const noexcept { return state_->size(); }
std::size_t FragmentIndex::dimension() const noexcept { return state_->dimension; }
bool FragmentIndex::exact() const noexcept { return size() <= state_->exact; }
bool FragmentIndex::contains(std::int64_t id) const { return state_->row_of.count(id) > 0; }

std::size_t FragmentIndex::bytes() const noexcept {
  const State& s = *state_;
  const std::size_t numbers = s.rows.capacity() + s.heads.capacity() + s.rotation.capacity() +
                              (s.inverted ? s.size() * s.head : 0);
  // A node of the hash table holds the id, the row and a pointer, and there is a bucket for each.
  return numbers * sizeof(float) + s.ids.capacity() * sizeof(std::int64_t) +
         s.size() * (24 + sizeof(void*)) + (s.inverted ? s.size() * sizeof(std::int64_t) : 0);
}

void FragmentIndex::add(std::span<const std::int64_t> ids, std::span<const float> vectors) {
  State& s = *state_;
  if (vectors.size() != ids.size() * s.dimension) refuse("an index got vectors of another size");
  if (ids.empty()) return;
  const std::vector<float> turned = s.rotated(vectors.data(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!s.row_of.emplace(ids[i], s.ids.size()).second) refuse("an index got the same id twice");
    const float* row = turned.data() + i * s.dimension;
    s.ids.push_back(ids[i]);
    s.rows.insert(s.rows.end(), row, row + s.dimension);
    s.heads.insert(s.heads.end(), row, row + s.head);
  }
  if (s.inverted) {
    s.inverted->file.add_with_ids(static_cast<faiss::Index::idx_t>(ids.size()),
                                  s.heads.data() + (s.size() - ids.size()) * s.head, ids.data());
  }
  s.settle();
}

void FragmentIndex::remove(std::span<const std::int64_t> ids) {
  State& s = *state_;
  std::vector<std::int64_t> gone;
  for (const std::int64_t id : ids) {
    const auto found = s.row_of.find(id);
    if (found == s.row_of.end()) continue;
    const std::size_t place = found->second, last = s.size() - 1;
    s.row_of.erase(found);
    gone.push_back(id);
    if (place != last) {  // the last row takes the free place
      std::copy_n(s.row(last), s.dimension, s.rows.data() + place * s.dimension);
      std::copy_n(s.heads.data() + last * s.head, s.head, s.heads.data() + place * s.head);
      s.ids[place] = s.ids[last];
      s.row_of[s.ids[place]] = place;
    }
    s.ids.pop_back();
    s.rows.resize(last * s.dimension);
    s.heads.resize(last * s.head);
  }
  if (s.inverted && !gone.empty())
    s.inverted->file.remove_ids(faiss::IDSelectorBatch(gone.size(), gone.data()));
  s.settle();
}

std::vector<IndexHit> FragmentIndex::search(std::span<const float> vector, std::size_t count,
                                            const std::function<bool(std::int64_t)>& allowed) const {
  const State& s = *state_;
  if (vector.size() != s.dimension) refuse("an index was asked with a vector of another size");
  if (count == 0 || s.size() == 0) return {};
  const std::vector<float> turned = s.rotated(vector.data(), 1);
  return s.inverted ? s.search_lists(turned, count, allowed) : s.search_exactly(turned, count, allowed);
}

void FragmentIndex::write(const std::filesystem::path& file, const std::string& about) const {
  const State& s = *state_;
  const auto rows = static_cast<std::int64_t>(s.size()), width = static_cast<std::int64_t>(s.dimension);
  const std::int64_t turned = s.rotation.empty() ? 0 : width;
  const NamedTensor tensors[] = {
      {"ids", DType::i64, {rows}, std::as_bytes(std::span(s.ids))},
      {"rotation", DType::f32, {turned, width}, std::as_bytes(std::span(s.rotation))},
      {"rows", DType::f32, {rows, width}, std::as_bytes(std::span(s.rows))},
  };
  write_safetensors(file, tensors, {{"about", about}, {"index_version", kVersion}});
}

std::pair<FragmentIndex, std::string> FragmentIndex::read(const std::filesystem::path& file) {
  const SafetensorsFile from = SafetensorsFile::open(file);
  const auto text = [&](const char* key) {
    const auto found = from.metadata().find(key);
    return found == from.metadata().end() ? std::string() : found->second;
  };
  const auto damaged = [&] {
    return Error(ErrorKind::input, "is no index of this version of segue", file,
                 "remove it; it is made again");
  };
  if (text("index_version") != kVersion) throw damaged();
  const TensorView& ids = from.tensor("ids", DType::i64);
  const TensorView& rows = from.tensor("rows", DType::f32);
  const TensorView& rotation = from.tensor("rotation", DType::f32);
  if (rows.shape.size() != 2 || ids.shape.size() != 1 || rows.shape[0] != ids.shape[0] ||
      rows.shape[1] < 1 || rows.shape[1] > 4096 || rotation.shape.size() != 2 ||
      rotation.shape[1] != rows.shape[1] ||
      (rotation.shape[0] != 0 && rotation.shape[0] != rows.shape[1])) {
    throw damaged();
  }
  FragmentIndex index(static_cast<std::size_t>(rows.shape[1]));
  State& s = *index.state_;
  const auto copy = [](const TensorView& from_tensor, auto& to) {
    to.resize(static_cast<std::size_t>(from_tensor.count()));
    std::memcpy(to.data(), from_tensor.bytes.data(), from_tensor.bytes.size());
  };
  copy(ids, s.ids);
  copy(rows, s.rows);
  copy(rotation, s.rotation);
  s.counted = s.rotation.empty() ? 0 : s.size();
  s.heads.resize(s.size() * s.head);
  for (std::size_t i = 0; i < s.size(); ++i) {
    std::copy_n(s.row(i), s.head, s.heads.data() + i * s.head);
    if (!s.row_of.emplace(s.ids[i], i).second) throw damaged();
  }
  for (const float value : s.rows) {
    if (!std::isfinite(value)) throw damaged();
  }
  if (s.size() > s.exact) s.invert();
  return {std::move(index), text("about")};
}

}  // namespace segue
