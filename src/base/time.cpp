#include "base/time.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "base/text.hpp"

namespace segue {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw Error(ErrorKind::usage, "'" + printable(text) + "' is not a time", {},
              "write seconds (90), minutes (10:00) or hours (1:30:00)");
}

double parse_part(std::string_view part, std::string_view whole) {
  double value = 0;
  const auto [end, code] =
      std::from_chars(part.data(), part.data() + part.size(), value, std::chars_format::fixed);
  const bool complete = code == std::errc() && end == part.data() + part.size();
  if (!complete || !std::isfinite(value) || std::signbit(value)) refuse(whole);
  return value;
}

}  // namespace

Seconds parse_time(std::string_view text) {
  const std::string_view whole = trim(text);
  double total = 0;
  int parts = 0;
  for (std::string_view rest = whole;; ++parts) {
    const std::size_t colon = rest.find(':');
    const double value = parse_part(rest.substr(0, colon), whole);
    if (parts > 0 && value >= 60) refuse(whole);
    total = total * 60 + value;
    if (colon == std::string_view::npos) break;
    if (value != std::floor(value)) refuse(whole);
    rest.remove_prefix(colon + 1);
  }
  if (parts > 2) refuse(whole);
  return Seconds(total);
}

std::string format_time(Seconds time) {
  const auto total = static_cast<long long>(std::floor(std::max(0.0, time.count())));
  char buffer[48];
  if (total >= 3600) {
    std::snprintf(buffer, sizeof buffer, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60,
                  total % 60);
  } else {
    std::snprintf(buffer, sizeof buffer, "%lld:%02lld", total / 60, total % 60);
  }
  return buffer;
}

}  // namespace segue
