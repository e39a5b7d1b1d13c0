// segue alone: asks in the terminal, as the report's prototype did. Enter takes the answer in brackets.
#include <cstdio>
#include <iostream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"

namespace segue::cli {
namespace {

// The line typed, or `fallback` for Enter. Throws where nobody is there to answer.
std::string ask(const std::string& question, const std::string& fallback) {
  std::cerr << question << (fallback.empty() ? " " : " [" + fallback + "] ") << std::flush;
  std::string line;
  if (!std::getline(std::cin, line)) {
    std::cerr << '\n';
    throw Error(ErrorKind::usage, "nobody answered", {},
                "run it in a terminal, or use 'segue mix' (see --help)");
  }
  const std::string answer(trim(line));
  return answer.empty() ? fallback : answer;
}

bool ask_yes_no(const std::string& question) {
  for (;;) {
    const std::string answer = lower_ascii(ask(question, "yes"));
    if (answer == "yes" || answer == "y" || answer == "ja" || answer == "j") return true;
    if (answer == "no" || answer == "n" || answer == "nein") return false;
    std::cerr << "Please answer yes or no.\n";
  }
}

std::string ask_length() {
  for (;;) {
    const std::string answer = ask("How long should it be, in seconds?", "180");
    try {
      const Seconds length = parse_time(answer);
      if (length >= Seconds(1) && length <= Seconds(24 * 3600)) return answer;
      std::cerr << "Between one second and 24 hours, please.\n";
    } catch (const Error& error) {
      std::cerr << error.what() << '\n';
    }
  }
}

fs::path ask_folder() {
  for (;;) {
    std::string answer = ask("Which folder holds your music?", "");
    if (answer.starts_with("~/")) {
      const char* home = std::getenv("HOME");
      answer = std::string(home != nullptr ? home : "") + answer.substr(1);
    }
    std::error_code code;
    if (!answer.empty() && fs::exists(answer, code)) return answer;
    std::cerr << "There is no '" << printable(std::string_view(answer)) << "'.\n";
  }
}

// mix.flac, or mix-2.flac … where that exists already.
fs::path free_name() {
  for (int number = 1;; ++number) {
    const fs::path name = number == 1 ? "mix.flac" : "mix-" + std::to_string(number) + ".flac";
    if (!fs::exists(name)) return name;
  }
}

}  // namespace

void ask_for_mix(Context& context) {
  if (!ask_yes_no("Make a new mix?")) return;
  const std::string length = ask_length();
  std::vector<fs::path> music;
  if (Library(context.library_folder).tracks({}).empty()) music.push_back(ask_folder());
  make_mix(context, music, length, free_name());
}

}  // namespace segue::cli
