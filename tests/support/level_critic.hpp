// A critic of made-up opinions.
#pragma once

#include <atomic>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "base/half.hpp"
#include "planning/critic_sets.hpp"

namespace segue::test {

// Hears joins where the level of the first frame heard differs from the last one's; counts what it is
// asked.
class LevelCritic : public SeamDetector {
 public:
  explicit LevelCritic(std::size_t& asked) : asked_(asked) {}
  const ModelCard& card() const override { return card_; }
  std::vector<float> score(std::span<const SeamWindow> windows) const override {
    std::atomic_ref(asked_) += windows.size();  // from several threads
    std::vector<float> odds;
    for (const SeamWindow& window : windows) {
      const auto level = [&](Hop frame) {
        return float_from_half(window.log_mel[static_cast<std::size_t>(frame * LogMelGeometry::bands)]);
      };
      odds.push_back(std::abs(level(window.heard.begin) - level(window.heard.end - 1)));
    }
    return odds;
  }

 private:
  std::size_t& asked_;
  ModelCard card_;
};

// One of them, of crossfades of .1 s. `asked` must outlive it.
inline std::shared_ptr<const CriticSet> level_critics(std::size_t& asked) {
  auto set = std::make_shared<CriticSet>();
  set->transition = Seconds(0.1);
  set->critics.push_back(std::make_unique<LevelCritic>(asked));
  return set;
}

}  // namespace segue::test
