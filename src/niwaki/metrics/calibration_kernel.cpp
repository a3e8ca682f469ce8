// Compiled once for each instruction set, with NIWAKI_KERNEL naming it. No function of the standard library may be
// instantiated here: the linker could take it for the baseline program too.
#include "niwaki/metrics/calibration_kernel.hpp"

namespace niwaki::calibration::NIWAKI_KERNEL {
namespace {

#if defined(__AVX512BW__)
constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr std::size_t kVectorBytes = 32;
#else
constexpr std::size_t kVectorBytes = 16;
#endif
constexpr std::size_t kDoubleLanes = kVectorBytes / 8;
constexpr std::size_t kParts = kLanes / kDoubleLanes;
// 32 probabilities of at least 2^-23 multiply to no less than 2^-736, which a double holds.
constexpr std::size_t kProducts = 32;

using Floats = float __attribute__((vector_size(kVectorBytes / 2)));
using Bytes = std::int8_t __attribute__((vector_size(kDoubleLanes)));
using Doubles = double __attribute__((vector_size(kVectorBytes)));
using Longs = std::int64_t __attribute__((vector_size(kVectorBytes)));

/// What one part of the lanes has come to.
struct Part {
  Doubles squares = {};
  Doubles product = Doubles{} + 1.0;
  Longs exponents = {};
  Doubles gaps = {};
  Doubles gaps_above[kEdges] = {};
};

/// Moves the product's power of two into the exponents. It is positive and normal.
[[gnu::always_inline]] inline void normalise(Part& part) {
  constexpr std::int64_t kMantissa = (std::int64_t{1} << 52) - 1;
  constexpr std::int64_t kBias = 1023;
  Longs bits;
  __builtin_memcpy(&bits, &part.product, sizeof bits);
  part.exponents += (bits >> 52) - kBias;
  bits = (bits & kMantissa) | (kBias << 52);
  __builtin_memcpy(&part.product, &bits, sizeof bits);
}

[[gnu::always_inline]] inline void add_images(const float* scores, const std::int8_t* labels, double clip, Part& part) {
  Floats floats;
  Bytes bytes;
  __builtin_memcpy(&floats, scores, sizeof floats);
  __builtin_memcpy(&bytes, labels, sizeof bytes);
  const Doubles probability = __builtin_convertvector(floats, Doubles);
  const Doubles label = __builtin_convertvector(bytes, Doubles);
  const Doubles gap = probability - label;
  part.squares += gap * gap;
  // Of what is there: the probability, or 1 less it.
  Doubles right = label > 0.5 ? probability : 1.0 - probability;
  right = right < clip ? Doubles{} + clip : right;
  right = right > 1.0 - clip ? Doubles{} + (1.0 - clip) : right;
  part.product *= right;
  part.gaps += gap;
  for (std::size_t edge = 0; edge < kEdges; ++edge) {
    const double border = static_cast<double>(edge + 1) / static_cast<double>(kEdges + 1);
    part.gaps_above[edge] += probability > border ? gap : Doubles{};
  }
}

}  // namespace

void add_up(const float* scores, const std::int8_t* labels, std::size_t images, double clip, LaneSums& sums) {
  for (std::size_t lanes = 0; lanes < kParts; ++lanes) {
    Part part;
    std::size_t products = 0;
    for (std::size_t image = lanes * kDoubleLanes; image < images; image += kLanes) {
      add_images(scores + image, labels + image, clip, part);
      if (++products == kProducts) {
        normalise(part);
        products = 0;
      }
    }
    normalise(part);
    const std::size_t lane = lanes * kDoubleLanes;
    __builtin_memcpy(sums.squares + lane, &part.squares, sizeof part.squares);
    __builtin_memcpy(sums.mantissas + lane, &part.product, sizeof part.product);
    __builtin_memcpy(sums.exponents + lane, &part.exponents, sizeof part.exponents);
    __builtin_memcpy(sums.gaps + lane, &part.gaps, sizeof part.gaps);
    for (std::size_t edge = 0; edge < kEdges; ++edge) {
      __builtin_memcpy(sums.gaps_above[edge] + lane, &part.gaps_above[edge], sizeof part.gaps_above[edge]);
    }
  }
}

}  // namespace niwaki::calibration::NIWAKI_KERNEL
