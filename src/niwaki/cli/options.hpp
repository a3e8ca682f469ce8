#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"

namespace CLI {
class App;
}

namespace niwaki {

/// What every verb takes.
struct CommonOptions {
  int threads = 0;  // 0: all processors
  std::optional<std::uint64_t> seed;
  bool quiet = false;
  bool json = false;

  void add_to(CLI::App& verb);
  /// Sets threads and quietness for the process. Throws UsageError for a number of threads out of range.
  void apply() const;
  [[nodiscard]] std::unique_ptr<Progress> progress() const { return make_progress(quiet); }
};

/// Checked before the work, so that none is lost: throws UsageError where `path` ends in none of `endings`,
/// MachineError where its folder is not there.
void check_output(const std::string& path, const std::vector<std::string>& endings);

/// Prints one line to standard output, unless --json asks for JSON and nothing else.
void print_line(const CommonOptions& options, const std::string& line);

/// Prints a result for --json.
void print_json(const std::string& document);

}  // namespace niwaki
