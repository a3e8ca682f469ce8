#include "niwaki/cli/options.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {

void CommonOptions::add_to(CLI::App& verb) {
  verb.add_option("--threads", threads, "Threads to use (default: all processors)");
  verb.add_option("--seed", seed, "Seed of every random choice")->check(CLI::NonNegativeNumber);
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

void check_output(const std::string& path, const std::vector<std::string>& endings) {
  if (std::ranges::none_of(endings, [&path](const std::string& ending) { return path.ends_with(ending); })) {
    throw UsageError(fmt::format("'{}' would not say what is in it", path), "--out",
                     fmt::format("end its name in {}", fmt::join(endings, " or ")));
  }
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder)) {
    throw MachineError("there is no such folder", folder.string(), "make it, or choose another --out");
  }
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
