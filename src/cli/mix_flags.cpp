#include "cli/mix_flags.hpp"

namespace segue::cli {
namespace {

void add_choice_flags(CLI::App& command, MixFlags& flags) {
  command.add_option("--length", flags.length, "How long the result is: 90, 10:00 or 1:30:00")
      ->capture_default_str();
  command.add_option("--fragment", flags.fragment,
                     std::string(kFragmentHelp) + " (default: bars, or 3 in a collage)");
  command
      .add_option(
          "--style", flags.style,
          "mix: tracks play for a while, as a DJ plays them; collage: neighbours of one track never "
          "meet again")
      ->capture_default_str();
  command.add_flag("--draft", flags.draft, "Choose at once: fewer alternatives, and no seam is heard");
  command
      .add_option("--model,--system", flags.model,
                  "Who chooses: a bundled name, random, edge or a weights file")
      ->capture_default_str();
  command.add_flag(
      "--adapt", flags.adapt,
      "Let the network learn from this music first; kept, so that it takes minutes only once");
  command.add_option("--start", flags.start, "Where to begin: FILE@1:30");
  flags.share_flag = command
                         .add_option("--track-share", flags.track_share,
                                     "No track fills more of a collage than this share, 0 … 1")
                         ->capture_default_str();
  command
      .add_option(
          "--candidates", flags.candidates,
          "Fragments heard for each choice; 0 = all (default: successor the nearest 50, which an "
          "index finds; others 1024 drawn evenly over the tracks)")
      ->check(whole_number(0, 1'000'000'000));
  command
      .add_option("--beam", flags.beam,
                  "Sequences tried side by side, the best of which becomes the mix; 1 = always the best "
                  "next (default: 4, or 8 in a collage)")
      ->check(whole_number(1, 1000));
  command
      .add_option("--critic", flags.critic,
                  "Hear the seams of the best alternatives before choosing: on, off, or auto (on for "
                  "successor)")
      ->check(CLI::IsMember({"auto", "on", "off"}))
      ->capture_default_str();
  command.add_option("--critics", flags.critics,
                     "Folder of critics (default: yours and those of segue)");
  command
      .add_option("--critic-heard", flags.critic_heard,
                  "Alternatives of each choice that the critic hears (default: 16, or 20 in a collage)")
      ->check(whole_number(1, 64));
  command
      .add_option("--critic-weight", flags.critic_weight,
                  "What an inaudible seam counts beside the network's score")
      ->capture_default_str();
  command
      .add_option("--edge-weight", flags.edge_weight,
                  "What the distance of the edges counts beside the network's score")
      ->capture_default_str();
  command
      .add_option(
          "--join", flags.join,
          "How tracks go over in a mix: auto (as a DJ would: tempo, beat, level and spectrum meet; "
          "what is heard least is taken) or fade (--crossfade everywhere)")
      ->check(CLI::IsMember({"auto", "fade"}))
      ->capture_default_str();
  command.add_flag(
      "--shift-keys", flags.shift_keys,
      "Let transitions shift what comes in by a semitone, and glide back, where keys then go "
      "together and it is heard less");
  command.add_option("--crossfade", flags.crossfade, "Seconds of crossfade at plain seams")
      ->capture_default_str();
  command.add_option("--loudness", flags.loudness, "LUFS of the whole")->capture_default_str();
  command.add_option("--ceiling", flags.ceiling, "dBTP that no peak exceeds")->capture_default_str();
}

void add_output_flags(CLI::App& command, MixFlags& flags) {
  command.add_option("-o,--output", flags.output, "The mix: .flac .wav .ogg .opus .mp3")
      ->capture_default_str();
  command.add_option("--plan", flags.plan, "Render this plan again")
      ->check(CLI::Validator(
          [](std::string& name) {
            return name.empty() ? std::string("it names no file") : std::string();
          },
          ""));
  command.add_option("--save-plan", flags.save_plan, "Where the plan goes (default: beside the mix)");
  command.add_flag("--plan-only", flags.plan_only, "Make the plan and no mix");
  command.add_option("--rate", flags.rate, "Hz of the mix; 0 = 44100, or 48000 for Opus")
      ->capture_default_str();
  command.add_option("--bits", flags.bits, "Of FLAC and WAV: 16 or 24")->capture_default_str();
  command.add_option("--quality", flags.quality, "Of Ogg, Opus and MP3, 0 … 1")->capture_default_str();
  command.add_option("--title", flags.tags.title, "Title tag (default: the file's name)");
  command.add_option("--artist", flags.tags.artist, "Artist tag");
  command.add_option("--album", flags.tags.album, "Album tag");
  command.add_option("--genre", flags.tags.genre, "Genre tag");
  command.add_flag("--cue", flags.cue, "Write a CUE sheet beside the mix");
  command.add_flag("--playlist", flags.playlist, "Write the tracks as M3U8 playlist beside the mix");
  command.add_flag("--labels", flags.labels, "Write a label track for Audacity beside the mix");
  command.add_flag("--chapters", flags.chapters, "Put chapter marks into the mix (not WAV)");
  command.add_flag("--tracklist", flags.tracklist, "Write the tracks and their times beside the mix");
}

}  // namespace

void add_mix_flags(CLI::App& command, MixFlags& flags) {
  command.add_option("music", flags.music, "Files, folders, playlists (default: the whole library)");
  add_choice_flags(command, flags);
  add_bound_flags(command, flags.bounds);
  for (const CLI::Option* flag : command.get_options())
    if (!flag->get_lnames().empty() && !flag->check_lname("help")) flags.choosing.push_back(flag);
  add_output_flags(command, flags);
}

}  // namespace segue::cli
