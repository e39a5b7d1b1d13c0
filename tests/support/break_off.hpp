// Ctrl-C at a certain moment.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "base/error.hpp"
#include "base/interrupt.hpp"

namespace segue::test {

// Does `work` and interrupts it as soon as `file` exists. Expects it to end within a second.
inline void break_off(const std::function<void()>& work, const std::filesystem::path& file) {
  std::chrono::steady_clock::time_point asked_to_end;
  std::thread user([&] {
    while (!std::filesystem::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    asked_to_end = std::chrono::steady_clock::now();
    request_interrupt();
  });
  EXPECT_THROW(work(), Error);
  const auto ended = std::chrono::steady_clock::now();
  user.join();
  EXPECT_LT(ended - asked_to_end, std::chrono::seconds(1));
  clear_interrupt();
}

}  // namespace segue::test
