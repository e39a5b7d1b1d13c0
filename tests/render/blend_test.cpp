#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "render/band_splitter.hpp"
#include "render/blend_sound.hpp"
#include "render/renderer.hpp"
#include "render/time_stretcher.hpp"
#include "support/plans.hpp"
#include "support/rendered.hpp"
#include "support/signals.hpp"

namespace segue {
namespace {

using test::placement_of;
using test::plan_of;
using test::render;
using test::source_of;
using test::TemporaryFolder;

constexpr int kRate = 44100;

PlanSource source_with(const std::filesystem::path& file, const std::vector<float>& stereo,
                       int rate = kRate) {
  test::write_float_wav(file, stereo, rate, 2);
  return source_of(file);
}

// Both bands fade over the whole of it, and nothing else is done.
Transition plain_blend(PcmFrame before, PcmFrame after) {
  Transition transition;
  transition.kind = TransitionKind::blend;
  transition.before = before;
  transition.after = after;
  transition.blend.low = transition.blend.mid = transition.blend.high = {-before, after};
  return transition;
}

Plan blended(std::vector<PlanSource> sources, std::vector<Placement> placements,
             const Transition& transition, int rate = kRate) {
  Plan plan = plan_of(std::move(sources), std::move(placements), 0, 0, rate);
  plan.transitions.assign(plan.transitions.size(), transition);
  // As long as it is with what is stretched.
  const Placement& last = plan.placements.back();
  const Stretch head = plan.head(plan.placements.size() - 1);
  plan.length = plan.seams().back() + head.output +
                (last.length - head.source) * rate / plan.sources[last.source].sample_rate;
  return plan;
}

// Short hits, the same in both channels, `gap` PCM frames apart.
std::vector<float> hits(PcmFrame frames, double gap, double frequency = 1500) {
  std::vector<float> stereo(2 * static_cast<std::size_t>(frames));
  for (double at = 0; at < static_cast<double>(frames) - 3000; at += gap) {
    const auto first = static_cast<PcmFrame>(std::llround(at));
    for (PcmFrame i = 0; i < 2500; ++i) {
      const double value = .5 * std::exp(-static_cast<double>(i) / 300) *
                           std::sin(2 * std::numbers::pi * frequency * static_cast<double>(i) / kRate);
      stereo[static_cast<std::size_t>(2 * (first + i))] += static_cast<float>(value);
      stereo[static_cast<std::size_t>(2 * (first + i) + 1)] += static_cast<float>(value);
    }
  }
  return stereo;
}

// Where hits begin: PCM frames at which the power of 1 ms exceeds a tenth of the most, after quiet.
std::vector<double> onsets(std::span<const float> stereo) {
  constexpr std::size_t width = 44;
  std::vector<double> power(stereo.size() / 2 / width);
  for (std::size_t b = 0; b < power.size(); ++b)
    for (std::size_t i = 0; i < width; ++i)
      power[b] += std::pow(static_cast<double>(stereo[2 * (b * width + i)]), 2);
  const double most = *std::max_element(power.begin(), power.end());
  std::vector<double> found;
  double last = -1e9;
  for (std::size_t b = 1; b < power.size(); ++b) {
    const auto at = static_cast<double>(b * width);
    if (power[b] > .1 * most && at - last > 4000) {
      found.push_back(at);
      last = at;
    }
  }
  return found;
}

double power_of(std::span<const float> samples) {
  const double rms = test::root_mean_square(samples);
  return rms * rms;
}

TEST(BandSplitter, BandsAddUpToTheInput) {
  const std::vector<float> noise = test::noise(.5, 30000, 3);
  const std::vector<double> borders = {200, 630, 2500, 6300};
  std::vector<double> sum(noise.size());
  std::size_t bands = 0;
  split_bands(noise, kRate, borders, [&](std::size_t band, std::span<const float> part) {
    EXPECT_EQ(band, bands++);
    for (std::size_t i = 0; i < part.size(); ++i) sum[i] += part[i];
  });
  EXPECT_EQ(bands, 5u);
  for (std::size_t i = 0; i < noise.size(); ++i) ASSERT_NEAR(sum[i], noise[i], 1e-6) << i;
}

// 1 / (1 + (f / f0)^4): -6.02 dB at the border, -24.6 dB an octave above.
TEST(BandSplitter, HasTheSlopesOfLinkwitzAndRiley) {
  const double border[] = {1000};
  for (const double f : {250., 500., 1000., 2000.}) {
    const std::vector<float> tone = test::sine(f, .5, 44100, kRate, 1);
    double below = 0;
    split_bands(tone, kRate, border, [&](std::size_t band, std::span<const float> part) {
      if (band == 0) below = test::root_mean_square(part.subspan(8000, 28000));
    });
    const double expected = 1 / (1 + std::pow(f / 1000, 4));
    const double found = below / test::root_mean_square(std::span(tone).subspan(8000, 28000));
    EXPECT_NEAR(20 * std::log10(found), 20 * std::log10(expected), .4) << f;
  }
}

TEST(TimeStretcher, PutsHitsWhereTheMapSays) {
  const std::vector<float> stereo = hits(8 * kRate, kRate / 2.0);
  StretchMap map;
  map.input = [](double t) { return 44100 + 1.06 * t; };
  map.pitch = [](double) { return 1.0; };
  const std::vector<float> out = stretch(stereo, 0, 2, kRate, 0, 5 * kRate, map);
  ASSERT_EQ(out.size(), 2u * 5 * kRate);
  const std::vector<double> found = onsets(out);
  ASSERT_GE(found.size(), 10u);
  for (const double at : found) {
    const double source = map.input(at);
    const double off = source - std::round(source / (kRate / 2.0)) * (kRate / 2.0);
    EXPECT_LT(std::abs(off) / kRate, .009) << at;
  }
}

// Noise has no phase that windows could agree on, so that a phase vocoder makes it softer.
TEST(TimeStretcher, IsAsLoudAsTheInputWhereverThatIs) {
  std::vector<float> noise = test::noise(.2, 6 * kRate, 5);
  for (std::size_t i = 3 * kRate; i < noise.size(); ++i) noise[i] *= .3f;
  const StretchMap map{[](double t) { return 1.03 * t; }, [](double) { return 1.0; }};
  const std::vector<float> out = stretch(noise, 0, 1, kRate, 0, 5 * kRate, map);
  const auto level = [](std::span<const float> sound, double begin, double end) {
    double sum = 0;
    for (auto i = static_cast<std::size_t>(begin * kRate); i < static_cast<std::size_t>(end * kRate);
         ++i)
      sum += static_cast<double>(sound[i]) * static_cast<double>(sound[i]);
    return 10 * std::log10(sum / (end - begin) / kRate);
  };
  EXPECT_NEAR(level(out, .5, 2.3), level(noise, .515, 2.37), .2);
  EXPECT_NEAR(level(out, 3.5, 4.8), level(noise, 3.6, 4.94), .2);
}

TEST(TimeStretcher, ShiftsThePitchAloneWhereAsked) {
  const std::vector<float> tone = test::sine(440, .5, 6 * kRate, kRate, 1);
  StretchMap map;
  map.input = [](double t) { return 20000 + t; };
  map.pitch = [](double) { return std::exp2(1 / 12.); };
  const std::vector<float> out = stretch(tone, 0, 1, kRate, 0, 2 * kRate, map);
  std::size_t crossings = 0;
  for (std::size_t i = 1; i < out.size(); ++i) crossings += out[i - 1] < 0 && out[i] >= 0;
  EXPECT_NEAR(static_cast<double>(crossings) / 2, 440 * std::exp2(1 / 12.), 1.5);
}

TEST(Blend, WithNothingButAFadeIsACrossfade) {
  const TemporaryFolder folder;
  const auto a = source_with(folder / "a.wav", test::noise(.3, 2 * 90000, 1));
  const auto b = source_with(folder / "b.wav", test::noise(.3, 2 * 90000, 2));
  const std::vector<Placement> placements = {placement_of(0, 5000, 40000),
                                             placement_of(1, 9000, 40000, -3)};
  const auto fade = render(plan_of({a, b}, placements, 4000, 6000));
  const auto blend = render(blended({a, b}, placements, plain_blend(4000, 6000)));
  ASSERT_EQ(fade.size(), blend.size());
  for (std::size_t i = 0; i < fade.size(); ++i) ASSERT_NEAR(fade[i], blend[i], 2e-3) << i;
  for (std::size_t i = 0; i < 2 * 35900; ++i) ASSERT_EQ(fade[i], blend[i]) << i;
  for (std::size_t i = 2 * 46100; i < fade.size(); ++i) ASSERT_EQ(fade[i], blend[i]) << i;
}

// 126 BPM after 120 BPM: while both sound, every hit of one falls on one of the other.
TEST(Blend, MeetsTheTempoAndGivesItBack) {
  const TemporaryFolder folder;
  const double slow = kRate * 60. / 120, fast = kRate * 60. / 126;
  const auto fast_hits = hits(40 * kRate, fast, 3000);
  for (const int rate : {44100, 48000}) {
    const auto a = source_with(folder / "a.wav", hits(40 * kRate, slow));
    const auto b = source_with(folder / "b.wav", fast_hits, 44100);
    const double scale = static_cast<double>(rate) / kRate;
    const auto out_frames = [&](double frames) {
      return static_cast<PcmFrame>(std::llround(frames * scale));
    };
    Transition transition = plain_blend(out_frames(8 * slow), out_frames(8 * slow));
    transition.blend.in.tempo = 120. / 126;
    transition.blend.in.release = out_frames(16 * slow);
    const auto start = static_cast<PcmFrame>(std::llround(16 * fast));
    const Plan plan = blended(
        {a, b},
        {placement_of(0, 0, static_cast<PcmFrame>(24 * slow)), placement_of(1, start, 20 * kRate)},
        transition, rate);
    const auto out = render(plan);
    const PcmFrame seam = plan.seams()[1];
    ASSERT_EQ(seam, out_frames(24 * slow));
    // The blend itself: a hit every `slow` frames and none between.
    const PcmFrame first = seam - transition.before, last = seam + transition.after;
    const auto found = onsets(std::span(out).subspan(static_cast<std::size_t>(2 * first),
                                                     static_cast<std::size_t>(2 * (last - first))));
    EXPECT_NEAR(static_cast<double>(found.size()), 16, 1);
    for (const double at : found) {
      const double beats = (at + static_cast<double>(first)) / (slow * scale);
      EXPECT_LT(std::abs(beats - std::round(beats)) * slow / kRate, .008) << at;
    }
    if (rate != kRate) continue;
    // Beyond the release it is the source, sample by sample.
    const Stretch head = plan.head(1);
    const PcmFrame end = seam + head.output;
    for (PcmFrame i = 0; i < 3 * kRate; ++i)
      ASSERT_EQ(out[static_cast<std::size_t>(2 * (end + i))],
                fast_hits[static_cast<std::size_t>(2 * (start + head.source + i))])
          << i;
  }
}

TEST(Blend, OutgoingCanGiveWayToo) {
  const TemporaryFolder folder;
  const double slow = kRate * 60. / 120, fast = kRate * 60. / 126;
  const auto slow_hits = hits(40 * kRate, slow);
  const auto a = source_with(folder / "a.wav", slow_hits);
  const auto b = source_with(folder / "b.wav", hits(40 * kRate, fast, 3000));
  Transition transition = plain_blend(static_cast<PcmFrame>(4 * fast), static_cast<PcmFrame>(4 * fast));
  transition.blend.out.tempo = 126. / 120;
  transition.blend.out.release = static_cast<PcmFrame>(8 * slow);
  const Plan plan = blended({a, b},
                            {placement_of(0, 0, static_cast<PcmFrame>(24 * slow)),
                             placement_of(1, static_cast<PcmFrame>(16 * fast), 10 * kRate)},
                            transition);
  const auto out = render(plan);
  const PcmFrame seam = plan.seams()[1];
  const PcmFrame first = seam - transition.before;
  const auto found =
      onsets(std::span(out).subspan(static_cast<std::size_t>(2 * first), 2 * 8 * kRate * 60 / 126));
  EXPECT_GE(found.size(), 7u);
  for (const double at : found) {
    const double beats = (at + static_cast<double>(first - seam)) / fast;
    EXPECT_LT(std::abs(beats - std::round(beats)) * fast / kRate, .008) << at;
  }
  for (PcmFrame i = 1000; i < seam - transition.reach_before(); ++i)
    ASSERT_EQ(out[static_cast<std::size_t>(2 * i)], slow_hits[static_cast<std::size_t>(2 * i)]) << i;
}

// The less the speed changes, the sooner the source is its own again, however slowly levels are
// released.
TEST(Blend, ALittleSpeedIsGivenBackSoon) {
  const TemporaryFolder folder;
  const auto noise = test::noise(.1, 2 * 40 * kRate, 1);
  const auto a = source_with(folder / "a.wav", test::noise(.1, 2 * 40 * kRate, 9));
  const auto b = source_with(folder / "b.wav", noise);
  Transition transition = plain_blend(kRate, kRate);
  BlendSide& in = transition.blend.in;
  in.release = 16 * kRate;
  PcmFrame longest = 0;
  for (const double tempo : {1.04, 1.02, .99}) {
    in.tempo = tempo;
    EXPECT_NEAR(static_cast<double>(in.glide()), 12 * kRate * std::abs(tempo - 1) / .04, 2);
    const Plan plan = blended(
        {a, b}, {placement_of(0, 0, 8 * kRate), placement_of(1, 5 * kRate, 25 * kRate)}, transition);
    const auto out = render(plan);
    const PcmFrame own = kRate + in.glide() + in.landing();  // from the seam on
    const PcmFrame in_source =
        5 * kRate + std::llround(in.played(kRate)) - in.release + in.glide() + in.landing();
    for (PcmFrame i = 0; i < 3 * kRate; ++i)
      ASSERT_EQ(out[static_cast<std::size_t>(2 * (8 * kRate + own + i))],
                noise[static_cast<std::size_t>(2 * (in_source + i))])
          << tempo << ' ' << i;
    if (longest > 0) {
      EXPECT_LT(own, longest);
    }
    longest = own;
  }
}

TEST(Blend, SwapsTheLowEndAtOnce) {
  const TemporaryFolder folder;
  const auto a = source_with(folder / "a.wav", test::sine(60, .3, 20 * kRate, kRate, 2));
  const auto b = source_with(folder / "b.wav", test::sine(4000, .3, 20 * kRate, kRate, 2));
  Transition transition = plain_blend(4 * kRate, 4 * kRate);
  transition.blend.low = {-kRate / 4, kRate / 4};
  const auto out = render(blended(
      {a, b}, {placement_of(0, 0, 8 * kRate), placement_of(1, 5 * kRate, 8 * kRate)}, transition));
  const auto low_at = [&](double seconds) {
    const auto begin = static_cast<std::size_t>(2 * seconds * kRate);
    double level = 0;
    std::vector<float> channel;
    for (std::size_t i = 0; i < kRate; ++i) channel.push_back(out[begin + 2 * i]);
    const double border[] = {300};
    split_bands(channel, kRate, border, [&](std::size_t band, std::span<const float> part) {
      if (band == 0) level = test::root_mean_square(part);
    });
    return level;
  };
  EXPECT_NEAR(low_at(6.5), .3 / std::sqrt(2),
              .01);  // whole, until a quarter of a second before the seam
  EXPECT_LT(low_at(8.5), .003);
}

TEST(Blend, LikeMaterialNeitherCancelsNorGains) {
  const TemporaryFolder folder;
  const auto noise = test::noise(.2, 2 * 20 * kRate, 1);
  const auto a = source_with(folder / "a.wav", noise);
  Transition transition = plain_blend(2 * kRate, 2 * kRate);
  const std::vector<Placement> placements = {placement_of(0, 0, 8 * kRate),
                                             placement_of(0, 8 * kRate, 8 * kRate)};
  const auto out = render(blended({a}, placements, transition));
  const double usual = power_of(std::span(out).subspan(2 * kRate, 2 * 4 * kRate));
  const double inside = power_of(std::span(out).subspan(2 * (8 * kRate - kRate / 2), 2 * kRate));
  EXPECT_NEAR(10 * std::log10(inside / usual), 0, .7);
}

// What would cancel is raised, by 3 dB at most.
TEST(Blend, OppositeMaterialLosesLess) {
  const TemporaryFolder folder;
  const auto noise = test::noise(.2, 2 * 20 * kRate, 1), other = test::noise(.2, 2 * 20 * kRate, 2);
  std::vector<float> opposite(noise.size());
  for (std::size_t i = 0; i < noise.size(); ++i) opposite[i] = -.6f * noise[i] + .8f * other[i];
  const auto a = source_with(folder / "a.wav", noise), b = source_with(folder / "b.wav", opposite);
  const auto out =
      render(blended({a, b}, {placement_of(0, 0, 8 * kRate), placement_of(1, 8 * kRate, 8 * kRate)},
                     plain_blend(2 * kRate, 2 * kRate)));
  const double usual = power_of(std::span(out).subspan(2 * kRate, 2 * 4 * kRate));
  const double inside = power_of(std::span(out).subspan(2 * (8 * kRate - kRate / 2), 2 * kRate));
  EXPECT_NEAR(10 * std::log10(inside / usual), -1.5, .4) << "instead of -4 dB";
}

TEST(Blend, GainAndSpectrumAreReleased) {
  const TemporaryFolder folder;
  const auto noise = test::noise(.1, 2 * 30 * kRate, 1);
  const auto a = source_with(folder / "a.wav", test::noise(.1, 2 * 30 * kRate, 9));
  const auto b = source_with(folder / "b.wav", noise);
  Transition transition = plain_blend(kRate, kRate);
  transition.blend.in.gain_db = -6;
  transition.blend.in.spectrum_db = {0, 0, 0, 0, -6};
  transition.blend.in.release = 4 * kRate;
  const auto out = render(blended(
      {a, b}, {placement_of(0, 0, 8 * kRate), placement_of(1, 5 * kRate, 12 * kRate)}, transition));
  const PcmFrame end = 8 * kRate + transition.reach_after();
  for (PcmFrame i = 0; i < 4 * kRate; ++i)
    ASSERT_EQ(out[static_cast<std::size_t>(2 * (end + i))],
              noise[static_cast<std::size_t>(2 * (end + i - 3 * kRate))])
        << i;
  const double begun = test::root_mean_square(std::span(out).subspan(2 * (9 * kRate), kRate / 5));
  const double whole = test::root_mean_square(std::span(out).subspan(2 * 14 * kRate, 2 * kRate));
  EXPECT_LT(20 * std::log10(begun / whole), -6);
  EXPECT_GT(20 * std::log10(begun / whole), -12);
}

// No step in value or slope that the material has not: tones have none.
// Neither in the transition nor where something is given back, however soon a plan may ask for that.
TEST(Blend, NothingClicks) {
  const TemporaryFolder folder;
  const auto a = source_with(folder / "a.wav", test::sine(220, .3, 40 * kRate, kRate, 2));
  const auto b = source_with(folder / "b.wav", test::sine(330, .3, 40 * kRate, kRate, 2));
  const auto expect_smooth = [&](const Transition& transition, double louder, double higher,
                                 const char* what) {
    const auto out = render(blended(
        {a, b}, {placement_of(0, 0, 12 * kRate), placement_of(1, 9 * kRate, 12 * kRate)}, transition));
    // The steepest that both tones together can be, and how fast that changes, with a tenth to spare.
    const double w = 2 * std::numbers::pi / kRate * higher;
    const double slope = louder * .3 * w * (220 + 330) * 1.1;
    const double bend = louder * .3 * w * w * (220. * 220 + 330. * 330) * 1.3;
    double steepest = 0, sharpest = 0;
    for (std::size_t i = 2 * 500; i + 2 * 500 < out.size(); ++i) {
      const double first = out[i + 2] - out[i], second = out[i + 4] - out[i + 2];
      steepest = std::max(steepest, std::abs(first));
      sharpest = std::max(sharpest, std::abs(second - first));
    }
    EXPECT_LT(steepest, slope) << what;
    EXPECT_LT(sharpest, bend + 2e-4) << what;
  };
  Transition transition = plain_blend(3 * kRate, 5 * kRate);
  transition.blend.low = {-2000, 2000};
  transition.blend.mid = {-20000, 20000};
  transition.blend.out.tempo = 1.03;
  transition.blend.in.tempo = .97;
  transition.blend.out.release = 2 * kRate;
  transition.blend.in.release = 4 * kRate;
  transition.blend.in.gain_db = -2;
  transition.blend.in.spectrum_db = {1, 2, -1, 0, 3};
  expect_smooth(transition, 1, 1, "as a mix has it");
  const auto soon = [&](auto change, double louder, double higher, const char* what) {
    Transition sudden = plain_blend(kRate, kRate);
    sudden.blend.out.release = sudden.blend.in.release = kRate / 10;
    for (BlendSide* side : {&sudden.blend.out, &sudden.blend.in}) change(*side);
    expect_smooth(sudden, louder, higher, what);
  };
  soon([](BlendSide& side) { side.gain_db = -12; }, 1, 1, "softer");
  soon([](BlendSide& side) { side.gain_db = 6; }, 2, 1, "louder");
  soon([](BlendSide& side) { side.spectrum_db = {-12, 0, 0, 0, 12}; }, 1, 1, "coloured");
  soon([](BlendSide& side) { side.tempo = 1.5; }, 1.1, 1.5, "faster");
  soon([](BlendSide& side) { side.tempo = .5; }, 1.1, 1, "slower");
  soon([](BlendSide& side) { side.shift = 2; }, 1.1, 1.13, "higher");
  Transition swap = plain_blend(kRate, kRate);
  swap.blend.low = {-110, 111};
  expect_smooth(swap, 1, 2, "the low end at once");
}

TEST(Blend, BlockSizesDoNotMatterAndThePlanReadsBack) {
  const TemporaryFolder folder;
  const auto a = source_with(folder / "a.wav", hits(30 * kRate, 20000));
  const auto b = source_with(folder / "b.wav", test::noise(.2, 2 * 30 * 48000, 2), 48000);
  Transition transition = plain_blend(kRate, 2 * kRate);
  transition.blend.in.tempo = 1.02;
  transition.blend.in.shift = -1;
  transition.blend.in.release = kRate;
  transition.why = "heard least of 5";
  const Plan plan = blended({a, b},
                            {placement_of(0, 0, 5 * kRate), placement_of(1, 3 * 48000, 6 * 48000),
                             placement_of(0, 5 * kRate, 6 * kRate)},
                            transition);
  const auto whole = render(plan, 100000);
  for (const std::size_t block : {1023, 5555}) EXPECT_EQ(render(plan, block), whole) << block;
  plan.write(folder / "plan.json");
  const Plan read = Plan::read(folder / "plan.json");
  EXPECT_EQ(read.transitions[0].blend, transition.blend);
  EXPECT_EQ(read.transitions[0].why, transition.why);
  EXPECT_EQ(render(read), whole);
}

}  // namespace
}  // namespace segue
