#include "evaluation/seam_sets.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace segue {
namespace fs = std::filesystem;
namespace {

Seconds of_milliseconds(long milliseconds) { return Seconds(static_cast<double>(milliseconds) / 1000); }

std::optional<Seconds> transition_of(const std::string& kind) {
  int milliseconds = 0;
  if (std::sscanf(kind.c_str(), "%dms", &milliseconds) != 1 || milliseconds <= 0) return std::nullopt;
  const Seconds transition = of_milliseconds(milliseconds);
  if (kind != kind_name(transition)) return std::nullopt;
  return transition;
}

}  // namespace

Seconds whole_milliseconds(Seconds transition) {
  return of_milliseconds(std::max(1L, std::lround(transition.count() * 1000)));
}

std::string kind_name(Seconds transition) {
  return std::to_string(std::lround(transition.count() * 1000)) + "ms";
}

bool covers(Seconds kind, Seconds length) {
  if (kind >= kLeastOfBlends) return length <= kind * 1.001 && length >= kind * 0.375;
  return std::abs((kind - length).count()) <= 0.2 * kind.count();
}

std::vector<SeamSet> seam_sets(std::span<const fs::path> folders) {
  std::vector<SeamSet> sets;
  for (const fs::path& folder : folders) {
    std::vector<SeamSet> here;
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
      if (const auto transition = transition_of(it->path().filename().native()))
        here.push_back({*transition, it->path()});
    }
    std::sort(here.begin(), here.end(),
              [](const SeamSet& a, const SeamSet& b) { return a.transition < b.transition; });
    sets.insert(sets.end(), here.begin(), here.end());
  }
  return sets;
}

std::optional<SeamSet> nearest_set(Seconds fade, std::span<const fs::path> folders,
                                   const std::function<bool(Seconds kind)>& fits) {
  const auto off = [&](const SeamSet& set) { return std::abs((set.transition - fade).count()); };
  std::optional<SeamSet> nearest;
  for (const SeamSet& set : seam_sets(folders))
    if (fits(set.transition) && (!nearest || off(set) < off(*nearest))) nearest = set;
  return nearest;
}

}  // namespace segue
