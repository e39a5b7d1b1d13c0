// What `segue mix` says of a mix that it has written.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "output/mix_writer.hpp"
#include "plan/plan.hpp"

namespace segue::cli {

namespace fs = std::filesystem;

// plan_file: empty where none was written.
nlohmann::json mix_to_json(const Plan& plan, const MixReport& report, const fs::path& output,
                           const fs::path& plan_file);

// The same for people, on standard output.
void tell_mix(const Plan& plan, const MixReport& report, const fs::path& output,
              const fs::path& plan_file);

}  // namespace segue::cli
