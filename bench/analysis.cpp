// Decoding, seeking, log-mel and the whole analysis of one real track; `x_real_time` is how many times
// faster than the music plays. `bench_analysis analyze FILE` does what the library does with a new file,
// once: analysis_vs_ffmpeg.py measures its CPU time.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

#include "analysis/analyzer.hpp"
#include "analysis/block_loudness.hpp"
#include "analysis/fingerprint.hpp"
#include "analysis/log_mel.hpp"
#include "audio/decoder.hpp"
#include "base/error.hpp"
#include "base/random.hpp"

namespace segue {
namespace {

std::filesystem::path music() {
  const char* named = std::getenv("SEGUE_BENCH_FILE");
  return named != nullptr ? named : "/usr/share/games/wesnoth/1.16/data/core/music/knolls.ogg";
}

std::vector<float> samples(int channels) {
  AudioDecoder decoder = AudioDecoder::open(music(), channels);
  std::vector<float> all, block(65536);
  while (const PcmFrame frames = decoder.read(block)) {
    all.insert(all.end(), block.begin(), block.begin() + frames * channels);
  }
  return all;
}

void report(benchmark::State& state, double seconds_of_music) {
  state.counters["x_real_time"] =
      benchmark::Counter(seconds_of_music, benchmark::Counter::kIsIterationInvariantRate);
}

void decode(benchmark::State& state) {
  double seconds = 0;
  for (auto _ : state) {
    AudioDecoder decoder = AudioDecoder::open(music(), 2);
    std::vector<float> block(65536);
    while (decoder.read(block) > 0) benchmark::DoNotOptimize(block.data());
    seconds = to_seconds(decoder.position(), decoder.format().sample_rate).count();
  }
  report(state, seconds);
}
BENCHMARK(decode)->Unit(benchmark::kMillisecond);

void hash(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(hash_audio_packets(music()));
}
BENCHMARK(hash)->Unit(benchmark::kMillisecond);

void seek(benchmark::State& state) {
  AudioDecoder decoder = AudioDecoder::open(music(), 2);
  const double length = decoder.estimated_duration().value_or(Seconds(60)).count();
  Random random(1);
  std::vector<float> block(2048);
  for (auto _ : state) {
    decoder.seek(to_pcm_frames(Seconds(random.uniform(0, length - 1)), decoder.format().sample_rate));
    decoder.read(block);
  }
}
BENCHMARK(seek)->Unit(benchmark::kMicrosecond);

void log_mel(benchmark::State& state) {
  const auto mono = samples(1);  // the time it takes does not depend on the rate that was meant
  std::vector<float> rows;
  for (auto _ : state) {
    LogMelExtractor extractor;
    rows.clear();
    extractor.process(mono, rows);
    benchmark::DoNotOptimize(rows.data());
  }
  report(state, static_cast<double>(mono.size()) / LogMelGeometry::sample_rate);
}
BENCHMARK(log_mel)->Unit(benchmark::kMillisecond);

void loudness(benchmark::State& state) {
  const auto stereo = samples(2);
  for (auto _ : state) {
    BlockLoudness blocks(44100, 2);
    blocks.add(stereo);
    benchmark::DoNotOptimize(blocks.integrated());
  }
  report(state, static_cast<double>(stereo.size()) / 2 / 44100);
}
BENCHMARK(loudness)->Unit(benchmark::kMillisecond);

void compare_fingerprints(benchmark::State& state) {
  Random random(1);
  std::vector<std::uint32_t> a(948), b(948);
  for (auto* values : {&a, &b}) {
    for (auto& value : *values) value = static_cast<std::uint32_t>(random.next());
  }
  for (auto _ : state) benchmark::DoNotOptimize(fingerprint_similarity(a, b));
}
BENCHMARK(compare_fingerprints)->Unit(benchmark::kMicrosecond);

TrackAnalysis analyze(const std::filesystem::path& file) {
  const auto folder = std::filesystem::temp_directory_path();
  const TrackAnalysis analysis = analyze_file(file, hash_audio_packets(file), folder);
  std::filesystem::remove(analysis.features);
  return analysis;
}

void analysis(benchmark::State& state) {
  double seconds = 0;
  for (auto _ : state) {
    const TrackAnalysis result = analyze(music());
    seconds = to_seconds(result.pcm_frames, result.format.sample_rate).count();
  }
  report(state, seconds);
}
BENCHMARK(analysis)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace segue

int main(int argc, char** argv) {
  try {
    if (argc == 3 && std::string_view(argv[1]) == "analyze") {
      segue::analyze(argv[2]);
      return 0;
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
  } catch (const segue::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.exit_status();
  }
}
