#include "cli/bound_flags.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace segue::cli {
namespace {

// "20-90"
std::pair<double, double> range_of(const std::string& text, const std::string& what) {
  const std::size_t dash = text.find('-');
  try {
    if (dash != text.npos)
      return {parse_time(text.substr(0, dash)).count(), parse_time(text.substr(dash + 1)).count()};
  } catch (const Error&) {  // told below
  }
  throw Error(ErrorKind::usage, "'" + printable(std::string_view(text)) + "' is no range of " + what, {},
              "write two numbers: 20-90");
}

}  // namespace

// The track whose file it is.
const LibraryTrack& track_of(const fs::path& file, const std::vector<LibraryTrack>& tracks) {
  std::error_code code;
  for (const LibraryTrack& track : tracks)
    if (fs::equivalent(track.file, file, code)) return track;
  throw Error(ErrorKind::usage, "is not among the music to mix", file,
              "give it with the music, or choose another");
}

Bounds bounds_of(const BoundFlags& flags, Seconds length) {
  Bounds bounds;
  if (!flags.track_seconds.empty()) {
    const auto [least, most] = range_of(flags.track_seconds, "seconds");
    bounds.least = Seconds(least);
    bounds.most = Seconds(most);
    bounds.seconds_are_set = true;
  }
  if (flags.max_stretch) {
    bounds.stretch = *flags.max_stretch / 100;
    bounds.stretch_is_set = true;
  }
  if (!flags.key_rule.empty()) {
    bounds.key = flags.key_rule == "off"    ? KeyRule::off
                 : flags.key_rule == "same" ? KeyRule::same
                                            : KeyRule::near;
    bounds.key_is_set = true;
  }
  if (!flags.tempo.empty()) bounds.tempo = range_of(flags.tempo, "tempi");
  if (!flags.energy.empty()) bounds.energy = EnergyCurve::parse(flags.energy, length);
  if (!flags.mood.empty()) bounds.mood = MoodBound::parse(flags.mood);
  if (!flags.no_repeat.empty()) bounds.no_repeat = parse_time(flags.no_repeat);
  if (!flags.artist_apart.empty()) bounds.artist_apart = parse_time(flags.artist_apart);
  bounds.like_share = flags.like_share;
  return bounds;
}

void add_tracks(const BoundFlags& flags, const std::vector<LibraryTrack>& tracks, Bounds& bounds) {
  for (const std::string& file : flags.include)
    bounds.include.push_back(track_of(file, tracks).record.id);
  if (!flags.end.empty()) bounds.end = track_of(flags.end, tracks).record.id;
  if (!flags.like.empty()) bounds.like = track_of(flags.like, tracks).record.id;
}

void refuse_bounds(const BoundFlags& flags) {
  const bool any =
      flags.max_stretch || !flags.include.empty() || flags.like_share != Bounds{}.like_share;
  const std::string texts = flags.track_seconds + flags.key_rule + flags.tempo + flags.energy +
                            flags.mood + flags.no_repeat + flags.artist_apart + flags.end + flags.like;
  if (any || !texts.empty())
    throw Error(ErrorKind::usage, "a collage has no bounds of tempo, key, energy and the like", {},
                "leave them out, or use --style mix");
}

void add_bound_flags(CLI::App& command, BoundFlags& flags) {
  const auto add = [&](const char* name, auto& value, const char* text) {
    return command.add_option(name, value, text)->group("Bounds of style mix");
  };
  add("--track-seconds", flags.track_seconds, "How long a track plays at a time (default: 20-90)");
  add("--max-stretch", flags.max_stretch,
      "Per cent by which tempi may differ where tracks meet (default: 6, more where nothing else is "
      "left)");
  add("--key-rule", flags.key_rule,
      "Keys that may meet: off, near (a fifth away, or relative) or same (default: near where possible)")
      ->check(CLI::IsMember({"off", "near", "same"}));
  add("--tempo", flags.tempo, "BPM of all tracks: 100-130");
  add("--energy", flags.energy,
      "How energy goes: rise, fall, flat, wave, or a file of times and energies");
  add("--mood", flags.mood, "Only music that is energetic or calm, bright or dark: calm-dark");
  add("--no-repeat", flags.no_repeat, "No track again sooner (default: not while others are left)");
  add("--artist-apart", flags.artist_apart, "No artist again sooner");
  add("--include", flags.include, "Tracks that must be heard");
  add("--end-with", flags.end, "The track that closes the mix");
  add("--like", flags.like, "Only what is nearest in sound to this track");
  add("--like-share", flags.like_share, "How much that is, of all tracks")->capture_default_str();
}

}  // namespace segue::cli
