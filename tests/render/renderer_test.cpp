#include "render/renderer.hpp"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>

#include "audio/loudness.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "support/plans.hpp"
#include "support/refusal.hpp"
#include "support/rendered.hpp"
#include "support/signals.hpp"
#include "support/true_peak.hpp"

namespace segue {
namespace {

using test::placement_of;
using test::plan_of;
using test::render;
using test::source_of;
using test::TemporaryFolder;
using test::write_float_wav;

constexpr double kPi = std::numbers::pi;

// A source of stereo noise, and what it holds.
struct Noise {
  std::vector<float> samples;
  PlanSource source;

  Noise(const std::filesystem::path& file, std::uint64_t seed, std::size_t frames, int rate = 44100,
        double amplitude = 0.3)
      : samples(test::noise(amplitude, 2 * frames, seed)) {
    write_float_wav(file, samples, rate, 2);
    source = source_of(file);
  }
};

std::string refusal(const Plan& plan) {
  return test::refusal([&] { render(plan); }, ErrorKind::input);
}

TEST(Renderer, GivesAWholeTrackBitForBit) {
  const TemporaryFolder folder;
  const Noise noise(folder / "a.wav", 1, 50000);
  EXPECT_EQ(render(plan_of({noise.source}, {placement_of(0, 0, 50000)}, 0, 0)), noise.samples);
}

TEST(Renderer, PlaysSourcesSampleBySampleOutsideTransitions) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000);
  const Noise b(folder / "b.wav", 2, 60000);
  const auto plan =
      plan_of({a.source, b.source}, {placement_of(0, 5000, 30000), placement_of(1, 9000, 20000, -6)},
              2000, 2410);
  const auto out = render(plan);
  ASSERT_EQ(out.size(), 2 * 50000u);
  for (std::size_t i = 2 * 221; i < 2 * 28000; ++i) ASSERT_EQ(out[i], a.samples[i + 2 * 5000]) << i;
  const auto gain = static_cast<float>(std::pow(10, -6 / 20.0));
  for (std::size_t i = 2 * 32410; i < 2 * 49780; ++i) {
    ASSERT_EQ(out[i], gain * b.samples[i - 2 * 30000 + 2 * 9000]) << i;
  }
}

// Frame j of a transition of n frames: cos and sin of π/2 · (j + ½) / n.
TEST(Renderer, CrossfadesWithEqualPower) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000);
  const Noise b(folder / "b.wav", 2, 60000);
  constexpr PcmFrame before = 1500;
  constexpr PcmFrame after = 3000;
  const auto out = render(plan_of(
      {a.source, b.source}, {placement_of(0, 0, 30000), placement_of(1, 9000, 20000)}, before, after));
  for (PcmFrame j = 0; j < before + after; ++j) {
    const PcmFrame at = 30000 - before + j;
    const double angle = kPi / 2 * (static_cast<double>(j) + 0.5) / (before + after);
    for (PcmFrame c = 0; c < 2; ++c) {
      const auto index = [c](PcmFrame frame) { return static_cast<std::size_t>(2 * frame + c); };
      const double expected =
          std::cos(angle) * a.samples[index(at)] + std::sin(angle) * b.samples[index(at - 30000 + 9000)];
      ASSERT_NEAR(out[index(at)], expected, 1e-7) << j;
    }
  }
}

TEST(Renderer, BeginsAndEndsSoftlyInsideATrack) {
  const TemporaryFolder folder;
  write_float_wav(folder / "dc.wav", std::vector<float>(2 * 60000, 0.5f), 44100, 2);
  const auto out = render(plan_of({source_of(folder / "dc.wav")}, {placement_of(0, 1000, 40000)}, 0, 0));
  EXPECT_LT(out.front(), 0.002);
  EXPECT_LT(out.back(), 0.002);
  EXPECT_EQ(out[2 * 221], 0.5f);  // 5 ms are 220 frames
  EXPECT_EQ(out[out.size() - 2 * 222], 0.5f);
  for (std::size_t i = 2; i < out.size(); ++i) ASSERT_LT(std::abs(out[i] - out[i - 2]), 0.004) << i;
}

