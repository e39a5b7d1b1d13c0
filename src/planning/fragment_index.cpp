#include "planning/fragment_index.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/error.hpp"
#include "planning/fragment_index_state.hpp"

namespace segue {
namespace {

[[noreturn]] void refuse(const std::string& problem) { throw Error(ErrorKind::internal, problem); }

}  // namespace

FragmentIndex::FragmentIndex(std::size_t dimension, std::size_t exact) {
  if (dimension < 1 || dimension > kMostNumbers) refuse("an index holds vectors of 1 to 4096 numbers");
  state_ = std::make_unique<State>(dimension, exact);
}
FragmentIndex::FragmentIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
FragmentIndex::~FragmentIndex() = default;
FragmentIndex::FragmentIndex(FragmentIndex&&) noexcept = default;
FragmentIndex& FragmentIndex::operator=(FragmentIndex&&) noexcept = default;

std::size_t FragmentIndex::size() const noexcept { return state_->size(); }
std::size_t FragmentIndex::dimension() const noexcept { return state_->dimension; }
bool FragmentIndex::exact() const noexcept { return size() <= state_->exact; }
bool FragmentIndex::contains(std::int64_t id) const { return state_->row_of.count(id) > 0; }

std::size_t FragmentIndex::bytes() const noexcept {
  const State& s = *state_;
  const std::size_t numbers = s.rows.capacity() + (s.inverted ? s.size() * s.head : 0);
  // A node of the hash table holds the id, the row and a pointer, and there is a bucket for each.
  return numbers * sizeof(float) + s.ids.capacity() * sizeof(std::int64_t) +
         s.size() * (24 + sizeof(void*)) + (s.inverted ? s.size() * sizeof(std::int64_t) : 0);
}

void FragmentIndex::add(std::span<const std::int64_t> ids, std::span<const float> vectors) {
  State& s = *state_;
  if (vectors.size() != ids.size() * s.dimension) refuse("an index got vectors of another size");
  if (!std::all_of(vectors.begin(), vectors.end(), [](float x) { return std::isfinite(x); })) {
    throw Error(ErrorKind::model, "the network gave an embedding that is no number", {},
                "train it again, or choose another with --model");
  }
  if (ids.empty()) return;
  std::unordered_set<std::int64_t> fresh;
  for (const std::int64_t id : ids) {
    if (id < 0) refuse("an index got a negative id");
    if (contains(id) || !fresh.insert(id).second) refuse("an index got the same id twice");
  }
  const std::size_t first = s.size();
  for (std::size_t i = 0; i < ids.size(); ++i) s.append(ids[i], vectors.data() + i * s.dimension);
  if (s.inverted) s.append_to_lists(first);
  s.settle();
}

void FragmentIndex::remove(std::span<const std::int64_t> ids) {
  State& s = *state_;
  std::vector<std::int64_t> gone;
  for (const std::int64_t id : ids) {
    const auto found = s.row_of.find(id);
    if (found == s.row_of.end()) continue;
    const std::size_t place = found->second, last = s.size() - 1;
    s.row_of.erase(found);
    gone.push_back(id);
    if (place != last) {  // the last row takes the free place
      std::copy_n(s.row(last), s.dimension, s.rows.data() + place * s.dimension);
      s.ids[place] = s.ids[last];
      s.row_of[s.ids[place]] = place;
    }
    s.ids.pop_back();
    s.rows.resize(last * s.dimension);
  }
  if (s.inverted && !gone.empty())
    s.inverted->file.remove_ids(faiss::IDSelectorBatch(gone.size(), gone.data()));
  s.settle();
}

FragmentIndex FragmentIndex::subset(std::span<const std::int64_t> ids) const {
  auto few = std::make_unique<State>(state_->dimension, state_->exact);
  for (const std::int64_t id : ids) {
    const auto found = state_->row_of.find(id);
    if (found == state_->row_of.end() || few->row_of.count(id) > 0)
      refuse("a subset names what is not there, or one twice");
    few->append(id, state_->row(found->second));
  }
  few->settle();
  return FragmentIndex(std::move(few));
}

float FragmentIndex::distance(std::int64_t id, std::span<const float> vector) const {
  const auto found = state_->row_of.find(id);
  if (found == state_->row_of.end() || vector.size() != state_->dimension)
    refuse("an index was asked for a distance that it cannot have");
  return state_->distance(vector, found->second);
}

std::vector<IndexHit> FragmentIndex::search(std::span<const float> vector, std::size_t count,
                                            const std::function<bool(std::int64_t)>& allowed) const {
  const State& s = *state_;
  if (vector.size() != s.dimension) refuse("an index was asked with a vector of another size");
  if (count == 0 || s.size() == 0) return {};
  return s.inverted ? s.search_lists(vector, count, allowed) : s.compare_all(vector, count, allowed);
}

}  // namespace segue
