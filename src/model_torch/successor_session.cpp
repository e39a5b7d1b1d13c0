// Scoring with `successor`: each fragment is heard by itself and its entry kept; a question costs one
// exit, the distances to all candidates and the re-ranking of the nearest.
#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "model_torch/fragment_cache.hpp"
#include "model_torch/state_network.hpp"
#include "model_torch/successor_net.hpp"
#include "model_torch/systems.hpp"

namespace segue {
namespace {

constexpr std::size_t kReranked = 50;
// Pairs in one pass, always: a score has the same bits in any company. Eight, so that the matrix kernels
// (4 and 8 rows wide) treat each place alike.
constexpr std::size_t kChunk = 8;
constexpr std::size_t kMostKept = std::size_t{64} << 20;  // bytes of answers that are kept
constexpr std::size_t kPairBytes = 40;
constexpr std::size_t kCacheBytes = std::size_t{256} << 20;

// What re-ranking needs of a fragment.
struct HeardFragment {
  FragmentCurves curves;
  SeamSide entry;  // one row

  std::size_t bytes() const {
    std::size_t bytes =
        (curves.entry.size() + curves.exit.size() + curves.first.size() + curves.last.size()) *
        sizeof(float);
    for (const std::vector<float>& curve : curves.curves) bytes += curve.size() * sizeof(float);
    for (const torch::Tensor& tensor :
         {entry.edge, entry.embedding, entry.own, entry.other, entry.lags, entry.near})
      bytes += tensor.nbytes();
    return bytes + 1024;
  }
};
using HeardPtr = std::shared_ptr<const HeardFragment>;

SeamSide join(const std::vector<const SeamSide*>& sides) {
  const auto all = [&](torch::Tensor SeamSide::*part) {
    std::vector<torch::Tensor> rows;
    for (const SeamSide* side : sides) rows.push_back(side->*part);
    return torch::cat(rows, 0);
  };
  return {all(&SeamSide::edge),  all(&SeamSide::embedding), all(&SeamSide::own),
          all(&SeamSide::other), all(&SeamSide::lags),      all(&SeamSide::near)};
}

class SuccessorSession : public ScoringSession {
 public:
  SuccessorSession(SuccessorNet& net, const FragmentSet& fragments, Hop guard, std::size_t threads)
      : net_(net),
        bands_(net.statistics()),
        scale_(net.scale()),
        fragments_(fragments),
        guard_(guard),
        threads_(threads == 0 ? core_count() : threads),
        entries_(fragments.size()),
        cache_(kCacheBytes) {}

  void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
             std::span<float> scores) override {
    if (context.empty() || scores.size() != candidates.size()) {
      throw Error(ErrorKind::internal, "a score needs a context and room for each candidate");
    }
    const torch::NoGradGuard no_grad;
    use_threads(1);  // workers are our own, each with one
    const std::vector<std::size_t> led_here = what_led_here(context);
    Answered& answered = answered_of(led_here);
    know(candidates);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      scores[i] = -scale_ * squared_distance(answered.exit, entries_[candidates[i]]);
    rerank(led_here, answered.pairs, candidates, scores);
  }

  void suppose_contexts() override { supposed_ = true; }

  std::size_t embedding_size() const override { return static_cast<std::size_t>(net_.embedding_size()); }

  std::vector<float> entries(std::span<const std::size_t> fragments) override {
    use_threads(1);
    const std::size_t width = embedding_size();
    std::vector<float> rows(fragments.size() * width);
    for (std::size_t first = 0; first < fragments.size(); first += kAtOnce) {
      throw_if_interrupted();
      const auto some = fragments.subspan(first, std::min(kAtOnce, fragments.size() - first));
      const std::vector<HeardPtr> heard = hear(some);
      for (std::size_t i = 0; i < some.size(); ++i)
        copy_row(heard[i]->entry.embedding, rows.data() + (first + i) * width);
    }
    return rows;
  }

  std::vector<float> exit(std::span<const std::size_t> context) override {
    if (context.empty()) throw Error(ErrorKind::internal, "an exit needs a context");
    const torch::NoGradGuard no_grad;
    use_threads(1);
    std::vector<float> row(embedding_size());
    copy_row(leave(what_led_here(context)).exit.embedding, row.data());
    return row;
  }

  std::vector<std::vector<float>> exits(std::span<const std::vector<std::size_t>> contexts) override {
    use_threads(1);
    std::vector<std::vector<std::size_t>> led_here;
    std::vector<std::size_t> all;
    for (const std::vector<std::size_t>& context : contexts) {
      if (context.empty()) throw Error(ErrorKind::internal, "an exit needs a context");
      led_here.push_back(what_led_here(context));
      all.insert(all.end(), led_here.back().begin(), led_here.back().end());
    }
    const std::vector<HeardPtr> heard = hear(all);
    std::vector<std::span<const HeardPtr>> past;
    std::span<const HeardPtr> rest = heard;
    for (const std::vector<std::size_t>& one : led_here) {
      past.push_back(rest.first(one.size()));
      rest = rest.subspan(one.size());
    }
    std::vector<std::vector<float>> rows(contexts.size(), std::vector<float>(embedding_size()));
    parallel_for(rows.size(), threads_, [&](std::size_t i) {
      const torch::NoGradGuard no_grad;
      copy_row(leave(past[i]).exit.embedding, rows[i].data());
    });
    return rows;
  }

