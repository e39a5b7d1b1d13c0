#include "planning/beat_line.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/log_mel.hpp"
#include "support/hits.hpp"

namespace segue {
namespace {

using test::hits;

std::vector<Beat> beats_at(std::initializer_list<double> times) {
  std::vector<Beat> beats;
  for (const double time : times) beats.push_back({time, 0});
  return beats;
}

TEST(BeatLine, GoesThroughBeatsOfWhichSomeAreMissing) {
  const auto line = fit_beats(beats_at({10, 10.5, 11.5, 12, 12.5, 13, 14, 14.5, 15}), Seconds(12.2),
                              Seconds(10), Seconds(10));
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->period, .5, 1e-9);
  EXPECT_NEAR(line->begin, 12, 1e-9);
  EXPECT_NEAR(line->nearest(17.3), 17.5, 1e-9);
}

TEST(BeatLine, IsNoneWhereThereAreFewOrNoTempo) {
  EXPECT_FALSE(fit_beats(beats_at({1, 1.5, 2, 2.5}), Seconds(2), Seconds(9), Seconds(9)));
  EXPECT_FALSE(fit_beats(beats_at({1, 1.5, 2.1, 2.4, 3.1, 3.4, 4.1, 4.4, 5.1}), Seconds(2), Seconds(9),
                         Seconds(9)));
  EXPECT_FALSE(fit_beats({}, Seconds(2), Seconds(9), Seconds(9)));
}

TEST(BeatLine, LeavesOutWhatLiesOffIt) {
  const auto line = fit_beats(beats_at({10, 10.5, 11, 11.61, 12, 12.5, 13, 13.38, 14, 14.5}),
                              Seconds(12), Seconds(10), Seconds(10));
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->period, .5, 1e-9);
  EXPECT_NEAR(line->begin, 12, 1e-9);
  EXPECT_LT(line->error, 1e-6);
  EXPECT_NEAR(line->jitter, std::sqrt((.11 * .11 + .12 * .12) / 10), 1e-6);
}

// Hits at whole seconds, and softer ones between them.
TEST(BeatLine, PulseTellsWhatBeginsOnBeatsAndBetween) {
  const auto pulse = [](double between) {
    std::vector<float> mono = hits(30, 1, 0);
    const std::vector<float> softer = hits(30, 1, .5, between);
    for (std::size_t i = 0; i < mono.size(); ++i) mono[i] += softer[i];
    std::vector<float> rows;
    LogMelExtractor().process(mono, rows);
    SpectrumListener spectrum;
    spectrum.add(rows);
    return pulse_of(BeatCues(spectrum.finish(), {}, {}), {10, 1, 0}, Seconds(5), Seconds(25));
  };
  const Pulse clear = pulse(0), alike = pulse(.5);
  EXPECT_GT(clear.on, 3);
  EXPECT_FALSE(clear.is_between() || clear.is_double());
  EXPECT_TRUE(alike.is_double());
  EXPECT_FALSE(alike.is_between());
  EXPECT_TRUE((Pulse{clear.between, clear.on}.is_between()));
}

TEST(Beats, TellTheirBars) {
  std::vector<Beat> beats;
  for (int i = 0; i < 12; ++i) beats.push_back({i * .5, i % 3});
  EXPECT_EQ(beats_in_bar(beats), 3);
  EXPECT_EQ(beats_in_bar(std::vector<Beat>{}), 4);
  EXPECT_EQ(nearest_downbeat(beats, 2.0, 2, 0, 9), 1.5);
  EXPECT_EQ(nearest_downbeat(beats, 2.4, 2, 0, 9), 3.0);
  EXPECT_EQ(nearest_downbeat(beats, 2.4, 2, 0, 2.9), 1.5) << "none later is asked for";
  EXPECT_EQ(nearest_downbeat(beats, 2.4, 2, 1.6, 9), 3.0);
  EXPECT_FALSE(nearest_downbeat(beats, 2.4, .5, 0, 9));
  EXPECT_FALSE(nearest_downbeat({}, 2.4, 5, 0, 9));
}

}  // namespace
}  // namespace segue
