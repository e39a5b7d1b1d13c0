#include "library/track_picture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/feature_files.hpp"
#include "support/plans.hpp"
#include "support/programs.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

constexpr float kSilent = -std::numeric_limits<float>::infinity();

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// A track whose audio is never needed.
class TrackPicture : public testing::Test {
 protected:
  // Sounds throughout, with as many sections as are 20 s long: A B A B …
  LibraryTrack& make(double seconds) {
    track_.record.id = test::track_id("track");
    track_.record.tags.title = "Title";
    track_.record.format = {44100, 2, "pcm_f32le", "wav"};
    track_.record.pcm_frames = static_cast<PcmFrame>(seconds * 44100);
    track_.record.hops = to_hops(Seconds(seconds));
    track_.record.integrated_lufs = -12.34;
    track_.file = folder_ / "track.wav";
    MusicTraits& traits = track_.record.traits;
    traits.sound_end = seconds;
    traits.energy = 0.7;
    traits.valence = -0.2;
    const auto whole = static_cast<std::size_t>(std::ceil(seconds));
    music_.energy.assign(whole, 0.5f);
    music_.brightness.assign(whole, 1000.0f);
    for (int i = 0; i == 0 || 20 * i < seconds; ++i) music_.sections.push_back({20.0 * i, i % 2});
    loudness_.assign(static_cast<std::size_t>(seconds / kLoudnessBlock), -12.0f);
    return track_;
  }

  void beat(double bpm, int beats_per_bar) {
    MusicTraits& traits = track_.record.traits;
    traits.tempo_bpm = bpm;
    traits.tempo_drift = 0.0042;
    traits.beat_jitter = 0.0081;
    traits.beats_per_bar = beats_per_bar;
    for (int i = 0; i * 60 / bpm < track_.record.duration().count(); ++i)
      music_.beats.push_back({i * 60 / bpm, i % beats_per_bar});
  }

  void make_silent() {
    track_.record.integrated_lufs = kSilent;
    track_.record.traits = {};
    music_ = {};
    music_.energy.assign(loudness_.size() / 10, 0.0f);
    music_.brightness = music_.energy;
    std::fill(loudness_.begin(), loudness_.end(), kSilent);
  }

  // The picture, which must be well formed; texts_ are what can be read in it, one a line.
  std::string draw(const std::vector<Peak>& waveform = {{-0.5f, 0.5f}, {-0.25f, 0.75f}}) {
    FeatureFileWriter writer(folder_.path());
    const auto frames = static_cast<std::size_t>(std::max<Hop>(0, track_.record.hops - kFrameOverhang));
    const std::vector<float> row(LogMelGeometry::bands, -3.0f);
    for (std::size_t i = 0; i < frames; ++i) writer.append(row);
    track_.features = writer.commit(track_.record.id, track_.record.hops, loudness_, music_);
    std::string svg = track_svg(track_, *FeatureFile::open(track_.features), waveform);
    test::write_bytes(folder_ / "track.svg", svg);
    texts_ = test::output_of(
        "/usr/bin/python3 -c 'import sys, xml.dom.minidom as x\n"
        "for text in x.parse(sys.argv[1]).getElementsByTagName(\"text\"): "
        "print(text.firstChild.data)' " +
        test::quoted((folder_ / "track.svg").string()));
    EXPECT_FALSE(texts_.empty()) << "not well formed";
    for (const char* number : {"nan", "NaN", "inf", "unknown"})
      EXPECT_EQ(count(svg, number), 0u) << number;
    return svg;
  }

  bool reads(const std::string& line) const { return count("\n" + texts_, "\n" + line + "\n") > 0; }

  // The strokes of a path of that class.
  static std::size_t strokes(const std::string& svg, const std::string& name) {
    const std::size_t begin = svg.find("class='" + name + "'");
    return begin == std::string::npos ? 0
                                      : count(svg.substr(begin, svg.find("/>", begin) - begin), "v-");
  }

  const test::TemporaryFolder folder_;
  LibraryTrack track_;
  TrackMusic music_;
  std::vector<float> loudness_;
  std::string texts_;
};

