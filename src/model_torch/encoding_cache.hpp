// What `crnn` computes once per fragment, and the store that keeps it within a bound. Internal to
// model_torch.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

namespace segue {

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

// By fragment; forgets what was asked for longest ago once `limit` bytes are held.
class EncodingCache {
 public:
  explicit EncodingCache(std::size_t limit) : limit_(limit) {}

  EncodedPtr find(std::size_t fragment) {
    const auto found = entries_.find(fragment);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second.place);
    return found->second.value;
  }

  void insert(std::size_t fragment, EncodedPtr value) {
    bytes_ += value->bytes();
    order_.push_front(fragment);
    entries_[fragment] = {std::move(value), order_.begin()};
    while (bytes_ > limit_ && order_.size() > 1) {
      const auto oldest = entries_.find(order_.back());
      bytes_ -= oldest->second.value->bytes();
      entries_.erase(oldest);
      order_.pop_back();
    }
  }

 private:
  struct Entry {
    EncodedPtr value;
    std::list<std::size_t>::iterator place;
  };
  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::list<std::size_t> order_;  // most recent first
  std::unordered_map<std::size_t, Entry> entries_;
};

}  // namespace segue
