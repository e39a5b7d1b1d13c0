// An encoder from elsewhere, as a TorchScript file (torch.jit.save). Frozen: systems learn on top of it.
//
// The module has a method forward(x) and may have attributes:
//   input        "log-mel" (default): x is float32 [N × 80 × T], log10(mel power + 1e-7) as in
//                features/geometry.hpp, not normalised, T frames of 23.2 ms;
//                "audio": x is float32 [N × S], mono PCM at `sample_rate`
//   sample_rate  Hz, a whole number; needed for audio
// and gives float32 [N × D], finite, with one D for whatever length, the same numbers each time. It is
// asked for one fragment at a time, of any length, in evaluation mode, without gradient, on the CPU.
//
// Its embeddings are kept, in memory and in $XDG_CACHE_HOME/segue/embeddings/HASH, HASH being that of
// the file (embedding_store.hpp). They are the same bits whether they are computed or found there: a
// fragment is heard by itself, by one thread, by the interpreter without optimizations that depend on
// what came before; and what was computed from other log-mel, by another LibTorch or on another kind of
// CPU is not used. What a module that hears audio made of it is used for as long as its log-mel is the
// same.
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

  // Of the visible part of a fragment. Kept: asked again, nothing is computed. Any thread, while Torch
  // works on one (use_threads(1)). Throws Error(model) if the module fails, Error(usage) as
  // FeatureFile::read_audio() does.
  std::vector<float> embed(const FeatureFile& track, const FragmentSpan& span, Hop guard) const;
  // Asks for all of them at once, on `threads` threads, Torch then working on one; those without a
  // visible frame are left out. Throws Error(interrupted), too.
  void embed_all(const FragmentSet& fragments, Hop guard, std::size_t threads) const;

 private:
  struct State;
  explicit Pretrained(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace segue
