#include "niwaki/scores/score_check.hpp"

#include "niwaki/scores/score_check_kernel.hpp"

namespace niwaki {
namespace {

const score_check::Kernel& kernel_for(InstructionSet set) {
  return kernel_of(set, score_check::baseline::kKernel, score_check::avx2::kKernel, score_check::avx512::kKernel);
}

}  // namespace

bool all_finite(std::span<const float> values, InstructionSet set) {
  return kernel_for(set).all_finite(values.data(), values.size());
}

bool all_probabilities(std::span<const float> values, InstructionSet set) {
  return kernel_for(set).all_probabilities(values.data(), values.size());
}

}  // namespace niwaki
