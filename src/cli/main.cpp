// The command line: parses, runs one command, turns errors into one sentence and an exit status.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <limits>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/math_libraries.hpp"
#include "base/memory.hpp"
#include "base/paths.hpp"
#include "base/version.hpp"
#include "cli/command.hpp"
#include "cli/settings.hpp"

namespace segue::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit status: 0 done, 1 defect, 2 wrong usage, 3 input, 4 output, 5 library, 6 model, "
    "7 rules leave nothing, 130 interrupted.";

void add_global_flags(CLI::App& app, Context& context) {
  app.add_flag("--json", context.json, "Print the result as JSON");
  app.add_option("--seed", context.seed, "Same seed, same result")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()))
      ->capture_default_str();
  app.add_flag("-q,--quiet", context.quiet, "No progress, no notes; only results and errors");
  app.add_flag("-v,--verbose", context.verbose, "Say more");
  app.add_option("--library", context.library_folder, "Folder of the library")->capture_default_str();
  app.set_version_flag("--version", std::string("segue ") + version());
}

int run(int argc, char** argv) {
  Context context;
  context.library_folder = user_data_folder().native();
  context.arguments.assign(argv + 1, argv + argc);

  CLI::App app(
      "segue listens to your music, cuts it into fragments and lets a neural network that taught\n"
      "itself decide which fragment follows which. Alone it asks what to make.",
      "segue");
  app.footer(std::string("Examples:\n  segue mix ~/Music --length 10:00 -o set.flac\n  segue\n") +
             kExitCodes);
  app.fallthrough();  // global flags may stand after the command
  app.require_subcommand(0, 1);
  add_global_flags(app, context);
  add_mix(app, context);
  add_analyze(app, context);
  add_import(app, context);
  add_train(app, context);
  add_evaluate(app, context);
  add_cut(app, context);
  add_rebuild(app, context);
  add_judge(app, context);
  add_library(app, context);
  add_config(app, context);
  Settings::find().apply(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw Error(ErrorKind::usage, error.what(), {}, "see 'segue --help'");
  }
  if (context.quiet) set_verbosity(Verbosity::quiet);
  if (context.verbose) set_verbosity(Verbosity::verbose);
  catch_interrupts();
  if (context.action) {
    context.action();
  } else {
    ask_for_mix(context);
  }
  return 0;
}

}  // namespace
}  // namespace segue::cli

constexpr int kReaderLeft = 141;  // as shells have it of programs that SIGPIPE ends

int main(int argc, char** argv) {
  // Both are loaded by now. Where the program cannot start anew, it is only slower.
  if (segue::tell_math_libraries()) ::execv("/proc/self/exe", argv);
  segue::keep_freed_memory();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  std::signal(SIGPIPE, SIG_IGN);  // what is half written is taken away; a mix goes on
  try {
    return segue::cli::run(argc, argv);
  } catch (const segue::Error& error) {
    if (segue::cli::reader_has_left()) return kReaderLeft;
    segue::log_warning(std::string("segue: ") + error.what());
    return error.exit_status();
  } catch (const std::bad_alloc&) {
    segue::log_warning("segue: memory ran out; give less at a time.");
  } catch (const std::exception& error) {
    segue::log_warning(std::string("segue: a defect: ") + error.what());
  }
  return static_cast<int>(segue::ErrorKind::internal);
}
