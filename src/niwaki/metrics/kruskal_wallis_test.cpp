#include "niwaki/metrics/kruskal_wallis.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using Groups = std::vector<std::vector<double>>;

// The expected values are scipy 1.10's kruskal.
TEST(KruskalWallis, agrees_with_scipy_where_values_are_tied) {
  const auto quality = kruskal_wallis(Groups{{1, 2, 2, 5, 4}, {3, 3, 2, 1}});
  EXPECT_NEAR(quality->h, 0.14210526315789265, 1e-12);
  EXPECT_NEAR(quality->p, 0.7061970013354263, 1e-12);
  const auto difficulty = kruskal_wallis(Groups{{5, 5, 4, 3, 4, 5, 2}, {1, 2, 2, 3, 4, 1, 1}});
  EXPECT_NEAR(difficulty->h, 6.122635355512061, 1e-12);
  EXPECT_NEAR(difficulty->p, 0.013346168775417356, 1e-12);
  EXPECT_EQ(difficulty->freedom, 1U);
  const auto agreement = kruskal_wallis(Groups{{1, 1, 0, 1, 0}, {1, 1, 1}, {0, 0, 1, 0}});
  EXPECT_NEAR(agreement->h, 3.6457142857142824, 1e-12);
  EXPECT_NEAR(agreement->p, 0.16156348091713466, 1e-12);
  EXPECT_EQ(agreement->freedom, 2U);
}

// H is (n - 1) times the share of the ranks' variance that lies between groups.
double obvious_h(const Groups& groups) {
  std::vector<double> all;
  for (const auto& group : groups) {
    all.insert(all.end(), group.begin(), group.end());
  }
  const auto rank = [&](double value) {
    double below = 0.0;
    double same = 0.0;
    for (const double other : all) {
      below += other < value ? 1.0 : 0.0;
      same += other == value ? 1.0 : 0.0;
    }
    return below + (same + 1.0) / 2.0;
  };
  const auto n = static_cast<double>(all.size());
  double between = 0.0;
  double whole = 0.0;
  for (const auto& group : groups) {
    double mean = 0.0;
    for (const double value : group) {
      mean += rank(value) / static_cast<double>(group.size());
      whole += std::pow(rank(value) - (n + 1.0) / 2.0, 2);
    }
    between += static_cast<double>(group.size()) * std::pow(mean - (n + 1.0) / 2.0, 2);
  }
  return (n - 1.0) * between / whole;
}

TEST(KruskalWallis, agrees_with_the_variance_between_groups) {
  for (std::uint64_t trial = 0; trial < 60; ++trial) {
    RandomStream random(11, "kruskal", {trial});
    Groups groups(2 + random.below(3));
    for (auto& group : groups) {
      group.resize(1 + random.below(12));
      for (double& value : group) {
        value = static_cast<double>(random.below(5));
      }
    }
    groups[0].push_back(7);
    EXPECT_NEAR(kruskal_wallis(groups)->h, obvious_h(groups), 1e-10);
  }
}

TEST(KruskalWallis, is_undefined_without_two_groups_or_any_difference) {
  EXPECT_FALSE(kruskal_wallis(Groups{{1, 2, 3}}));
  EXPECT_FALSE(kruskal_wallis(Groups{{1, 2, 3}, {}}));
  EXPECT_FALSE(kruskal_wallis(Groups{{2, 2}, {2, 2, 2}}));
  EXPECT_FALSE(kruskal_wallis(Groups{}));
  EXPECT_NEAR(kruskal_wallis(Groups{{1, 2, 3}, {1, 2, 3}})->p, 1.0, 1e-12);
}

}  // namespace
}  // namespace niwaki
