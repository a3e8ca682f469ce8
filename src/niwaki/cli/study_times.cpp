#include "niwaki/cli/study_times.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>

#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "niwaki/audit/decision/outside_evidence.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/instruction_set.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/core/version.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

/// This program with these arguments; what it prints. Its messages go where ours go.
std::string output_of(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"niwaki"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  std::ranges::transform(words, std::back_inserter(pointers), [](std::string& word) { return word.data(); });
  pointers.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    throw MachineError(fmt::format("no pipe can be had ({})", std::strerror(errno)), "niwaki bench",
                       "close other programs");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  pid_t child = 0;
  const int failed = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  std::array<char, 4096> block{};
  for (ssize_t read = 0; failed == 0 && (read = ::read(ends[0], block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(read));
  }
  close(ends[0]);
  int status = 0;
  if (failed == 0) {
    waitpid(child, &status, 0);
  }
  throw_if_cancelled();
  if (failed != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw MachineError("a run that measures did not end well", joined(arguments, " "), "its message stands above");
  }
  return text;
}

bool wanted(const NetworkFile& file, const StudyTiming& timing) {
  if (file.seed != timing.seed) {
    return false;
  }
  const bool listed = timing.sparsities.empty() || std::ranges::any_of(timing.sparsities, [&](double sparsity) {
                        return std::abs(sparsity - file.sparsity) < 1e-9;
                      });
  return file.sparsity == 0.0 || (listed && (timing.method.empty() || file.method == timing.method));
}

Json measured(const NetworkFile& file, const Json& run) {
  return {{"method", file.method},
          {"seed", file.seed},
          {"sparsity", file.sparsity},
          {"file_bytes", file.bytes},
          {"sha256", sha256_file(file.path)},
          {"images_per_second", run.at("images_per_second")},
          {"milliseconds_per_image", run.at("milliseconds_per_image")},
          {"runs", run.at("runs")},
          {"peak_bytes", run.at("peak_bytes")}};
}

}  // namespace

std::string time_study(const StudyTiming& timing) {
  std::vector<NetworkFile> files = network_files(timing.study);
  std::erase_if(files, [&](const NetworkFile& file) { return !wanted(file, timing); });
  const bool dense = std::ranges::any_of(files, [](const NetworkFile& file) { return file.sparsity == 0.0; });
  if (!dense || files.size() < 2) {
    throw InputError("no dense and pruned network of this study is there to be timed", timing.study.string(),
                     "give a finished study, and a method, sparsity and seed of its scores/scores.csv");
  }
  Json networks = Json::array();
  Json last;
  for (const NetworkFile& file : files) {
    std::vector<std::string> arguments = {"bench", "--model", file.path.string(), "--json", "--quiet"};
    arguments.insert(arguments.end(), timing.options.begin(), timing.options.end());
    last = Json::parse(output_of(arguments));
    networks.push_back(measured(file, last));
  }
  const Json document = {
      {"niwaki", version()},
      {"machine", {{"processor", processor_name().value_or("unknown processor")}, {"threads", last.at("threads")}}},
      {"engine", last.at("engine")},
      {"batch", last.at("batch")},
      {"networks", std::move(networks)}};
  std::string text = document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  write_file(timing.study / "times.json", text);
  return text;
}

}  // namespace niwaki
