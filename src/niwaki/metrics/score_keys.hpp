#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace niwaki {

/// The bits of a score, turned so that their unsigned order is the order of the numbers; -0 and 0 are one. Never NaN.
inline std::uint32_t ordered_bits(float score) {
  // + 0.0F makes -0 and 0 one score.
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(score + 0.0F);
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

/// The score that has these ordered_bits().
inline float score_of_bits(std::uint32_t ordered) {
  return std::bit_cast<float>((ordered & 0x80000000U) != 0 ? ordered & 0x7FFFFFFFU : ~ordered);
}

/// Rising order of the 33 bits from `lowest` on, which 31 at most may be; keys that have the same stay in their order.
void sort_keys(std::vector<std::uint64_t>& keys, int lowest);

}  // namespace niwaki
