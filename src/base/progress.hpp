// How far long work has come: a line that redraws itself on a terminal, plain
// lines every few seconds elsewhere, nothing when quiet.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace segue {

class Progress {
 public:
  // label: what is done ("analyzing"); total: how much there is, in `unit`s
  // ("tracks", "s of audio"); 0 if unknown.
  Progress(std::string label, double total, std::string unit);
  ~Progress();  // clears the terminal line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Thread-safe. Shows count, rate and remaining time; `detail` is what is at hand.
  void advance(double amount, const std::string& detail = {});
  void set(double done, const std::string& detail = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue
