#include "niwaki/cli/options.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {

void CommonOptions::add_to(CLI::App& verb) {
  verb.add_option("--threads", threads, "Threads to use (default: all processors)");
  verb.add_option("--seed", seed, "Seed of every random choice");
  verb.add_flag("--quiet", quiet, "No progress, no notes");
  verb.add_flag("--json", json, "Print the result as JSON and nothing else");
}

void CommonOptions::apply() const {
  constexpr int kMostThreads = 1024;
  if (threads < 0 || threads > kMostThreads) {
    throw UsageError(fmt::format("{} threads", threads), "--threads",
                     fmt::format("choose 1 to {}, or leave it out", kMostThreads));
  }
  if (threads > 0) {
    set_thread_count(threads);
  }
  set_quiet(quiet || json);
}

void print_line(const CommonOptions& options, const std::string& line) {
  if (!options.json) {
    fmt::print("{}\n", line);
  }
}

void print_json(const std::string& document) {
  fmt::print("{}\n", document);
}

}  // namespace niwaki