TEST(Renderer, GivesTheExactLengthOfRandomPlans) {
  const TemporaryFolder folder;
  std::vector<PlanSource> sources;
  for (const int rate : {44100, 48000, 22050, 32000, 96000}) {
    const auto name = folder / (std::to_string(rate) + ".wav");
    write_float_wav(name, test::noise(0.2, static_cast<std::size_t>(rate) * 4, 1), rate, 2);
    sources.push_back(source_of(name));
  }
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    std::vector<Placement> placements;
    for (std::uint64_t i = 0; i < 2 + random.below(10); ++i) {
      const std::size_t source = random.below(sources.size());
      const auto rate = static_cast<PcmFrame>(sources[source].sample_rate);
      const auto start =
          rate / 10 + static_cast<PcmFrame>(random.below(static_cast<std::uint64_t>(rate)));
      const auto length =
          rate / 10 + static_cast<PcmFrame>(random.below(static_cast<std::uint64_t>(rate) / 2));
      placements.push_back(placement_of(source, start, length));
    }
    const auto rate = random.below(2) == 0 ? 44100 : 48000;
    auto plan = plan_of(sources, placements, static_cast<PcmFrame>(random.below(2000)),
                        static_cast<PcmFrame>(random.below(2000)), rate);
    plan.length -= static_cast<PcmFrame>(random.below(100));
    EXPECT_EQ(render(plan).size(), 2 * static_cast<std::size_t>(plan.length)) << seed;
  }
}

TEST(Renderer, BlockSizesDoNotMatter) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000, 44100, 1.5);  // drives the limiter
  const Noise b(folder / "b.wav", 2, 60000, 48000, 1.5);
  const auto plan = plan_of(
      {a.source, b.source},
      {placement_of(0, 5000, 20000), placement_of(1, 9000, 20000), placement_of(0, 30000, 20000)}, 2000,
      2410);
  const auto whole = render(plan, 100000);
  for (const std::size_t block : {1, 1023, 1024, 5555}) EXPECT_EQ(render(plan, block), whole) << block;
}

// What a resampled source plays is the same sine sampled on the output's frames: its frame `start`
// sounds at the seam, exactly.
TEST(Renderer, AlignsSourcesOfOtherRates) {
  const TemporaryFolder folder;
  for (const int rate : {48000, 22050, 96000, 44101}) {
    const auto name = folder / (std::to_string(rate) + ".wav");
    write_float_wav(name, test::sine(1000, 0.5, static_cast<std::size_t>(rate) * 3, rate, 2), rate, 2);
    const PcmFrame start = rate / 3;
    const auto plan =
        plan_of({source_of(name)}, {placement_of(0, start, rate), placement_of(0, start + 77, rate)},
                1000, 1000);
    const auto out = render(plan);
    const PcmFrame seam = plan.seams()[1];
    double worst = 0;
    for (PcmFrame at = 300; at < plan.length - 300; ++at) {
      if (std::abs(at - seam) <= 1001) continue;
      const double time =
          at < seam ? static_cast<double>(at) / 44100 + static_cast<double>(start) / rate
                    : static_cast<double>(at - seam) / 44100 + static_cast<double>(start + 77) / rate;
      const double expected = 0.5 * std::sin(2 * kPi * 1000 * time);
      worst = std::max(worst, std::abs(out[static_cast<std::size_t>(2 * at)] - expected));
    }
    EXPECT_LT(test::decibels(worst / 0.5), -100) << rate;
  }
}

