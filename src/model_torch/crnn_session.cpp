// Scoring with `crnn`: what does not depend on the context is computed once per fragment
// and kept; the LSTM reads the context once and its state goes to all candidates.
//
// Candidates are worked off in chunks of one fixed size, so that every matrix product has
// the same shape and a score has the same bits whatever is asked with it.
#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "model_torch/crnn_model.hpp"
#include "model_torch/fragment_cache.hpp"
#include "model_torch/systems.hpp"
#include "model_torch/workspaces.hpp"

namespace segue {
namespace {

constexpr std::int64_t kChunk = 128;  // candidates

// One fragment as scoring needs it.
struct Encoded {
  std::vector<float> entry;      // seam: [S × C | rhythm_outputs × R]; log-mel: gates [steps × 4H]
  std::vector<float> exit;       // seam only, like entry
  std::int64_t steps = 0;        // log-mel only
  std::int64_t entry_known = 0;  // seam: rhythm outputs that are real
  bool exit_known = false;

  std::size_t bytes() const { return (entry.size() + exit.size()) * sizeof(float) + 256; }
};
using EncodedPtr = std::shared_ptr<const Encoded>;

void append(std::vector<float>& values, const torch::Tensor& tensor) {
  const torch::Tensor rows = tensor.contiguous();
  values.insert(values.end(), rows.data_ptr<float>(), rows.data_ptr<float>() + rows.numel());
}

class CrnnSession : public ScoringSession {
 public:
  CrnnSession(CrnnNet& net, const FragmentSet& fragments, Hop guard, std::size_t threads,
              std::size_t cache_bytes)
      : net_(net),
        config_(net.config()),
        seam_(config_.input == CrnnConfig::Input::seam),
        fragments_(fragments),
        guard_(guard),
        threads_(threads == 0 ? core_count() : threads),
        cache_(cache_bytes),
        workspaces_(seam_ ? std::vector<std::int64_t>{config_.seam_steps(), kChunk,
                                                      net_.step_width() + config_.hidden}
                          : std::vector<std::int64_t>{kChunk, 4 * config_.hidden},
                    kChunk, config_.hidden) {
    const torch::NoGradGuard no_grad;
    weight_ = seam_ ? torch::cat({net.lstm_input_weight, net.lstm_hidden_weight}, 1).t().contiguous()
                    : net.lstm_hidden_weight.t().contiguous();
    const torch::Tensor dense = net.dense_weight.contiguous();
    dense_.assign(dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel());
    dense_bias_ = net.dense_bias.item<float>();
  }

  void score(std::span<const std::size_t> context, std::span<const std::size_t> candidates,
             std::span<float> scores) override {
    if (context.empty() || scores.size() != candidates.size()) {
      throw Error(ErrorKind::internal, "a score needs a context and room for each candidate");
    }
    const torch::NoGradGuard no_grad;
    use_threads(1);  // workers are our own, each with one
    const auto length = std::min(context.size(), static_cast<std::size_t>(config_.context));
    const std::span<const std::size_t> heard = context.last(length);
    const auto encode = [&](std::size_t fragment) { return encode_one(fragment); };
    context_rows_ = cache_.get(heard, threads_, encode);
    Workspaces::Loan after_context(workspaces_);
    read_context(*after_context);
    candidate_rows_ = cache_.get(candidates, threads_, encode);
    const std::size_t chunks = (candidates.size() + kChunk - 1) / kChunk;
    const auto work = [&](std::size_t chunk) {
      const torch::NoGradGuard worker_no_grad;
      const std::size_t first = chunk * kChunk;
      const std::size_t count = std::min<std::size_t>(kChunk, candidates.size() - first);
      const auto rows = std::span(candidate_rows_).subspan(first, count);
      score_chunk(*after_context, rows, scores.subspan(first, count));
    };
    if (threads_ == 1 || chunks == 1) {
      for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        throw_if_interrupted();
        work(chunk);
      }
    } else {
      parallel_for(chunks, threads_, work);
    }
  }

 private:
  // Each fragment by itself: its encoding cannot depend on its company.
  EncodedPtr encode_one(std::size_t fragment) const {
    const torch::NoGradGuard no_grad;
    std::vector<LogMel> one;
    one.push_back(net_.hear(fragments_, fragment, guard_));
    if (one.front().frames < 1) {
      throw Error(ErrorKind::usage, "a fragment is too short to be scored with both edges hidden", {},
                  "give a longer --fragment");
    }
    const CrnnEncoding encoding = net_.encode(net_.prepare(one, guard_, 1));
    auto result = std::make_shared<Encoded>();
    if (seam_) {
      append(result->entry, encoding.entry);
      append(result->entry, encoding.rhythm_entry);
      append(result->exit, encoding.exit);
      append(result->exit, encoding.rhythm_exit);
      result->entry_known = static_cast<std::int64_t>(encoding.entry_known.sum().item<float>());
      result->exit_known = encoding.exit_known.item<float>() > 0;
    } else {
      result->steps = encoding.lengths.item<std::int64_t>();
      append(result->entry, torch::addmm(net_.lstm_bias, encoding.steps[0], net_.lstm_input_weight.t()));
    }
    return result;
  }

  // Leaves the state after the context in all rows.
  void read_context(Workspace& space) const {
    space.hidden.zero_();
    space.cell.zero_();
    for (std::size_t i = seam_ ? 1 : 0; i < context_rows_.size(); ++i) {
      if (seam_) {
        read_seams(*context_rows_[i - 1], std::span(context_rows_).subspan(i, 1), space);
      } else {
        read_frames(std::span(context_rows_).subspan(i, 1), space);
      }
    }
    for (torch::Tensor* state : {&space.hidden, &space.cell}) {  // only row 0 was read in earnest
      state->slice(0, 1).copy_(state->slice(0, 0, 1).expand({kChunk - 1, -1}));
    }
  }

