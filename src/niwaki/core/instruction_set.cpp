#include "niwaki/core/instruction_set.hpp"

#include <array>
#include <cstdlib>
#include <fstream>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr std::array<const char*, 3> kNames = {"baseline", "avx2", "avx512"};

InstructionSet widest_here() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0) {
    return InstructionSet::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) {
    return InstructionSet::kAvx2;
  }
#endif
  return InstructionSet::kBaseline;
}

}  // namespace

const char* instruction_set_name(InstructionSet set) {
  return kNames.at(static_cast<std::size_t>(set));
}

InstructionSet chosen_instruction_set(std::string_view wanted, InstructionSet widest) {
  if (wanted.empty()) {
    return widest;
  }
  for (const InstructionSet set : {InstructionSet::kBaseline, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    if (wanted == instruction_set_name(set)) {
      if (set > widest) {
        throw InputError(fmt::format("this processor has no {}", wanted), "environment variable NIWAKI_ISA",
                         fmt::format("unset it, or choose up to {}", instruction_set_name(widest)));
      }
      return set;
    }
  }
  throw InputError(fmt::format("'{}' is no instruction set", wanted), "environment variable NIWAKI_ISA",
                   "unset it, or choose baseline, avx2 or avx512");
}

InstructionSet instruction_set() {
  static const InstructionSet chosen = [] {
    const char* wanted = std::getenv("NIWAKI_ISA");
    return chosen_instruction_set(wanted == nullptr ? "" : wanted, widest_here());
  }();
  return chosen;
}

std::vector<InstructionSet> instruction_sets_here() {
  std::vector<InstructionSet> sets;
  for (const InstructionSet set : {InstructionSet::kBaseline, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    if (set <= instruction_set()) {
      sets.push_back(set);
    }
  }
  return sets;
}

std::optional<std::string> processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with("model name") && colon != std::string::npos) {
      return std::string(trimmed(std::string_view(line).substr(colon + 1)));
    }
  }
  return std::nullopt;
}

}  // namespace niwaki
