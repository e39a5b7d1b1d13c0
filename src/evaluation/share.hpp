// A figure with its interval, gathered track by track. Internal to evaluation but for Share.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "evaluation/bootstrap.hpp"

namespace segue {

struct Share {
  double value = 0;   // 0 … 1; NaN where nothing could be asked
  Interval interval;  // 95 %, bootstrap over tracks
};

// The mean over all questions, whichever track they are of.
class ShareByTrack {
 public:
  explicit ShareByTrack(std::size_t tracks) : sums_(tracks), counts_(tracks) {}

  void add(std::size_t track, double value);
  Share share(std::uint64_t seed) const;

 private:
  double mean(std::span<const double> drawn) const;

  std::vector<double> sums_, counts_;
};

// Keys `key` and `key`_interval [low, high]; null for NaN.
void put_figure(nlohmann::json& json, const std::string& key, double value, const Interval& interval);

}  // namespace segue
