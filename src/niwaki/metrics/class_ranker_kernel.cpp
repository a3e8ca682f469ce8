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

/// Of kWidth keys, as bits: which are below `key`, and which are equal to it. Sixteen at once are not faster: few
/// buckets hold more than eight, and most wider reads would straddle two cache lines.
#if defined(__AVX2__)
constexpr std::size_t kWidth = 8;
std::uint32_t bits_of(__m256i lanes) {
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}
// Keys are below 2^31, so comparing them as signed numbers is right.
std::uint32_t below(const std::uint32_t* keys, std::uint32_t key) {
  const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys));
  return bits_of(_mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(key)), lanes));
}
std::uint32_t equal(const std::uint32_t* keys, std::uint32_t key) {
  const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys));
  return bits_of(_mm256_cmpeq_epi32(_mm256_set1_epi32(static_cast<int>(key)), lanes));
}
#else
constexpr std::size_t kWidth = 1;
std::uint32_t below(const std::uint32_t* keys, std::uint32_t key) {
  return *keys < key ? 1 : 0;
}
std::uint32_t equal(const std::uint32_t* keys, std::uint32_t key) {
  return *keys == key ? 1 : 0;
}
#endif
static_assert(kWidth <= kPadding);

std::uint32_t ones(std::uint32_t bits) {
  return kWidth == 1 ? bits : static_cast<std::uint32_t>(__builtin_popcount(bits));
}

void sort_within(const std::uint32_t* keys, std::size_t count, Buckets buckets, const std::uint32_t* first,
                 std::uint32_t* sorted) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t key = keys[i];
    const std::uint32_t bucket = (key - buckets.low) >> buckets.shift;
    std::uint32_t place = first[bucket];
    // Those of higher buckets that a vector reads too are above it.
    for (std::size_t begin = first[bucket]; begin < first[bucket + 1]; begin += kWidth) {
      const std::uint32_t earlier = i <= begin ? 0 : i - begin >= kWidth ? ~0U : (1U << (i - begin)) - 1U;
      place += ones(below(keys + begin, key) | (equal(keys + begin, key) & earlier));
    }
    sorted[place] = key;
  }
}

void count_keys(const std::uint32_t* keys, const std::uint16_t* places, std::size_t count, const std::uint32_t* first,
                const std::uint32_t* sorted, std::uint32_t* counts) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t key = keys[i];
    std::uint32_t place = first[places[i]];
    std::uint32_t passed = ones(below(sorted + place, key));
    place += passed;
    while (passed == kWidth) {
      passed = ones(below(sorted + place, key));
      place += passed;
    }
    ++counts[2 * place + (sorted[place] == key ? 1U : 0U)];
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

const Kernel kKernel = {write_keys, write_buckets, sort_within, count_keys, count_from};

}  // namespace niwaki::class_ranker::NIWAKI_KERNEL
