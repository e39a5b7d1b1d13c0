// segue library: what is known about the collection.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "analysis/curves.hpp"
#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/targets.hpp"
#include "library/track_picture.hpp"

namespace segue::cli {
namespace {

std::string name_of(const LibraryTrack& track) {
  const Tags& tags = track.record.tags;
  if (tags.title.empty()) return printable(track.file.stem());
  return tags.title + (tags.artist.empty() ? "" : " – " + tags.artist);
}

nlohmann::json to_json(const LibraryTrack& track) {
  const TrackRecord& record = track.record;
  const Tags& tags = record.tags;
  const auto level = [](double value) {
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
  };
  const MusicTraits& traits = record.traits;
  const auto beaten = [&](auto value) {
    return traits.has_beat() ? nlohmann::json(value) : nlohmann::json();
  };
  return {{"id", record.id.hex()},
          {"file", path_to_json(track.file)},
          {"title", tags.title},
          {"artist", tags.artist},
          {"album_artist", tags.album_artist},
          {"album", tags.album},
          {"genre", tags.genre},
          {"mood", tags.mood},
          {"year", tags.year},
          {"licence", tags.licence},
          {"seconds", record.duration().count()},
          {"sample_rate", record.format.sample_rate},
          {"channels", record.format.channels},
          {"codec", record.format.codec},
          {"container", record.format.container},
          {"integrated_lufs", level(record.integrated_lufs)},
          {"sample_peak", record.sample_peak},
          {"has_beat", traits.has_beat()},
          {"tempo_bpm", beaten(traits.tempo_bpm)},
          {"tempo_drift", beaten(traits.tempo_drift)},
          {"beat_jitter", beaten(traits.beat_jitter)},
          {"beat_strength", traits.beat_strength},
          {"beats_per_bar", beaten(traits.beats_per_bar)},
          {"key", traits.key ? nlohmann::json(segue::name_of(*traits.key)) : nlohmann::json()},
          {"camelot", traits.key ? nlohmann::json(camelot_of(*traits.key)) : nlohmann::json()},
          {"key_confidence", traits.key_confidence},
          {"energy", traits.energy},
          {"brightness_hz", traits.brightness},
          {"valence", traits.valence},
          {"mood_heard", traits.sound_end > 0 ? nlohmann::json(mood_of(traits)) : nlohmann::json()},
          {"sound_begin", traits.sound_begin},
          {"sound_end", traits.sound_end},
          {"analysis_version", record.analysis_version},
          {"double_of", record.double_of ? nlohmann::json(record.double_of->hex()) : nlohmann::json()}};
}

void list(const Context& context) {
  const Library library(context.library_folder);
  const std::vector<LibraryTrack> tracks = library.tracks({});
  if (context.json) {
    nlohmann::json json = nlohmann::json::array();
    for (const LibraryTrack& track : tracks) json.push_back(to_json(track));
    to_stdout(json);
    return;
  }
  std::string text;
  Seconds total{0};
  for (const LibraryTrack& track : tracks) {
    total += track.record.duration();
    text += track.record.id.hex().substr(0, 8) + "  " + format_time(track.record.duration()) + "  " +
            name_of(track) + "  " + printable(track.file) + "\n";
  }
  to_stdout(text + count_of(tracks.size(), "track") + ", " + format_time(total));
}

// The track that a person means: its file, the beginning of its id, or a part of its name.
std::vector<LibraryTrack> matches(const Library& library, const std::string& wanted) {
  if (trim(wanted).empty()) {
    throw Error(ErrorKind::usage, "no track is named", {}, "give a file, an id or a part of its name");
  }
  std::error_code code;
  if (fs::is_regular_file(wanted, code)) {
    // Doubles are told of by their own file, too.
    if (auto track = library.tracks({wanted}); !track.empty()) return track;
  }
  std::vector<LibraryTrack> found;
  for (const LibraryTrack& track : library.tracks({})) {
    if (fs::equivalent(track.file, wanted, code)) return {track};
    const bool by_id = wanted.size() >= 4 && track.record.id.hex().starts_with(lower_ascii(wanted));
    const bool by_name = lower_ascii(name_of(track)).find(lower_ascii(wanted)) != std::string::npos;
    if (by_id || by_name) found.push_back(track);
  }
  if (found.empty()) {
    throw Error(ErrorKind::usage,
                "the library has no track '" + printable(std::string_view(wanted)) + "'", {},
                "see 'segue library list', or analyze it first");
  }
  return found;
}

// How it goes over time.
void add_course(nlohmann::json& json, const LibraryTrack& track, const FeatureFile& features) {
  const TrackMusic& music = features.music();
  nlohmann::json beats = nlohmann::json::array();
  nlohmann::json downbeats = nlohmann::json::array();
  for (const Beat& beat : music.beats) {
    beats.push_back(beat.seconds);
    if (beat.place == 0) downbeats.push_back(beat.seconds);
  }
  nlohmann::json sections = nlohmann::json::array();
  for (std::size_t i = 0; i < music.sections.size(); ++i) {
    const bool last = i + 1 == music.sections.size();
    sections.push_back({{"begin", music.sections[i].begin},
                        {"end", last ? track.record.traits.sound_end : music.sections[i + 1].begin},
                        {"label", section_letters(music.sections[i].label)}});
  }
  nlohmann::json loudness = nlohmann::json::array();
  for (const float lufs : short_term_loudness(features.loudness()))
    loudness.push_back(std::isfinite(lufs) ? nlohmann::json(lufs) : nlohmann::json());
  json["beats"] = beats;
  json["downbeats"] = downbeats;
  json["sections"] = sections;
  json["short_term_lufs"] = loudness;
  json["energy_curve"] = music.energy;
  json["brightness_curve_hz"] = music.brightness;
}

// One line each: what is heard, in the units of people.
nlohmann::json to_lines(const LibraryTrack& track) {
  nlohmann::json lines = to_json(track);
  for (const char* told_with_another :
       {"has_beat", "tempo_bpm", "tempo_drift", "beat_jitter", "beats_per_bar", "camelot",
        "key_confidence", "brightness_hz", "sound_begin", "sound_end"})
    lines.erase(told_with_another);
  const MusicTraits& traits = track.record.traits;
  lines["beat"] = describe_beat(traits);
  if (traits.has_beat()) lines["bar"] = count_of(static_cast<std::size_t>(traits.beats_per_bar), "beat");
  lines["beat_strength"] = describe_figure(traits.beat_strength, 1);
  lines["key"] = describe_key(traits);
  lines["energy"] = describe_figure(traits.energy, 2);
  lines["brightness"] = describe_figure(traits.brightness, 0) + " Hz";
  lines["valence"] = describe_figure(traits.valence, 2);
  lines["sound"] = traits.sound_end > 0 ? describe_figure(traits.sound_begin, 1) + " … " +
                                              describe_figure(traits.sound_end, 1) + " s"
                                        : "none";
  return lines;
}

void draw_picture(const LibraryTrack& track, Library& library, const fs::path& target) {
  const std::shared_ptr<const FeatureFile> features = library.features(track);
  write_text_file(target, track_svg(track, *features, waveform_of(track.file, kPictureColumns)));
}

// picture: where one goes, or empty.
void info(const Context& context, const std::string& wanted, const std::string& picture) {
  Library library(context.library_folder);
  std::vector<LibraryTrack> tracks = matches(library, wanted);
  if (hear_what_older_did_not(library, tracks)) tracks = matches(library, wanted);
  if (!picture.empty()) {
    if (tracks.size() != 1) {
      throw Error(ErrorKind::usage,
                  "a picture shows one track, but " + count_of(tracks.size(), "track") +
                      " are meant by '" + printable(std::string_view(wanted)) + "'",
                  {}, "give the file or the id of one, see 'segue library list'");
    }
    const std::vector<Target> target = {{picture, "--picture"}};
    check_targets(target, {});
    refuse_music_as_targets(target, library);
    draw_picture(tracks[0], library, picture);
  }
  if (context.json) {
    nlohmann::json all = nlohmann::json::array();
    for (const LibraryTrack& track : tracks) {
      all.push_back(to_json(track));
      add_course(all.back(), track, *library.features(track));
    }
    to_stdout(all);
    return;
  }
  for (const LibraryTrack& track : tracks) {
    const nlohmann::json lines = to_lines(track);
    for (const auto& [key, value] : lines.items()) {
      const bool empty_text = value.is_string() && value.get_ref<const std::string&>().empty();
      if (value.is_null() || empty_text) continue;
      to_stdout(key + ": " + (value.is_string() ? value.get<std::string>() : value.dump()));
    }
    to_stdout(std::string());
  }
}

void verify(const Context& context) {
  Library library(context.library_folder);
  const std::vector<FileProblem> problems = library.verify();
  if (context.json) {
    nlohmann::json json = nlohmann::json::array();
    for (const FileProblem& problem : problems) {
      json.push_back({{"file", path_to_json(problem.file)}, {"reason", problem.reason}});
    }
    to_stdout(json);
  } else {
    for (const FileProblem& problem : problems) to_stdout(problem.reason);
  }
  if (!problems.empty()) {
    throw Error(ErrorKind::library,
                count_of(problems.size(), "thing") + (problems.size() == 1 ? " is wrong" : " are wrong"),
                library.folder(), "analyze the music again to mend them");
  }
  if (!context.json) to_stdout(std::string("sound"));
}

void remove(const Context& context, const std::vector<std::string>& paths) {
  Library library(context.library_folder);
  std::size_t count = 0;
  for (const std::string& path : paths) {
    const std::size_t removed = library.remove(path);
    if (removed == 0) {
      throw Error(ErrorKind::usage, "is not in the library", path, "see 'segue library list'");
    }
    count += removed;
  }
  if (context.json) {
    to_stdout(nlohmann::json{{"removed", count}});
  } else {
    to_stdout(count_of(count, "file") + " forgotten");
  }
}

}  // namespace

void add_library(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("library", "List, inspect, check or forget what segue knows");
  command->require_subcommand(1);
  set_example(*command, "segue library list --json");
  const auto add = [&](const std::string& name, const std::string& text,
                       const std::function<void()>& action) {
    CLI::App* sub = command->add_subcommand(name, text);
    sub->callback([action, &context] { context.action = action; });
    return sub;
  };
  set_example(*add("list", "All tracks", [&context] { list(context); }), "segue library list");

  auto wanted = std::make_shared<std::string>();
  auto picture = std::make_shared<std::string>();
  CLI::App* info_command = add("info", "All about a track, or those of that name",
                               [wanted, picture, &context] { info(context, *wanted, *picture); });
  info_command->add_option("track", *wanted, "Its file, id or a part of its name")->required();
  info_command->add_option("--picture", *picture,
                           "Draw waveform, beats, sections and curves of the track (SVG)");
  set_example(*info_command, "segue library info knolls");

  set_example(
      *add("verify", "Check the catalog, the features and the files", [&context] { verify(context); }),
      "segue library verify");

  auto paths = std::make_shared<std::vector<std::string>>();
  CLI::App* remove_command = add("remove", "Forget files or folders; the music stays",
                                 [paths, &context] { remove(context, *paths); });
  remove_command->add_option("paths", *paths, "Files or folders")->required();
  set_example(*remove_command, "segue library remove ~/Music/Old");
}

}  // namespace segue::cli
