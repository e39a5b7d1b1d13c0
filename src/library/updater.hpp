// Bringing a catalog up to date with the files on disk. Internal to the library module.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/analyzer.hpp"
#include "base/error.hpp"
#include "library/library.hpp"

namespace segue {

// Fills path, size and time of a file; false if it is not there.
bool read_file_status(const std::filesystem::path& path, FileRecord& record);

// What the catalog keeps of an analysis.
TrackRecord record_of(const TrackAnalysis& analysis);

// Removes tracks that no file holds any more, and their feature files.
void remove_orphans(Library& library);

// One run of Library::update(). Each file's result is committed when it is there, so that a run
// that ends early, even by kill -9, loses only the files it was at.
class Updater {
 public:
  Updater(Library& library, std::size_t workers) : library_(library), workers_(workers) {}

  UpdateReport run(const std::vector<std::filesystem::path>& paths);

 private:
  // A file that must be looked at, with its size and time from before it is read: should it change
  // meanwhile, the next run notices.
  using Candidate = FileRecord;

  void remember_catalog();
  void select(const std::vector<std::filesystem::path>& files);
  bool is_unchanged(const FileRecord& found) const;
  void process_all();
  void process(const Candidate& file);
  bool complete(const Candidate& file, const TrackId& id, const std::optional<Tags>& tags);
  // These are called with the lock held.
  bool adopt(const Candidate& file, const TrackId& id, const std::optional<Tags>& tags);
  void finish_analysis(const Candidate& file, const TrackAnalysis& analysis);
  std::optional<TrackId> leader_of(const TrackRecord& track) const;
  void record_failure(const Candidate& file, const Error& error);

  void put_first_in_front();
  void remove_gone(const std::vector<std::filesystem::path>& paths);

  Library& library_;
  std::size_t workers_;
  UpdateReport report_;
  std::unordered_map<std::string, FileRecord> known_;   // by path, before this run
  std::unordered_map<TrackId, int> analysis_versions_;  // of tracks that have a feature file
  std::vector<std::string> found_;                      // sorted
  std::vector<Candidate> candidates_;                   // largest first

  std::mutex mutex_;  // guards what follows and report_
  // Music being analyzed now, with further files that turned out to hold the same.
  std::map<TrackId, std::vector<Candidate>> in_flight_;
  std::unordered_set<std::string> moved_;  // old names of files that were found under new ones
};

}  // namespace segue
