// Compiled once for each instruction set, with NIWAKI_KERNEL naming it; the loops are such that the compiler makes
// vectors of them. No function of the standard library may be instantiated here: the linker could take it for the
// baseline program too.
#include "niwaki/metrics/class_ranker_kernel.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace niwaki::class_ranker::NIWAKI_KERNEL {
namespace {

bool write_keys(const float* scores, std::size_t count, std::uint32_t* keys) {
  std::uint32_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float score = scores[i] + 0.0F;
    const float rest = 1.0F - score;
    std::uint32_t bits;
    std::uint32_t rest_bits;
    __builtin_memcpy(&bits, &score, sizeof bits);
    __builtin_memcpy(&rest_bits, &rest, sizeof rest_bits);
    keys[i] = bits < kHalf ? bits : kHighestKey - rest_bits;
    wrong |= bits > 0x3F800000U ? 1U : 0U;  // above 1, below 0, or NaN
  }
  return wrong == 0;
}

void write_buckets(const std::uint32_t* keys, std::size_t count, Buckets buckets, std::uint16_t* places) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t low = keys[i] < buckets.low ? buckets.low : keys[i];
    const std::uint32_t key = low > buckets.high ? buckets.high : low;
    places[i] = static_cast<std::uint16_t>((key - buckets.low) >> buckets.shift);
  }
}

/// kWidth keys at once, and of them as bits which are below another key, and which are equal to it. Sixteen at once are
/// not faster: few buckets hold more than eight, and most wider reads would straddle two cache lines.
#if defined(__AVX2__)
constexpr std::size_t kWidth = 8;
using Keys = __m256i;
Keys read(const std::uint32_t* keys) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys));
}
Keys repeated(const std::uint32_t* key) {
  return _mm256_castps_si256(_mm256_broadcast_ss(reinterpret_cast<const float*>(key)));
}
std::uint32_t bits_of(Keys lanes) {
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}
// Keys are below 2^31, so comparing them as signed numbers is right.
std::uint32_t below(Keys keys, Keys key) {
  return bits_of(_mm256_cmpgt_epi32(key, keys));
}
Keys equal(Keys keys, Keys key) {
  return _mm256_cmpeq_epi32(keys, key);
}
Keys either(Keys a, Keys b) {
  return _mm256_or_si256(a, b);
}
#else
constexpr std::size_t kWidth = 1;
using Keys = std::uint32_t;
Keys read(const std::uint32_t* keys) {
  return *keys;
}
Keys repeated(const std::uint32_t* key) {
  return *key;
}
std::uint32_t bits_of(Keys lanes) {
  return lanes;
}
std::uint32_t below(Keys keys, Keys key) {
  return keys < key ? 1 : 0;
}
Keys equal(Keys keys, Keys key) {
  return keys == key ? 1 : 0;
}
Keys either(Keys a, Keys b) {
  return a | b;
}
#endif
static_assert(kWidth <= kPadding);

std::uint32_t ones(std::uint32_t bits) {
  return kWidth == 1 ? bits : static_cast<std::uint32_t>(__builtin_popcount(bits));
}

void sort_within(const std::uint32_t* keys, std::size_t count, Buckets buckets, const std::uint32_t* first,
                 std::uint32_t* sorted) {
  for (std::size_t i = 0; i < count; ++i) {
    const Keys key = repeated(keys + i);
    const std::uint32_t bucket = (keys[i] - buckets.low) >> buckets.shift;
    std::uint32_t place = first[bucket];
    // Those of higher buckets that a vector reads too are above it.
    for (std::size_t begin = first[bucket]; begin < first[bucket + 1]; begin += kWidth) {
      const std::uint32_t earlier = i <= begin ? 0 : i - begin >= kWidth ? ~0U : (1U << (i - begin)) - 1U;
      const Keys there = read(keys + begin);
      place += ones(below(there, key) | (bits_of(equal(there, key)) & earlier));
    }
    sorted[place] = keys[i];
  }
}

/// As Kernel::place_keys, of at most kStep keys. Whether a key is one of the sorted is asked of all together: few are.
constexpr std::size_t kStep = 16;
[[gnu::always_inline]] inline void place_step(const std::uint32_t* keys, const std::uint16_t* buckets,
                                              std::size_t count, const std::uint32_t* first,
                                              const std::uint32_t* sorted, std::uint32_t* places) {
  std::uint32_t found[kStep];
  Keys ties{};
  for (std::size_t i = 0; i < count; ++i) {
    const Keys key = repeated(keys + i);
    std::uint32_t place = first[buckets[i]];
    Keys there = read(sorted + place);
    std::uint32_t passed = ones(below(there, key));
    place += passed;
    while (passed == kWidth) {
      there = read(sorted + place);
      passed = ones(below(there, key));
      place += passed;
    }
    ties = either(ties, equal(there, key));
    found[i] = place;
  }
  const bool tied = bits_of(ties) != 0;
  for (std::size_t i = 0; i < count; ++i) {
    places[i] = 2 * found[i] + (tied && sorted[found[i]] == keys[i] ? 1U : 0U);
  }
}

void place_keys(const std::uint32_t* keys, const std::uint16_t* buckets, std::size_t count, const std::uint32_t* first,
                const std::uint32_t* sorted, std::uint32_t* places) {
  std::size_t i = 0;
  for (; i + kStep <= count; i += kStep) {
    place_step(keys + i, buckets + i, kStep, first, sorted, places + i);
  }
  place_step(keys + i, buckets + i, count - i, first, sorted, places + i);
}

std::size_t count_from(const float* scores, std::size_t count, float threshold) {
  constexpr std::size_t kAtOnce = 1U << 20;  // 32 bits hold as many
  std::size_t total = 0;
  for (std::size_t begin = 0; begin < count; begin += kAtOnce) {
    const std::size_t end = count - begin < kAtOnce ? count : begin + kAtOnce;
    std::uint32_t found = 0;
    for (std::size_t i = begin; i < end; ++i) {
      found += scores[i] >= threshold ? 1U : 0U;
    }
    total += found;
  }
  return total;
}

}  // namespace

const Kernel kKernel = {write_keys, write_buckets, sort_within, place_keys, count_from};

}  // namespace niwaki::class_ranker::NIWAKI_KERNEL
