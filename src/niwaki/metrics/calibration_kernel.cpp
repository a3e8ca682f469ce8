// Compiled once for each instruction set, with NIWAKI_KERNEL naming it. No function of the standard library may be
// instantiated here: the linker could take it for the baseline program too.
#include "niwaki/metrics/calibration_kernel.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

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
constexpr std::size_t kPartsAtOnce = 2;  // so that one does not wait for itself
// 32 probabilities of at least 2^-23 multiply to no less than 2^-736, which a double holds.
constexpr std::size_t kProducts = 32;

using Doubles = double __attribute__((vector_size(kVectorBytes)));
using Longs = std::int64_t __attribute__((vector_size(kVectorBytes)));

// As many values as doubles. The compiler's own conversion of so short vectors is one by one.
#if defined(__AVX512BW__)
constexpr __mmask8 kAll = 0xFF;
Doubles widened(const float* values) {
  return _mm512_maskz_cvtps_pd(kAll, _mm256_loadu_ps(values));
}
Doubles widened(const std::int8_t* values) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(values));
  return _mm512_maskz_cvtepi64_pd(kAll, _mm512_maskz_cvtepi8_epi64(kAll, bytes));
}
Doubles larger(Doubles a, Doubles b) {
  return _mm512_maskz_max_pd(kAll, a, b);
}
Doubles smaller(Doubles a, Doubles b) {
  return _mm512_maskz_min_pd(kAll, a, b);
}
#elif defined(__AVX2__)
Doubles widened(const float* values) {
  return _mm256_cvtps_pd(_mm_loadu_ps(values));
}
Doubles widened(const std::int8_t* values) {
  return _mm256_cvtepi32_pd(_mm_cvtepi8_epi32(_mm_loadu_si32(values)));
}
Doubles larger(Doubles a, Doubles b) {
  return _mm256_max_pd(a, b);
}
Doubles smaller(Doubles a, Doubles b) {
  return _mm256_min_pd(a, b);
}
#else
Doubles widened(const float* values) {
  return Doubles{static_cast<double>(values[0]), static_cast<double>(values[1])};
}
Doubles widened(const std::int8_t* values) {
  return Doubles{static_cast<double>(values[0]), static_cast<double>(values[1])};
}
Doubles larger(Doubles a, Doubles b) {
  return a > b ? a : b;
}
Doubles smaller(Doubles a, Doubles b) {
  return a < b ? a : b;
}
#endif

Doubles magnitude(Doubles values) {
  constexpr std::int64_t kNoSign = 0x7FFFFFFFFFFFFFFF;
  Longs bits;
  __builtin_memcpy(&bits, &values, sizeof bits);
  bits &= kNoSign;
  __builtin_memcpy(&values, &bits, sizeof bits);
  return values;
}

/// What one part of the lanes has come to.
struct Part {
  Doubles squares = {};
  Doubles product = Doubles{} + 1.0;
  Longs exponents = {};
  Doubles gaps = {};
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
  const Doubles gap = widened(scores) - widened(labels);
  part.squares += gap * gap;
  part.gaps += gap;
  // The probability of what is there. Where the label is 1 the gap may be rounded, but only where this is below `clip`.
  const Doubles right = larger(1.0 - magnitude(gap), Doubles{} + clip);
  part.product *= smaller(right, Doubles{} + (1.0 - clip));
}

void add_lanes(const float* scores, const std::int8_t* labels, std::size_t images, double clip, Sums& sums) {
  for (std::size_t first = 0; first < kParts; first += kPartsAtOnce) {
    Part parts[kPartsAtOnce];
    std::size_t products = 0;
    for (std::size_t image = first * kDoubleLanes; image < images; image += kLanes) {
      for (std::size_t i = 0; i < kPartsAtOnce; ++i) {
        add_images(scores + image + i * kDoubleLanes, labels + image + i * kDoubleLanes, clip, parts[i]);
      }
      if (++products == kProducts) {
        for (Part& part : parts) {
          normalise(part);
        }
        products = 0;
      }
    }
    for (std::size_t i = 0; i < kPartsAtOnce; ++i) {
      Part& part = parts[i];
      normalise(part);
      const std::size_t lane = (first + i) * kDoubleLanes;
      __builtin_memcpy(sums.squares + lane, &part.squares, sizeof part.squares);
      __builtin_memcpy(sums.mantissas + lane, &part.product, sizeof part.product);
      __builtin_memcpy(sums.exponents + lane, &part.exponents, sizeof part.exponents);
      __builtin_memcpy(sums.gaps + lane, &part.gaps, sizeof part.gaps);
    }
  }
}

