// Two tracks where one is to follow the other: what is heard there of both, the ways in which they could
// be joined, and what each would sound like.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/seam_window.hpp"
#include "features/feature_file.hpp"
#include "plan/plan.hpp"
#include "planning/beat_line.hpp"
#include "planning/blend_sketch.hpp"
#include "render/blend_sound.hpp"

namespace segue {

// What begins about a place, in the time of the track from `begin` on.
struct PlaceCues {
  BeatCues cues;
  Seconds begin{0};
};

// Where a track is left, or entered.
struct MeetingPlace {
  const FeatureFile* features = nullptr;  // beats and loudness
  AudioReader audio;                      // empty: the meeting is only sketched
  AudioReader sides;                      // of the same (AudioSignal::sides); empty: it is mono
  bool has_beat = false;                  // as it was heard
  std::optional<Key> key{};
  Seconds at{0};
  Seconds length{0};  // of the track: where its sound ends
  double gain_db = 0;
  Seconds room{0};  // of the time that it plays by itself, as much may be used for the transition
  // Meeting::cues_at() of it; empty: the meeting hears them itself. Of a place where many meet, once.
  std::shared_ptr<const PlaceCues> cues{};
};

// One way to join them. Its times are PCM frames at Meeting::kRate (at_rate() gives others).
struct Proposal {
  Transition transition;
  Seconds out_at{0};      // where the outgoing track is left, on its beat
  Seconds in_at{0};       // and the incoming one entered
  bool inverted = false;  // the waveform of the incoming one
  bool on_beat = false;   // beats of both fall together
  // By how much loudness still steps, LU, by the features: gains are bounded, and what cannot be given
  // back is not taken.
  double step = 0;
  static constexpr double kMostStep = 1;  // more is heard, and only taken where there is nothing else
  // Log odds that critics hear it as a join, held against its places (SeamSearch::best()); if any did.
  std::optional<float> odds{};

  Seconds duration() const;
  // Where the outgoing track would be left if what plays faster or slower did not; the more, the later
  // is the seam. And, less the same of the incoming one, by how much the mix becomes longer.
  Seconds leaves_at() const;
  Seconds lengthens() const;
};

// The same at another output rate.
Transition at_rate(const Transition& transition, int from, int to);

// What is longer costs most to hear: it has the seam in the middle, is tried at fewer places, and does
// not choose what comes next.
inline constexpr Seconds kLongBlend{12};

struct ProposalConfig {
  bool move = true;         // places may move to the nearest downbeat, and by a fraction of a beat; else
                            // they stay, and tracks with a beat do not meet for long
  bool leave_early = true;  // a track that ends too soon
  bool shift = false;       // the pitch, by a semitone, where that makes keys go together
  double most_stretch = 0.05;  // of one track; two can meet at twice that
  double most_jitter = 0.009;  // s, RMS, of all beats of a track about their line: those of others are
                               // not played beside it for long
  Seconds longest_plain = kLongBlend;  // where no beats fall together
  std::vector<Seconds> lengths{Seconds(0.1), Seconds(1), Seconds(12), Seconds(32)};  // at most, each
  Seconds most_release{20};              // in which speed, pitch and levels are given back
  std::vector<double> shares{.5, 1, 0};  // of a transition that lie ahead of the seam
};

// A place where music goes on as it was made, heard by those that learnt transitions of up to `kind`;
// none where the track is too short about it.
std::optional<SeamWindow> untouched(const MeetingPlace& place, Seconds kind);

// Holds what it needs to hear of both tracks. Not thread-safe.
class Meeting {
 public:
  static constexpr int kRate = LogMelGeometry::sample_rate;
  static constexpr Seconds kLeastRelease{2};
  static constexpr double kNudge = 0.03;  // s by which places move to meet what is heard

  // longest: of the transitions that will be asked for. Where there is audio, decodes what around() says
  // of each track. Throws Error(input) if a file cannot be read.
  Meeting(const MeetingPlace& out, const MeetingPlace& in, Seconds longest);

  // What of a track may be heard: so much before the place, and so much after it.
  static std::pair<Seconds, Seconds> around(BlendEnd end, Seconds longest);

