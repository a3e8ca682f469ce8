#include "niwaki/scores/score_check.hpp"

#include "niwaki/scores/score_check_kernel.hpp"

namespace niwaki {
namespace {

const score_check::Kernel& kernel_for(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__)
    case InstructionSet::kAvx512:
      return score_check::avx512::kKernel;
    case InstructionSet::kAvx2:
      return score_check::avx2::kKernel;
#endif
    default:
      return score_check::baseline::kKernel;
  }
}

}  // namespace

bool all_finite(std::span<const float> values, InstructionSet set) {
  return kernel_for(set).all_finite(values.data(), values.size());
}

bool all_probabilities(std::span<const float> values, InstructionSet set) {
  return kernel_for(set).all_probabilities(values.data(), values.size());
}

}  // namespace niwaki
