#include "base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <mutex>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace segue {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTerminalInterval = std::chrono::milliseconds(100);
constexpr auto kPlainInterval = std::chrono::seconds(5);

std::mutex terminal;        // one writer at a time
bool line_is_open = false;  // a progress line stands on the terminal

bool on_terminal() {
  static const bool result = ::isatty(STDERR_FILENO) == 1;
  return result;
}

void clear_line() {
  if (line_is_open) std::fputs("\r\x1b[K", stderr);
  line_is_open = false;
}

void print_message(std::string_view message) {
  const std::lock_guard lock(terminal);
  clear_line();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
}

Verbosity current_verbosity = Verbosity::normal;

}  // namespace

void set_verbosity(Verbosity verbosity) noexcept { current_verbosity = verbosity; }
Verbosity verbosity() noexcept { return current_verbosity; }

void log_info(std::string_view message) {
  if (current_verbosity != Verbosity::quiet) print_message(message);
}
void log_warning(std::string_view message) { print_message(message); }
void log_detail(std::string_view message) {
  if (current_verbosity == Verbosity::verbose) print_message(message);
}

struct Progress::State {
  std::string label;
  double total;
  std::string unit;
  double done = 0;
  Clock::time_point start = Clock::now();
  Clock::time_point shown = start;

  std::string line(const std::string& detail) const {
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    const double rate = elapsed > 0 ? done / elapsed : 0;
    char buffer[256];
    if (total > 0) {
      const double left = rate > 0 ? std::max(0.0, total - done) / rate : 0;
      std::snprintf(buffer, sizeof buffer, "%s: %.0f of %.0f %s (%.0f %%), %.3g/s, %s left",
                    label.c_str(), done, total, unit.c_str(), 100 * std::min(1.0, done / total), rate,
                    rate > 0 ? format_time(Seconds(left)).c_str() : "?");
    } else {
      std::snprintf(buffer, sizeof buffer, "%s: %.0f %s, %.3g/s", label.c_str(), done, unit.c_str(),
                    rate);
    }
    std::string text = buffer;
    if (!detail.empty()) text += "  " + printable(std::string_view(detail));
    return text;
  }

  // Called with `terminal` held.
  void show(const std::string& detail) {
    if (current_verbosity == Verbosity::quiet) return;
    const auto now = Clock::now();
    if (now - shown < (on_terminal() ? Clock::duration(kTerminalInterval) : kPlainInterval)) return;
    shown = now;
    std::string text = line(detail);
    if (on_terminal()) {
      constexpr std::size_t width = 100;  // wrapped lines cannot be redrawn
      if (text.size() > width) text.resize(width);
      std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
      std::fflush(stderr);
      line_is_open = true;
    } else {
      std::fprintf(stderr, "%s\n", text.c_str());
    }
  }
};

Progress::Progress(std::string label, double total, std::string unit)
    : state_(std::make_unique<State>(State{std::move(label), total, std::move(unit)})) {}

Progress::~Progress() {
  const std::lock_guard lock(terminal);
  clear_line();
}

void Progress::advance(double amount, const std::string& detail) {
  const std::lock_guard lock(terminal);
  state_->done += amount;
  state_->show(detail);
}

void Progress::set(double done, const std::string& detail) {
  const std::lock_guard lock(terminal);
  state_->done = done;
  state_->show(detail);
}

}  // namespace segue
