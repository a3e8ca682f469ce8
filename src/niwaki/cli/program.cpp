#include "niwaki/cli/program.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include <CLI/CLI.hpp>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/gate_refusal.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/core/version.hpp"

namespace niwaki {
namespace {

int failed(ExitCode code, const std::string& message) {
  std::fflush(stdout);
  const std::string line = fmt::format("niwaki: error: {}\n", message);
  std::fputs(line.c_str(), stderr);  // throws nothing where that is closed too
  return static_cast<int>(code);
}

/// CLI11 would say that a verb is missing where one is mistyped.
void check_verb(const CLI::App& program, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') {
    return;
  }
  const std::string given = argv[1];
  std::vector<std::string> verbs;
  for (const CLI::App* verb : program.get_subcommands(nullptr)) {
    verbs.push_back(verb->get_name());
  }
  if (std::ranges::find(verbs, given) == verbs.end()) {
    throw UsageError(fmt::format("there is no verb '{}'{}", given, did_you_mean(given, verbs)), "the command line",
                     "see niwaki --help");
  }
}

void set_up(CLI::App& program) {
  program.require_subcommand(1);
  program.set_version_flag("--version", std::string("niwaki ") + version());
  program.get_formatter()->column_width(36);
}

/// libtorch's errors bring their stack with them.
std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

int parse_and_run(CLI::App& program, int argc, const char* const* argv) {
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    return program.exit(wanted);  // --help, --version
  } catch (const CLI::ParseError& error) {
    return failed(ExitCode::kUsage, fmt::format("the command line is wrong: {}: see niwaki --help", error.what()));
  }
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace

int run_program(int argc, const char* const* argv, const std::function<void(CLI::App&)>& add_verbs) {
  CLI::App program("Niwaki: how far may an image classifier be pruned before it forgets someone?", "niwaki");
  try {
    set_up(program);
    add_verbs(program);
    install_signal_handlers();
    check_verb(program, argc, argv);
    return parse_and_run(program, argc, argv);
  } catch (const UsageError& error) {
    return failed(ExitCode::kUsage, error.what());
  } catch (const InputError& error) {
    return failed(ExitCode::kInput, error.what());
  } catch (const GateRefusal& error) {
    return failed(ExitCode::kGateSaidNo, error.what());
  } catch (const MachineError& error) {
    return failed(ExitCode::kFailed, error.what());
  } catch (const Interrupted&) {
    return failed(ExitCode::kInterrupted,
                  "interrupted: on request: what was finished is kept; run the same command to go on");
  } catch (const std::system_error& error) {
    // What is printed went nowhere: a pipe whose reader has gone, a full disk.
    return failed(ExitCode::kFailed, fmt::format("cannot write ({}): standard output: give the result somewhere to go",
                                                 error.code().message()));
  } catch (const std::bad_alloc&) {
    return failed(ExitCode::kFailed,
                  "out of memory: this machine: give it more, or a smaller batch or cohort.cache_gigabytes");
  } catch (const std::exception& error) {
    return failed(ExitCode::kFailed,
                  fmt::format("a bug: {}: please report it with the command that you ran", first_line(error.what())));
  }
}

}  // namespace niwaki
