#pragma once

#include <cstddef>
#include <cstdint>

namespace niwaki::calibration {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kBins = 15;
// A float above 1/15 is a multiple of 2^-27.
constexpr int kFractionBits = 27;

/// Sums over images. Those that are rounded are kept in 16 lanes (image i in lane i % 16), so that every instruction
/// set adds in one order.
struct Sums {
  double squares[kLanes];          // of probability - label
  double mantissas[kLanes];        // the product of the probabilities of what is there, clipped, is
  std::int64_t exponents[kLanes];  // mantissa x 2^exponent, the mantissa in [1, 2)
  double gaps[kLanes];             // probability - label
  std::int64_t gaps_in[kBins];     // the same of each bin, times 2^kFractionBits and exact; of the first bin 0
};

/// `labels`: 1 or 0, none unknown. `images` is a multiple of 16. `clip`: log loss's. Adds to nothing: `sums` is
/// overwritten.
using Kernel = void (*)(const float* scores, const std::int8_t* labels, std::size_t images, double clip, Sums& sums);

// One source, compiled once for each instruction set; all give the same bytes.
namespace baseline {
void add_up(const float* scores, const std::int8_t* labels, std::size_t images, double clip, Sums& sums);
}
namespace avx2 {
void add_up(const float* scores, const std::int8_t* labels, std::size_t images, double clip, Sums& sums);
}
namespace avx512 {
void add_up(const float* scores, const std::int8_t* labels, std::size_t images, double clip, Sums& sums);
}

}  // namespace niwaki::calibration
