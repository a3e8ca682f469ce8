#pragma once

#include <cstddef>
#include <cstdint>

namespace niwaki::class_ranker {

// A probability p as an unsigned key of the same order, one key a probability: its bits below 1/2, and above it those
// of 1 - p (which is exact), counted down. So keys lie evenly where logits do, however near to 0 or 1. -0 is 0.
constexpr std::uint32_t kHalf = 0x3F000000U;  // the bits, and so the key, of 0.5
constexpr std::uint32_t kHighestKey = 2 * kHalf;

/// The range [low, high] of keys, cut into equal buckets; keys outside it fall into the outermost.
struct Buckets {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  std::uint32_t shift = 0;
};

/// Keys that stand after the sorted ones, so that vectors may be read past their end; above all others.
constexpr std::size_t kPadding = 8;
constexpr std::uint32_t kAboveAll = 0x7FFFFFFFU;
/// The key of an image that is not to be placed: above all scores, and never one of the sorted.
constexpr std::uint32_t kLeftOut = 0x7FFFFFFEU;

struct Kernel {
  /// Writes a key for each score; answers whether all are probabilities.
  bool (*write_keys)(const float* scores, std::size_t count, std::uint32_t* keys);
  void (*write_buckets)(const std::uint32_t* keys, std::size_t count, Buckets buckets, std::uint16_t* places);
  /// Sorts keys that stand bucket by bucket: `keys` and `sorted` hold `count` of them and the padding, and first[b] is
  /// where bucket b begins. The cost of each is that of its bucket's size.
  void (*sort_within)(const std::uint32_t* keys, std::size_t count, Buckets buckets, const std::uint32_t* first,
                      std::uint32_t* sorted);
  /// For each key, finds how many of the sorted ones are below it, n, and writes 2 n, or 2 n + 1 where it is one of
  /// them. `buckets`: the keys'. The same memory may be read and written.
  void (*place_keys)(const std::uint32_t* keys, const std::uint16_t* buckets, std::size_t count,
                     const std::uint32_t* first, const std::uint32_t* sorted, std::uint32_t* places);
  /// How many scores are at or above the threshold.
  std::size_t (*count_from)(const float* scores, std::size_t count, float threshold);
};

// One source, compiled once for each instruction set. All give the same bytes: nothing is rounded.
namespace baseline {
extern const Kernel kKernel;
}
namespace avx2 {
extern const Kernel kKernel;
}
namespace avx512 {
extern const Kernel kKernel;
}

}  // namespace niwaki::class_ranker
