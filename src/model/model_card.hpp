// What a weights file says of itself, kept as JSON beside it (NAME.card.json) and readable
// without any network library.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/content_hash.hpp"

namespace segue {

struct CardTrack {
  TrackId id;
  std::string name;
  std::string side;     // "train" or "val": both are known to the network
  std::string licence;  // as its tags or its package say; may be empty
};

// The weights that a network began with, where it did not begin afresh.
struct CardOrigin {
  std::string name;
  ContentHash weights;  // of their file
};

struct ModelCard {
  static constexpr int version = 1;

  std::string name;     // "crnn-tuned"
  std::string system;   // "crnn"
  std::string command;  // that made it
  std::string segue_version;
  ContentHash weights;     // of the safetensors file; all zero where that is not known
  nlohmann::json recipe;   // every setting of the training run
  nlohmann::json metrics;  // what was measured, with split and side named
  std::string segmentation;
  std::optional<CardOrigin> from;
  std::vector<CardTrack> tracks;  // the network has seen, those of `from` included

  bool knows(const TrackId& track) const;
  bool knows_any(std::span<const TrackId> tracks) const;

  // Throws Error(model) if missing, damaged or newer.
  static ModelCard read(const std::filesystem::path& file);
  void write(const std::filesystem::path& file) const;  // throws Error(output)
};

std::filesystem::path card_path(const std::filesystem::path& weights);

}  // namespace segue