// What is cut hard does not click: each side ends and begins softly by itself.
TEST(Renderer, CutsSoftly) {
  const TemporaryFolder folder;
  write_float_wav(folder / "a.wav", std::vector<float>(2 * 60000, 0.5f), 44100, 2);
  write_float_wav(folder / "b.wav", std::vector<float>(2 * 60000, -0.5f), 44100, 2);
  const std::vector<PlanSource> sources = {source_of(folder / "a.wav"), source_of(folder / "b.wav")};
  const auto steepest = [&](const Plan& plan) {
    const auto out = render(plan);
    EXPECT_EQ(out.size(), 2 * static_cast<std::size_t>(plan.length));
    float most = 0;
    for (std::size_t i = 2; i < out.size(); ++i) most = std::max(most, std::abs(out[i] - out[i - 2]));
    return most;
  };
  for (const PcmFrame fade : {0, 1, 100}) {
    const Plan plan = plan_of(sources, {placement_of(0, 0, 20000), placement_of(1, 4000, 20000)},
                              fade / 2, fade - fade / 2);
    EXPECT_LT(steepest(plan), 0.0075) << fade << ": both at once";
  }
  // Another level is a step as well, also of what plays on.
  Plan louder = plan_of(sources, {placement_of(0, 0, 20000), placement_of(0, 20000, 20000, -6)}, 0, 0);
  EXPECT_LT(steepest(louder), 0.004);
  // Placements shorter than that.
  Plan shreds = plan_of(
      sources, {placement_of(0, 0, 150), placement_of(1, 4000, 150), placement_of(0, 100, 150)}, 0, 0);
  EXPECT_LT(steepest(shreds), 0.02);
}

// Without a crossfade the resampler's filter must have settled before the first frame that sounds.
TEST(Renderer, CutsIntoResampledSourcesCleanly) {
  const TemporaryFolder folder;
  write_float_wav(folder / "a.wav", test::sine(1000, 0.5, 48000 * 3, 48000, 2), 48000, 2);
  const auto plan = plan_of({source_of(folder / "a.wav")},
                            {placement_of(0, 0, 20000), placement_of(0, 50012, 20000)}, 0, 0);
  const auto out = render(plan);
  const PcmFrame seam = plan.seams()[1];
  for (PcmFrame j = 0; j < 1000; ++j) {
    const double come = std::sin(kPi / 2 * std::min(1.0, (static_cast<double>(j) + .5) / 220));
    const double time = 50012.0 / 48000 + static_cast<double>(j) / 44100;
    ASSERT_NEAR(out[static_cast<std::size_t>(2 * (seam + j))],
                come * 0.5 * std::sin(2 * kPi * 1000 * time), 1e-5)
        << j;
  }
}

TEST(Renderer, MonoSoundsOnBothSides) {
  const TemporaryFolder folder;
  const auto mono = test::noise(0.4, 40000, 1);
  write_float_wav(folder / "a.wav", mono, 44100, 1);
  const auto out = render(plan_of({source_of(folder / "a.wav")}, {placement_of(0, 0, 40000)}, 0, 0));
  ASSERT_EQ(out.size(), 80000u);
  for (std::size_t i = 0; i < mono.size(); ++i) {
    ASSERT_EQ(out[2 * i], mono[i]);
    ASSERT_EQ(out[2 * i + 1], mono[i]);
  }
}

// Two sines under a crossfade: neither value nor slope may step by more than the sines and the fade's
// own steepness allow. A seam one frame off or a fade cut short breaks the bound.
TEST(Renderer, NothingClicksAtASeam) {
  const TemporaryFolder folder;
  for (const int rate : {44100, 48000}) {
    write_float_wav(folder / "a.wav", test::sine(220, 0.3, static_cast<std::size_t>(rate) * 3, rate, 2),
                    rate, 2);
    write_float_wav(folder / "b.wav", test::sine(330, 0.3, static_cast<std::size_t>(rate) * 3, rate, 2),
                    rate, 2);
    const auto plan = plan_of({source_of(folder / "a.wav"), source_of(folder / "b.wav")},
                              {placement_of(0, 4801, 40000), placement_of(1, 5003, 40000),
                               placement_of(0, 50000, 40000), placement_of(0, 4997, 40000)},
                              2205, 2205);
    const auto out = render(plan);
    // |x''| <= A w², plus while fading 2 A w (π/2n) and A (π/2n)² and, at its ends, a kink A π/2n.
    const double w = 2 * kPi * 330 / 44100;
    const double fade = kPi / 2 / 4410;
    const double slope_bound = 2 * 0.3 * (w * w + 2 * w * fade + fade * fade + fade);
    for (std::size_t i = 2 * 300; i + 2 * 300 < out.size(); ++i) {
      ASSERT_LE(std::abs(out[i + 2] - 2.0 * out[i] + out[i - 2]), slope_bound) << rate << " " << i / 2;
    }
  }
}

