#include "analysis/metre.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/rhythm.hpp"
#include "base/random.hpp"
#include "support/hearing.hpp"

namespace segue {
namespace {

constexpr double kHop = static_cast<double>(LogMelGeometry::hop_length) / LogMelGeometry::sample_rate;
constexpr double kChromaStep =
    static_cast<double>(TonalityListener::kStep) / LogMelGeometry::sample_rate;

// What listeners would have heard of hits at known moments, without the sound.
class Heard {
 public:
  explicit Heard(double seconds, std::uint64_t seed = 1)
      : onsets_(static_cast<std::size_t>(2 * seconds / kHop)),
        chroma_(static_cast<std::size_t>(seconds / kChromaStep)) {
    Random random(seed);
    spectrum_.rise.resize(static_cast<std::size_t>(seconds / kHop));
    for (auto& rise : spectrum_.rise)
      for (float& part : rise) part = static_cast<float>(random.uniform(0, .05));
    for (double& onset : onsets_) onset = random.uniform(0, .05);
    for (Chroma& chroma : chroma_) chroma[0] = 1;
  }

  // What begins here, in low, middle and high bands. Two hops pass before a frame lies over it.
  void hit(double at, float low, float mid, float high) {
    const auto frame = static_cast<std::size_t>(std::llround(at / kHop)) - 2;
    if (frame >= spectrum_.rise.size()) return;
    spectrum_.rise[frame] = {low, mid, high};
    onsets_[2 * (frame + 2)] = low + mid + high;
  }
  // One pitch class from here on.
  void harmony(double from, std::size_t note) {
    // A value is about the four steps from where it begins.
    for (auto i = static_cast<std::size_t>(std::max(0.0, std::ceil(from / kChromaStep - 2)));
         i < chroma_.size(); ++i) {
      chroma_[i] = {};
      chroma_[i][note] = 1;
    }
  }
  BeatCues cues() const { return {spectrum_, onsets_, chroma_}; }

