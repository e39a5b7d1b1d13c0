// What measures of seams say together.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "judge/seam_measures.hpp"

namespace segue {

MeasureSummary summarize(const RecordingMeasures& measures) {
  MeasureSummary summary;
  const auto add = [&](const char* name, double human, auto&& value, auto&& good) {
    std::size_t of = 0, count = 0;
    for (const SeamMeasure& seam : measures.seams) {
      const auto figure = value(seam);
      if (!figure) continue;
      ++of;
      count += good(*figure);
    }
    summary.shares.push_back(
        {name, of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of), of, human});
  };
  const auto within = [](double most) {
    return [most](auto figure) { return std::abs(static_cast<double>(figure)) <= most; };
  };
  add(
      "own speed changed by at most 2 %", .650, [](auto& s) { return s.stretch; }, within(.02));
  add(
      "own speed changed by at most 5 %", .861, [](auto& s) { return s.stretch; }, within(.05));
  add(
      "own speed changed by at most 10 %", .945, [](auto& s) { return s.stretch; }, within(.10));
  add(
      "tempo within 2 %", -1, [](auto& s) { return s.tempo_change; }, within(.02));
  add(
      "tempo within 5 %", -1, [](auto& s) { return s.tempo_change; }, within(.05));
  add(
      "tempo within 10 %", -1, [](auto& s) { return s.tempo_change; }, within(.10));
  add(
      "beats within 20 ms", -1, [](auto& s) { return s.misalignment; }, within(20));
  add(
      "beats within 40 ms", -1, [](auto& s) { return s.misalignment; }, within(40));
  add(
      "keys a fifth apart or nearer", -1, [](auto& s) { return s.key_distance; }, within(1));
  add(
      "loudness within 1 LU", -1, [](auto& s) { return s.loudness_step; }, within(1));
  add(
      "loudness within 3 LU", -1, [](auto& s) { return s.loudness_step; }, within(3));
  add(
      "spectral jump as inside tracks (below the 90th percentile)", -1,
      [](auto& s) { return s.spectral_jump; }, within(90));
  return summary;
}

void to_json(nlohmann::json& json, const RecordingMeasures& measures) {
  using Json = nlohmann::json;
  json = {{"duration", measures.duration.count()},
          {"true_peak_dbtp", measures.true_peak_dbtp},
          {"integrated_lufs", measures.integrated_lufs},
          {"seams", Json::array()},
          {"shares", Json::array()}};
  if (measures.tracks) json["tracks"] = *measures.tracks;
  if (measures.returns) json["returns"] = *measures.returns;
  if (measures.tracks_to_choose) {
    json["tracks_to_choose"] = *measures.tracks_to_choose;
    json["track_share"] =
        static_cast<double>(*measures.tracks) / static_cast<double>(*measures.tracks_to_choose);
  }
  for (const SeamMeasure& seam : measures.seams) {
    Json one = {{"begin", seam.time.begin.count()},
                {"end", seam.time.end.count()},
                {"out", seam.time.out},
                {"in", seam.time.in}};
    const auto put = [&](const char* name, const auto& value) {
      if (value) one[name] = *value;
    };
    put("tempo_before", seam.tempo_before);
    put("tempo_after", seam.tempo_after);
    put("tempo_change", seam.tempo_change);
    put("stretch", seam.stretch);
    put("misalignment_ms", seam.misalignment);
    put("key_distance", seam.key_distance);
    put("loudness_step", seam.loudness_step);
    put("spectral_jump", seam.spectral_jump);
    if (seam.key_before) one["key_before"] = name_of(*seam.key_before);
    if (seam.key_after) one["key_after"] = name_of(*seam.key_after);
    json["seams"].push_back(std::move(one));
  }
  for (const MeasureSummary::Share& share : summarize(measures).shares) {
    Json one = {{"name", share.name}, {"share", share.share}, {"of", share.of}};
    if (share.human >= 0) one["human"] = share.human;
    json["shares"].push_back(std::move(one));
  }
}

std::string told_diversity(const RecordingMeasures& measures) {
  if (!measures.tracks || !measures.returns) return {};
  std::string text = std::to_string(*measures.tracks);
  if (measures.tracks_to_choose) text += " of " + std::to_string(*measures.tracks_to_choose);
  text += measures.tracks_to_choose.value_or(*measures.tracks) == 1 ? " track" : " tracks";
  if (measures.tracks_to_choose) {
    char share[32];
    std::snprintf(
        share, sizeof share, " (%.0f %%)",
        100 * static_cast<double>(*measures.tracks) / static_cast<double>(*measures.tracks_to_choose));
    text += share;
  }
  return text + ", " + std::to_string(*measures.returns) +
         (*measures.returns == 1 ? " return" : " returns");
}

}  // namespace segue