// Four sources of unlike rates, 400 short placements: the last begins where exact arithmetic says.
TEST(Renderer, DoesNotDriftOverManySeams) {
  const TemporaryFolder folder;
  std::vector<PlanSource> sources;
  for (const int rate : {44100, 48000, 32000, 96000}) {
    const auto name = folder / (std::to_string(rate) + ".wav");
    write_float_wav(name, std::vector<float>(static_cast<std::size_t>(rate) * 2), rate, 2);
    sources.push_back(source_of(name));
  }
  const Noise click(folder / "click.wav", 9, 20000);
  sources.push_back(click.source);
  std::vector<Placement> placements;
  double seconds = 0;
  for (std::size_t i = 0; i < 400; ++i) {
    placements.push_back(
        placement_of(i % 4, 100 + static_cast<PcmFrame>(i), 1001 + static_cast<PcmFrame>(i)));
    seconds += static_cast<double>(placements.back().length) / sources[i % 4].sample_rate;
  }
  placements.push_back(placement_of(4, 0, 20000));
  const auto plan = plan_of(sources, placements, 0, 0);
  const auto out = render(plan);
  const auto first = std::find_if(out.begin(), out.end(), [](float x) { return x != 0; });
  EXPECT_NEAR(static_cast<double>((first - out.begin()) / 2), seconds * 44100, 0.5001);
  // It begins softly.
  EXPECT_TRUE(
      std::equal(click.samples.begin() + 2 * 300, click.samples.begin() + 2 * 19000, first + 2 * 300));
}

TEST(Renderer, LimitsWhatPilesUp) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000, 44100, 0.9);
  const auto out = render(plan_of({a.source}, {placement_of(0, 0, 60000, 12)}, 0, 0));
  const double peak = test::true_peak_by_libebur128(out, 44100, 2);
  EXPECT_LE(peak, -1);
  EXPECT_GT(peak, -1.4);
}

TEST(Renderer, ManySourcesStayWithinABoundOfOpenFiles) {
  const TemporaryFolder folder;
  std::vector<PlanSource> sources;
  std::vector<Placement> placements;
  for (std::size_t i = 0; i < 80; ++i) {
    const Noise noise(folder / (std::to_string(i) + ".wav"), i, 5000);
    sources.push_back(noise.source);
    placements.push_back(placement_of(i, 1000, 2000));
  }
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  const rlimit few{48, old.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  std::vector<float> out;
  EXPECT_NO_THROW(out = render(plan_of(sources, placements, 100, 100)));
  ::setrlimit(RLIMIT_NOFILE, &old);
  EXPECT_EQ(out.size(), 2 * 160000u);
}

TEST(Renderer, ContiguousPlacementsPlayOn) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000);
  const auto out =
      render(plan_of({a.source}, {placement_of(0, 0, 20000), placement_of(0, 20000, 40000)}, 0, 0));
  EXPECT_EQ(out, a.samples);
}

TEST(Renderer, RefusesAMissingSource) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000);
  const Noise b(folder / "b.wav", 2, 60000);
  const auto plan =
      plan_of({a.source, b.source}, {placement_of(0, 0, 20000), placement_of(1, 0, 20000)}, 0, 0);
  std::filesystem::remove(folder / "b.wav");
  const std::string sentence = refusal(plan);
  EXPECT_NE(sentence.find("b.wav"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("placement 1"), std::string::npos) << sentence;
}

TEST(Renderer, RefusesASourceThatIsOtherMusicNow) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000);
  const auto plan = plan_of({a.source}, {placement_of(0, 0, 20000)}, 0, 0);
  write_float_wav(folder / "a.wav", test::noise(0.3, 2 * 60000, 99), 44100, 2);
  const std::string sentence = refusal(plan);
  EXPECT_NE(sentence.find("a.wav"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("placement 0"), std::string::npos) << sentence;
}

