#include "niwaki/metrics/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// Deeper recursion than this is never worth it.
constexpr std::size_t kMostUnitsExact = 1000;

struct Block {
  std::vector<std::pair<double, double>> units;  // (sum, count)
  std::size_t marks = 0;
};

class Permutations {
 public:
  explicit Permutations(std::span<const PermutationUnit> units) {
    std::map<std::size_t, Block> blocks;
    double marked_sum = 0.0;
    double marked_count = 0.0;
    double size = 0.0;
    for (const PermutationUnit& unit : units) {
      NIWAKI_CHECK(unit.count > 0.0 && std::isfinite(unit.sum), "a unit of {} values with sum {}", unit.count,
                   unit.sum);
      Block& block = blocks[unit.block];
      block.units.emplace_back(unit.sum, unit.count);
      block.marks += unit.marked ? 1 : 0;
      sum_ += unit.sum;
      count_ += unit.count;
      size += std::abs(unit.sum);
      marked_sum += unit.marked ? unit.sum : 0.0;
      marked_count += unit.marked ? unit.count : 0.0;
    }
    for (auto& [name, block] : blocks) {
      blocks_.push_back(std::move(block));
    }
    units_ = units.size();
    comparable_ = marked_count > 0.0 && marked_count < count_;
    if (comparable_) {
      statistic_ = difference(marked_sum, marked_count);
      extreme_ = std::abs(statistic_) - 1e-9 * size / count_;
    }
  }

  [[nodiscard]] bool comparable() const { return comparable_; }
  [[nodiscard]] double statistic() const { return statistic_; }
  [[nodiscard]] std::size_t units() const { return units_; }

  /// Product over blocks of binomials; stops growing above `limit`.
  [[nodiscard]] std::size_t arrangements(std::size_t limit) const {
    double product = 1.0;
    for (const Block& block : blocks_) {
      const std::size_t fewer = std::min(block.marks, block.units.size() - block.marks);
      for (std::size_t i = 1; i <= fewer && product <= 2.0 * static_cast<double>(limit); ++i) {
        product = product * static_cast<double>(block.units.size() - fewer + i) / static_cast<double>(i);
      }
    }
    return product > static_cast<double>(limit) ? limit + 1 : static_cast<std::size_t>(std::llround(product));
  }

  /// (at least as large, all)
  std::pair<std::size_t, std::size_t> all() {
    seen_ = as_large_ = 0;
    visit(0, 0, blocks_.front().marks, 0.0, 0.0);
    return {as_large_, seen_};
  }

  /// How many of so many random arrangements are at least as large.
  std::size_t drawn(std::size_t draws, RandomStream& random) {
    std::size_t as_large = 0;
    for (std::size_t draw = 0; draw < draws; ++draw) {
      double sum = 0.0;
      double count = 0.0;
      for (Block& block : blocks_) {
        for (std::size_t i = 0; i < block.marks; ++i) {
          std::swap(block.units[i], block.units[i + random.below(block.units.size() - i)]);
          sum += block.units[i].first;
          count += block.units[i].second;
        }
      }
      as_large += extreme(sum, count) ? 1 : 0;
    }
    return as_large;
  }

 private:
  [[nodiscard]] double difference(double sum, double count) const {
    return sum / count - (sum_ - sum) / (count_ - count);
  }
  [[nodiscard]] bool extreme(double sum, double count) const { return std::abs(difference(sum, count)) >= extreme_; }

  /// Every choice of `left` marks among the units of `block` from `unit` on, and of all blocks behind.
  void visit(std::size_t block, std::size_t unit, std::size_t left, double sum, double count) {
    if (left == 0) {
      if (block + 1 == blocks_.size()) {
        ++seen_;
        as_large_ += extreme(sum, count) ? 1 : 0;
      } else {
        visit(block + 1, 0, blocks_[block + 1].marks, sum, count);
      }
      return;
    }
    const auto& units = blocks_[block].units;
    if (units.size() - unit > left) {
      visit(block, unit + 1, left, sum, count);
    }
    visit(block, unit + 1, left - 1, sum + units[unit].first, count + units[unit].second);
  }

  std::vector<Block> blocks_;
  std::size_t units_ = 0;
  double sum_ = 0.0;
  double count_ = 0.0;
  bool comparable_ = false;
  double statistic_ = 0.0;
  double extreme_ = 0.0;
  std::size_t seen_ = 0;
  std::size_t as_large_ = 0;
};

}  // namespace

std::optional<PermutationTest> permutation_test(std::span<const PermutationUnit> units, RandomStream& random,
                                                const PermutationOptions& options) {
  Permutations permutations(units);
  if (!permutations.comparable()) {
    return std::nullopt;
  }
  PermutationTest test{permutations.statistic()};
  test.exact =
      permutations.units() <= kMostUnitsExact && permutations.arrangements(options.exact_up_to) <= options.exact_up_to;
  if (test.exact) {
    const auto [as_large, all] = permutations.all();
    test.p = static_cast<double>(as_large) / static_cast<double>(all);
    test.arrangements = all;
  } else {
    const std::size_t as_large = permutations.drawn(options.draws, random);
    test.p = static_cast<double>(1 + as_large) / static_cast<double>(1 + options.draws);
    test.arrangements = options.draws;
  }
  return test;
}

}  // namespace niwaki
