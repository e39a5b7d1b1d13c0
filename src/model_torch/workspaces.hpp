// Buffers for scoring, lent to one worker at a time. They are kept from one score to the next:
// glibc's heap grows without bound where large aligned blocks come and go between small ones that
// stay. Internal to model_torch.
#pragma once

#include <torch/torch.h>

#include <mutex>
#include <utility>
#include <vector>

namespace segue {

// The rows of a chunk on their way through the LSTM.
struct Workspace {
  torch::Tensor inputs;                    // of the steps, as the reader lays them out
  torch::Tensor gates;                     // [rows × 4H]
  torch::Tensor hidden, cell;              // [rows × H]
  torch::Tensor final_hidden, final_cell;  // [rows × H], for rows of unequal length
};

class Workspaces {
 public:
  Workspaces(std::vector<std::int64_t> inputs, std::int64_t rows, std::int64_t hidden)
      : inputs_(std::move(inputs)), rows_(rows), hidden_(hidden) {}

  class Loan {
   public:
    explicit Loan(Workspaces& owner) : owner_(owner), space_(owner.take()) {}
    ~Loan() { owner_.give_back(std::move(space_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Workspace& operator*() { return space_; }
    Workspace* operator->() { return &space_; }

   private:
    Workspaces& owner_;
    Workspace space_;
  };

 private:
  Workspace take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        Workspace space = std::move(free_.back());
        free_.pop_back();
        return space;
      }
    }
    const auto state = [&] { return torch::zeros({rows_, hidden_}); };
    return {
        torch::zeros(inputs_), torch::zeros({rows_, 4 * hidden_}), state(), state(), state(), state()};
  }

  void give_back(Workspace space) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(space));
  }

  const std::vector<std::int64_t> inputs_;
  const std::int64_t rows_, hidden_;
  std::mutex mutex_;
  std::vector<Workspace> free_;
};

}  // namespace segue