 private:
  SpectrumSummary spectrum_;
  std::vector<double> onsets_;
  std::vector<Chroma> chroma_;
};

std::vector<double> steady(std::size_t count, double first, double interval) {
  std::vector<double> beats;
  for (std::size_t i = 0; i < count; ++i) beats.push_back(first + interval * static_cast<double>(i));
  return beats;
}

// Bass drum and a new chord begin each bar; in the middle of a bar of four is a softer bass drum, on the
// beats between a snare; hats on beats and half beats.
Heard band(std::span<const double> beats, int metre, int first_place) {
  Heard heard(beats.back() + 2);
  for (std::size_t i = 0; i < beats.size(); ++i) {
    const int place = (static_cast<int>(i) + first_place) % metre;
    const double half = beats[i] + (i + 1 < beats.size() ? beats[i + 1] - beats[i] : .5) / 2;
    heard.hit(half, 0, .1f, .3f);
    if (place == 0) {
      heard.hit(beats[i], 1, .6f, .5f);
      heard.harmony(beats[i], (i * 5) % 12);
    } else if (metre == 4 && place == 2) {
      heard.hit(beats[i], .7f, .3f, .4f);
    } else {
      heard.hit(beats[i], .1f, .7f, .7f);
    }
  }
  return heard;
}

TEST(BeatCues, TellsWhatBeginsFromWhatDoesNot) {
  Heard heard(20);
  for (int i = 1; i < 19; ++i) heard.hit(i, 1, 0, 0);
  const BeatCues cues = heard.cues();
  for (const double off : {-.04, 0.0, .04}) EXPECT_GT(cues.rises(10 + off)[0], 2) << off;
  for (const double off : {-.1, .1, .5}) EXPECT_LT(cues.rises(10 + off)[0], 1) << off;
  EXPECT_GT(cues.rises(10)[3], 2) << "the onsets";
  for (const double outside : {-5.0, 25.0})
    for (const double rise : cues.rises(outside)) EXPECT_EQ(rise, 0);
}

TEST(BeatCues, HarmonyChangesWhereItDoes) {
  Heard heard(20);
  heard.harmony(10, 7);
  const BeatCues cues = heard.cues();
  EXPECT_NEAR(cues.harmony_change(5, 2), 0, 1e-6);
  EXPECT_NEAR(cues.harmony_change(15, 2), 0, 1e-6);
  EXPECT_NEAR(cues.harmony_change(10, 2), 1, 1e-6);
  EXPECT_GT(cues.harmony_change(10, 2), cues.harmony_change(9, 2));
  EXPECT_EQ(cues.harmony_change(-3, 2), 0) << "nothing to compare";
  EXPECT_EQ(cues.harmony_change(30, 2), 0);
}

TEST(Bars, HaveThreeOrFourBeatsAndBeginWhereTheyDo) {
  for (const int metre : {3, 4}) {
    for (int first_place = 0; first_place < metre; ++first_place) {
      for (const double interval : {.4, .5, .75}) {
        const std::vector<double> beats = steady(72, .5, interval);
        const Heard heard = band(beats, metre, first_place);
        const Bars bars = find_bars(heard.cues(), beats);
        EXPECT_EQ(bars.beats_per_bar, metre) << first_place << " " << interval;
        ASSERT_EQ(bars.beats.size(), beats.size());
        std::size_t right = 0;
        for (std::size_t i = 0; i < beats.size(); ++i) {
          EXPECT_EQ(bars.beats[i].seconds, beats[i]);
          EXPECT_GE(bars.beats[i].place, 0);
          EXPECT_LT(bars.beats[i].place, bars.beats_per_bar);
          right += bars.beats[i].place == (static_cast<int>(i) + first_place) % metre;
        }
        EXPECT_EQ(right, beats.size()) << metre << " from " << first_place << ", " << interval;
      }
    }
  }
}

// The tracker loses a beat: from there on places are one on, which a count alone would not tell. Bars of
// three are told from their like less surely than bars of four, so that the music after the loss must be
// longer.
TEST(Bars, SlipWhereABeatIsLostAndRecover) {
  for (const auto& [metre, count] : {std::pair<int, std::size_t>{3, 480}, {4, 120}}) {
    const std::vector<double> all = steady(count, .5, .5);
    const Heard heard = band(all, metre, 0);
    const std::size_t lost = count / 2 + 1;
    std::vector<double> beats = all;
    beats.erase(beats.begin() + static_cast<std::ptrdiff_t>(lost));
    const Bars bars = find_bars(heard.cues(), beats);
    ASSERT_EQ(bars.beats_per_bar, metre);
    const auto bar = static_cast<std::size_t>(metre);
    std::size_t right = 0, asked = 0;
    for (std::size_t i = 0; i < beats.size(); ++i) {
      if (i + bar > lost && i < lost + bar) continue;  // in which bar it slips is a matter of taste
      const std::size_t true_number = i < lost ? i : i + 1;
      right += bars.beats[i].place == static_cast<int>(true_number % bar);
      ++asked;
    }
    EXPECT_EQ(right, asked) << metre;
  }
}

TEST(Bars, OfFewBeatsAreNoneOrPlausible) {
  const Heard heard(10);
  for (const std::size_t count : {0, 1})
    EXPECT_TRUE(find_bars(heard.cues(), steady(count, 1, .5)).beats.empty()) << count;
  for (const std::size_t count : {2, 3, 5}) {
    const Bars bars = find_bars(heard.cues(), steady(count, 1, .5));
    ASSERT_EQ(bars.beats.size(), count);
    for (const Beat& beat : bars.beats) EXPECT_LT(beat.place, bars.beats_per_bar);
  }
}

TEST(Grid, IsTappedOnTheBeatAndNotBetween) {
  for (const int metre : {3, 4}) {
    for (const double interval : {.45, .5, .6}) {
      const std::vector<double> beats = steady(64, .7, interval);
      const Heard heard = band(beats, metre, 0);
      std::vector<double> between;
      for (std::size_t i = 0; i + 1 < beats.size(); ++i)
        between.push_back((beats[i] + beats[i + 1]) / 2);
      const std::vector<std::vector<double>> candidates = {between, beats};
      const std::vector<std::vector<double>> turned = {beats, between};
      EXPECT_EQ(choose_grid(heard.cues(), candidates), 1u) << metre << " " << interval;
      EXPECT_EQ(choose_grid(heard.cues(), turned), 0u) << metre << " " << interval;
    }
  }
}

// Loud chords after each beat (boom-chick), as in a western or a polka.
TEST(Grid, IsTappedWithTheBassesAndNotWithTheChordsAfterThem) {
  for (const double interval : {.43, .5}) {
    const std::vector<double> beats = steady(96, .7, interval);
    Heard heard(beats.back() + 2);
    std::vector<double> between;
    for (std::size_t i = 0; i + 1 < beats.size(); ++i) {
      between.push_back(beats[i] + interval / 2);
      heard.hit(beats[i], 1, .2f, .2f);
      heard.hit(between.back(), .15f, 1, 1);
      if (i % 4 == 0) heard.harmony(between.back(), (i * 7) % 12);
    }
    std::vector<double> halved;  // only some of its beats lie between those
    for (std::size_t i = 0; i < beats.size(); i += 2) halved.push_back(beats[i]);
    const std::vector<std::vector<double>> candidates = {halved, between,
                                                         steady(140, .7, interval * 2 / 3), beats};
    EXPECT_EQ(choose_grid(heard.cues(), candidates), 3u) << interval;
  }
}

TEST(Grid, IsTheOnlyOneThereIs) {
  const Heard heard(20);
  const std::vector<std::vector<double>> candidates = {steady(20, 1, .5)};
  EXPECT_EQ(choose_grid(heard.cues(), candidates), 0u);
}

TEST(Grid, IsDescribedByFiniteNumbersWhateverItIs) {
  const Heard nothing(0.0);
  const Heard heard(20);
  for (const Heard* what : {&nothing, &heard}) {
    for (const std::size_t count : {2, 3, 30}) {
      for (const double number : describe_grid(what->cues(), steady(count, 1, .5)))
        EXPECT_TRUE(std::isfinite(number)) << count;
      for (const BarCues& beat : describe_beats(what->cues(), steady(count, 1, .5)))
        for (const double cue : beat) EXPECT_LE(std::abs(cue), 3) << count;
    }
  }
}

// A train of onsets each half second gives grids of that pace, of half and double, and between them.
TEST(CandidateBeats, HoldTheBeatThatIsThere) {
  std::vector<double> onsets(
      static_cast<std::size_t>(30 * LogMelGeometry::sample_rate / OnsetListener::kStep));
  const double step = static_cast<double>(OnsetListener::kStep) / LogMelGeometry::sample_rate;
  for (double at = 1; at < 30; at += .5) onsets[static_cast<std::size_t>(std::llround(at / step))] = 10;
  const auto candidates = candidate_beats(onsets);
  bool found = false;
  for (const auto& beats : candidates) {
    EXPECT_TRUE(std::is_sorted(beats.begin(), beats.end()));
    EXPECT_GE(beats.front(), 0);
    EXPECT_LT(beats.back(), 30);
    EXPECT_GE(beats.size(), 8u);
    std::size_t near = 0, middle = 0;
    for (const double beat : beats) {
      if (beat < 4 || beat > 26) continue;
      ++middle;
      near += std::abs(beat * 2 - std::round(beat * 2)) / 2 < .025;
    }
    found |= middle >= 43 && middle <= 45 && near == middle;
  }
  EXPECT_TRUE(found);
  EXPECT_GE(candidates.size(), 4u);
}

TEST(CandidateBeats, OfSilenceOrAMomentAreNone) {
  EXPECT_TRUE(candidate_beats({}).empty());
  EXPECT_TRUE(candidate_beats(std::vector<double>(5000, 0.0)).empty());
  std::vector<double> moment(200, 0.0);
  moment[100] = 5;
  EXPECT_TRUE(candidate_beats(moment).empty());
}

}  // namespace
}  // namespace segue
