#include "judge/seam_measures.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.hpp"
#include "judge/seam_page.hpp"
#include "output/mix_writer.hpp"
#include "support/hits.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

using test::HeardTrack;
using test::hits;
using test::TemporaryFolder;

class SeamMeasures : public testing::Test {
 protected:
  // 120 and 124 BPM: 16 beats of both together, the second at the speed of the first; it comes late by
  // so many ms. Between its beats there may be other hits.
  void mix(double late_ms, double gain_db = 0, double between = 0) {
    const double slow = .5, fast = 60. / 124;
    const HeardTrack a(folder_, "a", hits(80, slow, .25), slow, .25);
    std::vector<float> sound = hits(80, fast, .25, .5, 1400);
    const std::vector<float> more = hits(80, fast, .25 + fast / 2, between, 1400);
    for (std::size_t i = 0; i < sound.size(); ++i) sound[i] += more[i];
    const HeardTrack b(folder_, "b", sound, fast, .25);
    const auto frames = [](double seconds) { return to_pcm_frames(Seconds(seconds), 22050); };
    plan_ = test::plan_of(
        {a.source, b.source},
        {test::placement_of(0, 0, frames(.25 + 80 * slow)),
         test::placement_of(1, frames(.25 + 24 * fast - late_ms / 1000), frames(50), gain_db)},
        0, 0, 22050);
    plan_.sources[0].tempo_bpm = 120;
    plan_.sources[1].tempo_bpm = 124;
    plan_.sources[0].key = "A minor";
    plan_.sources[1].key = "C# major";
    Transition& transition = plan_.transitions[0];
    transition.kind = TransitionKind::blend;
    transition.before = transition.after = frames(8 * slow);
    transition.blend.low = transition.blend.mid =
        transition.blend.high = {-transition.before, transition.after};
    transition.blend.in.tempo = fast / slow;
    transition.blend.in.release = frames(8);
    transition.why = "told <so>";
    plan_.length = plan_.seams()[1] + frames(45);
    file_ = folder_ / "mix.flac";
    write();
  }

  void write() const { write(plan_); }

  void write(const Plan& plan) const {
    EncodingConfig encoding;
    encoding.sample_rate = 22050;
    write_mix(plan, file_, encoding);
  }

  RecordingMeasures measure() { return measure_recording(file_, seam_times(plan_), &plan_); }

  TemporaryFolder folder_;
  std::filesystem::path file_;
  Plan plan_;
};

TEST_F(SeamMeasures, TellWhatAListenerWouldHear) {
  mix(0);
  const RecordingMeasures measures = measure();
  ASSERT_EQ(measures.seams.size(), 1u);
  const SeamMeasure& seam = measures.seams[0];
  EXPECT_NEAR((seam.time.end - seam.time.begin).count(), 8, .01);
  EXPECT_NEAR(seam.time.middle().count(), 40.25, .01);
  ASSERT_TRUE(seam.tempo_before);
  EXPECT_NEAR(*seam.tempo_before, 120, 1);
  EXPECT_NEAR(*seam.stretch, 1 - 120. / 124, 1e-6);
  ASSERT_TRUE(seam.tempo_change);
  EXPECT_NEAR(*seam.tempo_change, 124. / 120 - 1, .015);
  ASSERT_TRUE(seam.spectral_jump);
  EXPECT_GT(*seam.spectral_jump, 90) << "from 900 to 1400 Hz";
  ASSERT_TRUE(seam.misalignment);
  EXPECT_LT(*seam.misalignment, 12);
  EXPECT_GT(seam.beats_out.size(), 10u);
  EXPECT_EQ(seam.key_distance, 6);
  ASSERT_TRUE(seam.loudness_step);
  EXPECT_LT(std::abs(*seam.loudness_step), 2);
  EXPECT_EQ(measures.tracks, 2u);
  EXPECT_EQ(measures.returns, 0u);
  EXPECT_EQ(told_diversity(measures), "2 tracks, 0 returns");
}

