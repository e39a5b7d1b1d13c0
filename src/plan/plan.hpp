// A mix as plain values: which piece of which source plays when, how each joins the next,
// and why it was chosen. JSON, versioned; rendering a plan needs nothing else but the sources.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/content_hash.hpp"
#include "base/time.hpp"
#include "plan/blend.hpp"
#include "plan/segmentation.hpp"

namespace segue {

struct PlanSource {
  TrackId track;
  std::filesystem::path path;
  int sample_rate = 0;      // of the source, Hz: unit of its placements
  PcmFrame pcm_frames = 0;  // length of the source
  std::string title;
  std::string artist;
  double tempo_bpm{0};  // as it was heard; 0 without a beat, or where nobody listened
  std::string key{};    // "A minor"; empty where none was heard
};

struct RunnerUp {
  std::size_t source = 0;  // index into Plan::sources
  PcmFrame start = 0;
  double score = 0;
};

// What the bounds of a mix left to follow at a seam.
struct SeamBounds {
  std::size_t left = 0;                                  // places where the mix could go on
  std::vector<std::pair<std::string, std::size_t>> cut;  // by each bound that cut some, by name
  std::vector<std::string> relaxed;                      // bounds that did not hold here

  bool operator==(const SeamBounds&) const = default;
};

// PCM frames [start, start + length) of a source, at the source's own rate.
struct Placement {
  std::size_t source = 0;  // index into Plan::sources
  PcmFrame start = 0;
  PcmFrame length = 0;
  double gain_db = 0;  // evens the loudness, −60 … +24
  bool known = false;  // the network was trained on this track (the report's step 2) or not (3)
  double score = 0;  // the network's with what edges and critic add, quantised to 1e-6; 0 for the first
  std::string why;   // "start", or how it was chosen
  std::vector<RunnerUp> runners_up;    // at most five, best first
  std::optional<SeamBounds> bounds{};  // of style mix, but for the first
  bool inverted = false;               // its waveform, so that it does not cancel what it overlaps
};

enum class TransitionKind { equal_power_crossfade, blend };

// What is done between placement i and i + 1. The seam is where i ends on the output's time;
// the transition covers [seam − before, seam + after) in output PCM frames. The outgoing source
// plays on past its end for `after`, the incoming one begins `before` ahead of its start: both
// sources must have that much sound there. Transitions, with the releases of blends, may touch, never
// overlap, and lie inside the mix. So that nothing clicks, what a blend changes of a source needs a
// release of .1 s, and each band fades over 5 ms at least.
struct Transition {
  TransitionKind kind = TransitionKind::equal_power_crossfade;
  PcmFrame before = 0;
  PcmFrame after = 0;
  Blend blend{};      // of that kind
  std::string why{};  // it was chosen

  bool is_blend() const { return kind == TransitionKind::blend; }
  // Output PCM frames ahead of the seam and behind it in which anything is done.
  PcmFrame reach_before() const { return before + (is_blend() ? blend.out.release : 0); }
  PcmFrame reach_after() const { return after + (is_blend() ? blend.in.release : 0); }
};

// The part of a placement that plays at another speed or pitch: so much of the source, in its PCM
// frames, lasts so many of the output.
struct Stretch {
  PcmFrame source = 0;
  PcmFrame output = 0;
};

// What else had a say in the choices; a plan made elsewhere need not tell.
struct Choosing {
  std::size_t beam = 1;              // sequences that went on side by side
  double edge_weight = 0;            // of the likeness of the edges
  double critic_weight = 0;          // of the critics
  std::size_t critic_heard = 0;      // alternatives of each choice that they heard
  std::vector<std::string> critics;  // content hashes of their weights
  std::size_t groups = 0;            // of style mix: that the tracks fall into, by tempo and metre
};

struct Plan {
  static constexpr int version = 2;  // 1 had crossfades alone

  std::string segue_version;
  std::string system;   // "crnn"
  std::string model;    // name on the card, "crnn-tuned"
  std::string weights;  // content hash of the weights
  Choosing choosing;
  int analysis_version = 0;
  std::string style = "collage";
  Segmentation segmentation;
  std::uint64_t seed = 0;
  int sample_rate = 44100;  // of the output, Hz; always stereo
  PcmFrame length = 0;      // of the output: exactly this many frames are rendered
  double target_lufs = -16;
  double ceiling_dbtp = -1;
  std::size_t tracks_to_choose = 0;  // in the collection that it was chosen from; 0: nobody says
  std::vector<PlanSource> sources;
  std::vector<Placement> placements;    // at least one
  std::vector<Transition> transitions;  // placements.size() - 1

  // Output PCM frame where placement i begins (its seam with i - 1); 0 for the first.
  // Computed in integers from exact sums of source time, so it never drifts. Of a valid plan.
  std::vector<PcmFrame> seams() const;

  // What transitions stretch at the beginning and the end of placement i.
  Stretch head(std::size_t i) const;
  Stretch tail(std::size_t i) const;

  // Throws Error(input) naming the placement that is nonsense (outside its source, negative,
  // unknown source, overlapping transitions, not finite). `length` may cut the last placement, no
  // other, and is never longer than what the placements give.
  void validate(const std::filesystem::path& named = {}) const;

  static Plan read(const std::filesystem::path& file);  // throws Error(input); validates
  void write(const std::filesystem::path& file) const;  // throws Error(output)
};

// The same plan gives the same text. Unknown fields are ignored, missing ones or those of another
// type throw Error(input) naming them; so does a plan of a newer version. Does not validate.
void to_json(nlohmann::json& json, const Plan& plan);
void from_json(const nlohmann::json& json, Plan& plan);

}  // namespace segue
