// segue alone: asks in the terminal, as the report's prototype did. Enter takes the answer in brackets.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"

namespace segue::cli {
namespace {

// The line typed, or `fallback` for Enter. Throws where nobody is there to answer.
std::string ask(const std::string& question, const std::string& fallback) {
  std::cerr << question << (fallback.empty() ? " " : " [" + fallback + "] ") << std::flush;
  // Not in getline: an interrupt just before it begins to wait would go unheard.
  std::setvbuf(stdin, nullptr, _IONBF, 0);  // what was typed ahead lies where poll() sees it
  pollfd typed{STDIN_FILENO, POLLIN, 0};
  while (!interrupted() && ::poll(&typed, 1, 100) <= 0) {
  }
  std::string line;
  if (interrupted() || !std::getline(std::cin, line)) {
    std::cerr << '\n';
    throw_if_interrupted();
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

// Where desktops keep music, if it is there.
std::string usual_folder(const fs::path& home) {
  std::error_code code;
  for (const char* name : {"Music", "Musik"}) {
    if (fs::is_directory(home / name, code)) return "~/" + std::string(name);
  }
  return "";
}

fs::path ask_folder() {
  const char* variable = std::getenv("HOME");
  const std::string home = variable != nullptr ? variable : "";
  for (;;) {
    std::string answer = ask("Which folder holds your music?", usual_folder(home));
    if (answer.starts_with("~/")) answer = home + answer.substr(1);
    if (answer.empty()) {
      std::cerr << "Please name one.\n";
      continue;
    }
    try {
      find_music({answer});
      return answer;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;
      std::cerr << error.what() << '\n';
    }
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
  context.make_mix(music, length, free_name());
}

}  // namespace segue::cli
