#include "model_torch/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>

#include "base/committed_file.hpp"
#include "base/error.hpp"
#include "base/folder_lock.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/memory.hpp"
#include "base/paths.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "evaluation/auc.hpp"
#include "model_torch/systems.hpp"
#include "model_torch/trainer_card.hpp"
#include "model_torch/trainer_checkpoint.hpp"
#include "model_torch/trainer_ground.hpp"
#include "model_torch/trainer_step.hpp"
#include "model_torch/trainer_validation.hpp"

namespace segue {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kInitStream = 1, kDataStream = 2, kDropoutStream = 3;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Of the true next fragment against the wrong answers of the same track, over a batch.
struct ScoreCollector {
  std::vector<float> right, wrong;

  void add(const torch::Tensor& scores, const TrainingBatch& batch) {
    const torch::Tensor values = scores.to(torch::kCPU).contiguous();
    const auto of = values.accessor<float, 2>();
    for (std::size_t q = 0; q < batch.queries; ++q) {
      const auto row = static_cast<std::int64_t>(q);
      right.push_back(of[row][0]);
      for (std::size_t m = 1; m <= batch.same; ++m) {
        if (batch.candidates[q * batch.width + m] >= 0)
          wrong.push_back(of[row][static_cast<std::int64_t>(m)]);
      }
    }
  }
};

class Trainer {
 public:
  explicit Trainer(const TrainingRequest& request)
      : request_(request),
        base_(base_of(request)),
        encoder_(encoder_of(request, base_)),
        recipe_(network_settings(request, encoder_.get())),
        device_(find_device(request.device)),
        train_(request.manifest, Side::train, request.recipe, derive_seed(request.seed, kDataStream),
               true),
        validation_(request),
        net_(make()),
        best_(make()),
        optimizer_(make_optimizer(*net_, recipe_)) {
    if (encoder_) {
      const auto embedding = [this](const FeatureFile& track, const FragmentSpan& span, Hop guard) {
        return encoder_->embed(track, span, guard);
      };
      train_.embed_by(embedding);
      validation_.embed_by(embedding);
    }
    fill(*net_);
    net_->to(device_);
    best_->to(device_);
    batches_ = train_.begin_epoch(1);
  }

  TrainingResult run() {
    const auto start = Clock::now();
    make_folders(request_.folder);
    const FolderLock lock(request_.folder);
    if (!lock.held()) {
      throw Error(ErrorKind::usage, "is in the hands of another run", request_.folder,
                  "wait until it has ended, or give another folder");
    }
    refuse_to_overwrite();
    remove_stale_partials(request_.folder);
    state_.run = run_identity(request_) + (encoder_ ? encoder_->hash().hex() : "") +
                 (base_ ? base_->weights.hex() : "");
    if (encoder_) listen();
    const double step_seconds = time_a_step();
    resume_or_begin();
    if (!request_.manifest_folder.empty()) {
      make_folders(request_.manifest_folder);
      request_.manifest.write(request_.manifest_folder);
    }
    const int epochs = recipe_.at("epochs").get<int>();
    const int patience = recipe_.at("patience").get<int>();
    const auto finished = [&] { return static_cast<int>(state_.records.size()); };
    const int left = std::max(0, epochs - finished());
    foretell(left, step_seconds);
    Progress progress("training " + request_.recipe.name(), left * static_cast<double>(batches_),
                      "batches");
    while (finished() < epochs && (patience == 0 || finished() - state_.best_epoch < patience)) {
      run_epoch(finished() + 1, progress);
    }
    TrainingResult result = finish();
    result.seconds = seconds_since(start);
    return result;
  }

 private:
  std::unique_ptr<Network> make() const {
    torch::manual_seed(derive_seed(request_.seed, kInitStream));
    std::unique_ptr<Network> net = make_network(request_.recipe.system(), recipe_);
    net->pretrained = encoder_;
    return net;
  }

  // Buffers and, in an adaptation, parameters. The base's mean and scale of the bands stay as they are:
  // its weights were learnt from what these make of a spectrogram, and would hear all music changed if
  // they were counted anew from other music.
  void fill(Network& net) const {
    if (base_) {
      load_weights(net, request_.from);
    } else {
      net.count(request_.manifest);
    }
  }