 private:
  static constexpr std::size_t kAtOnce = 512;  // fragments that wait for the cache at the same time

  // What has played and what it leads to.
  struct Leaving {
    Timeline line;
    SeamSide exit;  // one row
  };

  static void copy_row(const torch::Tensor& embedding, float* to) {
    const torch::Tensor row = embedding.contiguous();
    std::copy_n(row.data_ptr<float>(), row.numel(), to);
  }

  // Of what led here: the exit's embedding, and the scores of what was heard after it. Sequences that
  // are tried side by side, and puzzles that share pieces, ask the same again.
  struct Answered {
    std::vector<float> exit;
    std::unordered_map<std::size_t, float> pairs;
  };

  Answered& answered_of(const std::vector<std::size_t>& led_here) {
    if (kept_ > kMostKept) {
      answered_.clear();
      kept_ = 0;
    }
    Answered& answered = answered_[led_here];
    if (answered.exit.empty()) {
      answered.exit.resize(embedding_size());
      copy_row(leave(led_here).exit.embedding, answered.exit.data());
      kept_ += embedding_size() * sizeof(float);
    }
    return answered;
  }

  // The last is kept: exit() and score() are asked about the same.
  const Leaving& leave(const std::vector<std::size_t>& led_here) {
    if (led_here == left_) return leaving_;
    leaving_ = leave(hear(led_here));
    left_ = led_here;
    return leaving_;
  }

  Leaving leave(std::span<const HeardPtr> heard) const {
    std::vector<const FragmentCurves*> past;
    for (const HeardPtr& fragment : heard) past.push_back(&fragment->curves);
    Timeline line = timeline_of(past, guard_);
    const LagProducts products = lag_products(line);
    SeamSide exit =
        net_.exits(std::span(past).last(1), std::span(&line, 1), std::span(&products, 1), guard_);
    return {std::move(line), std::move(exit)};
  }

  // The fragments that lie directly before each other and before the last one in its track; where
  // contexts are supposed, all.
  std::vector<std::size_t> what_led_here(std::span<const std::size_t> context) const {
    const auto heard = context.last(std::min(context.size(), net_.config().context));
    std::size_t first = supposed_ ? 0 : heard.size() - 1;
    while (first > 0 && fragments_.track_of(heard[first - 1]) == fragments_.track_of(heard[first]) &&
           fragments_.span_of(heard[first - 1]).end() == fragments_.span_of(heard[first]).start) {
      --first;
    }
    return {heard.begin() + static_cast<std::ptrdiff_t>(first), heard.end()};
  }

  HeardPtr hear_one(std::size_t fragment) const {
    const torch::NoGradGuard no_grad;
    const LogMel log_mel = net_.hear(fragments_, fragment, guard_);
    if (log_mel.frames < 1) {
      throw Error(ErrorKind::usage, "a fragment is too short to be scored with both edges hidden", {},
                  "give a longer --fragment");
    }
    auto heard = std::make_shared<HeardFragment>();
    heard->curves = curves_of(log_mel, bands_);
    const FragmentCurves* const self = &heard->curves;
    const Timeline backwards = reversed(*self);
    const LagProducts products = lag_products(backwards);
    heard->entry =
        net_.entries(std::span(&self, 1), std::span(&backwards, 1), std::span(&products, 1), guard_);
    return heard;
  }

  // Keeps the entries of all these fragments.
  void know(std::span<const std::size_t> fragments) {
    std::vector<std::size_t> missing;
    for (const std::size_t fragment : fragments) {
      if (entries_[fragment].empty()) missing.push_back(fragment);
    }
    for (std::size_t i = 0; i < missing.size(); i += kAtOnce) {
      throw_if_interrupted();
      const std::span some = std::span(missing).subspan(i, std::min(kAtOnce, missing.size() - i));
      const std::vector<HeardPtr> heard = hear(some);
      for (std::size_t k = 0; k < some.size(); ++k) {
        entries_[some[k]].resize(embedding_size());
        copy_row(heard[k]->entry.embedding, entries_[some[k]].data());
      }
    }
  }

  std::vector<HeardPtr> hear(std::span<const std::size_t> fragments) {
    return cache_.get(fragments, threads_, [&](std::size_t fragment) { return hear_one(fragment); });
  }

