// What the parts of one decision cost, beside the search.
#pragma once

#include <filesystem>

namespace segue {

// Prints milliseconds on one core: hearing a fragment for its entry, the exit of what plays, telling the
// 50 nearest apart where they have been heard before and where not.
void tell_decision(const std::filesystem::path& library, const std::filesystem::path& weights);

}  // namespace segue
