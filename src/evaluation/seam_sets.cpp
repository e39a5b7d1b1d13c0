#include "evaluation/seam_sets.hpp"

#include <cmath>
#include <cstdio>

namespace segue {
namespace fs = std::filesystem;
namespace {

std::optional<Seconds> transition_of(const std::string& kind) {
  int milliseconds = 0;
  if (std::sscanf(kind.c_str(), "%dms", &milliseconds) != 1 || milliseconds <= 0) return std::nullopt;
  const Seconds transition(milliseconds / 1000.0);
  if (kind != kind_name(transition)) return std::nullopt;
  return transition;
}

}  // namespace

std::string kind_name(Seconds transition) {
  return std::to_string(std::lround(transition.count() * 1000)) + "ms";
}

std::optional<SeamSet> nearest_set(Seconds fade, std::span<const fs::path> folders,
                                   const std::function<bool(Seconds kind)>& fits) {
  const auto off = [&](Seconds kind) { return std::abs((kind - fade).count()); };
  std::optional<SeamSet> nearest;
  for (const fs::path& place : folders) {
    std::optional<SeamSet> here;
    std::error_code code;
    for (fs::directory_iterator it(place, code), end; !code && it != end; it.increment(code)) {
      const std::optional<Seconds> kind = transition_of(it->path().filename().native());
      if (!kind || !fits(*kind)) continue;
      if (!here || off(*kind) < off(here->transition) ||
          (off(*kind) == off(here->transition) && *kind < here->transition))
        here = SeamSet{*kind, it->path()};
    }
    if (here && (!nearest || off(here->transition) < off(nearest->transition))) nearest = here;
  }
  return nearest;
}

}  // namespace segue
