#include "model_torch/trainer_validation.hpp"

#include "base/interrupt.hpp"
#include "evaluation/transition_test.hpp"

namespace segue {
namespace {

constexpr std::uint64_t kStream = 4;  // beside those of trainer.cpp

}  // namespace

Validation::Validation(const TrainingRequest& request)
    : request_(request),
      sampler_(request.manifest, Side::validation, request.recipe, derive_seed(request.seed, kStream),
               false),
      fragments_(request.manifest.fragments(Side::validation)) {}

std::optional<double> Validation::loss(Network& net) {
  const torch::NoGradGuard no_grad;
  net.eval();
  const std::size_t count = batches();
  double sum = 0;
  for (std::size_t b = 0; b < count; ++b) {
    throw_if_interrupted();
    const Lesson lesson =
        net.study(sampler_.batch(b, request_.threads), request_.recipe.settings(), request_.threads);
    // Songs of the validation side are none of those that were learnt by name.
    if (!lesson.loss.defined()) return std::nullopt;
    sum += lesson.loss.item<double>();
  }
  return sum / static_cast<double>(count);
}

double Validation::auc(Network& net) const {
  const torch::NoGradGuard no_grad;
  net.eval();
  const std::unique_ptr<SuccessorModel> model = net.model({});
  const auto at = [&](Hop guard) {
    TransitionTestConfig config;
    config.guard = guard;
    config.seed = request_.seed;
    config.threads = request_.threads;
    return measure_hard_auc(*model, fragments_, config);
  };
  const std::string guard = request_.recipe.settings().at("guard").get<std::string>();
  if (guard == "0") return at(0);
  if (guard == "5") return at(kGuard116Frames);
  return (at(0) + at(kGuard116Frames)) / 2;
}

nlohmann::json Validation::measure(const Network& net, const ModelCard& card) const {
  const std::unique_ptr<SuccessorModel> model = net.model(card);
  nlohmann::json measured;
  for (const Hop guard : {Hop{0}, kGuard116Frames}) {
    if (!hears_something(net, guard)) continue;
    TransitionTestConfig config;
    config.guard = guard;
    config.threads = request_.threads;
    measured[guard == 0 ? "g0" : "g116"] = measure_transitions(*model, fragments_, config);
  }
  return measured;
}

bool Validation::hears_something(const Network& net, Hop guard) const {
  for (std::size_t i = 0; i < fragments_.size(); ++i) {
    if (visible_frames(fragments_.span_of(i), guard).size() < net.shortest()) return false;
  }
  return true;
}

}  // namespace segue