  // As far around a place as beats are looked for there; null where the track has no beat.
  static std::shared_ptr<const PlaceCues> cues_at(const MeetingPlace& place, BlendEnd end,
                                                  Seconds longest);

  // Ways that there is room for: of each length, with the seam in the middle of the transition, at its
  // end and at its beginning (kLongBlend). A track that ends too soon is left earlier, by whole bars.
  // With a steady beat in both and tempi that can meet, bars and beats fall together, found by the beats
  // first, then within 30 ms by what begins in the sound of both, if there is audio; the low end of a
  // long one changes at once, at the seam. Beats that do not meet, or are too loose (most_jitter), leave
  // only short ways, and without a beat no way is longer than longest_plain. In half a second or more
  // with the seam in the middle, what is above the low end may also go over ahead of the seam, or behind
  // it; the low end, if it is not swapped, on the other side. Levels and spectra meet half way. At least
  // one: a short fade.
  std::vector<Proposal> proposals(const ProposalConfig& config) const;

  // What is heard of it by those that learnt transitions of up to `kind`: mono, by the code that renders
  // (render/blend_sound.hpp); without audio sketched (planning/blend_sketch.hpp).
  SeamWindow hear(const Proposal& proposal, Seconds kind) const;
  BlendSketch sketch(const Proposal& proposal, Seconds kind) const;
  // Makes what is heard before and after the transition equally loud, in stereo, as level() had it from
  // the features alone; without audio nothing changes. Throws Error(input) if a file cannot be read.
  void even_levels(Proposal& proposal) const;
  // As sound, at kRate: seam_window_samples(kind) around the middle of the transition. Needs audio.
  std::vector<float> sound(const Proposal& proposal, Seconds kind) const;

 private:
  struct Heard {
    MeetingPlace place;
    BlendEnd end = BlendEnd::out;
    PcmFrame begin = 0;  // of what follows, in the track
    std::vector<float> mono;
  };
  // How far beats let the two meet, over so much of each.
  struct Beats {
    BeatLine out, in;
    double out_tempo = 1, in_tempo = 1;
    double period = 0;  // of both, as they sound
  };

  // Through the beats that are heard about a moment, of the one that is left from so long before it, of
  // the other until so long after it, if they will do; where between them more begins than on them,
  // those between. None where they are not steady.
  static std::optional<BeatLine> line_of(const Heard& heard, Seconds moment, Seconds before,
                                         Seconds after);
  static Heard listen(const MeetingPlace& place, BlendEnd end, Seconds longest);
  // earlier: by how much the outgoing one may be left ahead of its place.
  std::optional<Beats> meet(const ProposalConfig& config, Seconds before, Seconds after,
                            Seconds earlier) const;
  std::optional<Proposal> propose(const ProposalConfig& config, Seconds length, double share,
                                  bool swap) const;
  void align(Proposal& proposal) const;
  void match_phase(Proposal& proposal, bool move) const;
  // Semitones by which the incoming track goes together with the outgoing one; 0 if none are needed or
  // help.
  int key_shift() const;
  void level(Proposal& proposal) const;
  bool has_audio() const { return !out_.mono.empty() && !in_.mono.empty(); }
  std::pair<Seconds, Seconds> flanks(const Proposal& proposal) const;
  static std::vector<float> part(const Heard& heard, PcmFrame begin, PcmFrame end);
  // PCM frames of a track, silent where it has none.
  using TrackPart = std::function<std::vector<float>(PcmFrame begin, PcmFrame end)>;
  // What of one track sounds, without the other, in PCM frames from the seam: of the outgoing one none
  // that lie behind the transition, of the incoming one none ahead of it.
  std::vector<float> side_sound(const Proposal& proposal, BlendEnd end, const PcmRange& range,
                                const TrackPart& track) const;

  const std::vector<float>& onsets(bool out) const;

  Seconds longest_;
  Heard out_, in_;
  bool steady_ = false;                   // beats of both follow a tempo
  mutable std::vector<float> onsets_[2];  // of both, kOnsetHop apart; empty until they are asked for
};

inline PcmFrame frames_of(Seconds time) { return to_pcm_frames(time, Meeting::kRate); }

}  // namespace segue