  // The nearest get a score of the re-ranker; the others keep their order and distance below the last of
  // them.
  void rerank(const std::vector<std::size_t>& led_here, std::unordered_map<std::size_t, float>& known,
              std::span<const std::size_t> candidates, std::span<float> scores) {
    std::vector<std::size_t> order(candidates.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t count = std::min(kReranked, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                      [&](std::size_t a, std::size_t b) {
                        return scores[a] != scores[b] ? scores[a] > scores[b]
                                                      : candidates[a] < candidates[b];
                      });
    if (count == 0) return;
    std::vector<std::size_t> open, nearest;
    for (const std::size_t i : std::span(order).first(count)) {
      if (known.count(candidates[i]) > 0) continue;
      open.push_back(i);
      nearest.push_back(candidates[i]);
    }
    if (!open.empty()) {
      const std::vector<float> fresh = score_pairs(led_here, open, nearest, scores);
      for (std::size_t i = 0; i < open.size(); ++i) known.emplace(nearest[i], fresh[i]);
      kept_ += open.size() * kPairBytes;
    }
    std::vector<float> ranked(count);
    for (std::size_t i = 0; i < count; ++i) ranked[i] = known.at(candidates[order[i]]);
    const float last = scores[order[count - 1]];
    const float lowest = *std::min_element(ranked.begin(), ranked.end());
    for (std::size_t i = count; i < order.size(); ++i) scores[order[i]] += lowest - last;
    for (std::size_t i = 0; i < count; ++i) scores[order[i]] = ranked[i];
  }

  // Of the candidates numbered `open`, which are the fragments `nearest`.
  std::vector<float> score_pairs(const std::vector<std::size_t>& led_here,
                                 const std::vector<std::size_t>& open,
                                 const std::vector<std::size_t>& nearest,
                                 std::span<const float> scores) {
    const auto& [line, exit] = leave(led_here);
    const std::vector<HeardPtr> heard = hear(nearest);
    std::vector<float> fresh(open.size());
    parallel_for((open.size() + kChunk - 1) / kChunk, threads_, [&](std::size_t chunk) {
      const std::size_t first = chunk * kChunk, size = std::min(kChunk, open.size() - first);
      std::vector<float> base;
      for (std::size_t i = 0; i < size; ++i) base.push_back(scores[open[first + i]]);
      score_chunk(line, exit, std::span(heard).subspan(first, size), base,
                  std::span(fresh).subspan(first, size));
    });
    return fresh;
  }

  void score_chunk(const Timeline& line, const SeamSide& exit, std::span<const HeardPtr> heard,
                   const std::vector<float>& base, std::span<float> ranked) const {
    const torch::NoGradGuard no_grad;
    std::vector<const FragmentCurves*> fragments;
    std::vector<const SeamSide*> entries;
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    std::vector<float> filled = base;
    filled.resize(kChunk, base.back());
    for (std::size_t i = 0; i < kChunk; ++i) {
      const HeardFragment& fragment = *heard[std::min(i, heard.size() - 1)];
      pairs.emplace_back(0, i);
      fragments.push_back(&fragment.curves);
      entries.push_back(&fragment.entry);
    }
    const SeamSide from = SuccessorNet::rows_of(exit, torch::zeros({kChunk}, torch::kInt64));
    const torch::Tensor scores = net_.rerank(torch::tensor(filled), from, join(entries),
                                             pair_lags(std::span(&line, 1), fragments, pairs, guard_, 1))
                                     .contiguous();
    std::copy_n(scores.data_ptr<float>(), ranked.size(), ranked.data());
  }

  static float squared_distance(std::span<const float> a, const std::vector<float>& b) {
    float sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
  }

  SuccessorNet& net_;
  BandStatistics bands_;
  float scale_;
  const FragmentSet& fragments_;
  Hop guard_;
  std::size_t threads_;
  std::vector<std::vector<float>> entries_;
  FragmentCache<HeardFragment> cache_;
  bool supposed_ = false;
  std::vector<std::size_t> left_;
  Leaving leaving_;  // what left_ leads to
  std::map<std::vector<std::size_t>, Answered> answered_;
  std::size_t kept_ = 0;  // bytes of it
};

class SuccessorNetModel : public SuccessorModel {
 public:
  SuccessorNetModel(std::unique_ptr<SuccessorNet> net, ModelCard card)
      : net_(std::move(net)), card_(std::move(card)) {
    net_->eval();
  }
  const ModelCard& card() const override { return card_; }
  std::size_t context_length() const override { return net_->config().context; }
  std::unique_ptr<ScoringSession> open_session(const FragmentSet& fragments, Hop guard,
                                               std::size_t threads) const override {
    return std::make_unique<SuccessorSession>(*net_, fragments, guard, threads);
  }

 private:
  std::unique_ptr<SuccessorNet> net_;
  ModelCard card_;
};

}  // namespace

std::unique_ptr<SuccessorModel> SuccessorNet::model(ModelCard card) const {
  auto copy = std::make_unique<SuccessorNet>(settings_);
  copy_weights(*this, *copy);
  return std::make_unique<SuccessorNetModel>(std::move(copy), std::move(card));
}

}  // namespace segue
