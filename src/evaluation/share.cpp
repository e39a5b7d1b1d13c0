#include "evaluation/share.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace segue {

void ShareByTrack::add(std::size_t track, double value) {
  sums_[track] += value;
  counts_[track] += 1;
}

Share ShareByTrack::share(std::uint64_t seed) const {
  const std::vector<double> once(sums_.size(), 1);
  return {mean(once), bootstrap_interval(sums_.size(), seed,
                                         [&](std::span<const double> drawn) { return mean(drawn); })};
}

double ShareByTrack::mean(std::span<const double> drawn) const {
  double sum = 0, count = 0;
  for (std::size_t track = 0; track < sums_.size(); ++track) {
    sum += drawn[track] * sums_[track];
    count += drawn[track] * counts_[track];
  }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

void put_figure(nlohmann::json& json, const std::string& key, double value, const Interval& interval) {
  const auto number_or_null = [](double number) {
    return std::isnan(number) ? nlohmann::json() : nlohmann::json(number);
  };
  json[key] = number_or_null(value);
  json[key + "_interval"] = {number_or_null(interval.low), number_or_null(interval.high)};
}

}  // namespace segue
