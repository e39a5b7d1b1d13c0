// What one decision costs: the bundled networks on three hours of made-up music.
#include <benchmark/benchmark.h>

#include "model/registry.hpp"
#include "support/manifests.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace segue;

// 60 tracks of 3 minutes, 3600 fragments of 3 s.
const FragmentSet& three_hours() {
  static const test::TemporaryFolder folder;
  static const FragmentSet set =
      test::make_manifest(folder.path(), 60, 0, 60, {129}).fragments(Side::train);
  return set;
}

std::vector<std::size_t> first_fragments(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = i;
  return numbers;
}

// One core; fragments are encoded already. Arguments: candidates.
void decide(benchmark::State& state, const char* name) {
  const auto model = load_model(name);
  const auto session = model->open_session(three_hours(), 0, 1);
  const auto candidates = first_fragments(static_cast<std::size_t>(state.range(0)));
  std::vector<float> scores(candidates.size());
  session->score(std::vector<std::size_t>{7, 8}, candidates, scores);
  std::size_t playing = 0;
  for (auto _ : state) {
    playing = (playing + 11) % candidates.size();
    const std::size_t context[] = {playing / 2, playing};
    session->score(context, candidates, scores);
  }
  state.counters["candidates/s"] = benchmark::Counter(static_cast<double>(candidates.size()),
                                                      benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(decide, crnn_tuned, "crnn-tuned")->Arg(1024)->Arg(3600)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decide, crnn_report, "crnn-report")
    ->Arg(1024)
    ->Arg(3600)
    ->Unit(benchmark::kMillisecond);

// All 3600 fragments for the first time, on one core.
void encode(benchmark::State& state, const char* name) {
  const auto model = load_model(name);
  const auto candidates = first_fragments(three_hours().size());
  std::vector<float> scores(candidates.size());
  for (auto _ : state) {
    const auto session = model->open_session(three_hours(), 0, 1);
    session->score(std::vector<std::size_t>{0}, candidates, scores);
  }
}
BENCHMARK_CAPTURE(encode, crnn_tuned, "crnn-tuned")->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK_CAPTURE(encode, crnn_report, "crnn-report")->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace

BENCHMARK_MAIN();