// The bins above the first are summed as whole numbers: a probability p of them is p x 2^27, which is at least 1, so
// that less 1 it has 27 bits. The five above these say the label (the highest) and the bin.
constexpr float kFirstBorder = 1.0F / 15.0F;
static_assert(static_cast<double>(kFirstBorder) > 1.0 / 15.0, "so that it is the lowest float of the second bin");
constexpr float kWhole = 1U << kFractionBits;
constexpr std::uint32_t kFraction = (1U << kFractionBits) - 1;
constexpr int kLabelBit = 31;
constexpr std::size_t kKinds = 32;           // of bin and label
constexpr std::size_t kImagesAtOnce = 4096;  // a multiple of kLanes
constexpr int kCountBit = 44;                // 4096 numbers of 32 bits sum to less
constexpr std::size_t kCopies = 4;           // of the sums, so that one seldom waits for itself

/// Of the images above the first bin, their probability and label as above, without the bin. Answers how many there
/// are.
#if defined(__AVX512F__)
std::size_t pick(const float* scores, const std::int8_t* labels, std::size_t images, std::uint32_t* picked) {
  constexpr __mmask16 kEach = 0xFFFF;
  std::size_t count = 0;
  for (std::size_t i = 0; i < images; i += kLanes) {
    const __m512 probability = _mm512_loadu_ps(scores + i);
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(labels + i));
    const __m512i label = _mm512_maskz_slli_epi32(kEach, _mm512_maskz_cvtepi8_epi32(kEach, bytes), kLabelBit);
    const __m512 scaled = _mm512_mul_ps(probability, _mm512_set1_ps(kWhole));
    const __m512i whole = _mm512_maskz_cvttps_epi32(kEach, scaled);
    const __m512i known = _mm512_or_si512(_mm512_add_epi32(whole, _mm512_set1_epi32(-1)), label);
    const __mmask16 above = _mm512_cmp_ps_mask(probability, _mm512_set1_ps(kFirstBorder), _CMP_GE_OQ);
    _mm512_storeu_si512(picked + count, _mm512_maskz_compress_epi32(above, known));
    count += static_cast<std::size_t>(__builtin_popcount(above));
  }
  return count;
}
#else
std::size_t pick(const float* scores, const std::int8_t* labels, std::size_t images, std::uint32_t* picked) {
  std::uint32_t known[kImagesAtOnce];
  for (std::size_t i = 0; i < images; ++i) {
    const auto whole = static_cast<std::uint32_t>(static_cast<std::int32_t>(scores[i] * kWhole) - 1);
    known[i] = whole | static_cast<std::uint32_t>(labels[i]) << kLabelBit;
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < images; ++i) {
    picked[count] = known[i];
    count += scores[i] >= kFirstBorder ? 1 : 0;
  }
  return count;
}
#endif

void add_whole_gaps(const float* scores, const std::int8_t* labels, std::size_t images, std::int64_t* gaps_in) {
  std::uint32_t picked[kImagesAtOnce + kLanes];
  std::uint64_t sums[kCopies][kKinds] = {};
  const std::size_t count = pick(scores, labels, images, picked);
  constexpr auto kTimes = static_cast<std::uint32_t>(kBins);
  for (std::size_t i = 0; i < count; ++i) {
    // 15 p is no whole number but where p is 1, which belongs to the last bin.
    const std::uint32_t bin = (kTimes * (picked[i] & kFraction) + (kTimes - 1)) >> kFractionBits;
    picked[i] |= bin << kFractionBits;
  }
  for (std::size_t i = 0; i < count; ++i) {
    sums[i % kCopies][picked[i] >> kFractionBits] += picked[i] + (std::uint64_t{1} << kCountBit);
  }
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const auto label = static_cast<std::int64_t>(kind / (kKinds / 2));
    const std::size_t bin = kind % (kKinds / 2);
    for (const auto& copy : sums) {
      const std::uint64_t sum = copy[kind];
      const auto there = static_cast<std::int64_t>(sum >> kCountBit);
      const auto marked = static_cast<std::int64_t>(sum & ((std::uint64_t{1} << kCountBit) - 1));
      const auto marks = there * static_cast<std::int64_t>(kind << kFractionBits);
      if (bin < kBins) {
        gaps_in[bin] += marked - marks + there - there * (label << kFractionBits);
      }
    }
  }
}

}  // namespace

void add_up(const float* scores, const std::int8_t* labels, std::size_t images, double clip, Sums& sums) {
  add_lanes(scores, labels, images, clip, sums);
  for (std::int64_t& gap : sums.gaps_in) {
    gap = 0;
  }
  for (std::size_t begin = 0; begin < images; begin += kImagesAtOnce) {
    const std::size_t count = images - begin < kImagesAtOnce ? images - begin : kImagesAtOnce;
    add_whole_gaps(scores + begin, labels + begin, count, sums.gaps_in);
  }
}

}  // namespace niwaki::calibration::NIWAKI_KERNEL
