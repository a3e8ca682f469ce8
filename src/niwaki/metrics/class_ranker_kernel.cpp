// Compiled once for each instruction set, with NIWAKI_KERNEL naming it; the loops are such that the compiler makes
// vectors of them. No function of the standard library may be instantiated here: the linker could take it for the
// baseline program too.
#include "niwaki/metrics/class_ranker_kernel.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace niwaki::class_ranker::NIWAKI_KERNEL {
namespace {

bool write_places(const float* scores, std::size_t count, Buckets buckets, std::uint16_t* within,
                  std::uint16_t* places) {
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
    within[i] = within_bucket(key, buckets);
    const std::uint32_t inside = bucket_of(key, buckets);
    const std::uint32_t place = key < buckets.low ? 0U : inside;
    places[i] = static_cast<std::uint16_t>(key > buckets.high ? last : place);
    wrong |= bits > 0x3F800000U ? 1U : 0U;  // above 1, below 0, or NaN
  }
  return wrong == 0;
}

struct Counts {
  std::uint32_t below = 0;
  std::uint32_t equal = 0;
};

// Keys at once, and of them as bits which are below another key, and which are equal to it.
#if defined(__AVX512BW__)
constexpr std::size_t kWidth = 32;
using Keys = __m512i;
Keys read(const std::uint16_t* keys) {
  return _mm512_loadu_si512(keys);
}
Keys repeated(std::uint16_t key) {
  return _mm512_set1_epi16(static_cast<short>(key));
}
std::uint32_t below(Keys keys, Keys key) {
  return _mm512_cmplt_epu16_mask(keys, key);
}
std::uint32_t equal(Keys keys, Keys key) {
  return _mm512_cmpeq_epi16_mask(keys, key);
}
constexpr std::uint32_t kBitsAKey = 1;
#elif defined(__AVX2__)
constexpr std::size_t kWidth = 16;
using Keys = __m256i;
Keys read(const std::uint16_t* keys) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys));
}
Keys repeated(std::uint16_t key) {
  return _mm256_set1_epi16(static_cast<short>(key));
}
std::uint32_t bits_of(Keys lanes) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(lanes));
}
std::uint32_t equal(Keys keys, Keys key) {
  return bits_of(_mm256_cmpeq_epi16(keys, key));
}
std::uint32_t below(Keys keys, Keys key) {
  return ~equal(_mm256_max_epu16(keys, key), keys);
}
constexpr std::uint32_t kBitsAKey = 2;
#endif

#if defined(__AVX2__)
std::uint32_t ones(std::uint32_t bits) {
  return static_cast<std::uint32_t>(__builtin_popcount(bits)) / kBitsAKey;
}

[[gnu::always_inline]] inline Counts count_around(const std::uint16_t* keys, std::size_t count, std::uint16_t wanted) {
  const Keys key = repeated(wanted);
  Counts counts;
  for (; count > kWidth; keys += kWidth, count -= kWidth) {
    const Keys here = read(keys);
    counts.below += ones(below(here, key));
    counts.equal += ones(equal(here, key));
  }
  const auto there = static_cast<std::uint32_t>((std::uint64_t{1} << (kBitsAKey * count)) - 1U);
  const Keys here = read(keys);
  counts.below += ones(below(here, key) & there);
  counts.equal += ones(equal(here, key) & there);
  return counts;
}
#else
[[gnu::always_inline]] inline Counts count_around(const std::uint16_t* keys, std::size_t count, std::uint16_t wanted) {
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
    const std::uint16_t within = within_bucket(key, buckets);
    const std::uint32_t first = by_bucket.ends[bucket - 1];
    const std::uint32_t first_positive = by_bucket.positive_ends[bucket - 1];
    const Counts all = count_around(by_bucket.keys + first, by_bucket.ends[bucket] - first, within);
    const Counts positives = count_around(by_bucket.positive_within + first_positive,
                                          by_bucket.positive_ends[bucket] - first_positive, within);
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

const Kernel kKernel = {write_places, look_around, count_from};

}  // namespace niwaki::class_ranker::NIWAKI_KERNEL
