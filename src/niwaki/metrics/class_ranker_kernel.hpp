#pragma once

#include <cstddef>
#include <cstdint>

namespace niwaki::class_ranker {

// A probability p as an unsigned key of the same order, one key a probability: its bits below 1/2, and above it those
// of 1 - p (which is exact), counted down. So keys lie evenly where logits do, however near to 0 or 1. -0 is 0.
constexpr std::uint32_t kHalf = 0x3F000000U;  // the bits, and so the key, of 0.5
constexpr std::uint32_t kHighestKey = 2 * kHalf;

/// The range [low, high] of keys, cut into equal buckets 1, 2, ...; keys below it fall into bucket 0, and those above
/// it into the last.
struct Buckets {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  std::uint32_t shift = 0;
};

inline std::uint32_t count_of(const Buckets& buckets) {
  return ((buckets.high - buckets.low) >> buckets.shift) + 3;
}

/// Of a key within the range.
inline std::uint32_t bucket_of(std::uint32_t key, const Buckets& buckets) {
  return ((key - buckets.low) >> buckets.shift) + 1;
}

/// A bucket is no wider than 2^16 keys, so these bits say which of them it is.
constexpr std::uint32_t kWidestShift = 16;
inline std::uint16_t within_bucket(std::uint32_t key, const Buckets& buckets) {
  return static_cast<std::uint16_t>(key - buckets.low);
}

/// So many keys more may be read than there are.
constexpr std::size_t kPadding = 32;

/// Keys that lie bucket by bucket: those of bucket b from ends[b - 1] to ends[b].
struct ByBucket {
  const std::uint16_t* keys;  // within_bucket()
  const std::uint32_t* ends;
  const std::uint32_t* positive_keys;    // those of positive images, whole,
  const std::uint16_t* positive_within;  // within_bucket(),
  const std::uint32_t* positive_ends;    // and where their buckets end
};

/// A key that positive images have: how many of them, and of all images how many have a lower one and the same.
struct Around {
  std::uint32_t key = 0;
  std::uint32_t positives = 0;
  std::uint32_t below = 0;
  std::uint32_t equal = 0;
};

struct Kernel {
  /// Writes the bucket of each score, and where in it that lies; answers whether all are probabilities.
  bool (*write_places)(const float* scores, std::size_t count, Buckets buckets, std::uint16_t* within,
                       std::uint16_t* places);
  /// For the positive keys from `begin` to `end`, which are those of whole buckets: writes what is around each to where
  /// the first of its equals stands among all positive keys in rising order. The cost is that of comparing it with all
  /// of its bucket.
  void (*look_around)(std::size_t begin, std::size_t end, Buckets buckets, ByBucket by_bucket, Around* around);
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
