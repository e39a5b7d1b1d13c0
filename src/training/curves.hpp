// What a run looked like, epoch by epoch: as CSV for programs and as a picture for people.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace segue {

struct EpochRecord {
  int epoch = 0;  // from 1
  double train_loss = 0;
  double train_auc = 0;        // true next against negatives of the same clip, dropout on
  double validation_loss = 0;  // NaN where the labels that are learnt hold for the train side alone
  double validation_auc = 0;   // true next against random fragments of the same track
  double learning_rate = 0;    // at the end of the epoch
  double seconds = 0;
};

void to_json(nlohmann::json& json, const EpochRecord& record);
void from_json(const nlohmann::json& json, EpochRecord& record);

// Writes curves.csv and curves.svg into `folder`. Throws Error(output).
void write_curves(const std::filesystem::path& folder, const std::string& title,
                  const std::vector<EpochRecord>& records);

// The picture alone: loss on the left, AUC on the right, train and validation in each.
std::string curves_svg(const std::string& title, const std::vector<EpochRecord>& records);

}  // namespace segue
