#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace niwaki {

/// Which networks of a study are timed, and how.
struct StudyTiming {
  std::filesystem::path study;
  std::string method;                // empty: every method
  std::vector<double> sparsities;    // empty: every one
  std::uint64_t seed = 0;            // whose networks; all seeds' run alike
  std::vector<std::string> options;  // of `niwaki bench`, handed on to each run
};

/// Runs `niwaki bench` on the dense network and on each pruned one, each in a process of its own so that peak memory is
/// that network's, one after the other, and writes STUDY/times.json (docs/formats.md). Throws InputError where the
/// study has no such network, MachineError where a run fails. The text of the file.
std::string time_study(const StudyTiming& timing);

}  // namespace niwaki
