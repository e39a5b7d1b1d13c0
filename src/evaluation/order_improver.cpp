#include "evaluation/order_improver.hpp"

#include <algorithm>
#include <numeric>

#include "base/interrupt.hpp"
#include "base/random.hpp"

namespace segue {
namespace {

using Node = std::uint32_t;

constexpr std::size_t kNear = 10;        // successors looked at
constexpr std::size_t kLongestRun = 30;  // that a kick moves

// A ring of places that hold nodes.
class Ring {
 public:
  explicit Ring(std::vector<Node> nodes) : nodes_(std::move(nodes)), place_(nodes_.size()) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) place_[nodes_[i]] = static_cast<Node>(i);
  }

  std::size_t size() const { return nodes_.size(); }
  std::size_t place(Node node) const { return place_[node]; }
  Node at(std::size_t place) const { return nodes_[place < size() ? place : place - size()]; }
  Node next(Node node) const { return at(place_[node] + 1); }
  Node previous(Node node) const { return at(place_[node] + size() - 1); }
  // How far after `from` another lies.
  std::size_t distance(Node from, Node to) const {
    return place_[to] >= place_[from] ? place_[to] - place_[from] : place_[to] + size() - place_[from];
  }

  // The run of `first` nodes from `begin` changes places with the `second` nodes behind it.
  void swap_runs(std::size_t begin, std::size_t first, std::size_t second) {
    held_.clear();
    for (std::size_t i = 0; i < first + second; ++i)
      held_.push_back(at(begin + (i < second ? first + i : i - second)));
    for (std::size_t i = 0; i < held_.size(); ++i) {
      const std::size_t to = begin + i < size() ? begin + i : begin + i - size();
      nodes_[to] = held_[i];
      place_[held_[i]] = static_cast<Node>(to);
    }
  }

 private:
  std::vector<Node> nodes_;
  std::vector<Node> place_;  // 32 bits are enough, and stay in the cache
  std::vector<Node> held_;
};

class Improver {
 public:
  Improver(std::vector<float> matrix, std::size_t n, std::uint64_t seed)
      : matrix_(std::move(matrix)), n_(n), near_(n + 1), ring_({}), random_(seed) {
    ring_ = Ring(greedy_edges());
    waits_.assign(n + 1, false);
  }

  std::vector<std::size_t> run(std::size_t kicks) {
    std::vector<Node> all(n_ + 1);
    std::iota(all.begin(), all.end(), Node{0});
    random_.shuffle(std::span(all));
    for (const Node node : all) wait(node);
    mend();
    for (std::size_t kick = 0; kick < kicks && n_ >= 3; ++kick) {
      if (kick % 256 == 0) throw_if_interrupted();
      moves_.clear();
      const double lost = turn_about();
      if (lost + mend() < 0) take_back();
    }
    std::vector<std::size_t> order;
    for (std::size_t i = 1; i <= n_; ++i) order.push_back(ring_.at(ring_.place(end()) + i));
    return order;
  }

 private:
  struct Edge {
    float score;
    Node from, to;
  };
  struct Successor {
    float score;  // kept here too: the matrix is larger than caches
    Node node;
  };
  struct Move {
    std::size_t begin, first, second;
  };

  Node end() const { return static_cast<Node>(n_); }  // between the last piece and the first
  double score(Node a, Node b) const { return matrix_[a * (n_ + 1) + b]; }

