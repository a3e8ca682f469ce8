#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace niwaki {

/// A named stream of random numbers. Two streams with another name, seed or index are
/// independent; the same three give the same numbers on every machine and compiler, which is
/// why the distributions are here and not the standard library's.
///
/// Generator: xoshiro256** (Blackman & Vigna, ACM TOMS 47(4), 2021), its state filled by
/// SplitMix64 from a hash of (seed, name, indices).
class RandomStream {
 public:
  /// `name` says what the numbers are for ("train/shuffle"), `indices` for which one of many
  /// (training seed, epoch, image row), so that nothing depends on the order of use.
  RandomStream(std::uint64_t seed, std::string_view name, std::initializer_list<std::uint64_t> indices = {});

  /// 64 random bits.
  std::uint64_t bits();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);
  /// Uniform in {0, ..., bound - 1}, without bias. `bound` is at least 1.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Marsaglia's polar method).
  double normal();
  /// True with this probability.
  bool chance(double probability);

  /// Fisher-Yates.
  template <typename T>
  void shuffle(std::span<T> values) {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[below(i)]);
    }
  }

  /// A random order of 0 ... n-1.
  std::vector<std::size_t> permutation(std::size_t n);

 private:
  std::array<std::uint64_t, 4> state_{};
  double spare_normal_ = 0.0;
  bool has_spare_normal_ = false;
};

}  // namespace niwaki
