#include "library/pieces.hpp"

#include <cstdlib>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "library/audio_reader.hpp"
#include "plan/segmentation.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

// For feature files, which stay readable when it is gone.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code code;
    std::string name = (fs::temp_directory_path(code) / "segue-XXXXXX").native();
    if (code || ::mkdtemp(name.data()) == nullptr) {
      throw Error(ErrorKind::output, "cannot be written", name, "set TMPDIR to a folder that can");
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

std::vector<Piece> analyze_pieces(const std::vector<fs::path>& files, std::size_t workers) {
  const ScratchFolder scratch;
  Progress progress("analyzing", static_cast<double>(files.size()), "pieces");
  std::vector<Piece> pieces(files.size());
  parallel_for(files.size(), workers, [&](std::size_t i) {
    Piece& piece = pieces[i];
    piece.file = files[i];
    piece.analysis = analyze_file(files[i], hash_audio_packets(files[i]), scratch.path());
    if (to_seconds(piece.analysis.pcm_frames, piece.analysis.format.sample_rate) < kShortestFragment) {
      throw Error(ErrorKind::input, "is too short to be heard (half a second at least)", files[i],
                  "leave it out");
    }
    piece.features = FeatureFile::open(piece.analysis.features, audio_reader(files[i]));
    progress.advance(1, files[i].filename());
  });
  return pieces;
}

}  // namespace segue
