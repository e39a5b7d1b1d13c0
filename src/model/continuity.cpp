#include "model/continuity.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "model/continuity_weights.hpp"

namespace segue {
namespace {

constexpr float kLeastSurprise = -3, kMostSurprise = 15;
// Mean square that nobody hears, -90 dB: the noise of 16 bits lies below.
constexpr double kInaudible = 1e-9;

// In lanes, so that the compiler can use vectors.
double dot(const float* a, const float* b, std::size_t count) {
  constexpr std::size_t kLanes = 8;
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  double sum = 0;
  for (const float lane : lanes) sum += static_cast<double>(lane);
  for (; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

EdgeSound edge_sound(std::vector<float> samples) {
  for (float& sample : samples) {
    if (!std::isfinite(sample)) sample = 0;
  }
  EdgeSound edge;
  edge.prediction = predict_linearly(samples, EdgeSound::kOrder);
  const std::size_t nearest = std::min(samples.size(), EdgeSound::kNearest);
  edge.nearest.assign(samples.end() - static_cast<std::ptrdiff_t>(nearest), samples.end());
  return edge;
}

// How much `beyond`, as it lies after the cut, surprises one who comes from `here`.
void add_surprises(const EdgeSound& here, const EdgeSound& beyond, float* out) {
  const std::size_t order = here.prediction.coefficients.size();
  std::vector<float> line(order - std::min(order, here.nearest.size()));  // silence before, where short
  const std::size_t known = std::min(order, here.nearest.size());
  line.insert(line.end(), here.nearest.end() - static_cast<std::ptrdiff_t>(known), here.nearest.end());
  line.insert(line.end(), beyond.nearest.rbegin(), beyond.nearest.rend());
  // The oldest first, so that both are read in the same direction.
  const std::vector<float> weights(here.prediction.coefficients.rbegin(),
                                   here.prediction.coefficients.rend());
  double missed = 0;
  std::size_t next = 0;
  for (std::size_t t = 0; t < EdgeSound::kNearest; ++t) {
    if (order + t < line.size()) {
      const float* past = line.data() + t;
      const double miss = static_cast<double>(line[order + t]) - dot(weights.data(), past, order);
      missed += miss * miss;
    }
    if (t + 1 != kSurpriseLengths[next]) continue;
    const double power = missed / static_cast<double>(t + 1);
    const double ratio = (power + kInaudible) / (here.prediction.power + kInaudible);
    out[next++] = std::clamp(static_cast<float>(std::log(ratio)), kLeastSurprise, kMostSurprise);
  }
}

struct Edges {
  EdgeSound entry, exit;
};

class HearingSession : public ScoringSession {
 public:
  HearingSession(std::unique_ptr<ScoringSession> session, const FragmentSet& fragments,
                 std::size_t threads)
      : session_(std::move(session)),
        fragments_(fragments),
        threads_(threads == 0 ? core_count() : threads),
        edges_(fragments.size()) {}

  void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
             std::span<float> scores) override {
    session_->score(context, candidates, scores);
    hear(context.last(1));
    hear(candidates);
    const EdgeSound& exit = edges_[context.back()]->exit;
    parallel_for((candidates.size() + kAtOnce - 1) / kAtOnce, threads_, [&](std::size_t some) {
      const std::size_t end = std::min((some + 1) * kAtOnce, candidates.size());
      for (std::size_t i = some * kAtOnce; i < end; ++i)
        scores[i] += continuity(surprises(exit, edges_[candidates[i]]->entry));
    });
  }
  void suppose_contexts() override { session_->suppose_contexts(); }
  std::vector<std::size_t> sorted(std::span<const std::size_t> fragments) override {
    return session_->sorted(fragments);
  }
  std::size_t embedding_size() const override { return session_->embedding_size(); }
  std::vector<float> entries(std::span<const std::size_t> fragments) override {
    return session_->entries(fragments);
  }
  std::vector<float> exit(std::span<const std::size_t> context) override {
    return session_->exit(context);
  }
  std::vector<std::vector<float>> exits(std::span<const std::vector<std::size_t>> contexts) override {
    return session_->exits(contexts);
  }

 private:
  static constexpr std::size_t kAtOnce = 128;  // pairs that are worth a thread

  void hear(std::span<const std::size_t> fragments) {
    std::vector<std::size_t> missing;
    for (const std::size_t fragment : fragments) {
      if (!edges_[fragment]) missing.push_back(fragment);
    }
    parallel_for(missing.size(), threads_, [&](std::size_t i) {
      throw_if_interrupted();
      const FeatureFile& track = fragments_.features_of(fragments_.track_of(missing[i]));
      const FragmentSpan& span = fragments_.span_of(missing[i]);
      edges_[missing[i]] = Edges{entry_sound(track.read_samples(span.start, span.start + kHops)),
                                 exit_sound(track.read_samples(span.end() - kHops, span.end()))};
    });
  }

  static constexpr Hop kHops = 4;  // 93 ms

  std::unique_ptr<ScoringSession> session_;
  const FragmentSet& fragments_;
  std::size_t threads_;
  std::vector<std::optional<Edges>> edges_;
};

class HearingModel : public SuccessorModel {
 public:
  explicit HearingModel(std::unique_ptr<SuccessorModel> model) : model_(std::move(model)) {}
  const ModelCard& card() const override { return model_->card(); }
  std::size_t context_length() const override { return model_->context_length(); }
  std::unique_ptr<ScoringSession> open_session(const FragmentSet& fragments, Hop guard,
                                               std::size_t threads) const override {
    auto session = model_->open_session(fragments, guard, threads);
    if (guard > 0) return session;
    return std::make_unique<HearingSession>(std::move(session), fragments, threads);
  }

 private:
  std::unique_ptr<SuccessorModel> model_;
};

}  // namespace

EdgeSound exit_sound(std::span<const float> samples) {
  const auto heard = samples.last(std::min(samples.size(), EdgeSound::kHeard));
  return edge_sound({heard.begin(), heard.end()});
}

EdgeSound entry_sound(std::span<const float> samples) {
  const auto heard = samples.first(std::min(samples.size(), EdgeSound::kHeard));
  return edge_sound({heard.rbegin(), heard.rend()});
}

Surprises surprises(const EdgeSound& exit, const EdgeSound& entry) {
  Surprises result{};
  add_surprises(exit, entry, result.data());
  add_surprises(entry, exit, result.data() + kSurpriseLengths.size());
  return result;
}

float continuity(const Surprises& surprises) {
  constexpr std::size_t lengths = kSurpriseLengths.size();
  std::array<float, kSurpriseCues> cues{};
  for (std::size_t i = 0; i < lengths; ++i) {
    const float forwards = surprises[i], backwards = surprises[lengths + i];
    cues[i] = forwards;
    cues[lengths + i] = backwards;
    cues[2 * lengths + i] = std::min(forwards, backwards);
    cues[3 * lengths + i] = std::max(forwards, backwards);
  }
  float sum = 0;
  for (std::size_t cue = 0; cue < kSurpriseCues; ++cue) {
    for (std::size_t knot = 0; knot < kSurpriseKnots.size(); ++knot)
      sum += kContinuityWeights[cue][knot] * std::max(0.0f, cues[cue] - kSurpriseKnots[knot]);
  }
  return sum;
}

std::unique_ptr<SuccessorModel> hearing_the_waveform(std::unique_ptr<SuccessorModel> model) {
  return std::make_unique<HearingModel>(std::move(model));
}

}  // namespace segue
