// Settings of a card or recipe, read with suspicion: a card may have been edited. Internal to
// model_torch.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace segue {

// Throw Error(model) if the setting is missing or out of range.
std::int64_t whole_setting(const nlohmann::json& settings, const char* name, std::int64_t low,
                           std::int64_t high);
std::string text_setting(const nlohmann::json& settings, const char* name);
// In 0 … 0.9; 0 where there is none.
double dropout_setting(const nlohmann::json& settings);

}  // namespace segue
