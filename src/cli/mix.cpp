// segue mix: choose, join, write.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "adaptation/adapted_weights.hpp"
#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/mix_flags.hpp"
#include "cli/mix_report.hpp"
#include "cli/targets.hpp"
#include "features/cutting.hpp"
#include "model/registry.hpp"
#include "output/companions.hpp"
#include "output/mix_writer.hpp"
#include "planning/planner.hpp"
#include "planning/seam_ear.hpp"

namespace segue::cli {
namespace {

constexpr const char *kPlanEnding = ".plan.json", *kCueEnding = ".cue", *kPlaylistEnding = ".m3u8",
                     *kLabelsEnding = ".labels.txt", *kTracklistEnding = ".tracks.txt";
constexpr std::size_t kMixBeam = 4, kMixHeard = 16;
constexpr std::size_t kDraftCandidates = 20;
constexpr Seconds kDraftRelease{6};

// A file that is named after the mix.
fs::path beside(const MixFlags& flags, const char* ending) {
  return fs::path(flags.output).replace_extension(ending);
}

// Where the plan goes; nowhere if it was there before.
fs::path plan_file_of(const MixFlags& flags) {
  if (!flags.save_plan.empty()) return flags.save_plan;
  return flags.plan.empty() ? beside(flags, kPlanEnding) : fs::path();
}

// All that will be written.
std::vector<Target> targets_of(const MixFlags& flags) {
  std::vector<Target> targets;
  if (!flags.plan_only) targets.push_back({flags.output, "--output"});
  if (const fs::path plan = plan_file_of(flags); !plan.empty())
    targets.push_back({plan, flags.save_plan.empty() ? "--output" : "--save-plan"});
  if (flags.plan_only) return targets;
  for (const auto& [wanted, ending] :
       {std::pair(flags.cue, kCueEnding), std::pair(flags.playlist, kPlaylistEnding),
        std::pair(flags.labels, kLabelsEnding), std::pair(flags.tracklist, kTracklistEnding)})
    if (wanted) targets.push_back({beside(flags, ending), "--output"});
  return targets;
}

EncodingConfig encoding_of(const MixFlags& flags) {
  EncodingConfig encoding;
  encoding.container = EncodingConfig::container_for(flags.output);
  encoding.bits = flags.bits;
  encoding.quality = flags.quality;
  encoding.sample_rate = flags.rate;
  if (flags.rate == 0) encoding.sample_rate = encoding.container == Container::ogg_opus ? 48000 : 44100;
  encoding.tags = flags.tags;
  if (encoding.tags.title.empty()) {
    // A plan that is rendered again keeps the title, so that the file has the same bits.
    const std::string plan = fs::path(flags.plan).filename().native();
    const bool again = plan.ends_with(kPlanEnding) && plan != kPlanEnding;
    encoding.tags.title = to_valid_utf8(again ? plan.substr(0, plan.rfind(kPlanEnding))
                                              : fs::path(flags.output).stem().native());
  }
  encoding.validate();
  if (flags.chapters && most_chapters(encoding.container) == 0)
    throw Error(ErrorKind::usage, "cannot hold chapter marks", flags.output,
                "use .flac, .ogg, .opus or .mp3, or leave --chapters out");
  return encoding;
}

// "FILE@1:30" or "FILE": the track whose file it is and the moment in it.
StartPoint start_of(const std::string& text, const Library& library,
                    const std::vector<LibraryTrack>& tracks) {
  StartPoint start;
  std::error_code code;
  fs::path file = text;
  if (const std::size_t at = text.rfind('@'); at != std::string::npos && !fs::exists(file, code)) {
    file = text.substr(0, at);
    start.at = parse_time(text.substr(at + 1));
  }
  const LibraryTrack& track = track_of(file, library, tracks);
  if (start.at >= track.record.duration()) {
    throw Error(ErrorKind::usage, "lasts only " + format_time(track.record.duration()), file,
                "choose an earlier start");
  }
  start.track = track.record.id;
  return start;
}

MixConfig config_of(const MixFlags& flags, const Context& context, const EncodingConfig& encoding) {
  MixConfig config;
  config.length = parse_time(flags.length);
  if (flags.style != "mix" && flags.style != "collage") {
    throw Error(ErrorKind::usage, "there is no style '" + flags.style + "'", {},
                "choose mix or collage");
  }
  config.style = flags.style == "mix" ? Style::mix : Style::collage;
  const bool mixes = config.style == Style::mix;
  const std::string fragment = !flags.fragment.empty() ? flags.fragment : mixes ? "bars" : "3";
  config.segmentation = Segmentation::parse(fragment, context.seed);
  if (mixes) {
    if (flags.share_flag->count() > 0 && flags.track_share < 1)
      throw Error(ErrorKind::usage, "a mix does not share its time out among tracks", {},
                  "use --track-seconds, or --style collage");
    config.bounds = bounds_of(flags.bounds, config.length);
  } else {
    refuse_bounds(flags.bounds);
  }
  config.seed = context.seed;
  config.track_share = flags.track_share;
  if (mixes) config.beam = kMixBeam;
  if (flags.draft) {
    config.beam = config.exits = 1;
    config.candidates = kDraftCandidates;
    config.most_release = kDraftRelease;
  }
  if (flags.beam) config.beam = *flags.beam;
  if (flags.candidates) config.candidates = flags.candidates;
  if (mixes) config.critic_heard = kMixHeard;
  if (flags.critic_heard) config.critic_heard = *flags.critic_heard;
  config.critic_weight = flags.critic_weight;
  config.edge_weight = flags.edge_weight;
  config.crossfade = Seconds(flags.crossfade);
  config.blends = flags.join == "auto";
  config.shift_keys = flags.shift_keys;
  config.sample_rate = encoding.sample_rate;
  config.target_lufs = flags.loudness;
  config.ceiling_dbtp = flags.ceiling;
  config.validate();
  return config;
}

// Who chooses: the model asked for, or what it becomes with this music.
std::string model_of(const MixFlags& flags, const Context& context, Library& library,
                     const std::vector<LibraryTrack>& tracks) {
  if (!flags.adapt) return flags.model;
  AdaptedWeightsConfig config;
  config.model = flags.model;
  config.command = context.command_line();
  return adapted_weights(config, library, tracks).native();
}

// The report's systems choose without a critic unless they are told to.
std::shared_ptr<const CriticSet> critics_of(const MixFlags& flags, const Segmentation& cuts,
                                            const ModelCard& card) {
  const bool must = flags.critic == "on" || !flags.critics.empty();
  if (flags.critic == "off" || (flags.draft && !must) || (!must && card.system != "successor"))
    return nullptr;
  const Seconds fade(flags.crossfade);
  const bool alone = flags.style == "collage";  // else more of the track plays
  if (alone && hops_to_seconds(longest_fragment(cuts)) - fade < EarConfig::kLeastHeard) {  // no opinion
    if (!must) return nullptr;
    throw Error(ErrorKind::usage, "fragments are too short for the critic beside the crossfade", {},
                "give a longer --fragment, or --critic off");
  }
  return must ? require_critics(fade, flags.critics) : find_critics(fade);
}

Plan choose(const MixFlags& flags, const Context& context, const EncodingConfig& encoding) {
  MixConfig config = config_of(flags, context, encoding);
  // A wrong name should not cost an analysis.
  if (flags.adapt) {
    require_adaptable(flags.model);
  } else {
    find_card(flags.model);
  }
  Library library(context.library_folder);
  const std::vector<LibraryTrack> tracks = tracks_of(library, to_paths(flags.music), "mix");
  refuse_music_as_targets(targets_of(flags), library);
  if (!flags.start.empty()) config.start = start_of(flags.start, library, tracks);
  add_tracks(flags.bounds, library, tracks, config.bounds);
  const std::unique_ptr<SuccessorModel> model = load_model(model_of(flags, context, library, tracks));
  config.critics = critics_of(flags, config.segmentation, model->card());
  if (config.style == Style::mix && config.blends && flags.critic != "off" && !flags.draft)
    config.join_critics = find_join_critics(flags.critics);
  return plan_mix(config, library, tracks, *model);
}

// What was chosen is not lost when the mix cannot be written.
MixReport write_or_tell(const Plan& plan, const fs::path& output, const EncodingConfig& encoding,
                        const fs::path& plan_file) {
  try {
    return write_mix(plan, output, encoding);
  } catch (const Error&) {
    if (!plan_file.empty()) {
      log_warning("the plan is kept; to write its mix: segue mix --plan " +
                  shell_word(printable(plan_file)));
    }
    throw;
  }
}

void write_companions(const MixFlags& flags, const Plan& plan) {
  const auto write = [&](const char* ending, const std::string& text) {
    write_text_file(beside(flags, ending), text);
  };
  if (flags.cue) write(kCueEnding, cue_sheet(plan, flags.output));
  if (flags.playlist) write(kPlaylistEnding, playlist_of(plan));
  if (flags.labels) write(kLabelsEnding, label_track(plan));
  if (flags.tracklist) write(kTracklistEnding, tracklist(plan));
}

void mix(const MixFlags& flags, const Context& context) {
  const EncodingConfig asked = encoding_of(flags);
  if (flags.plan_only && !flags.plan.empty()) {
    throw Error(ErrorKind::usage, "--plan is a plan already", {}, "leave --plan-only out to render it");
  }
  if (!flags.plan.empty() && !flags.music.empty()) {
    throw Error(ErrorKind::usage, "--plan names its own music", {}, "leave the other files out");
  }
  if (flags.cue && fs::path(flags.output).filename().native().find('"') != std::string::npos) {
    throw Error(ErrorKind::usage, "cannot be named in a CUE sheet, which has no way to write its quotes",
                flags.output, "choose an --output without them, or leave --cue out");
  }
  for (const CLI::Option* flag : flags.choosing) {
    if (flags.plan.empty() || flag->count() == 0) continue;
    const std::string name = flag->get_name(false, true);
    throw Error(ErrorKind::usage, "says already what " + name + " would decide", flags.plan,
                "leave " + name + " out, or compose a new mix from its music");
  }
  // Finding out after ten minutes of work that the folder is read-only would be a pity.
  const std::vector<Target> targets = targets_of(flags);
  std::vector<fs::path> read = to_paths(flags.music);
  if (!flags.plan.empty()) read.emplace_back(flags.plan);
  check_targets(targets, read);
  refuse_music_as_targets(targets, context.library_folder);
  EncodingConfig encoding = asked;
  const bool again = !flags.plan.empty();
  const Plan plan = again ? Plan::read(flags.plan) : choose(flags, context, asked);
  if (again && flags.rate != 0 && flags.rate != plan.sample_rate) {
    throw Error(ErrorKind::usage, "is made for " + std::to_string(plan.sample_rate) + " Hz", flags.plan,
                "leave --rate out");
  }
  encoding.sample_rate = plan.sample_rate;
  if (flags.chapters) encoding.chapters = chapters_of(plan, most_chapters(encoding.container));
  encoding.comment = "segue " + plan.model + ", seed " + std::to_string(plan.seed);
  try {
    encoding.validate();
  } catch (const Error& error) {  // what was asked for has passed: it is the rate
    if (!again) throw;
    throw Error(ErrorKind::usage,
                "is made for " + std::to_string(plan.sample_rate) + " Hz, which " +
                    fs::path(flags.output).extension().string() + " cannot hold",
                flags.plan, "choose another format, such as .flac");
  }
  for (const PlanSource& source : plan.sources) read.push_back(source.path);
  check_targets(targets, read);

  const fs::path plan_file = plan_file_of(flags);
  if (!plan_file.empty()) plan.write(plan_file);
  if (flags.plan_only) {
    if (context.json) {
      to_stdout(nlohmann::json(plan));
    } else {
      to_stdout(printable(fs::absolute(plan_file)));
    }
    return;
  }
  const MixReport report = write_or_tell(plan, flags.output, encoding, plan_file);
  write_companions(flags, plan);
  if (context.json) {
    to_stdout(mix_to_json(plan, report, flags.output, plan_file));
  } else if (context.quiet) {
    to_stdout(printable(fs::absolute(flags.output)));
  } else {
    tell_mix(plan, report, flags.output, plan_file);
  }
}

}  // namespace

void add_mix(CLI::App& app, Context& context) {
  auto flags = std::make_shared<MixFlags>();
  CLI::App* command = app.add_subcommand("mix", "Compose a mix from music");
  add_mix_flags(*command, *flags);
  set_example(*command, "segue mix ~/Music --length 10:00 -o set.flac");
  command->callback([flags, &context] { context.action = [flags, &context] { mix(*flags, context); }; });
  context.make_mix = [flags, &context](const std::vector<fs::path>& music, const std::string& length,
                                       const fs::path& output) {
    for (const fs::path& path : music) flags->music.push_back(path.native());
    flags->length = length;
    flags->output = output.native();
    mix(*flags, context);
  };
}

}  // namespace segue::cli
