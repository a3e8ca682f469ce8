#include "niwaki/metrics/fisher_exact.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

// By Pascal's triangle: whole numbers, exact up to n = 60.
std::uint64_t choose(std::size_t n, std::size_t k) {
  std::vector<std::uint64_t> row = {1};
  for (std::size_t i = 0; i < n; ++i) {
    row.push_back(0);
    for (std::size_t j = row.size() - 1; j > 0; --j) {
      row[j] += row[j - 1];
    }
  }
  return k > n ? 0 : row[k];
}

// Every table with these margins by how many ways there are to it, compared as whole numbers.
double obvious_p(const TwoByTwoTable& table) {
  const std::size_t first = table.first_with + table.first_without;
  const std::size_t second = table.second_with + table.second_without;
  const std::size_t with = table.first_with + table.second_with;
  const std::uint64_t observed = choose(first, table.first_with) * choose(second, table.second_with);
  std::uint64_t no_likelier = 0;
  std::uint64_t all = 0;
  for (std::size_t x = 0; x <= with; ++x) {
    const std::uint64_t ways = choose(first, x) * choose(second, with - x);
    all += ways;
    no_likelier += ways <= observed ? ways : 0;
  }
  return static_cast<double>(no_likelier) / static_cast<double>(all);
}

TEST(FisherExact, agrees_with_counting_every_table) {
  RandomStream random(12, "fisher", {});
  for (int trial = 0; trial < 500; ++trial) {
    const std::uint64_t bound = 1 + random.below(14);
    const TwoByTwoTable table{random.below(bound), random.below(bound), random.below(bound), random.below(bound)};
    EXPECT_NEAR(fisher_exact(table), obvious_p(table), 1e-13)
        << table.first_with << " " << table.first_without << " " << table.second_with << " " << table.second_without;
  }
}

// scipy 1.10: fisher_exact(table)[1].
TEST(FisherExact, agrees_with_scipy) {
  EXPECT_NEAR(fisher_exact({8, 2, 1, 5}), 0.034965034965034975, 1e-15);
  EXPECT_NEAR(fisher_exact({3, 1, 1, 3}), 0.48571428571428565, 1e-15);  // two tables are equally likely
  EXPECT_NEAR(fisher_exact({0, 5, 4, 1}), 0.04761904761904762, 1e-15);
  EXPECT_NEAR(fisher_exact({900, 24100, 60, 1190}), 0.030547096153626486, 1e-10);
  EXPECT_NEAR(fisher_exact({1200, 4800, 500, 2500}), 0.00012894530183037487, 1e-12);
}

TEST(FisherExact, does_not_depend_on_how_the_table_is_written) {
  const double p = fisher_exact({7, 30, 21, 18});
  EXPECT_LT(p, 0.05);
  EXPECT_NEAR(fisher_exact({21, 18, 7, 30}), p, 1e-14);
  EXPECT_NEAR(fisher_exact({30, 7, 18, 21}), p, 1e-14);
  EXPECT_NEAR(fisher_exact({7, 21, 30, 18}), p, 1e-14);
}

TEST(FisherExact, the_likeliest_table_and_an_empty_margin_are_no_evidence) {
  EXPECT_EQ(fisher_exact({10, 10, 10, 10}), 1.0);
  EXPECT_EQ(fisher_exact({0, 0, 3, 4}), 1.0);
  EXPECT_EQ(fisher_exact({3, 4, 0, 0}), 1.0);
  EXPECT_EQ(fisher_exact({0, 3, 0, 4}), 1.0);
  EXPECT_EQ(fisher_exact({3, 0, 4, 0}), 1.0);
  EXPECT_EQ(fisher_exact({0, 0, 0, 0}), 1.0);
  EXPECT_EQ(fisher_exact({1, 0, 0, 1}), 1.0);
}

TEST(FisherExact, is_never_negative_nor_nan_however_far_out) {
  // One way of C(200, 100) on each side.
  EXPECT_NEAR(std::log(fisher_exact({100, 0, 0, 100})), std::log(2.0) + 2.0 * std::lgamma(101.0) - std::lgamma(201.0),
              1e-10);
  EXPECT_EQ(fisher_exact({100'000, 0, 0, 100'000}), 0.0);
}

TEST(FisherExact, counts_beyond_all_cohorts_are_a_bug) {
  EXPECT_THROW((void)fisher_exact({~std::size_t{0}, 1, 1, 1}), BrokenInvariant);
  EXPECT_THROW((void)fisher_exact({std::size_t{1} << 31, 1, 1, 1}), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
