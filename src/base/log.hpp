// Messages for the person at the terminal. All go to standard error, so that
// standard output holds results alone.
#pragma once

#include <string_view>

namespace segue {

enum class Verbosity { quiet, normal, verbose };

void set_verbosity(Verbosity verbosity) noexcept;
Verbosity verbosity() noexcept;

void log_info(std::string_view message);     // unless quiet
void log_warning(std::string_view message);  // always
void log_detail(std::string_view message);   // verbose only

}  // namespace segue