TEST(Renderer, RefusesASourceThatEndsEarly) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000);
  auto plan = plan_of({a.source}, {placement_of(0, 0, 60000)}, 0, 0);
  plan.sources[0].pcm_frames = 90000;
  plan.placements[0].length = plan.length = 80000;
  const std::string sentence = refusal(plan);
  EXPECT_NE(sentence.find("60000"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("placement 0"), std::string::npos) << sentence;
}

TEST(Renderer, RefusesSamplesThatAreNotNumbers) {
  const TemporaryFolder folder;
  auto samples = test::noise(0.3, 2 * 60000, 1);
  samples[2 * 30000] = std::nanf("");
  write_float_wav(folder / "nan.wav", samples, 44100, 2);
  const auto plan = plan_of({source_of(folder / "nan.wav")}, {placement_of(0, 0, 60000)}, 0, 0);
  EXPECT_NE(refusal(plan).find("nan.wav"), std::string::npos);
}

TEST(Renderer, RefusesNonsense) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000);
  auto plan = plan_of({a.source}, {placement_of(0, 0, 60000)}, 0, 0);
  plan.placements[0].length = 60001;
  EXPECT_NE(refusal(plan).find("placement 0"), std::string::npos);
}

// Minutes take no more memory than half of one, once as many files are open as may be.
TEST(Renderer, NeedsConstantMemory) {
  const TemporaryFolder folder;
  std::vector<PlanSource> sources;
  for (std::size_t i = 0; i < 20; ++i) {
    sources.push_back(Noise(folder / (std::to_string(i) + ".wav"), i, 60000).source);
  }
  std::vector<Placement> placements;
  for (std::size_t i = 0; i < 300; ++i) placements.push_back(placement_of(i % 20, 5000, 50000));
  Renderer renderer(plan_of(sources, placements, 2205, 2205, 48000));
  std::vector<float> block(2 * 4096);
  const auto in_use_at = [&](double minutes) {
    while (renderer.position() < minutes * 60 * 48000) renderer.read(block);
    return static_cast<double>(::mallinfo2().uordblks);
  };
  const double early = in_use_at(0.5);
  if (early < 1000) GTEST_SKIP() << "another allocator is at work";
  EXPECT_LT(in_use_at(3), early * 1.1);
  EXPECT_LT(in_use_at(5), early * 1.1);
}

TEST(Renderer, StopsWhenInterrupted) {
  const TemporaryFolder folder;
  const Noise a(folder / "a.wav", 1, 60000);
  Renderer renderer(plan_of({a.source}, {placement_of(0, 0, 60000)}, 0, 0));
  std::vector<float> block(2 * 4096);
  renderer.read(block);
  request_interrupt();
  EXPECT_THROW(renderer.read(block), Error);
  clear_interrupt();
}

// Hand-made placements of real music (package wesnoth-1.16-music).
TEST(Renderer, RendersRealMusicUnderTheCeiling) {
  const std::filesystem::path music = "/usr/share/games/wesnoth/1.16/data/core/music";
  if (!std::filesystem::exists(music / "knolls.ogg")) GTEST_SKIP() << "no wesnoth-1.16-music here";
  std::vector<PlanSource> sources;
  for (const char* name : {"knolls.ogg", "battle.ogg", "sad.ogg", "frantic.ogg"}) {
    sources.push_back(source_of(music / name));
  }
  std::vector<Placement> placements;
  for (std::size_t i = 0; i < 16; ++i) {
    const PcmFrame rate = sources[i % 4].sample_rate;
    placements.push_back(placement_of(i % 4, rate * static_cast<PcmFrame>(1 + i / 4 * 3), rate * 2, 6));
  }
  const auto plan = plan_of(sources, placements, 2205, 2205);
  const auto out = render(plan);
  EXPECT_EQ(out.size(), 2 * static_cast<std::size_t>(plan.length));
  EXPECT_EQ(render(plan), out) << "the same plan gives the same bits";
  EXPECT_LE(test::true_peak_by_libebur128(out, 44100, 2), -1);
  LoudnessMeter meter(44100, 2, LoudnessMeter::Measure::integrated);
  meter.add(out);
  EXPECT_GT(meter.integrated(), -30);
}

}  // namespace
}  // namespace segue
