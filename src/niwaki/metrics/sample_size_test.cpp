#include "niwaki/metrics/sample_size.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

std::vector<double> repeated(double value, std::size_t times) {
  return std::vector<double>(times, value);
}

std::vector<double> yes_no(std::size_t yes, std::size_t no) {
  std::vector<double> values = repeated(1, yes);
  values.insert(values.end(), no, 0.0);
  return values;
}

// Shares of 0.9 and 0.8: the textbook formula for two proportions has 199 a group (Fleiss, without continuity).
TEST(SampleSize, two_proportions_come_to_the_textbook_number) {
  const double both = *mann_whitney_sample_size(yes_no(90, 10), yes_no(80, 20));
  EXPECT_NEAR(both / 2.0, 199.0, 2.0);
}

TEST(SampleSize, is_noether_where_nothing_is_tied) {
  std::vector<double> a;
  std::vector<double> b;
  for (int i = 0; i < 400; ++i) {
    a.push_back(i + 100.25);
    b.push_back(i);
  }
  double won = 0.0;
  for (const double x : a) {
    for (const double y : b) {
      won += x > y ? 1.0 : 0.0;
    }
  }
  const double superiority = won / (400.0 * 400.0);
  const double z = 1.959963984540054 + 0.8416212335729143;  // scipy's norm.ppf
  EXPECT_NEAR(*mann_whitney_sample_size(a, b), z * z / (3.0 * std::pow(superiority - 0.5, 2)), 0.01);
}

// 2,000 rounds of that size: the rank-sum test with tied ranks sees the difference in about 80%.
TEST(SampleSize, gives_the_power_that_it_promises) {
  const std::vector<double> hard = {1, 2, 2, 3, 3, 3, 4, 4, 5, 5};
  const std::vector<double> easy = {1, 1, 2, 2, 2, 3, 3, 3, 4, 5};
  const auto group = static_cast<std::size_t>(std::ceil(*mann_whitney_sample_size(hard, easy) / 2.0));
  double seen = 0.0;
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    RandomStream random(3, "power", {static_cast<std::uint64_t>(round)});
    double counts[2][6] = {};
    for (std::size_t i = 0; i < group; ++i) {
      counts[0][static_cast<std::size_t>(hard[random.below(10)])] += 1.0;
      counts[1][static_cast<std::size_t>(easy[random.below(10)])] += 1.0;
    }
    double below = 0.0;
    double u = 0.0;
    double ties = 0.0;
    for (std::size_t value = 1; value <= 5; ++value) {
      u += counts[0][value] * (below + counts[1][value] / 2.0);
      below += counts[1][value];
      ties += std::pow(counts[0][value] + counts[1][value], 3) - counts[0][value] - counts[1][value];
    }
    const auto n = static_cast<double>(group);
    const double variance = n * n / 12.0 * (2.0 * n + 1.0 - ties / (2.0 * n * (2.0 * n - 1.0)));
    seen += std::abs(u - n * n / 2.0) / std::sqrt(variance) > 1.959963984540054 ? 1.0 : 0.0;
  }
  EXPECT_NEAR(seen / kRounds, 0.80, 0.03);
}

TEST(SampleSize, more_power_needs_more) {
  const std::vector<double> a = yes_no(9, 1);
  const std::vector<double> b = yes_no(6, 4);
  EXPECT_GT(*mann_whitney_sample_size(a, b, {.power = 0.9}), *mann_whitney_sample_size(a, b));
  EXPECT_GT(*mann_whitney_sample_size(a, b, {.significance = 0.01}), *mann_whitney_sample_size(a, b));
  EXPECT_NEAR(*mann_whitney_sample_size(a, b), *mann_whitney_sample_size(b, a), 1e-9);
}

TEST(SampleSize, is_undefined_without_a_difference) {
  EXPECT_FALSE(mann_whitney_sample_size(yes_no(3, 1), yes_no(6, 2)));
  EXPECT_FALSE(mann_whitney_sample_size(yes_no(3, 1), {}));
  EXPECT_FALSE(mann_whitney_sample_size(repeated(2, 4), repeated(2, 4)));
}

// Shrout & Fleiss (1979), table 2: six targets, four judges, ICC(1,1) = .17.
TEST(IntraclassCorrelation, is_the_published_one) {
  const Clusters targets = {{9, 2, 5, 8}, {6, 1, 3, 2}, {8, 4, 6, 8}, {7, 1, 2, 6}, {10, 5, 6, 9}, {6, 2, 4, 7}};
  const std::vector<Clusters> strata = {targets};
  EXPECT_NEAR(*intraclass_correlation(strata), 0.1657, 5e-4);
}

TEST(IntraclassCorrelation, strata_take_their_means_with_them) {
  const Clusters clusters = {{1, 2, 2}, {4, 5, 4}, {2, 2, 3}, {5, 5, 3}};
  Clusters moved = clusters;
  for (std::vector<double>& cluster : moved) {
    for (double& value : cluster) {
      value += 100.0;
    }
  }
  EXPECT_NEAR(*intraclass_correlation(std::vector<Clusters>{clusters, moved}),
              *intraclass_correlation(std::vector<Clusters>{clusters, clusters}), 1e-10);
}

// Values of a cluster share a part of variance 0.5; clusters have one to five values.
TEST(IntraclassCorrelation, finds_what_was_put_in) {
  RandomStream random(4, "icc");
  std::vector<Clusters> strata(2);
  for (Clusters& clusters : strata) {
    clusters.resize(3000);
    for (std::vector<double>& cluster : clusters) {
      const double shared = std::sqrt(0.5) * random.normal();
      cluster.resize(1 + random.below(5));
      for (double& value : cluster) {
        value = shared + std::sqrt(0.5) * random.normal();
      }
    }
  }
  EXPECT_NEAR(*intraclass_correlation(strata), 0.5, 0.02);
}

TEST(IntraclassCorrelation, is_undefined_without_clusters_or_pairs) {
  EXPECT_FALSE(intraclass_correlation(std::vector<Clusters>{{{1}, {2}, {3}}}));
  EXPECT_FALSE(intraclass_correlation(std::vector<Clusters>{{{1, 2, 3}}}));
  EXPECT_FALSE(intraclass_correlation(std::vector<Clusters>{{{2, 2}, {2, 2}}}));
  EXPECT_FALSE(intraclass_correlation(std::vector<Clusters>{{}, {{}}}));
  EXPECT_DOUBLE_EQ(*intraclass_correlation(std::vector<Clusters>{{{1, 1}, {2, 2}}}), 1.0);
}

TEST(DesignEffect, grows_with_size_and_correlation) {
  EXPECT_DOUBLE_EQ(design_effect(0.5, 3.0), 2.0);
  EXPECT_DOUBLE_EQ(design_effect(0.5, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(design_effect(-0.2, 6.0), 1.0);
}

}  // namespace
}  // namespace niwaki
