// What is computed once per fragment, kept within a bound. Internal to model_torch.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/parallel.hpp"

namespace segue {

// By fragment; forgets what was asked for longest ago once `limit` bytes are held. Value has bytes().
// Not thread-safe.
template <class Value>
class FragmentCache {
 public:
  using Ptr = std::shared_ptr<const Value>;

  explicit FragmentCache(std::size_t limit) : limit_(limit) {}

  // One value for each of `fragments`, in their order; what is missing is made by make(fragment) → Ptr
  // on up to `threads` threads.
  template <class Fragments, class Make>
  std::vector<Ptr> get(const Fragments& fragments, std::size_t threads, const Make& make) {
    std::vector<Ptr> values;
    std::vector<std::size_t> missing;
    std::unordered_map<std::size_t, Ptr> made;
    for (const std::size_t fragment : fragments) {
      values.push_back(find(fragment));
      if (values.back() == nullptr && made.emplace(fragment, nullptr).second)
        missing.push_back(fragment);
    }
    if (missing.empty()) return values;
    std::vector<Ptr> fresh(missing.size());
    parallel_for(missing.size(), threads, [&](std::size_t i) { fresh[i] = make(missing[i]); });
    for (std::size_t i = 0; i < missing.size(); ++i) {
      insert(missing[i], fresh[i]);
      made[missing[i]] = fresh[i];
    }
    std::size_t place = 0;
    for (const std::size_t fragment : fragments) {
      if (values[place] == nullptr) values[place] = made.at(fragment);
      ++place;
    }
    return values;
  }

 private:
  struct Entry {
    Ptr value;
    std::list<std::size_t>::iterator place;
  };

  Ptr find(std::size_t fragment) {
    const auto found = entries_.find(fragment);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second.place);
    return found->second.value;
  }

  void insert(std::size_t fragment, Ptr value) {
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

  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::list<std::size_t> order_;  // most recent first
  std::unordered_map<std::size_t, Entry> entries_;
};

}  // namespace segue
