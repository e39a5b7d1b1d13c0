// What scripts/fit_continuity.py learns from: of each folder, whose files are the fragments of a track
// in order, a line of JSON with a list for each fragment but the last: the surprises of the true next
// one, then those of some of the others.
//
// continuity_pairs FOLDER…
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "audio/decoder.hpp"
#include "base/random.hpp"
#include "model/continuity.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOthers = 24;

struct Edges {
  EdgeSound entry, exit;
};

Edges edges_of(const fs::path& file) {
  AudioDecoder decoder = AudioDecoder::open(file, 1);
  std::vector<float> samples, block(1 << 16);
  while (const auto frames = static_cast<std::size_t>(decoder.read(block)))
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(frames));
  return {entry_sound(samples), exit_sound(samples)};
}

nlohmann::json questions_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Edges> edges;
  for (const fs::path& file : files) edges.push_back(edges_of(file));
  Random random(1);
  nlohmann::json questions = nlohmann::json::array();
  for (std::size_t i = 0; i + 1 < edges.size() && edges.size() > 3; ++i) {
    nlohmann::json answers = {surprises(edges[i].exit, edges[i + 1].entry)};
    std::vector<std::size_t> others;
    for (std::size_t k = 0; k < edges.size(); ++k) {
      if (k != i && k != i + 1) others.push_back(k);
    }
    random.shuffle(std::span(others));
    others.resize(std::min(others.size(), kOthers));
    for (const std::size_t k : others) answers.push_back(surprises(edges[i].exit, edges[k].entry));
    questions.push_back(std::move(answers));
  }
  return questions;
}

}  // namespace
}  // namespace segue

int main(int argc, char** argv) {
  try {
    for (int i = 1; i < argc; ++i) std::cout << segue::questions_of(argv[i]) << std::endl;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
