#pragma once

#include <cstddef>
#include <cstdint>

namespace niwaki::calibration {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kEdges = 14;  // between 15 bins

/// Sums over images, each kept in 16 lanes (image i in lane i % 16), so that every instruction set adds in one order.
struct LaneSums {
  double squares[kLanes];             // of probability - label
  double mantissas[kLanes];           // the product of the probabilities of what is there, clipped, is
  std::int64_t exponents[kLanes];     // mantissa x 2^exponent, the mantissa in [1, 2)
  double gaps[kLanes];                // probability - label
  double gaps_above[kEdges][kLanes];  // ... of probabilities above (edge + 1) / 15
};

/// `labels`: 1 or 0, none unknown. `images` is a multiple of 16. `clip`: log loss's. Adds to nothing: `sums` is
/// overwritten.
using Kernel = void (*)(const float* scores, const std::int8_t* labels, std::size_t images, double clip,
                        LaneSums& sums);

// One source, compiled once for each instruction set; all give the same bytes.
namespace baseline {
void add_up(const float* scores, const std::int8_t* labels, std::size_t images, double clip, LaneSums& sums);
}
namespace avx2 {
void add_up(const float* scores, const std::int8_t* labels, std::size_t images, double clip, LaneSums& sums);
}
namespace avx512 {
void add_up(const float* scores, const std::int8_t* labels, std::size_t images, double clip, LaneSums& sums);
}

}  // namespace niwaki::calibration
