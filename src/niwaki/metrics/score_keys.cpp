#include "niwaki/metrics/score_keys.hpp"

#include <algorithm>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr int kKeyBits = 33;  // a score and its label
constexpr int kDigitBits = 11;
constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
static_assert(kKeyBits % kDigitBits == 0);
// Below this many keys a comparison sort is faster than three passes over 2,048 counters.
constexpr std::size_t kRadixFrom = 1024;

// Least significant digit first.
void radix_sort(std::vector<std::uint64_t>& keys, int lowest) {
  std::vector<std::uint64_t> other(keys.size());
  std::vector<std::size_t> offsets(kDigits);
  for (int shift = lowest; shift < lowest + kKeyBits; shift += kDigitBits) {
    std::fill(offsets.begin(), offsets.end(), std::size_t{0});
    for (const std::uint64_t key : keys) {
      ++offsets[(key >> shift) & (kDigits - 1)];
    }
    std::exclusive_scan(offsets.begin(), offsets.end(), offsets.begin(), std::size_t{0});
    for (const std::uint64_t key : keys) {
      other[offsets[(key >> shift) & (kDigits - 1)]++] = key;
    }
    keys.swap(other);
  }
}

}  // namespace

void sort_keys(std::vector<std::uint64_t>& keys, int lowest) {
  NIWAKI_CHECK(lowest >= 0 && lowest + kKeyBits <= 64, "keys from bit {}", lowest);
  if (keys.size() < kRadixFrom) {
    std::stable_sort(keys.begin(), keys.end(),
                     [&](std::uint64_t a, std::uint64_t b) { return a >> lowest < b >> lowest; });
  } else {
    radix_sort(keys, lowest);
  }
}

}  // namespace niwaki
