// Every setting of a recipe, in one table: its range, what it does and its value in the two
// bundled recipes.
#pragma once

#include <span>
#include <string>

namespace segue {

enum class SettingKind { integer, real, choice };

struct SettingRow {
  const char* name;
  SettingKind kind;
  double low;           // of numbers, inclusive
  double high;          // of numbers, inclusive
  const char* choices;  // of a choice, separated by commas
  const char* report;   // value in crnn-report
  const char* tuned;    // value in crnn-tuned
  const char* help;
};

std::span<const SettingRow> recipe_table();

// "a whole number from 1 to 8", "one of log-mel,seam".
std::string describe_range(const SettingRow& row);

}  // namespace segue
