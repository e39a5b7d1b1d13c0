// Rendering and its parts, as multiples of real time on one core ("x_real_time").
// Sources: the Ogg Vorbis music of the Debian package wesnoth-1.16-music, 44.1 kHz.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "audio/decoder.hpp"
#include "audio/encoder.hpp"
#include "audio/loudness.hpp"
#include "audio/resampler.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "output/mix_writer.hpp"
#include "render/limiter.hpp"
#include "render/renderer.hpp"

namespace segue {
namespace {

const std::filesystem::path kMusic = "/usr/share/games/wesnoth/1.16/data/core/music";
constexpr const char* kTracks[] = {"knolls.ogg", "battle.ogg", "wanderer.ogg", "frantic.ogg",
                                   "underground.ogg"};

std::vector<PlanSource> sources() {
  std::vector<PlanSource> result;
  for (const char* name : kTracks) {
    PlanSource source;
    source.path = kMusic / name;
    AudioDecoder decoder = AudioDecoder::open(source.path, 2);
    source.sample_rate = decoder.format().sample_rate;
    std::vector<float> block(65536);
    while (const PcmFrame frames = decoder.read(block)) source.pcm_frames += frames;
    source.track = hash_audio_packets(source.path);
    result.push_back(source);
  }
  return result;
}

// `count` placements of so many seconds, taken in turn from all sources.
Plan plan_of(std::size_t count, double seconds, PcmFrame fade, int sample_rate) {
  static const std::vector<PlanSource> all = sources();
  Plan plan;
  plan.sample_rate = sample_rate;
  plan.sources = all;
  for (std::size_t i = 0; i < count; ++i) {
    Placement placement;
    placement.source = i % all.size();
    const PlanSource& source = all[placement.source];
    placement.length = to_pcm_frames(Seconds(seconds), source.sample_rate);
    const PcmFrame around = 8 * source.sample_rate;  // left for transitions
    const PcmFrame last = source.pcm_frames - placement.length - 2 * around;
    placement.start = around + static_cast<PcmFrame>(i * 1234567) % last;
    plan.placements.push_back(placement);
  }
  Transition transition;
  transition.before = transition.after = fade / 2;
  plan.transitions.assign(count - 1, transition);
  plan.length = plan.seams().back() + to_pcm_frames(Seconds(seconds), sample_rate) - 1;
  return plan;
}

void count_real_time(benchmark::State& state, double seconds) {
  state.counters["x_real_time"] =
      benchmark::Counter(seconds, benchmark::Counter::kIsIterationInvariantRate);
}

void render(benchmark::State& state, const Plan& plan) {
  std::vector<float> block(2 * 4096);
  for (auto _ : state) {
    state.PauseTiming();
    Renderer renderer(plan);
    state.ResumeTiming();
    while (renderer.read(block) > 0) benchmark::DoNotOptimize(block.data());
  }
  count_real_time(state, to_seconds(plan.length, plan.sample_rate).count());
}

void BM_DecodeAlone(benchmark::State& state) {
  PcmFrame frames = 0;
  std::vector<float> block(2 * 4096);
  for (auto _ : state) {
    AudioDecoder decoder = AudioDecoder::open(kMusic / kTracks[0], 2);
    frames = 0;
    while (const PcmFrame count = decoder.read(block)) frames += count;
  }
  count_real_time(state, static_cast<double>(frames) / 44100);
}
BENCHMARK(BM_DecodeAlone)->Unit(benchmark::kMillisecond);

void BM_RenderWithoutTransitions(benchmark::State& state) { render(state, plan_of(5, 60, 0, 44100)); }
BENCHMARK(BM_RenderWithoutTransitions)->Unit(benchmark::kMillisecond);

void BM_RenderThreeSecondFragments(benchmark::State& state) {
  render(state, plan_of(100, 3, 4410, 44100));
}
BENCHMARK(BM_RenderThreeSecondFragments)->Unit(benchmark::kMillisecond);

void BM_RenderThreeSecondFragmentsResampled(benchmark::State& state) {
  render(state, plan_of(100, 3, 4800, 48000));
}
BENCHMARK(BM_RenderThreeSecondFragmentsResampled)->Unit(benchmark::kMillisecond);

// As a mix of tracks that play for a minute: blends of 12 s and their releases, stretched, in all bands.
// Another thread makes them, which is counted as well.
void BM_RenderBlends(benchmark::State& state) {
  Plan plan = plan_of(8, 60, 0, 44100);
  Transition blend;
  blend.kind = TransitionKind::blend;
  blend.before = blend.after = 6 * 44100;
  blend.blend.mid = blend.blend.high = {-blend.before, blend.after};
  blend.blend.low = {-11025, 11025};
  for (BlendSide* side : {&blend.blend.out, &blend.blend.in}) {
    side->gain_db = 1;
    side->spectrum_db = {1, 2, 0, -1, -2};
  }
  blend.blend.in.tempo = 1.03;
  blend.blend.out.release = 8 * 44100;
  blend.blend.in.release = 12 * 44100;
  plan.transitions.assign(plan.transitions.size(), blend);
  plan.length -= 44100 * 10;  // what the stretching takes
  render(state, plan);
}
BENCHMARK(BM_RenderBlends)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

// The same with everything that 'segue mix --plan' does after it: FLAC, loudness, true peak.
void BM_WriteMix(benchmark::State& state) {
  set_verbosity(Verbosity::quiet);
  const Plan plan = plan_of(100, 3, 4410, 44100);
  const auto file = std::filesystem::temp_directory_path() / "segue-bench.flac";
  for (auto _ : state) benchmark::DoNotOptimize(write_mix(plan, file, EncodingConfig{}));
  std::filesystem::remove(file);
  count_real_time(state, to_seconds(plan.length, plan.sample_rate).count());
}
BENCHMARK(BM_WriteMix)->Unit(benchmark::kMillisecond);

// Checking sources and opening the plan, as a fresh start does.
void BM_OpenPlan(benchmark::State& state) {
  const Plan plan = plan_of(100, 3, 4410, 44100);
  for (auto _ : state) benchmark::DoNotOptimize(Renderer(plan).position());
}
BENCHMARK(BM_OpenPlan)->Unit(benchmark::kMillisecond);

constexpr std::size_t kSeconds = 20;

std::vector<float> noise(double amplitude) {
  Random random(1);
  std::vector<float> samples(2 * 44100 * kSeconds);
  for (auto& sample : samples) sample = static_cast<float>(random.uniform(-amplitude, amplitude));
  return samples;
}

template <class Work>
void in_blocks(benchmark::State& state, const std::vector<float>& samples, const Work& work) {
  for (std::size_t at = 0; at + 8192 <= samples.size(); at += 8192)
    work(std::span(samples).subspan(at, 8192));
  count_real_time(state, kSeconds);
}

// Argument: the samples' peak in percent of full scale. 30 rests, 200 is limited all the time.
void BM_Limiter(benchmark::State& state) {
  const auto samples = noise(static_cast<double>(state.range(0)) / 100);
  std::vector<float> out;
  for (auto _ : state) {
    TruePeakLimiter limiter(44100, 2, -1);
    in_blocks(state, samples, [&](auto block) {
      out.clear();
      limiter.process(block, out);
    });
  }
}
BENCHMARK(BM_Limiter)->Arg(30)->Arg(80)->Arg(200)->Unit(benchmark::kMillisecond);

void BM_Resampler(benchmark::State& state) {
  const auto samples = noise(0.5);
  std::vector<float> out;
  for (auto _ : state) {
    Resampler resampler(44100, 48000, 2);
    in_blocks(state, samples, [&](auto block) {
      out.clear();
      resampler.process(block, out);
    });
  }
}
BENCHMARK(BM_Resampler)->Unit(benchmark::kMillisecond);

void BM_LoudnessMeter(benchmark::State& state) {
  const auto samples = noise(0.5);
  for (auto _ : state) {
    LoudnessMeter meter(44100, 2, static_cast<LoudnessMeter::Measure>(state.range(0)));
    in_blocks(state, samples, [&](auto block) { meter.add(block); });
  }
}
BENCHMARK(BM_LoudnessMeter)
    ->Arg(static_cast<int>(LoudnessMeter::Measure::integrated))
    ->Arg(static_cast<int>(LoudnessMeter::Measure::integrated_and_true_peak))
    ->Unit(benchmark::kMillisecond);

void BM_Encoder(benchmark::State& state) {
  constexpr const char* endings[] = {".wav", ".flac", ".ogg", ".opus", ".mp3"};
  const std::string ending = endings[state.range(0)];
  const auto samples = noise(0.5);
  EncodingConfig config;
  config.container = EncodingConfig::container_for("a" + ending);
  if (config.container == Container::ogg_opus) config.sample_rate = 48000;
  for (auto _ : state) {
    AudioEncoder encoder(std::filesystem::temp_directory_path() / ("segue-bench" + ending), config);
    in_blocks(state, samples, [&](auto block) { encoder.write(block); });
  }  // never committed: nothing stays
  state.SetLabel(ending);
}
BENCHMARK(BM_Encoder)->DenseRange(0, 4)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace segue

int main(int argc, char** argv) {
  if (!std::filesystem::exists(segue::kMusic / segue::kTracks[0])) {
    std::fprintf(
        stderr,
        "The music of wesnoth-1.16-music is not here; run: apt-get install wesnoth-1.16-music\n");
    return EXIT_FAILURE;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return EXIT_SUCCESS;
}
