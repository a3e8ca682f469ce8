// Compiled once for each instruction set, with NIWAKI_KERNEL naming it; the loops have no way out, so that the compiler
// makes vectors of them. No function of the standard library may be instantiated here: the linker could take it for the
// baseline program too.
#include "niwaki/scores/score_check_kernel.hpp"

#include <cstdint>

namespace niwaki::score_check::NIWAKI_KERNEL {
namespace {

constexpr std::uint32_t kOne = 0x3F800000U;
constexpr std::uint32_t kMinusZero = 0x80000000U;
constexpr std::uint32_t kMagnitude = 0x7FFFFFFFU;
constexpr std::uint32_t kInfinity = 0x7F800000U;

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

bool all_finite(const float* values, std::size_t count) {
  std::uint32_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    wrong |= (bits_of(values[i]) & kMagnitude) >= kInfinity ? 1U : 0U;
  }
  return wrong == 0;
}

bool all_probabilities(const float* values, std::size_t count) {
  std::uint32_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bits = bits_of(values[i]);
    // Numbers above 1, all below 0, and NaN have larger bits.
    const std::uint32_t magnitude = bits == kMinusZero ? 0U : bits;
    wrong |= magnitude > kOne ? 1U : 0U;
  }
  return wrong == 0;
}

}  // namespace

const Kernel kKernel = {all_finite, all_probabilities};

}  // namespace niwaki::score_check::NIWAKI_KERNEL
