// A piece of a mix as it was chosen. Internal to planning.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "planning/bound_keeper.hpp"
#include "planning/ranking.hpp"

namespace segue {

// Consecutive fragments of one track, and the answer by which they were entered.
struct Run {
  std::size_t first = 0;  // fragments of the pool
  std::size_t last = 0;
  std::shared_ptr<const Ranking> ranking;  // what could follow the run before; null for the first
  std::size_t rank = 0;
  std::optional<std::int64_t> own{};  // score of the left track's own next fragment, where it has one
  std::shared_ptr<const Allowed>
      allowed;  // what the bounds left there, without the entries; null for the first
};

}  // namespace segue