TEST_F(TrackPicture, ShowsWhatIsHeardAlongOneAxis) {
  make(60).record.traits.key = Key{6, true};
  track_.record.traits.key_confidence = 0.714;
  track_.record.tags.artist = "Somebody";
  beat(120, 4);
  const std::string svg = draw();
  EXPECT_TRUE(reads("Title – Somebody")) << texts_;
  EXPECT_TRUE(
      reads("1:00 · 120.0 BPM, drift 0.4 %, jitter 8 ms · 4 beats a bar · F# minor (11A), "
            "confidence 0.71 · −12.3 LUFS · energetic and dark"))
      << texts_;
  EXPECT_EQ(strokes(svg, "downbeats"), 30u);
  EXPECT_EQ(strokes(svg, "beats"), 90u);
  EXPECT_EQ(count(svg, "class='letter'"), 3u);
  EXPECT_EQ(count(svg, "class='section'"), 2u) << "a tint for each label";
  EXPECT_TRUE(reads("B"));
  EXPECT_EQ(count(svg, "class='silent'"), 0u);
  for (const char* lane :
       {"Waveform (amplitude of the mono mix, full scale 1)", "Beats (long: the first of a bar)",
        "Energy (0 … 1)", "Brightness (Hz, spectral centroid)", "Short-term loudness (LUFS)",
        "Local tempo (BPM, over 8 beats; dashed: of the whole track)", "0:05", "1:00",
        "time (minutes:seconds)"})
    EXPECT_TRUE(reads(lane)) << lane << "\n" << texts_;
}

TEST_F(TrackPicture, GreysTheSilentEndsAndEndsTheLastSectionThere) {
  make(60).record.traits.sound_begin = 2;
  track_.record.traits.sound_end = 55;
  music_.sections = {{2, 0}};
  const std::string svg = draw();
  EXPECT_EQ(count(svg, "class='silent'"), 2u);
  EXPECT_GT(count(svg, "M97 54h986V"), 0u) << "the band from 2 s to 55 s of 1116 pixels a minute";
}

TEST_F(TrackPicture, ThinsBeatsOutAndSaysSo) {
  make(600);
  beat(120, 4);
  std::string svg = draw();
  EXPECT_EQ(strokes(svg, "beats"), 0u);
  EXPECT_EQ(strokes(svg, "downbeats"), 300u);
  EXPECT_TRUE(reads("The first beat of each bar")) << texts_;
  music_ = {};
  make(3600);
  beat(120, 4);
  svg = draw();
  EXPECT_EQ(strokes(svg, "downbeats"), 450u);
  EXPECT_TRUE(reads("The first beat of every 4th bar")) << texts_;
  EXPECT_TRUE(reads("time (hours:minutes:seconds); lines are means over 3.2 s")) << texts_;
}

TEST_F(TrackPicture, TempoIsLocalAndBreaksWhereBeatsAreLost) {
  make(60);
  track_.record.traits.tempo_bpm = 120;
  track_.record.traits.beats_per_bar = 4;
  for (int i = 0; i < 40; ++i) music_.beats.push_back({i * 0.5, i % 4});
  for (int i = 0; i < 40; ++i) music_.beats.push_back({40 + i * 0.4, i % 4});
  const std::string svg = draw();
  EXPECT_TRUE(reads("150")) << texts_;
  EXPECT_TRUE(reads("120")) << texts_;
  EXPECT_FALSE(reads("40")) << "nothing is said of the gap\n" << texts_;
  const std::size_t begin = svg.rfind("stroke='#6b3fa0' stroke-width");
  EXPECT_EQ(count(svg.substr(begin, svg.find("/>", begin) - begin), "M"), 2u);
}

TEST_F(TrackPicture, SaysPlainlyThatThereIsNoBeat) {
  make(60);
  const std::string svg = draw();
  EXPECT_TRUE(reads("no beat")) << texts_;
  EXPECT_TRUE(reads("1:00 · no beat · no key · −12.3 LUFS · energetic and dark")) << texts_;
  EXPECT_EQ(count(svg, "tempo"), 0u);
}

TEST_F(TrackPicture, TakesAnyTitle) {
  make(10);
  track_.record.tags.title = "a < b & \"c\" 'd' ]]> \xFF \x01 \xEF\xBF\xBF";
  draw();
  EXPECT_TRUE(reads("a < b & \"c\" 'd' ]]> \\xFF \\x01 \xEF\xBF\xBD")) << texts_;
  track_.record.tags.title.clear();
  track_.file = folder_ / "<name>\xFE.ogg";
  draw();
  EXPECT_TRUE(reads("<name>\\xFE")) << texts_;
  track_.record.tags.title.clear();
  for (int i = 0; i < 1000; ++i) track_.record.tags.title += "ü";
  EXPECT_EQ(count(draw(), "ü"), 120u);
}

