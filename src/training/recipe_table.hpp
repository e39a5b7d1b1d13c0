// Every setting of a recipe, in one table: its range, what it does and its value in each of the
// bundled recipes.
#pragma once

#include <array>
#include <span>
#include <string>

namespace segue {

struct BundledRecipe {
  const char* name;
  const char* system;  // that it trains; the last recipe of a system is what the system's name means
};

inline constexpr std::array<BundledRecipe, 5> kBundledRecipes{{
    {"crnn-report", "crnn"},
    {"crnn-tuned", "crnn"},
    {"dense", "dense"},
    {"autoencoder", "autoencoder"},
    {"successor", "successor"},
}};

enum class SettingKind { integer, real, choice };

struct SettingRow {
  const char* name;
  SettingKind kind;
  double low;                                              // of numbers, inclusive
  double high;                                             // of numbers, inclusive
  const char* choices;                                     // of a choice, separated by commas
  std::array<const char*, kBundledRecipes.size()> values;  // empty: the system has no such setting
  const char* help;
};

std::span<const SettingRow> recipe_table();

// Whether it says what the network is (its layers and what they read), not how it learns: weights fit no
// other value.
bool defines_network(const SettingRow& row);

// "a whole number from 1 to 8", "one of log-mel,seam".
std::string describe_range(const SettingRow& row);

}  // namespace segue
