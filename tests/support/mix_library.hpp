// Libraries of made-up tracks and networks of made-up opinions, to plan mixes from.
#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "analysis/analyzer.hpp"
#include "base/random.hpp"
#include "library/library.hpp"
#include "model/successor_model.hpp"
#include "support/feature_files.hpp"
#include "support/temporary_folder.hpp"

namespace segue::test {

// Momentary loudness (LUFS) of a block by its time in seconds.
using LoudnessCurve = std::function<double(double)>;

inline double constant_loudness(double) { return -18; }

// What is to be heard in a track: beats at a steady tempo, sections, energy by the second.
struct MadeMusic {
  double bpm = 120;  // 0: no beat
  int beats_per_bar = 4;
  double first_beat = 0;  // seconds
  std::vector<double> sections = {0};
  std::function<double(double)> energy = [](double) { return 0.5; };
  std::optional<Key> key{};
  double key_confidence = 1;
  double valence = 0;
  std::string artist{};
  float log_mel = -3;  // of all bands: how the track sounds
  int sample_rate = 44100;
  LoudnessCurve loudness = constant_loudness;

  TrackMusic over(double seconds) const {
    TrackMusic music;
    for (int i = 0; bpm > 0 && first_beat + i * 60 / bpm < seconds; ++i)
      music.beats.push_back({first_beat + i * 60 / bpm, i % beats_per_bar});
    for (std::size_t i = 0; i < sections.size(); ++i)
      music.sections.push_back({sections[i], static_cast<int>(i)});
    for (int second = 0; second < seconds; ++second)
      music.energy.push_back(static_cast<float>(energy(second)));
    music.brightness.assign(music.energy.size(), 1000);
    return music;
  }
  MusicTraits traits(double seconds) const {
    MusicTraits traits;
    traits.tempo_bpm = bpm;
    traits.beats_per_bar = bpm > 0 ? beats_per_bar : 0;
    traits.key = key;
    traits.key_confidence = key_confidence;
    traits.valence = valence;
    double sum = 0;
    for (int second = 0; second < seconds; ++second) sum += energy(second);
    traits.energy = sum / std::max(1.0, std::ceil(seconds));
    traits.sound_end = seconds;
    return traits;
  }
};

// Tracks that exist in the catalog and as feature files; their audio is never needed.
class MixLibrary {
 public:
  MixLibrary() : library_(folder_ / "library") {}

  // Names order the files; ids are hashes of the names.
  LibraryTrack& add(const std::string& name, double seconds, int sample_rate = 44100,
                    const LoudnessCurve& loudness = constant_loudness) {
    LibraryTrack track;
    track.record.id = track_id(name);
    track.recording = {track.record.id};
    track.record.tags.title = name;
    track.record.format = {sample_rate, 2, "pcm_f32le", "wav"};
    track.record.pcm_frames = static_cast<PcmFrame>(seconds * sample_rate);
    track.record.hops =
        static_cast<Hop>(seconds * LogMelGeometry::sample_rate / LogMelGeometry::hop_length);
    track.record.integrated_lufs = -18;
    track.record.analysis_version = kAnalysisVersion;
    if (made_ != nullptr) {
      track.record.traits = made_->traits(seconds);
      track.record.tags.artist = made_->artist;
    }
    track.file = folder_ / (name + ".wav");
    write_bytes(track.file, name);
    track.features = write(track.record, loudness);
    library_.catalog().put_track(track.record);
    tracks_.push_back(std::move(track));
    return tracks_.back();
  }

  // A track whose frames differ.
  LibraryTrack& add_noise(const std::string& name, double seconds, Random& random) {
    noise_ = &random;
    LibraryTrack& track = add(name, seconds);
    noise_ = nullptr;
    return track;
  }

  // A track in which music is heard.
  LibraryTrack& add_music(const std::string& name, double seconds, const MadeMusic& music) {
    made_ = &music;
    LibraryTrack& track = add(name, seconds, music.sample_rate, music.loudness);
    made_ = nullptr;
    return track;
  }

  void remove(const std::string& name) {
    library_.catalog().remove_track(track_id(name));
    std::erase_if(tracks_, [&](auto& track) { return track.record.id == track_id(name); });
  }

  Library& library() { return library_; }
  std::vector<LibraryTrack>& tracks() { return tracks_; }