  // Joins the best pairs first; sets near_, least_gain_ and the scores of the end on the way.
  std::vector<Node> greedy_edges() {
    std::vector<Edge> edges;
    edges.reserve(n_ * (n_ - 1));
    for (Node a = 0; a < n_; ++a) {
      for (Node b = 0; b < n_; ++b) {
        if (a != b) edges.push_back({static_cast<float>(score(a, b)), a, b});
      }
    }
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
      return a.score != b.score ? a.score > b.score : std::pair(a.from, a.to) < std::pair(b.from, b.to);
    });
    least_gain_ = 1e-9 * (static_cast<double>(edges.front().score) - edges.back().score);
    constexpr Node none = static_cast<Node>(-1);
    std::vector<Node> next(n_, none), first_of(n_);  // first_of: of the run that ends with a node
    std::vector<Node> last_of(n_);
    std::vector<bool> begins(n_, true);
    std::iota(first_of.begin(), first_of.end(), Node{0});
    std::iota(last_of.begin(), last_of.end(), Node{0});
    std::vector<Node> by_entry;  // by the best that any piece comes before them, best first
    std::vector<bool> entered(n_, false);
    for (const auto& [value, a, b] : edges) {
      if (near_[a].size() < kNear) near_[a].push_back({value, b});
      if (!entered[b]) by_entry.push_back(b);
      entered[b] = true;
      if (next[a] != none || !begins[b] || first_of[a] == b) continue;
      next[a] = b;
      begins[b] = false;
      const Node first = first_of[a], last = last_of[b];
      last_of[first] = last;
      first_of[last] = first;
    }
    set_end(by_entry);
    std::vector<Node> ring{end()};
    const auto first = static_cast<Node>(std::find(begins.begin(), begins.end(), true) - begins.begin());
    for (Node node = first; node != none; node = next[node]) ring.push_back(node);
    return ring;
  }

  // Its score, the same everywhere, changes no order's rank; a usual one makes it join and part as
  // pieces do. What nothing comes before well is likely the first.
  void set_end(const std::vector<Node>& by_entry) {
    double usual = 0;
    for (Node a = 0; a < n_; ++a) usual += near_[a].front().score / static_cast<double>(n_);
    const auto value = static_cast<float>(usual);
    for (Node a = 0; a < n_; ++a) {
      matrix_[a * (n_ + 1) + n_] = matrix_[n_ * (n_ + 1) + a] = value;
      const auto worse = std::find_if(near_[a].begin(), near_[a].end(),
                                      [&](const Successor& near) { return near.score < value; });
      near_[a].insert(worse, {value, end()});
    }
    for (std::size_t i = 0; i < std::min(kNear, n_); ++i)
      near_[n_].push_back({value, by_entry[n_ - 1 - i]});
  }

  void wait(Node node) {
    if (waits_[node]) return;
    waits_[node] = true;
    queue_.push_back(node);
  }

  // Until nothing that waits can gain; returns the gain.
  double mend() {
    double gained = 0;
    for (std::size_t i = 0; i < queue_.size(); ++i) {
      const Node node = queue_[i];
      waits_[node] = false;
      for (double gain = gain_at(node); gain > 0; gain = gain_at(node)) gained += gain;
    }
    queue_.clear();
    return gained;
  }

  // Finds a → a' … b → b' … c → c' that is better as a → b' … c → a' … b → c'.
  double gain_at(Node a) {
    const Node a2 = ring_.next(a);
    const double left = score(a, a2);
    for (const auto& [score_b2, b2] : near_[a]) {
      const double first = score_b2 - left;
      if (first <= least_gain_) break;
      const Node b = ring_.previous(b2);
      const std::size_t to_b = ring_.distance(a, b);
      const double parted = score(b, b2);
      for (const auto& [score_c2, c2] : near_[b]) {
        const double second = first + score_c2 - parted;
        if (second <= least_gain_) break;
        const Node c = ring_.previous(c2);
        const std::size_t to_c = ring_.distance(a, c);
        if (to_c <= to_b) continue;
        const double gain = second + score(c, a2) - score(c, c2);
        if (gain <= least_gain_) continue;
        exchange(ring_.place(a) + 1, to_b, to_c - to_b);
        for (const Node node : {a, b, c}) wait(node);
        return gain;
      }
    }
    return 0;
  }

  // Two runs behind each other change places. On a ring that is the same for any two of the three
  // runs that it falls into: the shortest are moved.
  void exchange(std::size_t begin, std::size_t first, std::size_t second) {
    const std::size_t size = ring_.size(), third = size - first - second;
    Move move{begin % size, first, second};
    if (first >= second && first >= third)
      move = {(begin + first) % size, second, third};
    else if (second >= first && second >= third)
      move = {(begin + first + second) % size, third, first};
    ring_.swap_runs(move.begin, move.first, move.second);
    moves_.push_back(move);
  }

  // Runs B C D become D C B; returns what that gains, mostly less than nothing.
  double turn_about() {
    const std::size_t longest = std::min(kLongestRun, ring_.size() / 3);
    std::size_t length[3];
    for (std::size_t& run : length) run = 1 + random_.below(longest);
    while (length[0] + length[1] + length[2] >= ring_.size()) --*std::max_element(length, length + 3);
    const std::size_t before = random_.below(ring_.size()), begin = before + 1;
    const std::size_t seams[] = {before, before + length[0], before + length[0] + length[1],
                                 before + length[0] + length[1] + length[2]};
    double gain = 0;
    for (const std::size_t seam : seams) gain -= score_at(seam);
    exchange_at(begin, length[0], length[1] + length[2]);
    exchange_at(begin, length[1], length[2]);
    for (const std::size_t seam :
         {before, before + length[2], before + length[2] + length[1], seams[3]}) {
      gain += score_at(seam);
      wait(ring_.at(seam % ring_.size()));
    }
    return gain;
  }

  // As given, so that places stay where they are.
  void exchange_at(std::size_t begin, std::size_t first, std::size_t second) {
    const Move move{begin % ring_.size(), first, second};
    ring_.swap_runs(move.begin, move.first, move.second);
    moves_.push_back(move);
  }

  double score_at(std::size_t place) const {
    return score(ring_.at(place % ring_.size()), ring_.at((place + 1) % ring_.size()));
  }

  void take_back() {
    for (std::size_t i = moves_.size(); i-- > 0;)
      ring_.swap_runs(moves_[i].begin, moves_[i].second, moves_[i].first);
  }

  std::vector<float> matrix_;
  std::size_t n_;
  std::vector<std::vector<Successor>> near_;  // successors of each node, best first
  Ring ring_;
  Random random_;
  double least_gain_ = 0;  // less is rounding
  std::vector<Node> queue_;
  std::vector<bool> waits_;
  std::vector<Move> moves_;  // since the last kick
};

}  // namespace

std::vector<std::size_t> improved_order(std::vector<float> matrix, std::size_t n, std::size_t kicks,
                                        std::uint64_t seed) {
  return Improver(std::move(matrix), n, seed).run(kicks);
}

}  // namespace segue
