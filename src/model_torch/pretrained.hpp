// An encoder from elsewhere, as a TorchScript file (torch.jit.save). Frozen: systems learn on top of it.
//
// The module has a method forward(x) and may have attributes:
//   input        "log-mel" (default): x is float32 [N × 80 × T], log10(mel power + 1e-7) as in
//                features/geometry.hpp, not normalised, T frames of 23.2 ms;
//                "audio": x is float32 [N × S], mono PCM at `sample_rate`
//   sample_rate  Hz, a whole number; needed for audio
// and gives float32 [N × D], finite, with one D for whatever length. It is asked for one fragment at a
// time, of any length, in evaluation mode, without gradient, on the CPU.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/content_hash.hpp"
#include "features/fragment_set.hpp"

namespace segue {

class Pretrained {
 public:
  // Tries it on made-up fragments. Throws Error(model) if it is missing, no TorchScript, or does not
  // keep to the above.
  static std::shared_ptr<const Pretrained> load(const std::filesystem::path& file);
  ~Pretrained();

  const std::filesystem::path& file() const;
  const ContentHash& hash() const;  // of the file
  std::int64_t width() const;       // D

  // Of the visible part of a fragment. Kept: asked again, nothing is computed. Any thread.
  // Throws Error(model) if the module fails, Error(usage) as FeatureFile::read_audio() does.
  std::vector<float> embed(const FeatureFile& track, const FragmentSpan& span, Hop guard) const;

 private:
  struct State;
  explicit Pretrained(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace segue
