// The entries of a library's fragments, kept beside it. Internal to planning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/successor_model.hpp"
#include "planning/fragment_index.hpp"
#include "planning/fragment_pool.hpp"

namespace segue {

// What entries depend on: weights, how tracks are cut and analysed, frames hidden at the edges.
struct IndexKey {
  ContentHash weights;
  std::string segmentation;  // Segmentation::key()
  Hop guard = 0;
};

// The numbers of all its fragments.
std::vector<std::size_t> all_of(const FragmentPool& pool);

// One file a key in the library's folder `index`: of a track its id, of each fragment its start, its
// entry and the id that it has in the index (63 bits of the hash of both; of two with the same hash the
// later gets another). Opening hears what of the pool is not there yet and forgets tracks that the
// catalog no longer knows; where something changed, a new file takes the place of the old one, whole.
// Two processes do not disturb each other: the last to write wins, and what it lacks is heard again. A
// file that is damaged, of another version or (a few entries are heard again each time) does not say
// what the network says is made again. Of these files the latest kKept stay.
class LibraryIndex {
 public:
  static constexpr std::size_t kKept = 8;

  // Library, pool and session (of the pool's set, with embeddings) must outlive it. Interrupted, it
  // keeps what has been heard. A file that cannot be written costs a warning. A pool of up to `exact`
  // fragments is searched exactly, whatever else is kept; of a larger one what is found depends a
  // little on what was heard before (FragmentIndex). wanted: fragments of the pool that are to be found,
  // ascending.
  LibraryIndex(Library& library, const FragmentPool& pool, std::vector<std::size_t> wanted,
               const IndexKey& key, ScoringSession& session, std::size_t exact = FragmentIndex::kExact);
  // All are to be found.
  LibraryIndex(Library& library, const FragmentPool& pool, const IndexKey& key, ScoringSession& session,
               std::size_t exact = FragmentIndex::kExact);

  // Squared, from an exit to a fragment that can be found.
  float distance(std::span<const float> exit, std::size_t fragment) const;
  // At most `count` fragments of the pool that are allowed, ascending: those nearest to an exit.
  std::vector<std::size_t> nearest(std::span<const float> exit, std::size_t count,
                                   const std::function<bool(std::size_t)>& allowed) const;

  std::size_t size() const { return index_.size(); }    // fragments of the pool, and maybe others
  std::size_t bytes() const { return index_.bytes(); }  // of memory for vectors and ids
  static std::filesystem::path file_of(const Library& library, const IndexKey& key);
  // The id that a fragment gets unless another has it: 0 … 2^63 - 1.
  static std::int64_t id_of(const TrackId& track, Hop start);

 private:
  struct Known {
    Hop start = 0;
    std::int64_t id = 0;
  };

  bool read();
  bool says_what_the_network_says() const;
  bool forget_tracks();
  bool hear_new();
  const Known* find(std::size_t fragment) const;  // of the pool; nullptr: not there yet
  void write() const;
  void keep_latest() const;
  std::string about() const;

  Library& library_;
  const FragmentPool& pool_;
  std::vector<std::size_t> wanted_;
  IndexKey key_;
  ScoringSession& session_;
  std::filesystem::path file_;
  std::size_t exact_;
  FragmentIndex index_;
  std::map<TrackId, std::vector<Known>> tracks_;               // by start
  std::unordered_map<std::int64_t, std::size_t> fragment_of_;  // of the pool
};

}  // namespace segue