TEST_F(TrackPicture, SilentTracksAreSilent) {
  make(30);
  make_silent();
  const std::string svg = draw({{0, 0}});
  EXPECT_TRUE(reads("0:30 · silent")) << texts_;
  EXPECT_TRUE(reads("silent"));
  EXPECT_TRUE(reads("no beat"));
  EXPECT_EQ(count(svg, "class='silent'"), 1u);
  EXPECT_EQ(count(svg, "class='section'"), 0u);
}

TEST_F(TrackPicture, ShortTracksAreCountedInFractionsOfASecond) {
  make(0.2).record.integrated_lufs = kSilent;
  const std::string svg = draw();
  EXPECT_TRUE(reads("0.2 s · no beat · no key · too quiet or short for LUFS · energetic and dark"))
      << texts_;
  EXPECT_TRUE(reads("0.15")) << texts_;
  EXPECT_TRUE(reads("seconds")) << texts_;
  EXPECT_GT(count(svg, "d='M60 334L1176 334'"), 0u) << "the only value of a curve spans all of it";
}

TEST_F(TrackPicture, LongTracksStaySmall) {
  make(5 * 3600);
  music_.sections.clear();
  for (int i = 0; i < 5 * 3600 / 8; ++i) music_.sections.push_back({8.0 * i, i % 97});
  for (std::size_t i = 0; i < music_.energy.size(); ++i) {
    music_.energy[i] = static_cast<float>(i % 101) / 100;
    music_.brightness[i] = i % 3 == 0 ? 0.0f : 200.0f + static_cast<float>(i % 4001);
  }
  beat(174, 3);
  std::vector<Peak> waveform(kPictureColumns);
  for (std::size_t i = 0; i < waveform.size(); ++i)
    waveform[i] = {-static_cast<float>(i % 97) / 97, static_cast<float>(i % 89) / 89};
  EXPECT_LT(draw(waveform).size(), 300000u);
}

TEST_F(TrackPicture, FeaturesThatMakeNoSenseDoNoHarm) {
  make(30).record.pcm_frames = 0;
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  music_.beats = {{-1, 0}, {kNaN, 1}, {1, 0}, {1, 0}, {1, 1}, {1e9, 2}};
  music_.sections = {{kNaN, -3}, {-5, 1 << 30}, {kNaN, 0}, {1e30, 2}};
  music_.energy = {static_cast<float>(kNaN), 2.0f, kSilent, 0.5f};
  music_.brightness = {kSilent, static_cast<float>(kNaN), -1.0f, 1e30f};
  draw({{kSilent, 0.5f}, {0.0f, static_cast<float>(kNaN)}});
}

TEST(Waveform, HasTheExtremesOfEachStretch) {
  const test::TemporaryFolder folder;
  std::vector<float> samples(100000, 0.0f);
  samples[0] = 0.25f;
  samples[25000] = -0.5f;
  samples[65000] = 1.5f;
  samples[99999] = -1.0f;
  samples[50000] = std::numeric_limits<float>::quiet_NaN();
  test::write_float_wav(folder / "one.wav", samples, 44100, 1);
  const std::vector<Peak> waveform = waveform_of(folder / "one.wav", 10);
  ASSERT_EQ(waveform.size(), 10u);
  std::vector<float> low, high;
  for (const Peak& peak : waveform) {
    low.push_back(peak.low);
    high.push_back(peak.high);
  }
  EXPECT_EQ(low, (std::vector<float>{0, 0, -0.5f, 0, 0, 0, 0, 0, 0, -1}));
  EXPECT_EQ(high, (std::vector<float>{0.25f, 0, 0, 0, 0, 0, 1.5f, 0, 0, 0}));
}

TEST(Waveform, IsOfTheMonoMixAndRepeatsSamplesWhereThereAreFew) {
  const test::TemporaryFolder folder;
  test::write_float_wav(folder / "few.wav", {0.5f, 0.0f, -0.25f, -0.75f}, 44100, 2);
  const std::vector<Peak> waveform = waveform_of(folder / "few.wav", 4);
  ASSERT_EQ(waveform.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_FLOAT_EQ(waveform[i].low, i < 2 ? 0.25f : -0.5f);
    EXPECT_EQ(waveform[i].low, waveform[i].high);
  }
  EXPECT_EQ(test::refusal([] { waveform_of("/nowhere/gone.wav", 4); }).file(), "/nowhere/gone.wav");
}

}  // namespace
}  // namespace segue
