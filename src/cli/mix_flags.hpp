// The flags of segue mix.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audio/encoder.hpp"
#include "cli/bound_flags.hpp"
#include "cli/command.hpp"
#include "model/registry.hpp"
#include "planning/planner.hpp"

namespace segue::cli {

struct MixFlags {
  std::vector<std::string> music;
  std::string output = "mix.flac";
  std::string length = "3:00";
  std::string fragment;  // empty: bars, or 3 for a collage
  std::string style = "mix";
  bool draft = false;
  BoundFlags bounds;
  std::string model = kDefaultModel;
  bool adapt = false;
  std::string start;
  std::string plan;
  std::string save_plan;
  bool plan_only = false;
  double track_share = MixConfig{}.track_share;
  const CLI::Option* share_flag = nullptr;  // that fills it
  std::optional<std::size_t> candidates;
  std::optional<std::size_t> beam;
  std::string critic = "auto";
  std::string critics;
  std::optional<std::size_t> critic_heard;
  double critic_weight = MixConfig{}.critic_weight;
  double edge_weight = MixConfig{}.edge_weight;
  double crossfade = MixConfig{}.crossfade.count();
  std::string join = "auto";
  bool shift_keys = false;
  int rate = 0;
  double loudness = MixConfig{}.target_lufs;
  double ceiling = MixConfig{}.ceiling_dbtp;
  int bits = EncodingConfig{}.bits;
  double quality = EncodingConfig{}.quality;
  Tags tags;
  bool cue = false;
  bool playlist = false;
  bool labels = false;
  bool tracklist = false;
  bool chapters = false;
  std::vector<const CLI::Option*> choosing;  // flags that say how to choose
};

// Adds them, and the music, to a command; flags must outlive it.
void add_mix_flags(CLI::App& command, MixFlags& flags);

}  // namespace segue::cli
