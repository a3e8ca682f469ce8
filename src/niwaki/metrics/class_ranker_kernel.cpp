// Compiled once for each instruction set, with NIWAKI_KERNEL naming it; the loops are such that the compiler makes
// vectors of them. No function of the standard library may be instantiated here: the linker could take it for the
// baseline program too.
#include "niwaki/metrics/class_ranker_kernel.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace niwaki::class_ranker::NIWAKI_KERNEL {
namespace {

bool write_keys(const float* scores, std::size_t count, Buckets buckets, std::uint32_t* keys, std::uint16_t* places) {
  const std::uint32_t last = count_of(buckets) - 1;
  std::uint32_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float score = scores[i] + 0.0F;
    const float rest = 1.0F - score;
    std::uint32_t bits;
    std::uint32_t rest_bits;
    __builtin_memcpy(&bits, &score, sizeof bits);
    __builtin_memcpy(&rest_bits, &rest, sizeof rest_bits);
    const std::uint32_t key = bits < kHalf ? bits : kHighestKey - rest_bits;
    keys[i] = key;
    const std::uint32_t within = bucket_of(key, buckets);
    const std::uint32_t place = key < buckets.low ? 0U : within;
    places[i] = static_cast<std::uint16_t>(key > buckets.high ? last : place);
    wrong |= bits > 0x3F800000U ? 1U : 0U;  // above 1, below 0, or NaN
  }
  return wrong == 0;
}

/// kWidth keys at once, and of them as bits which are below another key, and which are equal to it.
#if defined(__AVX512F__)
constexpr std::size_t kWidth = 16;
using Keys = __m512i;
Keys read(const std::uint32_t* keys) {
  return _mm512_loadu_si512(keys);
}
Keys repeated(std::uint32_t key) {
  return _mm512_set1_epi32(static_cast<int>(key));
}
std::uint32_t below(Keys keys, Keys key) {
  return _mm512_cmplt_epu32_mask(keys, key);
}
std::uint32_t equal(Keys keys, Keys key) {
  return _mm512_cmpeq_epi32_mask(keys, key);
}
#elif defined(__AVX2__)
constexpr std::size_t kWidth = 8;
using Keys = __m256i;
Keys read(const std::uint32_t* keys) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys));
}
Keys repeated(std::uint32_t key) {
  return _mm256_set1_epi32(static_cast<int>(key));
}
std::uint32_t bits_of(Keys lanes) {
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}
// Keys are below 2^31, so comparing them as signed numbers is right.
std::uint32_t below(Keys keys, Keys key) {
  return bits_of(_mm256_cmpgt_epi32(key, keys));
}
std::uint32_t equal(Keys keys, Keys key) {
  return bits_of(_mm256_cmpeq_epi32(keys, key));
}
#endif

struct Counts {
  std::uint32_t below = 0;
  std::uint32_t equal = 0;
};

#if defined(__AVX2__)
std::uint32_t ones(std::uint32_t bits) {
  return static_cast<std::uint32_t>(__builtin_popcount(bits));
}

[[gnu::always_inline]] inline Counts count_around(const std::uint32_t* keys, std::size_t count, std::uint32_t wanted) {
  const Keys key = repeated(wanted);
  Counts counts;
  for (; count > kWidth; keys += kWidth, count -= kWidth) {
    const Keys here = read(keys);
    counts.below += ones(below(here, key));
    counts.equal += ones(equal(here, key));
  }
  const std::uint32_t there = (2U << (count - 1)) - 1U;
  const Keys here = read(keys);
  counts.below += ones(below(here, key) & there);
  counts.equal += ones(equal(here, key) & there);
  return counts;
}
#else
[[gnu::always_inline]] inline Counts count_around(const std::uint32_t* keys, std::size_t count, std::uint32_t wanted) {
  Counts counts;
  for (std::size_t i = 0; i < count; ++i) {
    counts.below += keys[i] < wanted ? 1U : 0U;
    counts.equal += keys[i] == wanted ? 1U : 0U;
  }
  return counts;
}
#endif

void look_around(std::size_t begin, std::size_t end, Buckets buckets, ByBucket by_bucket, Around* around) {
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint32_t key = by_bucket.positive_keys[i];
    const std::uint32_t bucket = bucket_of(key, buckets);
    const std::uint32_t first = by_bucket.ends[bucket - 1];
    const std::uint32_t first_positive = by_bucket.positive_ends[bucket - 1];
    const Counts all = count_around(by_bucket.keys + first, by_bucket.ends[bucket] - first, key);
    const Counts positives =
        count_around(by_bucket.positive_keys + first_positive, by_bucket.positive_ends[bucket] - first_positive, key);
    around[first_positive + positives.below] = {key, positives.equal, first + all.below, all.equal};
  }
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

const Kernel kKernel = {write_keys, look_around, count_from};

}  // namespace niwaki::class_ranker::NIWAKI_KERNEL
