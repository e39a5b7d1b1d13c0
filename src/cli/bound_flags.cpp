#include "cli/bound_flags.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace segue::cli {
namespace {

// "20-90"
std::pair<double, double> range_of(const std::string& text, const std::string& what,
                                   const std::string& example) {
  const std::size_t dash = text.find('-');
  try {
    if (dash != text.npos)
      return {parse_time(text.substr(0, dash)).count(), parse_time(text.substr(dash + 1)).count()};
  } catch (const Error&) {  // told below
  }
  throw Error(ErrorKind::usage, "'" + printable(std::string_view(text)) + "' is no range of " + what, {},
              "write two numbers: " + example);
}

}  // namespace

const LibraryTrack& track_of(const fs::path& file, const Library& library,
                             const std::vector<LibraryTrack>& tracks) {
  std::error_code code;
  for (const LibraryTrack& track : tracks)
    if (fs::equivalent(track.file, file, code)) return track;
  // Of a recording that the music has twice, one file stands for both.
  const auto named_tracks =
      fs::exists(file, code) ? library.tracks({file}) : std::vector<LibraryTrack>();
  for (const LibraryTrack& named : named_tracks) {
    for (const LibraryTrack& track : tracks) {
      const auto& ids = track.recording;
      if (std::find(ids.begin(), ids.end(), named.record.id) != ids.end()) return track;
    }
  }
  throw Error(ErrorKind::usage, "is not among the music to mix", file,
              "give it with the music, or choose another");
}

Bounds bounds_of(const BoundFlags& flags, Seconds length) {
  Bounds bounds;
  if (!flags.track_seconds.empty()) {
    const auto [least, most] = range_of(flags.track_seconds, "seconds", "20-90");
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
  if (!flags.tempo.empty()) bounds.tempo = range_of(flags.tempo, "tempi", "100-130");
  if (!flags.energy.empty()) bounds.energy = EnergyCurve::parse(flags.energy, length);
  if (!flags.mood.empty()) bounds.mood = MoodBound::parse(flags.mood);
  if (!flags.no_repeat.empty()) bounds.no_repeat = parse_time(flags.no_repeat);
  if (!flags.artist_apart.empty()) bounds.artist_apart = parse_time(flags.artist_apart);
  bounds.like_share = flags.like_share;
  return bounds;
}

void add_tracks(const BoundFlags& flags, const Library& library, const std::vector<LibraryTrack>& tracks,
                Bounds& bounds) {
  const auto id_of = [&](const std::string& file) { return track_of(file, library, tracks).record.id; };
  for (const std::string& file : flags.include) bounds.include.push_back(id_of(file));
  if (!flags.end.empty()) bounds.end = id_of(flags.end);
  if (!flags.like.empty()) bounds.like = id_of(flags.like);
}

void refuse_bounds(const BoundFlags& flags) {
  // What segue.toml sets is meant for other mixes.
  const bool any = std::any_of(flags.options.begin(), flags.options.end(),
                               [](const CLI::Option* option) { return option->count() > 0; });
  if (any)
    throw Error(ErrorKind::usage, "a collage has no bounds of tempo, key, energy and the like", {},
                "leave them out, or use --style mix");
}

void add_bound_flags(CLI::App& command, BoundFlags& flags) {
  const auto add = [&](const char* name, auto& value, const char* text) {
    CLI::Option* option = command.add_option(name, value, text)->group("Bounds of style mix");
    flags.options.push_back(option);
    return option;
  };
  add("--track-seconds", flags.track_seconds,
      "How long a track plays at a time (default: 40-150, from less where tracks are short); the last "
      "one until the mix ends");
  add("--max-stretch", flags.max_stretch,
      "Per cent by which tempi may differ where tracks meet (default: 6, more where nothing else is "
      "left)");
  add("--key-rule", flags.key_rule,
      "Keys that may meet: off, near (a fifth away, or relative) or same (default: near where possible)")
      ->check(CLI::IsMember({"off", "near", "same"}));
  add("--tempo", flags.tempo, "BPM of all tracks: 100-130");
  add("--energy", flags.energy,
      "How energy goes: rise, fall, flat, wave, or a file of times and energies");
  add("--mood", flags.mood,
      "Only the more energetic or calmer half, or what is bright (major) or dark (minor): calm-dark");
  add("--no-repeat", flags.no_repeat, "No track again sooner (default: not while others are left)");
  add("--artist-apart", flags.artist_apart, "No artist again sooner");
  add("--include", flags.include, "A track that must be heard; may be given again")
      ->allow_extra_args(false);
  add("--end-with", flags.end, "The track that closes the mix");
  add("--like", flags.like, "Only what is nearest in sound to this track");
  add("--like-share", flags.like_share, "How much that is, of all tracks")->capture_default_str();
}

}  // namespace segue::cli