  // The pretrained encoder hears all that will be learnt from before batches are drawn.
  void listen() {
    const std::string guard = recipe_.at("guard").get<std::string>();
    for (const Side side : {Side::train, Side::validation}) {
      const FragmentSet fragments = request_.manifest.fragments(side);
      if (guard != "5") encoder_->embed_all(fragments, 0, request_.threads);
      if (guard != "0") encoder_->embed_all(fragments, kGuard116Frames, request_.threads);
    }
    use_threads(request_.threads);
  }

  // Of one batch, learnt by the network that is overwritten later. Nothing else changes: batches and
  // dropout are drawn anew for each epoch.
  double time_a_step() {
    fill(*best_);
    best_->train();
    double seconds = 0;
    for (int i = 0; i < 2; ++i) {  // the first one warms up
      throw_if_interrupted();
      const auto start = Clock::now();
      best_->study(train_.batch(0, request_.threads), recipe_, request_.threads).loss.backward();
      seconds = seconds_since(start);
    }
    best_->zero_grad();
    return seconds;
  }

  void foretell(int epochs, double step_seconds) {
    if (epochs == 0) return;
    const auto batches = static_cast<double>(batches_ + validation_.batches());
    log_info("learning " + request_.recipe.name() + " takes about " +
             format_time(Seconds(epochs * batches * step_seconds)) + " at most (" +
             std::to_string(epochs) + " epochs of " + std::to_string(batches_) + " batches)");
  }

  void refuse_to_overwrite() const {
    if (request_.resume || !std::filesystem::exists(checkpoint_path(request_.folder))) return;
    throw Error(ErrorKind::usage, "already holds a run", request_.folder,
                "add --resume to go on with it, or give another folder");
  }

  void resume_or_begin() {
    auto saved = load_checkpoint(request_.folder, state_.run, *net_, *best_, optimizer_, device_);
    const std::string arithmetic =
        device_.str() + ", " + std::to_string(at::get_num_threads()) + " threads";
    if (saved) {
      if (saved->arithmetic != arithmetic) {
        log_warning("the run was begun on " + saved->arithmetic + " and goes on on " + arithmetic +
                    ": its weights will differ in the last digits from an unbroken run's");
      }
      state_ = *saved;
      log_info("going on after epoch " + std::to_string(state_.records.size()));
    } else if (base_) {
      measure_base();
    }
    state_.arithmetic = arithmetic;
  }

  // The weights to begin with are what the epochs must beat, as if epoch 0 had learnt them.
  void measure_base() {
    copy_weights(*net_, *best_);
    state_.best_auc = validation_.auc(*net_);
    state_.auc_before = state_.best_auc;
    const auto taught = [&](const ManifestTrack& track) {
      return track.side == Side::validation &&
             std::any_of(base_->tracks.begin(), base_->tracks.end(), [&](const CardTrack& known) {
               return known.id == track.id && known.side == name_of(Side::train);
             });
    };
    const auto& tracks = request_.manifest.tracks;
    const auto known = std::count_if(tracks.begin(), tracks.end(), taught);
    if (known == 0) return;
    log_warning(base_->name + " learnt from " + std::to_string(known) + " of the " +
                std::to_string(request_.manifest.count(Side::validation)) +
                " tracks that measure it: it may seem hard to better");
  }

  void run_epoch(int epoch, Progress& progress) {
    const auto start = Clock::now();
    use_threads(request_.threads);
    torch::manual_seed(
        derive_seed(derive_seed(request_.seed, kDropoutStream), static_cast<std::uint64_t>(epoch)));
    EpochRecord record;
    record.epoch = epoch;
    teach(record, progress);
    validate(record);
    record.seconds = seconds_since(start);
    state_.records.push_back(record);
    const bool first = state_.best_epoch == 0 && !base_;
    const bool last = recipe_.value("keep", "best") == "last";
    if (first || last || record.validation_auc > state_.best_auc) {
      state_.best_epoch = epoch;
      state_.best_auc = record.validation_auc;
      copy_weights(*net_, *best_);
    }
    save_checkpoint(request_.folder, state_, *net_, *best_, optimizer_);
    write_curves(request_.folder, request_.recipe.name(), state_.records);
  }

