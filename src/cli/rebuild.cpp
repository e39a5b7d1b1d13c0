// segue rebuild: cut pieces, or given ones, put back in order.
#include "evaluation/rebuild.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/paths.hpp"
#include "base/progress.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/targets.hpp"
#include "evaluation/order_picture.hpp"
#include "library/pieces.hpp"
#include "model/registry.hpp"
#include "output/clip_writer.hpp"

namespace segue::cli {
namespace {

struct RebuildFlags {
  std::vector<std::string> music;
  std::string model = kDefaultModel;
  std::string fragment = "3";
  std::string search = "own";
  std::string output;
  int bits = 24;
  bool pieces = false;
  bool no_waveform = false;

  Assembly assembly() const {
    return search == "greedy" ? Assembly::greedy : search == "best" ? Assembly::best : Assembly::own;
  }
  bool waveform(const ModelCard& card) const { return !no_waveform && can_hear_waveform(card); }
  bool into_folder() const {
    std::error_code code;
    return output.ends_with('/') || fs::is_directory(output, code);
  }
};

// A track that was cut: fragments [begin, begin + spans.size()) of the set.
struct CutTrack {
  LibraryTrack track;
  std::size_t begin = 0;
  std::vector<FragmentSpan> spans;
  bool known = false;
  FoundOrder found;
};

struct CutTracks {
  FragmentSet set;
  std::vector<CutTrack> tracks;
};

// Those with at least two pieces; of others a warning, or the error where there is no other.
CutTracks cut_tracks(const RebuildFlags& options, const Context& context, Library& library,
                     const ModelCard& card) {
  const Segmentation segmentation = Segmentation::parse(options.fragment, context.seed);
  CutTracks cut;
  std::vector<Error> refused;
  for (const LibraryTrack& track : tracks_of(library, to_paths(options.music), "rebuild")) {
    CutTrack entry{track, cut.set.size(), {}, card.knows_any(track.recording), {}};
    for (const FragmentRecord& fragment : library.fragments(track, segmentation))
      entry.spans.push_back(fragment.span);
    if (entry.spans.size() < 2) {
      refused.emplace_back(ErrorKind::input, "is too short to be cut into two pieces", track.file,
                           "choose a shorter --fragment");
      continue;
    }
    const std::size_t number = cut.set.add_track(library.features(track));
    for (const FragmentSpan& span : entry.spans) cut.set.add(number, span);
    cut.tracks.push_back(std::move(entry));
  }
  if (cut.tracks.empty()) throw refused.front();
  for (const Error& error : refused) log_warning(std::string("skipped: ") + error.what());
  return cut;
}

std::vector<FoundOrder> orders_of(const CutTracks& cut, const SuccessorModel& model,
                                  const RebuildFlags& options, const Context& context) {
  const auto session = model.open_session(cut.set);
  Progress progress("hearing", static_cast<double>(cut.set.size()) * (1 + kRehearings), "pieces");
  std::vector<FoundOrder> orders;
  for (const CutTrack& track : cut.tracks) {
    orders.push_back(find_order(*session, track.begin, track.spans.size(), options.assembly(),
                                derive_seed(context.seed, orders.size()), model.context_length(),
                                &progress));
  }
  return orders;
}

// The file of each track; the same one for all where the output is a file.
std::vector<fs::path> targets_of(const RebuildFlags& options, const CutTracks& cut, Library& library) {
  std::vector<fs::path> targets;
  std::set<std::string> taken;
  if (options.into_folder()) make_folders(options.output);
  for (const CutTrack& track : cut.tracks) {
    if (!options.into_folder()) {
      targets.emplace_back(options.output);
      continue;
    }
    std::string name = track.track.file.stem().native();
    if (!taken.insert(name).second) name += "-" + track.track.record.id.hex().substr(0, 8);
    targets.push_back(fs::path(options.output) / (name + ".flac"));
  }
  std::vector<Target> each;
  for (const fs::path& target : std::set<fs::path>(targets.begin(), targets.end()))
    each.push_back({target, "--output"});
  check_targets(each, {});
  refuse_music_as_targets(each, library);
  return targets;
}

// In the rate and channels of `like`.
void write_audio(const std::vector<Clip>& clips, const fs::path& like, const fs::path& target,
                 const RebuildFlags& options) {
  EncodingConfig encoding;
  encoding.container = EncodingConfig::container_for(target);
  encoding.bits = options.bits;
  take_format_of(like, encoding);
  write_clips(clips, target, encoding);
}

std::vector<Clip> clips_of(const CutTrack& track) {
  const int rate = track.track.record.format.sample_rate;
  std::vector<Clip> clips;
  for (const std::size_t piece : track.found.order) {
    const PcmFrame start = hop_to_pcm(track.spans[piece].start, rate);
    clips.push_back({track.track.file, start, hop_to_pcm(track.spans[piece].end(), rate) - start});
  }
  return clips;
}

// Tracks with the same target one after the other, and a picture beside it.
void write_tracks(const CutTracks& cut, const std::vector<fs::path>& targets,
                  const RebuildFlags& options) {
  for (std::size_t first = 0, end = 0; first < targets.size(); first = end) {
    std::vector<Clip> clips;
    std::vector<PicturedOrder> orders;
    for (; end < targets.size() && targets[end] == targets[first]; ++end) {
      const std::vector<Clip> more = clips_of(cut.tracks[end]);
      clips.insert(clips.end(), more.begin(), more.end());
      orders.push_back(
          {to_valid_utf8(cut.tracks[end].track.file.stem().native()), cut.tracks[end].found.order});
    }
    write_audio(clips, clips.front().file, targets[first], options);
    write_text_file(fs::path(targets[first]).replace_extension(".svg"),
                    order_svg("Rebuilt by " + options.model, orders));
  }
}

nlohmann::json to_json(const Agreement& agreement) {
  return {{"neighbours", agreement.neighbours()},
          {"whole", agreement.whole},
          {"rank_correlation", agreement.rank_correlation}};
}

nlohmann::json report(const CutTrack& track) {
  nlohmann::json json = to_json(compare_with_truth(track.found.order));
  json["file"] = path_to_json(track.track.file);
  json["order"] = track.found.order;
  json["seams"] = track.found.seams;
  json["known"] = track.known;
  return json;
}

std::string line_of(const nlohmann::json& json) {
  char text[128];
  std::snprintf(text, sizeof text, "%.3f of the neighbours right, %s, rank correlation %.3f",
                json["neighbours"].get<double>(),
                json["whole"] ? "whole order right" : "order not right",
                json["rank_correlation"].get<double>());
  return text;
}

void tell(const nlohmann::json& track, const std::string& model) {
  to_stdout(printable(path_from_json(track["file"].get<std::string>())) + ": " +
            count_of(track["order"].size(), "piece") +
            (track["known"] ? ", known to " + model + " (the report's second step)"
                            : ", unknown to " + model + " (the report's third step)"));
  to_stdout("  " + model + ": " + line_of(track));
  for (const auto& [name, figures] : track["baselines"].items())
    to_stdout("  " + name + ": " + line_of(figures));
}

void rebuild_tracks(const RebuildFlags& options, const Context& context) {
  const ModelCard card = find_card(options.model);
  Library library(context.library_folder);
  CutTracks cut = cut_tracks(options, context, library, card);
  std::vector<fs::path> targets;
  if (!options.output.empty()) targets = targets_of(options, cut, library);
  nlohmann::json tracks = nlohmann::json::array();
  const std::vector<FoundOrder> found =
      orders_of(cut, *load_model(options.model, !options.no_waveform), options, context);
  for (std::size_t i = 0; i < found.size(); ++i) {
    cut.tracks[i].found = found[i];
    tracks.push_back(report(cut.tracks[i]));
    if (!targets.empty()) tracks[i]["output"] = path_to_json(fs::absolute(targets[i]));
  }
  for (const char* name : {"random", "edge"}) {
    const std::vector<FoundOrder> orders = orders_of(cut, *load_model(name), options, context);
    for (std::size_t i = 0; i < orders.size(); ++i)
      tracks[i]["baselines"][name] = to_json(compare_with_truth(orders[i].order));
  }
  write_tracks(cut, targets, options);
  if (context.json) {
    nlohmann::json json = tracks.size() == 1 ? tracks[0] : nlohmann::json{{"tracks", tracks}};
    json["system"] = card.system;
    json["model"] = card.name;
    json["waveform"] = options.waveform(card);
    to_stdout(json);
    return;
  }
  for (const nlohmann::json& track : tracks) tell(track, card.name);
  for (const fs::path& target : std::set<fs::path>(targets.begin(), targets.end()))
    to_stdout(printable(fs::absolute(target)));
}

void rebuild_pieces(const RebuildFlags& options, const Context& context) {
  if (options.music.size() < 2)
    throw Error(ErrorKind::usage, "one piece has no order", options.music.front(), "give two or more");
  const ModelCard card = find_card(options.model);
  if (!options.output.empty()) {
    const std::vector<Target> target = {{options.output, "--output"}};
    check_targets(target, to_paths(options.music));
    refuse_music_as_targets(target, context.library_folder);
  }
  const std::vector<Piece> pieces = analyze_pieces(to_paths(options.music));
  FragmentSet set;
  for (const Piece& piece : pieces) set.add(set.add_track(piece.features), {0, piece.analysis.hops});
  const auto model = load_model(options.model, !options.no_waveform);
  const auto session = model->open_session(set);
  const FoundOrder found =
      find_order(*session, 0, pieces.size(), options.assembly(), context.seed, model->context_length());
  std::vector<Clip> clips;
  nlohmann::json order = nlohmann::json::array();
  for (const std::size_t piece : found.order) {
    clips.push_back({pieces[piece].file, 0, pieces[piece].analysis.pcm_frames});
    order.push_back(path_to_json(pieces[piece].file));
  }
  if (!options.output.empty()) write_audio(clips, options.music.front(), options.output, options);
  if (context.json) {
    nlohmann::json json{{"order", order},
                        {"seams", found.seams},
                        {"system", card.system},
                        {"model", card.name},
                        {"waveform", options.waveform(card)}};
    if (!options.output.empty()) json["output"] = path_to_json(fs::absolute(options.output));
    to_stdout(json);
    return;
  }
  for (std::size_t i = 0; i < clips.size(); ++i) {
    char score[32] = "       ";  // of the seam before it
    if (i > 0) std::snprintf(score, sizeof score, "%7.3f", static_cast<double>(found.seams[i - 1]));
    to_stdout(score + ("  " + printable(clips[i].file)));
  }
  if (!options.output.empty()) to_stdout(printable(fs::absolute(options.output)));
}

void rebuild(const RebuildFlags& options, const Context& context) {
  if (options.search != "own" && options.search != "best" && options.search != "greedy") {
    throw Error(ErrorKind::usage, "there is no search '" + options.search + "'", {},
                "choose own, best or greedy");
  }
  if (!options.output.empty() && (options.pieces || !options.into_folder())) {
    EncodingConfig::container_for(options.output);  // a wrong ending should not cost an analysis
  }
  options.pieces ? rebuild_pieces(options, context) : rebuild_tracks(options, context);
}

}  // namespace

void add_rebuild(CLI::App& app, Context& context) {
  auto options = std::make_shared<RebuildFlags>();
  CLI::App* command =
      app.add_subcommand("rebuild", "Shuffle a track's pieces and put them back in order");
  command->add_option("music", options->music, "Files, folders, playlists; with --pieces the pieces")
      ->required();
  command->add_flag(
      "--pieces", options->pieces,
      "The files are the pieces themselves, of any length and music; their order is sought");
  command
      ->add_option("--model,--system", options->model, "A bundled name, random, edge or a weights file")
      ->capture_default_str();
  command->add_option("--fragment", options->fragment, kFragmentHelp)->capture_default_str();
  command
      ->add_option(
          "--search", options->search,
          "best: the best sum of all seams; greedy: from the first piece, always the best next; "
          "own: as dense sorts by labels, best for other systems")
      ->capture_default_str();
  command->add_option("-o,--output", options->output,
                      "The audio (.flac .wav .ogg .opus .mp3) in the rate of the first file given, all "
                      "tracks one after the other; or a folder: one FLAC file a track. Beside it lies a "
                      "picture of the order (.svg), where the true one is known");
  command->add_flag("--no-waveform", options->no_waveform, kNoWaveformHelp);
  command->add_option("--bits", options->bits, "Of FLAC and WAV: 16 or 24")->capture_default_str();
  set_example(*command,
              "segue rebuild song.flac -o rebuilt.flac\n  segue rebuild --pieces a.wav b.wav c.wav");
  command->callback(
      [options, &context] { context.action = [options, &context] { rebuild(*options, context); }; });
}

}  // namespace segue::cli
