// segue cut: fragments as WAV files, for any sampler.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "audio/decoder.hpp"
#include "audio/encoder.hpp"
#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/paths.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"

namespace segue::cli {
namespace {

struct CutFlags {
  std::vector<std::string> music;
  std::string output;
  std::string fragment = "3";
  int bits = 24;
};

struct Cutter {
  const CutFlags& options;
  Segmentation segmentation;
  std::string csv = "file,source,start_seconds,length_seconds\n";
  std::size_t files = 0;

  // Writes one fragment from where the decoder stands.
  void write(AudioDecoder& decoder, const fs::path& target, PcmFrame frames) {
    EncodingConfig encoding;
    encoding.container = Container::wav;
    encoding.sample_rate = decoder.format().sample_rate;
    encoding.channels = decoder.channels();
    encoding.bits = options.bits;
    AudioEncoder encoder(target, encoding);
    std::vector<float> block(static_cast<std::size_t>(16384 * decoder.channels()));
    while (frames > 0) {
      throw_if_interrupted();
      const auto wanted =
          static_cast<std::size_t>(std::min<PcmFrame>(frames, 16384) * decoder.channels());
      const PcmFrame got = decoder.read(std::span(block).first(wanted));
      if (got == 0) break;
      encoder.write(std::span(block).first(static_cast<std::size_t>(got * decoder.channels())));
      frames -= got;
    }
    encoder.commit();
  }

  void cut_track(Library& library, const LibraryTrack& track, const fs::path& folder) {
    AudioDecoder decoder = AudioDecoder::open(track.file);
    const int rate = decoder.format().sample_rate;
    std::size_t number = 0;
    for (const auto& [span, loudness] : library.fragments(track, segmentation)) {
      const PcmFrame start = hop_to_pcm(span.start, rate);
      const PcmFrame length = hop_to_pcm(span.end(), rate) - start;
      char name[32];
      std::snprintf(name, sizeof name, "-%04zu.wav", ++number);
      if (number == 1) make_folders(folder);
      const fs::path target = folder / (folder.filename().native() + name);
      write(decoder, target, length);
      ++files;
      char times[64];
      std::snprintf(times, sizeof times, ",%.6f,%.6f\n", to_seconds(start, rate).count(),
                    to_seconds(length, rate).count());
      csv += csv_field(path_to_json(fs::relative(target, options.output))) + "," +
             csv_field(path_to_json(track.file)) + times;
    }
  }
};

// A folder name for each track: its stem, with a piece of its id where two are alike.
fs::path folder_for(const LibraryTrack& track, std::set<std::string>& taken) {
  // Names that any sampler can show and the table can hold.
  std::string name = to_valid_utf8(track.file.stem().native().substr(0, 150));
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '_');
  if (!taken.insert(name).second) name += "-" + track.record.id.hex().substr(0, 8);
  return name;
}

void cut_music(const CutFlags& options, const Context& context) {
  Cutter cutter{options, Segmentation::parse(options.fragment, context.seed)};
  Library library(context.library_folder);
  const std::vector<fs::path> music = to_paths(options.music);
  update_library(library, music);
  const std::vector<LibraryTrack> tracks = library.tracks(music);
  make_folders(options.output);  // before hours of work, to find out whether it can be written
  std::set<std::string> taken;
  {
    Progress progress("cutting", static_cast<double>(tracks.size()), "tracks");
    for (const LibraryTrack& track : tracks) {
      cutter.cut_track(library, track, fs::path(options.output) / folder_for(track, taken));
      progress.advance(1, track.file.filename());
    }
  }
  if (cutter.files == 0) {
    throw Error(ErrorKind::input, "no track is as long as one fragment", {},
                "choose a shorter --fragment");
  }
  write_text_file(fs::path(options.output) / "fragments.csv", cutter.csv);
  if (context.json) {
    to_stdout(nlohmann::json{{"output", path_to_json(fs::absolute(options.output))},
                             {"tracks", tracks.size()},
                             {"fragments", cutter.files}});
  } else {
    to_stdout(count_of(cutter.files, "fragment") + " of " + count_of(tracks.size(), "track") + " in " +
              printable(fs::absolute(options.output)));
  }
}

}  // namespace

void add_cut(CLI::App& app, Context& context) {
  auto options = std::make_shared<CutFlags>();
  CLI::App* command = app.add_subcommand("cut", "Cut music into fragments, one WAV file each");
  command->add_option("music", options->music, "Files, folders, playlists")->required();
  command->add_option("-o,--output", options->output, "Folder for the fragments")->required();
  command->add_option("--fragment", options->fragment, kFragmentHelp)->capture_default_str();
  command->add_option("--bits", options->bits, "16 or 24")->capture_default_str();
  set_example(*command, "segue cut song.flac -o fragments --fragment 0.5-8");
  command->callback(
      [options, &context] { context.action = [options, &context] { cut_music(*options, context); }; });
}

}  // namespace segue::cli
