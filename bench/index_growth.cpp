// How finding what can follow grows with the library: FragmentIndex from a thousand to a million
// fragments of real music, beside comparing all and beside other indexes of FAISS. Everything on one
// core.
//
// index_growth LIBRARY WEIGHTS CACHE PICTURE.svg [COUNT]
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexRefine.h>
#include <faiss/utils/distances.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>
#include <string>

#include "base/error.hpp"
#include "index_growth_clock.hpp"
#include "index_growth_decision.hpp"
#include "index_growth_embeddings.hpp"
#include "index_growth_picture.hpp"
#include "planning/fragment_index.hpp"

namespace segue {
namespace {

constexpr std::size_t kWanted = 64;
constexpr std::size_t kOneOfTen =
    10;  // so many may not follow: played, or their track has had its share
using Count = faiss::Index::idx_t;

bool allowed(std::int64_t id) { return id % kOneOfTen != 0; }

struct Allowed : faiss::IDSelector {
  bool is_member(idx_t id) const override { return allowed(id); }
};

// What comparing all says.
struct Truth {
  std::vector<std::set<std::int64_t>> nearest;  // a question each
  double milliseconds = 0;
};

Truth compare_all(const Embeddings& all, std::size_t count) {
  Truth truth;
  const std::size_t questions = all.exits.size() / all.width;
  std::vector<float> distances(count);
  std::vector<double> times;
  for (std::size_t q = 0; q < questions; ++q) {
    const double begin = core_milliseconds();
    faiss::fvec_L2sqr_ny(distances.data(), all.exits.data() + q * all.width, all.entries.data(),
                         all.width, count);
    std::vector<std::pair<float, std::int64_t>> open;
    for (std::size_t i = 0; i < count; ++i)
      if (allowed(static_cast<std::int64_t>(i))) open.emplace_back(distances[i], i);
    const auto end = open.begin() + static_cast<std::ptrdiff_t>(std::min(kWanted, open.size()));
    std::partial_sort(open.begin(), end, open.end());
    times.push_back(core_milliseconds() - begin);
    auto& nearest = truth.nearest.emplace_back();
    for (auto it = open.begin(); it != end; ++it) nearest.insert(it->second);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  truth.milliseconds = times[times.size() / 2];
  return truth;
}

// find(question) → ids. Median time, and the share of the true nearest that were found.
template <class Find>
std::pair<double, double> measure(const Embeddings& all, const Truth& truth, const Find& find) {
  std::vector<double> times;
  double found = 0, wanted = 0;
  for (std::size_t q = 0; q < truth.nearest.size(); ++q) {
    const double begin = core_milliseconds();
    const std::vector<std::int64_t> ids = find(all.exits.data() + q * all.width);
    times.push_back(core_milliseconds() - begin);
    for (const std::int64_t id : ids) found += static_cast<double>(truth.nearest[q].count(id));
    wanted += static_cast<double>(truth.nearest[q].size());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return {times[times.size() / 2], found / wanted};
}

GrowthPoint fragment_index(const Embeddings& all, std::size_t count, const Truth& truth) {
  std::vector<std::int64_t> ids(count);
  std::iota(ids.begin(), ids.end(), 0);
  FragmentIndex index(all.width);
  const double begin = core_milliseconds();
  // As a library grows: some at a time.
  for (std::size_t first = 0; first < count; first += 512) {
    const std::size_t some = std::min<std::size_t>(512, count - first);
    index.add(std::span(ids).subspan(first, some),
              std::span(all.entries).subspan(first * all.width, some * all.width));
  }
  const double made = (core_milliseconds() - begin) / 1000;
  const auto [milliseconds, recall] = measure(all, truth, [&](const float* exit) {
    std::vector<std::int64_t> found;
    for (const IndexHit& hit : index.search(std::span(exit, all.width), kWanted, allowed))
      found.push_back(hit.id);
    return found;
  });
  std::printf("%9zu  FragmentIndex%-22s %8.2f ms  recall@64 %.4f  %7.1f MB  made in %.1f s\n", count,
              index.exact() ? " (exact)" : "", milliseconds, recall,
              static_cast<double>(index.bytes()) / 1e6, made);
  return {count, milliseconds, truth.milliseconds, recall, index.bytes()};
}

void other(const char* name, const Embeddings& all, std::size_t count, const Truth& truth,
           faiss::Index& index, double bytes_each, const std::function<void(double)>& set_effort,
           const std::vector<double>& efforts, const faiss::SearchParameters* parameters) {
  const double begin = core_milliseconds();
  index.train(static_cast<Count>(count), all.entries.data());
  index.add(static_cast<Count>(count), all.entries.data());
  const double made = (core_milliseconds() - begin) / 1000;
  for (const double effort : efforts) {
    set_effort(effort);
    const auto [milliseconds, recall] = measure(all, truth, [&](const float* exit) {
      // Those that are not allowed come back with the others where an index cannot leave them out.
      const std::size_t ask = parameters != nullptr ? kWanted : kWanted * 3 / 2;
      std::vector<float> distances(ask);
      std::vector<Count> labels(ask, -1);
      index.search(1, exit, static_cast<Count>(ask), distances.data(), labels.data(), parameters);
      std::vector<std::int64_t> found;
      for (const Count id : labels)
        if (id >= 0 && allowed(id) && found.size() < kWanted) found.push_back(id);
      return found;
    });
    std::printf("%9zu  %-28s %6.0f %8.2f ms  recall@64 %.4f  %7.1f MB  made in %.1f s\n", count, name,
                effort, milliseconds, recall, static_cast<double>(count) * bytes_each / 1e6, made);
    std::fflush(stdout);
  }
}

void others(const Embeddings& all, std::size_t count, const Truth& truth) {
  const auto width = static_cast<Count>(all.width);
  const double row = 4.0 * static_cast<double>(all.width);
  const auto lists = static_cast<std::size_t>(4 * std::sqrt(static_cast<double>(count)));
  const auto settle = [](faiss::IndexIVF& index) {
    index.cp.max_points_per_centroid = 64;
    index.cp.min_points_per_centroid = 1;
    index.cp.niter = 10;
  };
  Allowed selector;
  {
    faiss::IndexFlatL2 centres(width);
    faiss::IndexIVFFlat index(&centres, all.width, lists);
    settle(index);
    faiss::SearchParametersIVF parameters;
    parameters.sel = &selector;
    other(
        "IVFFlat, whole rows; lists", all, count, truth, index, row + 8,
        [&](double effort) { parameters.nprobe = static_cast<std::size_t>(effort); }, {16, 48, 128},
        &parameters);
  }
  {
    faiss::IndexFlatL2 centres(width);
    faiss::IndexIVFPQ codes(&centres, all.width, lists, 56, 8);
    settle(codes);
    faiss::IndexRefineFlat index(&codes);
    index.k_factor = 16;
    other(
        "IVFPQ56 + refine 16; lists", all, count, truth, index, row + 56 + 8,
        [&](double effort) { codes.nprobe = static_cast<std::size_t>(effort); }, {16, 48, 128}, nullptr);
  }
  {
    faiss::IndexHNSWFlat index(static_cast<int>(width), 16);
    index.hnsw.efConstruction = 80;
    other(
        "HNSW16; ef", all, count, truth, index, row + 4 * 2 * 16 * 1.1,
        [&](double effort) { index.hnsw.efSearch = static_cast<int>(effort); }, {128, 256, 512},
        nullptr);
  }
}

void run(int count, char** arguments) {
  if (count < 5) {
    throw Error(ErrorKind::usage, "index_growth LIBRARY WEIGHTS CACHE PICTURE.svg [COUNT]");
  }
  omp_set_num_threads(1);
  tell_decision(arguments[1], arguments[2]);
  const std::size_t most = count > 5 ? std::stoul(arguments[5]) : 1000000;
  const Embeddings all = embeddings_of(arguments[1], arguments[2], most, arguments[3]);
  std::printf("%zu entries of %zu numbers, %zu of them heard, the others made from these\n",
              all.entries.size() / all.width, all.width, all.real);
  std::vector<GrowthPoint> points;
  for (const std::size_t size : {1000, 3000, 10000, 30000, 100000, 300000, 1000000}) {
    if (size > most) break;
    const Truth truth = compare_all(all, size);
    std::printf("%9zu  comparing all               %8.2f ms\n", size, truth.milliseconds);
    points.push_back(fragment_index(all, size, truth));
    std::fflush(stdout);
    if (size == 100000) others(all, size, truth);  // beyond, they take long to make
  }
  write_growth_picture(arguments[4], points);
}

}  // namespace
}  // namespace segue

int main(int count, char** arguments) {
  try {
    segue::run(count, arguments);
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