TEST_F(SeamMeasures, DiversityIsWhatWasTakenOfWhatThereWas) {
  mix(0);
  plan_.tracks_to_choose = 8;
  const RecordingMeasures measures = measure();
  EXPECT_EQ(told_diversity(measures), "2 of 8 tracks (25 %), 0 returns");
  EXPECT_EQ(nlohmann::json(measures)["track_share"], .25);
}

// Of two tempi in the ratio of two to three, the whole track tells which is meant.
TEST_F(SeamMeasures, APassageGoesAtTheTempoOfItsTrack) {
  mix(0, 0, .4);
  for (const double bpm : {124., 62., 124 * 2 / 3.}) {
    plan_.sources[1].tempo_bpm = bpm;
    const SeamMeasure seam = measure().seams[0];
    ASSERT_TRUE(seam.tempo_after) << bpm;
    const double octaves = std::log2(*seam.tempo_after / bpm);
    EXPECT_NEAR(octaves, std::round(octaves), .05) << bpm << ": " << *seam.tempo_after;
  }
}

TEST_F(SeamMeasures, AShiftOfKeysCounts) {
  mix(0);
  EXPECT_EQ(measure().seams[0].key_distance, key_distance(*parse_key("Am"), *parse_key("C#")));
  plan_.transitions[0].blend.in.shift = -1;
  write();
  const SeamMeasure seam = measure().seams[0];
  EXPECT_EQ(name_of(*seam.key_after), "C major");
  EXPECT_EQ(seam.key_distance, 1);
  EXPECT_TRUE(seam.misalignment) << "it sounds as the plan makes it";
}

TEST_F(SeamMeasures, BeatsThatComeLateAreMeasuredInTheSoundNotInThePlan) {
  for (const double late : {40., 90.}) {
    mix(late);
    const RecordingMeasures measures = measure();
    ASSERT_TRUE(measures.seams[0].misalignment) << late;
    EXPECT_NEAR(*measures.seams[0].misalignment, late, 15);
  }
}

TEST_F(SeamMeasures, BeatsOfWhatTheRecordingDoesNotPlayAreNotMeasured) {
  mix(0);
  plan_.placements[1].start += 22050 / 4;
  EXPECT_FALSE(measure().seams[0].misalignment);
}

TEST_F(SeamMeasures, AMomentInsideATrackIsNoJump) {
  mix(0);
  const RecordingMeasures measures = measure_recording(file_, {{Seconds(20), Seconds(20), "", ""}});
  ASSERT_TRUE(measures.seams[0].spectral_jump);
  EXPECT_LT(*measures.seams[0].spectral_jump, 90);
}

TEST_F(SeamMeasures, ATrackThatComesAgainIsAReturn) {
  mix(0);
  Plan again = plan_;
  again.placements.push_back(again.placements[0]);
  again.placements.back().start += 22050;
  again.placements.back().length = 5 * 22050;
  again.transitions.push_back({});
  again.placements[1].length -= 6 * 22050;
  again.length = again.seams().back() + 4 * 22050;
  write(again);
  const RecordingMeasures measures = measure_recording(file_, seam_times(again), &again);
  EXPECT_EQ(measures.tracks, 2u);
  EXPECT_EQ(measures.returns, 1u);
  EXPECT_EQ(told_diversity(measures), "2 tracks, 1 return");
}

TEST_F(SeamMeasures, WhatHumansDoStandsBesideWhatIsKnownOfThem) {
  mix(0);
  std::map<std::string_view, double> human;
  for (const auto& share : summarize(measure()).shares) human[share.name] = share.human;
  EXPECT_EQ(human.at("own speed changed by at most 5 %"), .861);
  EXPECT_EQ(human.at("beats within 20 ms"), -1) << "nobody has measured it";
}