 private:
  std::filesystem::path write(const TrackRecord& record, const LoudnessCurve& loudness) {
    FeatureFileWriter writer(library_.features_folder());
    const auto frames = static_cast<std::size_t>(std::max<Hop>(0, record.hops - kFrameOverhang));
    std::vector<float> values(frames * LogMelGeometry::bands, made_ != nullptr ? made_->log_mel : -3.0f);
    for (float& value : values)
      if (noise_ != nullptr) value += static_cast<float>(noise_->normal());
    writer.append(values);
    std::vector<float> blocks;
    for (double end = kLoudnessBlock; end <= record.duration().count() + 1e-9; end += kLoudnessBlock) {
      blocks.push_back(static_cast<float>(loudness(end - kLoudnessBlock / 2)));
    }
    return writer.commit(record.id, record.hops, blocks,
                         made_ != nullptr ? made_->over(record.duration().count()) : TrackMusic());
  }

  TemporaryFolder folder_;
  Random* noise_ = nullptr;
  const MadeMusic* made_ = nullptr;
  Library library_;
  std::vector<LibraryTrack> tracks_;
};

// A fragment as it is known whatever its number is.
struct NamedFragment {
  TrackId track;
  Hop start = 0;
};

using Opinion = std::function<float(const NamedFragment& last, const NamedFragment& candidate)>;

// Any number in 0 … 1 on a grid of `steps`, by the contents of both.
inline Opinion hashed_opinion(int steps) {
  return [steps](const NamedFragment& last, const NamedFragment& candidate) {
    ContentHasher hasher;
    for (const NamedFragment& fragment : {last, candidate}) {
      hasher.update(fragment.track.hex() + "@" + std::to_string(fragment.start));
    }
    const auto value = std::hash<ContentHash>()(hasher.digest());
    return static_cast<float>(value % static_cast<std::size_t>(steps)) / static_cast<float>(steps);
  };
}

// Where a fragment lies for systems with embeddings, as what plays (exit) or as what may follow.
using Embedding = std::function<std::vector<float>(const NamedFragment& fragment, bool exit)>;

// Numbers between -1 and 1, by the contents.
inline Embedding hashed_embedding(std::size_t size) {
  return [size](const NamedFragment& fragment, bool exit) {
    ContentHasher hasher;
    hasher.update(fragment.track.hex() + (exit ? "<" : ">") + std::to_string(fragment.start));
    Random random(std::hash<ContentHash>()(hasher.digest()));
    std::vector<float> numbers(size);
    for (float& number : numbers) number = static_cast<float>(random.uniform(-1, 1));
    return numbers;
  };
}

class OpinionatedModel : public SuccessorModel {
 public:
  explicit OpinionatedModel(Opinion opinion, std::size_t context_length = 1)
      : opinion_(std::move(opinion)), context_length_(context_length) {
    card_.name = "opinion";
    card_.system = "test";
  }

  // Called with each question, if set.
  std::function<void(const FragmentSet&, std::span<const std::size_t> context,
                     std::span<const std::size_t> candidates)>
      on_question;
  // For a system with embeddings, with as many numbers.
  Embedding embedding;
  std::size_t embedding_size = 0;
  std::function<void(std::size_t)> on_entries;  // called with how many are asked for, if set
  ModelCard& editable_card() { return card_; }

  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override { return context_length_; }
  std::unique_ptr<ScoringSession> open_session(const FragmentSet& fragments, Hop,
                                               std::size_t) const override {
    return std::make_unique<Session>(*this, fragments);
  }

 private:
  class Session : public ScoringSession {
   public:
    Session(const OpinionatedModel& model, const FragmentSet& set) : model_(model), set_(set) {}
    void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
               std::span<float> scores) override {
      if (model_.on_question) model_.on_question(set_, context, candidates);
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        scores[i] = model_.opinion_(name(context.back()), name(candidates[i]));
      }
    }

    std::size_t embedding_size() const override { return model_.embedding_size; }
    std::vector<float> entries(std::span<const std::size_t> fragments) override {
      if (model_.on_entries) model_.on_entries(fragments.size());
      std::vector<float> rows;
      for (const std::size_t fragment : fragments) {
        const std::vector<float> row = model_.embedding(name(fragment), false);
        rows.insert(rows.end(), row.begin(), row.end());
      }
      return rows;
    }
    std::vector<float> exit(std::span<const std::size_t> context) override {
      return model_.embedding(name(context.back()), true);
    }

   private:
    NamedFragment name(std::size_t fragment) const {
      return {set_.features_of(set_.track_of(fragment)).track(), set_.span_of(fragment).start};
    }
    const OpinionatedModel& model_;
    const FragmentSet& set_;
  };

  Opinion opinion_;
  std::size_t context_length_;
  ModelCard card_;
};

}  // namespace segue::test
