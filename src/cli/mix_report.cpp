#include "cli/mix_report.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "output/companions.hpp"

namespace segue::cli {
namespace {

// Sources that sound in the plan and how many fragments of each, most first.
std::vector<std::pair<std::size_t, std::size_t>> sources_by_use(const Plan& plan) {
  std::map<std::size_t, std::size_t> counts;
  for (const Placement& placement : plan.placements) ++counts[placement.source];
  std::vector<std::pair<std::size_t, std::size_t>> sources(counts.begin(), counts.end());
  std::stable_sort(sources.begin(), sources.end(), [](auto& a, auto& b) { return a.second > b.second; });
  return sources;
}

std::ptrdiff_t known_in(const Plan& plan) {
  return std::count_if(plan.placements.begin(), plan.placements.end(),
                       [](const Placement& placement) { return placement.known; });
}

}  // namespace

nlohmann::json mix_to_json(const Plan& plan, const MixReport& report, const fs::path& output,
                           const fs::path& plan_file) {
  const auto used = sources_by_use(plan);
  nlohmann::json sources = nlohmann::json::array();
  for (const auto& [source, count] : used) sources.push_back(path_to_json(plan.sources[source].path));
  return {{"output", path_to_json(fs::absolute(output))},
          {"plan",
           plan_file.empty() ? nlohmann::json() : nlohmann::json(path_to_json(fs::absolute(plan_file)))},
          {"seconds", to_seconds(report.pcm_frames, plan.sample_rate).count()},
          {"integrated_lufs", report.integrated_lufs},
          {"true_peak_dbtp", report.true_peak_dbtp},
          {plan.style == "mix" ? "runs" : "fragments", plan.placements.size()},
          {plan.style == "mix" ? "known_runs" : "known_fragments", known_in(plan)},
          {"tracks", used.size()},
          {"sources", sources},
          {"system", plan.system},
          {"model", plan.model},
          {"seed", plan.seed}};
}

void tell_mix(const Plan& plan, const MixReport& report, const fs::path& output,
              const fs::path& plan_file) {
  const auto used = sources_by_use(plan);
  char loudness[128];
  std::snprintf(loudness, sizeof loudness, "%.1f LUFS%s, true peak %.1f dBTP", report.integrated_lufs,
                report.integrated_lufs < plan.target_lufs - 1 ? " (less than asked for)" : "",
                report.true_peak_dbtp);
  to_stdout(printable(fs::absolute(output)));
  to_stdout("  " + format_time(to_seconds(plan.length, plan.sample_rate)) + ", " +
            count_of(plan.placements.size(), plan.style == "mix" ? "run" : "fragment") + " of " +
            count_of(used.size(), "track") + ", chosen by " + plan.model + " (" +
            std::to_string(known_in(plan)) + " from tracks it learned from), " + loudness);
  for (const auto& [source, count] : used)
    to_stdout("    " + std::to_string(count) + " × " + name_of(plan.sources[source]));
  if (!plan_file.empty()) {
    to_stdout("  plan: " + printable(fs::absolute(plan_file)) + " (render again: segue mix --plan)");
  }
  to_stdout("  play: ffplay -autoexit " + shell_word(printable(output)) + ", or any player");
}

}  // namespace segue::cli