  void score_chunk(const Workspace& after_context, std::span<const EncodedPtr> rows,
                   std::span<float> scores) const {
    Workspaces::Loan space(workspaces_);
    space->hidden.copy_(after_context.hidden);
    space->cell.copy_(after_context.cell);
    if (seam_) {
      read_seams(*context_rows_.back(), rows, *space);
    } else {
      read_frames(rows, *space);
    }
    const float* values = space->hidden.data_ptr<float>();
    for (std::size_t i = 0; i < rows.size(); ++i, values += dense_.size()) {
      float logit = dense_bias_;
      for (std::size_t k = 0; k < dense_.size(); ++k) logit += values[k] * dense_[k];
      scores[i] = 1 / (1 + std::exp(-logit));
    }
  }

  // One seam from `before` to each row.
  void read_seams(const Encoded& before, std::span<const EncodedPtr> rows, Workspace& space) const {
    const std::int64_t S = config_.seam_steps(), H = config_.hidden, width = net_.step_width();
    float* inputs = space.inputs.zero_().data_ptr<float>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      fill_seam(before, *rows[i], inputs + static_cast<std::int64_t>(i) * (width + H));
    }
    for (std::int64_t t = 0; t < S; ++t) {
      torch::Tensor step = space.inputs[t];
      step.narrow(1, width, H).copy_(space.hidden);
      at::addmm_out(space.gates, net_.lstm_bias, step, weight_);
      CrnnNet::cell_in_place(space.gates, space.hidden, space.cell);
    }
  }

  // The LSTM's inputs of one seam; `out` is its row at step 0, steps lie kChunk rows apart.
  void fill_seam(const Encoded& a, const Encoded& b, float* out) const {
    const std::int64_t S = config_.seam_steps(), C = config_.encoder.channels,
                       R = config_.rhythm_channels;
    const std::int64_t stride = kChunk * (net_.step_width() + config_.hidden);
    const std::int64_t known = a.exit_known ? b.entry_known : 0;
    for (std::int64_t s = 0; s < S; ++s) {
      float* to = out + (S - 1 - s) * stride;  // the widest window is read first
      const float* entry = b.entry.data() + s * C;
      const float* exit = a.exit.data() + s * C;
      for (std::int64_t c = 0; c < C; ++c) to[c] = std::max(0.0f, entry[c] - exit[c]);
      float* rhythm = to + C;  // zero as made
      const std::int64_t end = std::min((s + 1) * config_.encoder.pool, known);
      for (std::int64_t t = s * config_.encoder.pool; t < end; ++t) {
        const float* heard = b.entry.data() + S * C + t * R;
        const float* expected = a.exit.data() + S * C + t * R;
        for (std::int64_t r = 0; r < R; ++r) rhythm[r] = std::max(rhythm[r], heard[r] - expected[r]);
      }
    }
  }

  // Each row's own frames.
  void read_frames(std::span<const EncodedPtr> rows, Workspace& space) const {
    const std::int64_t H = config_.hidden;
    std::int64_t longest = 0;
    for (const EncodedPtr& row : rows) longest = std::max(longest, row->steps);
    space.final_hidden.copy_(space.hidden);
    space.final_cell.copy_(space.cell);
    float* inputs = space.inputs.zero_().data_ptr<float>();
    for (std::int64_t t = 0; t < longest; ++t) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (t >= rows[i]->steps) continue;
        const float* from = rows[i]->entry.data() + t * 4 * H;
        std::copy(from, from + 4 * H, inputs + static_cast<std::int64_t>(i) * 4 * H);
      }
      at::addmm_out(space.gates, space.inputs, space.hidden, weight_);
      CrnnNet::cell_in_place(space.gates, space.hidden, space.cell);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (t + 1 != rows[i]->steps) continue;
        const auto row = static_cast<std::int64_t>(i);
        space.final_hidden[row].copy_(space.hidden[row]);
        space.final_cell[row].copy_(space.cell[row]);
      }
    }
    std::swap(space.hidden, space.final_hidden);
    std::swap(space.cell, space.final_cell);
  }

  CrnnNet& net_;
  const CrnnConfig& config_;
  bool seam_;
  const FragmentSet& fragments_;
  Hop guard_;
  std::size_t threads_;
  FragmentCache<Encoded> cache_;
  mutable Workspaces workspaces_;
  torch::Tensor weight_;
  std::vector<float> dense_;
  float dense_bias_ = 0;
  std::vector<EncodedPtr> context_rows_, candidate_rows_;
};

}  // namespace

CrnnModel::CrnnModel(const CrnnNet& net, ModelCard card)
    : card_(std::move(card)), net_(std::make_unique<CrnnNet>(net.config())) {
  copy_weights(net, *net_);
  net_->pretrained = net.pretrained;
  net_->eval();
}

std::unique_ptr<SuccessorModel> CrnnNet::model(ModelCard card) const {
  return std::make_unique<CrnnModel>(*this, std::move(card));
}

std::unique_ptr<Network> make_crnn(const nlohmann::json& settings) {
  return std::make_unique<CrnnNet>(CrnnConfig::from_json(settings));
}

std::size_t CrnnModel::context_length() const {
  return static_cast<std::size_t>(net_->config().context);
}

std::unique_ptr<ScoringSession> CrnnModel::open_session(const FragmentSet& fragments, Hop guard,
                                                        std::size_t threads) const {
  return std::make_unique<CrnnSession>(*net_, fragments, guard, threads, cache_bytes);
}

}  // namespace segue
