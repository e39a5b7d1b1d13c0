// How `successor` learns. Embeddings by InfoNCE (van den Oord et al. 2018), both ways: which fragment of
// the batch, and of the own clip, follows the one playing, and which is followed by it. The re-ranker by
// a softmax over the true next one and wrong ones, the hardest by base score among them; nothing of its
// loss reaches the embeddings.
#include "base/parallel.hpp"
#include "model_torch/successor_net.hpp"

namespace segue {
namespace {

constexpr float kImpossible = -1e9f;

// A batch as the network reads it; pointers lead into `curves`.
struct Heard {
  std::vector<FragmentCurves> curves;
  std::vector<const FragmentCurves*> fragments, playing;
  std::vector<Timeline> lines, backwards;  // one a query, one a fragment
  std::vector<LagProducts> line_products, backward_products;
};

Heard hear_batch(const TrainingBatch& batch, const BandStatistics& bands, std::size_t threads) {
  Heard heard;
  const std::size_t count = batch.fragments.size();
  heard.curves.resize(count);
  heard.backwards.resize(count);
  heard.backward_products.resize(count);
  parallel_for(count, threads, [&](std::size_t i) {
    heard.curves[i] = curves_of(batch.fragments[i], bands);
    heard.backwards[i] = reversed(heard.curves[i]);
    heard.backward_products[i] = lag_products(heard.backwards[i]);
  });
  for (const FragmentCurves& curves : heard.curves) heard.fragments.push_back(&curves);
  heard.lines.resize(batch.queries);
  heard.line_products.resize(batch.queries);
  parallel_for(batch.queries, threads, [&](std::size_t q) {
    std::vector<const FragmentCurves*> line;
    for (std::size_t i = 0; i < batch.history; ++i) {
      const std::int64_t past = batch.past[q * batch.history + i];
      if (past >= 0) line.push_back(heard.fragments[static_cast<std::size_t>(past)]);
    }
    line.push_back(heard.fragments[static_cast<std::size_t>(batch.playing[q])]);
    heard.lines[q] = timeline_of(line, batch.guard);
    heard.line_products[q] = lag_products(heard.lines[q]);
  });
  for (const std::int64_t fragment : batch.playing)
    heard.playing.push_back(heard.fragments[static_cast<std::size_t>(fragment)]);
  return heard;
}

// Who plays, what follows and who shares a clip, on one device.
struct Questions {
  torch::Tensor playing, next;  // [Q]
  torch::Tensor same;           // [Q × N] of the same clip
  torch::Tensor self;           // [Q × N] the one that plays
};

Questions questions_of(const TrainingBatch& batch, torch::Device device) {
  const auto queries = static_cast<std::int64_t>(batch.queries);
  std::vector<std::int64_t> clips;
  for (const FragmentOrigin& origin : batch.origins)
    clips.push_back(static_cast<std::int64_t>(origin.clip));
  const torch::Tensor clip = torch::tensor(clips);
  Questions questions;
  questions.playing = torch::tensor(batch.playing);
  questions.next = torch::tensor(batch.candidates).reshape({queries, -1}).select(1, 0);
  questions.same = clip.index_select(0, questions.playing).unsqueeze(1) == clip.unsqueeze(0);
  questions.self = questions.playing.unsqueeze(1) ==
                   torch::arange(static_cast<std::int64_t>(clips.size())).unsqueeze(0);
  for (torch::Tensor* tensor : {&questions.playing, &questions.next, &questions.same, &questions.self})
    *tensor = tensor->to(device);
  return questions;
}

torch::Tensor info_nce(const torch::Tensor& scores, const Questions& questions) {
  const torch::Tensor open = scores.masked_fill(questions.self, kImpossible);
  const torch::Tensor own = open.masked_fill(questions.same.logical_not(), kImpossible);
  const torch::Tensor right = questions.next.unsqueeze(1);
  torch::Tensor loss;
  for (const torch::Tensor& some : {open, own}) {
    const torch::Tensor forward = torch::log_softmax(some, 1).gather(1, right);
    const torch::Tensor backward = torch::log_softmax(some, 0).gather(1, right);
    const torch::Tensor both = -0.25 * (forward.mean() + backward.mean());
    loss = loss.defined() ? loss + both : both;
  }
  return loss;
}

// [Q × M] fragments, the true next one first; what must not count is -1.
torch::Tensor contenders(const torch::Tensor& scores, const Questions& questions,
                         const TrainingBatch& batch, std::int64_t hard) {
  const auto queries = static_cast<std::int64_t>(batch.queries);
  const torch::Tensor right = questions.next.unsqueeze(1);
  const torch::Tensor open =
      scores.detach().masked_fill(questions.self, kImpossible).scatter(1, right, kImpossible);
  const auto hardest = [&](const torch::Tensor& where, std::int64_t count) {
    const auto [value, fragment] =
        open.masked_fill(where.logical_not(), kImpossible).topk(std::min(count, open.size(1)), 1);
    return fragment.masked_fill(value <= kImpossible / 2, -1);
  };
  const torch::Tensor drawn = torch::tensor(batch.candidates).reshape({queries, -1}).to(scores.device());
  return torch::cat({drawn, hardest(questions.same, hard), hardest(questions.same.logical_not(), 1)}, 1);
}

// A softmax leaves open what is added to all scores of a question; scores of several questions are
// summed where an order is sought, so each must also say by itself whether it is right.
torch::Tensor binary_loss(const torch::Tensor& ranked, const torch::Tensor& real) {
  const torch::Tensor wrong =
      ranked.narrow(1, 1, real.size(1) - 1).masked_select(real.narrow(1, 1, real.size(1) - 1));
  const torch::Tensor right = torch::softplus(-ranked.select(1, 0)).mean();
  return wrong.numel() == 0 ? right : right + torch::softplus(wrong).mean();
}

}  // namespace

Lesson SuccessorNet::study(const TrainingBatch& batch, const nlohmann::json& recipe,
                           std::size_t threads) {
  Heard heard = hear_batch(batch, statistics(), threads);
  const SeamSide exit = exits(heard.playing, heard.lines, heard.line_products, batch.guard);
  const SeamSide entry = entries(heard.fragments, heard.backwards, heard.backward_products, batch.guard);
  const torch::Tensor scores = base_scores(exit.embedding, entry.embedding);
  const Questions questions = questions_of(batch, device());
  Lesson lesson;
  lesson.loss = info_nce(scores, questions);

  const torch::Tensor asked =
      contenders(scores, questions, batch, recipe.at("hard").get<std::int64_t>());
  lesson.scores = scores.detach()
                      .gather(1, asked.narrow(1, 0, static_cast<std::int64_t>(batch.width)).clamp_min(0))
                      .to(torch::kCPU);
  // The re-ranker learns from some of the queries: pairs cost more than embeddings.
  const auto queries = static_cast<std::int64_t>(batch.queries);
  const auto some = std::max<std::int64_t>(
      1, std::llround(recipe.at("pair_share").get<double>() * static_cast<double>(queries)));
  const torch::Tensor rows = torch::randperm(queries).narrow(0, 0, some).to(device());
  const torch::Tensor contender = asked.index_select(0, rows);  // [some × M]
  const torch::Tensor real = contender >= 0;
  const torch::Tensor query = rows.unsqueeze(1).expand_as(contender).masked_select(real);
  const torch::Tensor fragment = contender.masked_select(real);
  const torch::Tensor query_here = query.to(torch::kCPU), fragment_here = fragment.to(torch::kCPU);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::int64_t i = 0; i < query.size(0); ++i)
    pairs.emplace_back(query_here.data_ptr<std::int64_t>()[i],
                       fragment_here.data_ptr<std::int64_t>()[i]);
  PairLags between = pair_lags(heard.lines, heard.fragments, pairs, batch.guard, threads);
  between.products = between.products.to(device());
  between.count = between.count.to(device());
  SeamSide from = rows_of(exit, query), to = rows_of(entry, fragment);
  from.embedding = from.embedding.detach();
  to.embedding = to.embedding.detach();
  const torch::Tensor base = scores.detach().index({query, fragment});
  const torch::Tensor ranked = torch::full_like(contender, kImpossible, scores.options())
                                   .masked_scatter(real, rerank(base, from, to, between));
  lesson.loss = lesson.loss - torch::log_softmax(ranked, 1).select(1, 0).mean() +
                recipe.at("binary_weight").get<double>() * binary_loss(ranked, real);
  return lesson;
}

}  // namespace segue
