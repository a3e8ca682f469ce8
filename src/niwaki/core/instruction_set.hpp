#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace niwaki {

/// What the processor offers beyond baseline x86-64, in rising order.
enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

/// The widest that this processor has, found once. The environment variable NIWAKI_ISA (baseline, avx2, avx512) asks
/// for a narrower one, for tests. Throws InputError for another name, and for one that the processor lacks. AVX2 means
/// with FMA; AVX-512 means the F, BW, DQ and VL parts.
InstructionSet instruction_set();

/// Baseline and all wider ones up to instruction_set(): what tests hold against each other.
std::vector<InstructionSet> instruction_sets_here();

const char* instruction_set_name(InstructionSet set);

/// What the system calls its processor (/proc/cpuinfo); none where it says nothing.
std::optional<std::string> processor_name();

/// The choice behind instruction_set(): `wanted` as NIWAKI_ISA says it ("" for the widest), of what the processor has.
InstructionSet chosen_instruction_set(std::string_view wanted, InstructionSet widest);

/// Of what niwaki_kernel() in cmake/room.cmake compiled once for each set, that of `set`.
template <typename Kernel>
const Kernel& kernel_of(InstructionSet set, const Kernel& baseline, const Kernel& avx2, const Kernel& avx512) {
  return set == InstructionSet::kAvx512 ? avx512 : (set == InstructionSet::kAvx2 ? avx2 : baseline);
}

}  // namespace niwaki