TEST_F(SeamMeasures, HalfABeatIsNothingWhereEitherCouldBeTheBeat) {
  mix(240);
  RecordingMeasures measures = measure();
  ASSERT_TRUE(measures.seams[0].misalignment);
  EXPECT_NEAR(*measures.seams[0].misalignment, 240, 15);
  mix(240, 0, .5);
  measures = measure();
  ASSERT_TRUE(measures.seams[0].misalignment);
  EXPECT_LT(*measures.seams[0].misalignment, 20);
}

TEST_F(SeamMeasures, BeatsAreHeldAgainstThoseOfTracksThatHaveSome) {
  mix(90);
  plan_.sources[1].tempo_bpm = 0;
  EXPECT_FALSE(measure().seams[0].misalignment);
}

// Where only the speed changes, all the time about the seam, beats still fall together at it.
TEST_F(SeamMeasures, ASpeedOnItsWayIsNoMisalignment) {
  mix(0);
  Transition& transition = plan_.transitions[0];
  transition.before = transition.after = to_pcm_frames(Seconds(.05), 22050);
  transition.blend.low = transition.blend.mid =
      transition.blend.high = {-transition.before, transition.after};
  write();
  const RecordingMeasures measures = measure();
  ASSERT_TRUE(measures.seams[0].misalignment);
  EXPECT_LT(*measures.seams[0].misalignment, 8);
}

TEST_F(SeamMeasures, ALouderTrackIsAStep) {
  mix(0, -9);
  const RecordingMeasures measures = measure();
  ASSERT_TRUE(measures.seams[0].loudness_step);
  EXPECT_NEAR(*measures.seams[0].loudness_step, -9, 2);
  const MeasureSummary summary = summarize(measures);
  const auto found = std::find_if(summary.shares.begin(), summary.shares.end(), [](const auto& share) {
    return std::string_view(share.name) == "loudness within 3 LU";
  });
  ASSERT_NE(found, summary.shares.end());
  EXPECT_EQ(found->share, 0);
  EXPECT_EQ(found->of, 1u);
}

TEST_F(SeamMeasures, AnyRecordingIsMeasuredWhereItIsSaidWhenTracksBegin) {
  mix(0);
  EXPECT_TRUE(seam_times_beside(file_).empty());
  test::write_bytes(
      folder_ / "mix.cue",
      "FILE \"mix.flac\" WAVE\n  TRACK 01 AUDIO\n    TITLE \"One\"\n    INDEX 01 00:00:00\n"
      "  TRACK 02 AUDIO\n    TITLE \"Two\"\n    INDEX 00 00:38:00\n    INDEX 01 00:40:15\n");
  const std::vector<SeamTime> times = seam_times_beside(file_);
  ASSERT_EQ(times.size(), 1u);
  EXPECT_NEAR(times[0].middle().count(), 40.2, 1e-6);
  EXPECT_EQ(times[0].out, "One");
  EXPECT_EQ(times[0].in, "Two");
  for (const double late : {0., 90.}) {
    mix(late);
    const RecordingMeasures measures = measure_recording(file_, times);
    ASSERT_EQ(measures.seams.size(), 1u);
    EXPECT_FALSE(measures.seams[0].stretch);
    ASSERT_TRUE(measures.seams[0].misalignment) << late;
    EXPECT_NEAR(*measures.seams[0].misalignment, late, 25);
    EXPECT_EQ(told_diversity(measures), "2 tracks, 0 returns");
  }
  const SeamTime back{Seconds(60), Seconds(76), "Two", "One"};
  EXPECT_EQ(told_diversity(measure_recording(file_, {times[0], back})), "2 tracks, 1 return");
  EXPECT_FALSE(measure_recording(file_, {{Seconds(32), Seconds(48), "", ""}}).tracks);
  // A track cannot begin after the end.
  EXPECT_NE(test::refusal(
                [&] {
                  measure_recording(file_, {{Seconds(400), Seconds(416), "", ""}});
                },
                ErrorKind::input)
                .find("6:48"),
            std::string::npos);
}