  void teach(EpochRecord& record, Progress& progress) {
    net_->train();
    batches_ = train_.begin_epoch(static_cast<std::uint64_t>(record.epoch));
    ScoreCollector scores;
    for (std::size_t b = 0; b < batches_; ++b) {
      throw_if_interrupted();
      const TrainingBatch batch = train_.batch(b, request_.threads);
      const auto batches = static_cast<double>(batches_);
      record.learning_rate =
          learning_rate(recipe_, (record.epoch - 1) * batches + static_cast<double>(b),
                        recipe_.at("epochs").get<double>() * batches);
      const Lesson lesson = net_->study(batch, recipe_, request_.threads);
      const double loss = optimize(*net_, optimizer_, lesson.loss, record.learning_rate, recipe_);
      require_finite(loss, record.epoch);
      record.train_loss += loss / static_cast<double>(batches_);
      scores.add(lesson.scores, batch);
      progress.advance(1, summary(record.epoch));
    }
    record.train_auc = auc(scores.right, scores.wrong);
  }

  void require_finite(double loss, int epoch) const {
    if (std::isfinite(loss)) return;
    throw Error(ErrorKind::internal,
                "training diverged: the loss of epoch " + std::to_string(epoch) + " is not a number",
                request_.folder, "train with a smaller learning_rate");
  }

  void validate(EpochRecord& record) {
    const std::optional<double> loss = validation_.loss(*net_);
    if (loss) require_finite(*loss, record.epoch);
    record.validation_loss = loss.value_or(NAN);
    record.validation_auc = validation_.auc(*net_);
    net_->train();
  }

  std::string summary(int epoch) const {
    std::string text = "epoch " + std::to_string(epoch);
    if (state_.records.empty()) return text;
    const EpochRecord& last = state_.records.back();
    char figures[96];
    std::snprintf(figures, sizeof figures, ": loss %.3f, validation AUC %.4f (best %.4f)",
                  last.train_loss, last.validation_auc, state_.best_auc);
    return text + figures;
  }

  TrainingResult finish() {
    const std::string name = request_.recipe.name();
    TrainingResult result;
    result.name = name;
    result.weights = request_.folder / (name + ".safetensors");
    result.epochs = static_cast<int>(state_.records.size());
    result.best_epoch = state_.best_epoch;
    result.best_validation_auc = state_.best_auc;
    result.validation_auc_before = state_.auc_before;
    ModelCard card = card_of(request_, recipe_, base_);
    card.metrics = {{"epochs", result.epochs},
                    {"best_epoch", result.best_epoch},
                    {"best_validation_auc", result.best_validation_auc},
                    {"val", validation_.measure(*best_, card)}};
    if (state_.auc_before) {
      card.metrics["validation_auc_before"] = *state_.auc_before;
      tell_what_it_brought();
    }
    write_curves(request_.folder, name, state_.records);
    best_->eval();
    card.metrics.update(best_->show(validation_.fragments(), request_.folder));
    if (encoder_) {  // weights are of use only with it
      std::ifstream in(encoder_->file(), std::ios::binary);
      write_text_file(encoder_path(result.weights), std::string(std::istreambuf_iterator<char>(in), {}));
    }
    save_weights(*best_, result.weights, {{"system", card.system}, {"name", name}});
    card.weights = hash_file(result.weights);
    card.write(card_path(result.weights));
    return result;
  }

  void tell_what_it_brought() const {
    char figures[96];
    std::snprintf(figures, sizeof figures,
                  "validation AUC %.4f before, %.4f after: ", *state_.auc_before, state_.best_auc);
    log_info(figures +
             (state_.best_epoch == 0
                  ? "no epoch was better, so the weights of " + base_->name + " are kept"
                  : "the weights of epoch " + std::to_string(state_.best_epoch) + " are kept"));
  }

  const TrainingRequest& request_;
  const std::optional<ModelCard> base_;        // of the weights to begin with
  std::shared_ptr<const Pretrained> encoder_;  // null unless the recipe's is pretrained
  const Json recipe_;
  torch::Device device_;
  Sampler train_;
  Validation validation_;
  std::unique_ptr<Network> net_, best_;
  torch::optim::AdamW optimizer_;
  Checkpoint state_;
  std::size_t batches_ = 0;
};

}  // namespace

TrainingResult train(const TrainingRequest& request) {
  request.recipe.validate();
  for (const Side side : {Side::train, Side::validation}) {
    if (request.manifest.count(side) == 0) {
      throw Error(ErrorKind::input,
                  std::string("the manifest has no track on the ") + name_of(side) + " side", {},
                  "give more music, so that whole songs can be set apart for validation");
    }
  }
  use_threads(request.threads);
  keep_freed_memory();
  try {
    return Trainer(request).run();
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::internal, std::string("LibTorch refused: ") + error.what_without_backtrace(),
                request.folder, "train with fewer or smaller batches");
  }
}

}  // namespace segue
