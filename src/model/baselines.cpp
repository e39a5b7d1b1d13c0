#include "model/baselines.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/random.hpp"

namespace segue {
namespace {

constexpr Hop kEdge = 4;  // frames

class RandomSession : public ScoringSession {
 public:
  void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
             std::span<float> scores) override {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      Random random(derive_seed(derive_seed(1, context.back()), candidates[i]));
      scores[i] = static_cast<float>(random.uniform());
    }
  }
};

// The outer frames of a fragment, row by row in the order of time.
struct Edges {
  std::vector<float> entry, exit;
};

class EdgeSession : public ScoringSession {
 public:
  EdgeSession(const FragmentSet& fragments, Hop guard)
      : fragments_(fragments), guard_(guard), edges_(fragments.size()) {}

  void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
             std::span<float> scores) override {
    const Edges& playing = edges(context.back());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      scores[i] = -distance(playing.exit, edges(candidates[i]).entry);
    }
  }

 private:
  const Edges& edges(std::size_t fragment) {
    Edges& found = edges_[fragment];
    if (!found.entry.empty()) return found;
    const LogMel all = fragments_.log_mel(fragment, guard_);
    const Hop count = std::min(kEdge, all.frames);
    if (count < 1) {
      throw Error(ErrorKind::usage, "a fragment is too short to be scored with both edges hidden", {},
                  "give a longer --fragment");
    }
    found.entry.assign(all.values.begin(), all.values.begin() + count * LogMelGeometry::bands);
    found.exit.assign(all.values.end() - count * LogMelGeometry::bands, all.values.end());
    return found;
  }

  // Of the frames nearest to the seam, where one side has fewer.
  static float distance(std::span<const float> exit, std::span<const float> entry) {
    const std::size_t count = std::min(exit.size(), entry.size());
    const std::span<const float> last = exit.last(count);
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const double step = static_cast<double>(last[k]) - entry[k];
      sum += step * step;
    }
    return static_cast<float>(std::sqrt(sum));
  }

  const FragmentSet& fragments_;
  Hop guard_;
  std::vector<Edges> edges_;
};

class Baseline : public SuccessorModel {
 public:
  explicit Baseline(const std::string& name) { card_.name = card_.system = name; }
  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override { return 1; }

 private:
  ModelCard card_;
};

class RandomModel : public Baseline {
 public:
  RandomModel() : Baseline("random") {}
  std::unique_ptr<ScoringSession> open_session(const FragmentSet&, Hop, std::size_t) const override {
    return std::make_unique<RandomSession>();
  }
};

class EdgeModel : public Baseline {
 public:
  EdgeModel() : Baseline("edge") {}
  std::unique_ptr<ScoringSession> open_session(const FragmentSet& fragments, Hop guard,
                                               std::size_t) const override {
    return std::make_unique<EdgeSession>(fragments, guard);
  }
};

}  // namespace

std::unique_ptr<SuccessorModel> make_random_model() { return std::make_unique<RandomModel>(); }

std::unique_ptr<SuccessorModel> make_edge_model() { return std::make_unique<EdgeModel>(); }

}  // namespace segue
