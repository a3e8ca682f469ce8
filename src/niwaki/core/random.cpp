#include "niwaki/core/random.hpp"

#include <bit>
#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15ULL;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31);
}

/// FNV-1a, then mixed: enough to keep names apart.
std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char character : name) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001B3ULL;
  }
  return split_mix(hash);
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name, std::initializer_list<std::uint64_t> indices) {
  std::uint64_t key = seed;
  key = split_mix(key) ^ hash_name(name);
  for (const std::uint64_t index : indices) {
    key = split_mix(key) ^ (index * 0xD1342543DE82EF95ULL + 1);
  }
  for (std::uint64_t& word : state_) {
    word = split_mix(key);
  }
}

std::uint64_t RandomStream::bits() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double RandomStream::uniform() {
  return static_cast<double>(bits() >> 11) * 0x1.0p-53;
}

double RandomStream::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  NIWAKI_CHECK(bound > 0, "no number is below 0");
  // Numbers under this threshold would make the low residues likelier: they are drawn again.
  const std::uint64_t threshold = (0 - bound) % bound;
  std::uint64_t drawn = bits();
  while (drawn < threshold) {
    drawn = bits();
  }
  return drawn % bound;
}

double RandomStream::normal() {
  if (has_spare_normal_) {
    has_spare_normal_ = false;
    return spare_normal_;
  }
  double x = 0;
  double y = 0;
  double square = 0;
  do {
    x = uniform(-1, 1);
    y = uniform(-1, 1);
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  const double scale = std::sqrt(-2 * std::log(square) / square);
  spare_normal_ = y * scale;
  has_spare_normal_ = true;
  return x * scale;
}

bool RandomStream::chance(double probability) {
  return uniform() < probability;
}

std::vector<std::size_t> RandomStream::permutation(std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  shuffle(std::span(order));
  return order;
}

}  // namespace niwaki
