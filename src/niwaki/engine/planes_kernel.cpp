#include <algorithm>
#include <bit>
#include <cstdint>

#include "niwaki/engine/planes.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace niwaki::planes::NIWAKI_KERNEL {
namespace {

// Plain loops that the compiler makes vectors of.

/// exp(x) within 2 units in the last place for x in [-87, 88], 0 and infinity beyond, by 2^n times a polynomial on
/// [-ln 2 / 2, ln 2 / 2] (coefficients of Cephes' expf). NaN stays NaN.
inline float exponential(float x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kHighPart = 0.693359375F;  // of ln 2
  constexpr float kLowPart = -2.12194440e-4F;
  constexpr float kRounding = 12582912.0F;  // 1.5 * 2^23: adding and taking it away rounds to whole numbers
  float inside = x < -87.0F ? -87.0F : x;
  inside = inside > 88.0F ? 88.0F : inside;
  const float shifted = inside * kLog2E + kRounding;
  const float n = shifted - kRounding;
  const float r = inside - n * kHighPart - n * kLowPart;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const std::int32_t exponent = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRounding);
  return p * std::bit_cast<float>((exponent + 127) << 23);
}

inline float sigmoid(float x) {
  return 1.0F / (1.0F + exponential(-x));
}
inline float bounded(float x, float low, float high) {
  const float least = x < low ? low : x;
  return least > high ? high : least;
}
inline float hard_sigmoid(float x, float alpha, float beta) {
  return bounded(alpha * x + beta, 0.0F, 1.0F);
}

/// Calls loop(f) with the activation as a function that the compiler sees.
template <typename Loop>
void with_activation(const Activation& activation, const Loop& loop) {
  const float low = activation.low;
  const float high = activation.high;
  const float alpha = activation.alpha;
  const float beta = activation.beta;
  switch (activation.kind) {
    case Activation::Kind::kBounds:
      return loop([=](float x) { return bounded(x, low, high); });
    case Activation::Kind::kSigmoid:
      return loop([](float x) { return sigmoid(x); });
    case Activation::Kind::kHardSigmoid:
      return loop([=](float x) { return hard_sigmoid(x, alpha, beta); });
    case Activation::Kind::kHardSwish:
      return loop([](float x) { return x * hard_sigmoid(x, 1.0F / 6, 0.5F); });
    case Activation::Kind::kSwish:
      return loop([](float x) { return x * sigmoid(x); });
  }
}

void activate(const Activation& activation, float* values, std::size_t count) {
  with_activation(activation, [=](auto f) {
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = f(values[i]);
    }
  });
}

void affine(const float* a, float factor, float term, const Activation& activation, float* out, std::size_t count) {
  with_activation(activation, [=](auto f) {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = f(a[i] * factor + term);
    }
  });
}

void add(const float* a, const float* b, const Activation& activation, float* out, std::size_t count) {
  with_activation(activation, [=](auto f) {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = f(a[i] + b[i]);
    }
  });
}

void multiply(const float* a, const float* b, const Activation& activation, float* out, std::size_t count) {
  with_activation(activation, [=](auto f) {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = f(a[i] * b[i]);
    }
  });
}

#if defined(__AVX512F__)
/// The first `count` of 16 lanes.
inline __mmask16 first_lanes(std::size_t count) {
  return static_cast<__mmask16>(count >= 16 ? 0xFFFFU : (1U << count) - 1U);
}

/// Every second one. What is not picked beyond the last is not read.
inline void pick_seconds(const float* from, float* out, std::size_t count) {
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  for (std::size_t i = 0; i < count; i += 16) {
    const std::size_t reads = 2 * (count - i) - 1;
    const __m512 low = _mm512_maskz_loadu_ps(first_lanes(reads), from + 2 * i);
    const __m512 high =
        reads > 16 ? _mm512_maskz_loadu_ps(first_lanes(reads - 16), from + 2 * i + 16) : _mm512_setzero_ps();
    _mm512_mask_storeu_ps(out + i, first_lanes(count - i), _mm512_permutex2var_ps(low, even, high));
  }
}
#else
inline void pick_seconds(const float* from, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = from[2 * i];
  }
}
#endif

void pick(const float* from, std::size_t from_stride, std::size_t step, float* out, std::size_t out_stride,
          std::size_t rows, std::size_t count) {
  for (std::size_t row = 0; row < rows; ++row, from += from_stride, out += out_stride) {
    if (step == 1) {
      std::copy_n(from, count, out);
    } else if (step == 2) {
      pick_seconds(from, out, count);
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        out[i] = from[i * step];
      }
    }
  }
}

float sum(const float* values, std::size_t count) {
  constexpr std::size_t kLanes = 16;
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] += values[i + lane];
    }
  }
  double total = 0;
  for (const float lane : lanes) {
    total += lane;
  }
  for (; i < count; ++i) {
    total += values[i];
  }
  return static_cast<float>(total);
}

bool finite(const float* values, std::size_t count) {
  constexpr std::uint32_t kExponent = 0x7F800000U;
  std::uint32_t odd = 0;
  for (std::size_t i = 0; i < count; ++i) {
    odd |= (std::bit_cast<std::uint32_t>(values[i]) & kExponent) == kExponent ? 1U : 0U;
  }
  return odd == 0;
}

template <std::size_t Block>
void affine_of_block(const float* a, const float* factors, const float* terms, const Activation& activation, float* out,
                     std::size_t pixels) {
  with_activation(activation, [=](auto f) {
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      for (std::size_t lane = 0; lane < Block; ++lane) {
        out[pixel * Block + lane] = f(a[pixel * Block + lane] * factors[lane] + terms[lane]);
      }
    }
  });
}

void affine_block(const float* a, const float* factors, const float* terms, std::size_t block,
                  const Activation& activation, float* out, std::size_t pixels) {
  (block == 16 ? affine_of_block<16> : affine_of_block<8>)(a, factors, terms, activation, out, pixels);
}

template <std::size_t Block>
void sum_of_block(const float* values, std::size_t pixels, float* sums) {
  float lanes[Block] = {};
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::size_t lane = 0; lane < Block; ++lane) {
      lanes[lane] += values[pixel * Block + lane];
    }
  }
  std::copy_n(lanes, Block, sums);
}

void sum_block(const float* values, std::size_t block, std::size_t pixels, float* sums) {
  (block == 16 ? sum_of_block<16> : sum_of_block<8>)(values, pixels, sums);
}

inline float larger(float a, float b) {
  const float most = a < b ? b : a;
  return b != b ? b : most;  // NOLINT(misc-redundant-expression): true for NaN alone
}

void maximum(const float* from, std::size_t step, float* out, std::size_t count) {
  if (step == 1) {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = larger(out[i], from[i]);
    }
  } else if (step == 2) {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = larger(out[i], from[2 * i]);
    }
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = larger(out[i], from[i * step]);
    }
  }
}

}  // namespace

const PlaneKernels kKernels = {activate, affine, add, multiply, pick, sum, finite, affine_block, sum_block, maximum};

}  // namespace niwaki::planes::NIWAKI_KERNEL
