#include "base/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "base/error.hpp"

namespace segue {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler needs a lock-free flag");

void on_signal(int) {
  if (flag.exchange(true)) ::_exit(static_cast<int>(ErrorKind::interrupted));
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction hang_up {};
  ::sigaction(SIGHUP, nullptr, &hang_up);
  if (hang_up.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);
}

bool interrupted() noexcept { return flag.load(std::memory_order_relaxed); }
void request_interrupt() noexcept { flag = true; }
void clear_interrupt() noexcept { flag = false; }

void throw_if_interrupted() {
  if (interrupted()) throw Error(ErrorKind::interrupted, "interrupted");
}

}  // namespace segue