TEST_F(SeamMeasures, LabelsAreReadAndNonsenseNamesTheLine) {
  const std::filesystem::path file = folder_ / "set.flac";
  test::write_bytes(folder_ / "set.txt", "0.0\t30.0\tOne\n30.5\t60\tTwo\r\n\n60\t90\tThree\n");
  const std::vector<SeamTime> times = seam_times_beside(file);
  ASSERT_EQ(times.size(), 2u);
  EXPECT_EQ(times[0].in, "Two");
  EXPECT_NEAR(times[1].middle().count(), 60, 1e-9);
  test::write_bytes(folder_ / "set.txt", "0.0\t30.0\tOne\nsoon\n");
  EXPECT_NE(test::refusal([&] { seam_times_beside(file); }, ErrorKind::input).find("line 2"),
            std::string::npos);
  test::write_bytes(folder_ / "set.cue", "nothing of the kind\n");
  EXPECT_NE(test::refusal([&] { seam_times_beside(file); }, ErrorKind::input).find("set.cue"),
            std::string::npos);
  test::write_bytes(folder_ / "set.cue", "TRACK 01 AUDIO\nINDEX 01 00:99:00\n");
  EXPECT_NE(test::refusal([&] { seam_times_beside(file); }, ErrorKind::input).find("line 2"),
            std::string::npos);
}

TEST_F(SeamMeasures, TracksThatBeginTogetherAreNoSeam) {
  const std::filesystem::path file = folder_ / "set.flac";
  for (const char* labels : {"0.0\t30.0\tOne\n30.5\t60\tTwo\n30.5\t60\tThree\n", "0.0\t30.0\tOne\n"}) {
    test::write_bytes(folder_ / "set.txt", labels);
    EXPECT_NE(test::refusal([&] { seam_times_beside(file); }, ErrorKind::input).find("set.txt"),
              std::string::npos);
  }
}

TEST_F(SeamMeasures, ARecordingOfWhatAreNoNumbersIsRefused) {
  std::vector<float> samples(22050 * 4, .1f);
  samples[50000] = std::numeric_limits<float>::quiet_NaN();
  test::write_float_wav(folder_ / "nan.wav", samples, 22050, 1);
  EXPECT_NE(test::refusal([&] { measure_recording(folder_ / "nan.wav", {}); }, ErrorKind::input)
                .find("nan.wav"),
            std::string::npos);
}

TEST_F(SeamMeasures, APageHoldsPictureFiguresAndPlayerOfEverySeam) {
  mix(0);
  RecordingVerdict verdict;
  verdict.why_not = "too few";
  const RecordingMeasures measures = measure();
  write_seam_page(folder_ / "page.html", file_, plan_, measures, verdict);
  std::string page = test::read_bytes(folder_ / "page.html");
  const auto count = [&](std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("<audio"), 1u);
  EXPECT_EQ(count("data:image/png;base64,iVBOR"), 1u);
  EXPECT_EQ(count("data:audio/mpeg;base64,"), 1u);
  EXPECT_EQ(count("told &lt;so&gt;"), 1u);
  EXPECT_EQ(count("too few"), 1u);
  EXPECT_EQ(count("http"), 0u) << "it needs nothing else";
  EXPECT_GT(measures.seams[0].beats_out.size(), 16u);
  EXPECT_EQ(count("<line "), measures.seams[0].beats_out.size() + measures.seams[0].beats_in.size());
  EXPECT_EQ(count("<path "), 2u) << "all bands fade alike";
  plan_.transitions[0].blend.low = {-1000, 1000};
  write_seam_page(folder_ / "page.html", file_, plan_, measures, verdict);
  page = test::read_bytes(folder_ / "page.html");
  EXPECT_EQ(count("<path "), 6u) << "each by itself";
}

}  // namespace
}  // namespace segue
