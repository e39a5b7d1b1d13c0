// Entries and exits of real music, as many as are wanted.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace segue {

struct Embeddings {
  std::size_t width = 0;       // D
  std::size_t real = 0;        // of the entries, heard; the others are made from them
  std::vector<float> entries;  // [n × D], in random order
  std::vector<float> exits;    // [questions × D]
};

// Of 3-s fragments cut from every track of a library at every hop, so that each hears something else.
// Where that is less than `count`, further ones are made: a heard entry moved by a quarter of the way
// between two others of its track, in directions in which music of that kind does differ. Kept in
// `cache`, which is read where it is there. Uses one core.
Embeddings embeddings_of(const std::filesystem::path& library, const std::filesystem::path& weights,
                         std::size_t count, const std::filesystem::path& cache);

}  // namespace segue
