#include "niwaki/metrics/permutation.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using Units = std::vector<PermutationUnit>;

// All ways to mark, as the bits of a number; those that keep each block's number of marks count.
double obvious_p(const Units& units) {
  const auto difference = [&](std::size_t marks) {
    double sum[2] = {0.0, 0.0};
    double count[2] = {0.0, 0.0};
    for (std::size_t i = 0; i < units.size(); ++i) {
      sum[marks >> i & 1U] += units[i].sum;
      count[marks >> i & 1U] += units[i].count;
    }
    return sum[1] / count[1] - sum[0] / count[0];
  };
  const auto marks_of_block = [&](std::size_t marks, std::size_t block) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < units.size(); ++i) {
      n += units[i].block == block ? marks >> i & 1U : 0;
    }
    return n;
  };
  std::size_t observed = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    observed |= static_cast<std::size_t>(units[i].marked) << i;
  }
  double as_large = 0.0;
  double all = 0.0;
  for (std::size_t marks = 0; marks < std::size_t{1} << units.size(); ++marks) {
    bool kept = true;
    for (const PermutationUnit& unit : units) {
      kept = kept && marks_of_block(marks, unit.block) == marks_of_block(observed, unit.block);
    }
    if (kept) {
      all += 1.0;
      as_large += std::abs(difference(marks)) >= std::abs(difference(observed)) - 1e-9 ? 1.0 : 0.0;
    }
  }
  return as_large / all;
}

Units random_units(std::uint64_t trial, std::size_t size, std::uint64_t blocks) {
  RandomStream random(9, "permutation_test", {trial});
  Units units(size);
  for (PermutationUnit& unit : units) {
    unit = {static_cast<std::size_t>(random.below(blocks)), random.chance(0.4),
            static_cast<double>(random.below(5)) - 2.0, 1.0 + static_cast<double>(random.below(3))};
  }
  units[0].marked = true;
  units[1].marked = false;
  return units;
}

TEST(Permutation, exact_is_the_obvious_enumeration) {
  RandomStream random(1, "unused");
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    const Units units = random_units(trial, 4 + trial % 8, 1 + trial % 3);
    const auto test = permutation_test(units, random);
    EXPECT_TRUE(test->exact);
    EXPECT_NEAR(test->p, obvious_p(units), 1e-12) << "trial " << trial;
  }
}

// scipy 1.10: permutation_test(([1, 4, 3, 5], [2, 1, 1, 3]), difference of means, all 70 arrangements).
TEST(Permutation, agrees_with_scipy) {
  Units units;
  for (const double value : {1.0, 4.0, 3.0, 5.0}) {
    units.push_back({0, true, value, 1.0});
  }
  for (const double value : {2.0, 1.0, 1.0, 3.0}) {
    units.push_back({0, false, value, 1.0});
  }
  RandomStream random(1, "unused");
  const auto test = permutation_test(units, random);
  EXPECT_DOUBLE_EQ(test->statistic, 1.5);
  EXPECT_NEAR(test->p, 0.2857142857142857, 1e-14);
  EXPECT_EQ(test->arrangements, 70U);
}

TEST(Permutation, drawn_comes_near_to_exact) {
  for (std::uint64_t trial = 0; trial < 5; ++trial) {
    const Units units = random_units(100 + trial, 14, 2);
    RandomStream random(trial, "draws");
    const auto exact = permutation_test(units, random);
    const auto drawn = permutation_test(units, random, {.exact_up_to = 0, .draws = 20000});
    EXPECT_FALSE(drawn->exact);
    EXPECT_EQ(drawn->arrangements, 20000U);
    EXPECT_NEAR(drawn->p, exact->p, 4.0 * std::sqrt(exact->p * (1.0 - exact->p) / 20000.0) + 1e-4);
    EXPECT_DOUBLE_EQ(drawn->statistic, exact->statistic);
  }
}

TEST(Permutation, drawn_is_never_zero) {
  Units units;
  for (int i = 0; i < 40; ++i) {
    units.push_back({0, i < 20, i < 20 ? 1.0 : 0.0, 1.0});
  }
  RandomStream random(1, "draws");
  const auto test = permutation_test(units, random, {.draws = 999});
  EXPECT_FALSE(test->exact);
  EXPECT_DOUBLE_EQ(test->p, 1.0 / 1000.0);
}

// Blocks keep what is theirs: a difference between readers is none between groups.
TEST(Permutation, a_difference_between_blocks_is_none) {
  Units units;
  for (int i = 0; i < 5; ++i) {
    units.push_back({0, i < 4, 5.0, 1.0});
    units.push_back({1, i < 1, 1.0, 1.0});
  }
  RandomStream random(1, "unused");
  EXPECT_DOUBLE_EQ(permutation_test(units, random)->p, 1.0);
}

// 40 images, half of them marked at random, each read by six readers; images differ, marks mean nothing. How often is p
// at most 0.05?
struct Rejections {
  double over_images = 0.0;
  double within_readers = 0.0;
};

Rejections rejections(double image_variance, int rounds) {
  constexpr std::size_t kImages = 40;
  constexpr std::size_t kReaders = 6;
  Rejections result;
  for (int round = 0; round < rounds; ++round) {
    RandomStream random(21, "rounds", {static_cast<std::uint64_t>(round)});
    Units images(kImages);
    Units readings;
    for (std::size_t image = 0; image < kImages; ++image) {
      const double shared = std::sqrt(image_variance) * random.normal();
      images[image] = {0, image < kImages / 2, 0.0, kReaders};
      for (std::size_t reader = 0; reader < kReaders; ++reader) {
        const double value = shared + std::sqrt(1.0 - image_variance) * random.normal();
        images[image].sum += value;
        readings.push_back({reader, image < kImages / 2, value, 1.0});
      }
    }
    const PermutationOptions options = {.exact_up_to = 0, .draws = 199};
    result.over_images += permutation_test(images, random, options)->p <= 0.05 ? 1.0 / rounds : 0.0;
    result.within_readers += permutation_test(readings, random, options)->p <= 0.05 ? 1.0 / rounds : 0.0;
  }
  return result;
}

// docs/readers.md cites these: where readers share images that differ, marks may be exchanged between images only.
TEST(Permutation, within_readers_finds_what_is_not_there_where_images_differ) {
  const Rejections alike = rejections(0.0, 1000);
  EXPECT_NEAR(alike.over_images, 0.05, 0.02);
  EXPECT_NEAR(alike.within_readers, 0.05, 0.02);
  const Rejections differing = rejections(0.5, 1000);
  EXPECT_NEAR(differing.over_images, 0.05, 0.02);
  EXPECT_GT(differing.within_readers, 0.20);
  RecordProperty("within_readers_at_half", std::to_string(differing.within_readers));
}

TEST(Permutation, is_undefined_for_one_kind) {
  RandomStream random(1, "unused");
  EXPECT_FALSE(permutation_test(Units{{0, true, 1.0, 1.0}, {0, true, 2.0, 1.0}}, random));
  EXPECT_FALSE(permutation_test(Units{{0, false, 1.0, 1.0}}, random));
  EXPECT_FALSE(permutation_test(Units{}, random));
  EXPECT_THROW((void)permutation_test(Units{{0, true, 1.0, 0.0}}, random), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
