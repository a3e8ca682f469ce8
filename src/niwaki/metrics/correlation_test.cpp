#include "niwaki/metrics/correlation.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

// The expected values are scipy 1.10's pearsonr and spearmanr.
TEST(Correlation, agrees_with_scipy) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6, 7.5};
  const std::vector<double> y = {2, 1, 4, 3, 7, 8, 6};
  EXPECT_NEAR(pearson_test(x, y)->coefficient, 0.8254464667886526, 1e-14);
  EXPECT_NEAR(pearson_test(x, y)->p, 0.022202761265717807, 1e-13);
  EXPECT_NEAR(spearman_test(x, y)->coefficient, 0.8214285714285715, 1e-14);
  EXPECT_NEAR(spearman_test(x, y)->p, 0.023448808345691505, 1e-13);
}

TEST(Correlation, agrees_with_scipy_where_ranks_are_tied) {
  const std::vector<double> x = {1, 2, 2, 3};
  const std::vector<double> y = {4, 3, 1, 1};
  EXPECT_NEAR(pearson_test(x, y)->coefficient, -0.8164965809277259, 1e-14);
  EXPECT_NEAR(pearson_test(x, y)->p, 0.1835034190722742, 1e-13);
  EXPECT_NEAR(spearman_test(x, y)->coefficient, -0.8333333333333335, 1e-14);
  EXPECT_NEAR(spearman_test(x, y)->p, 0.16666666666666646, 1e-13);
}

TEST(Correlation, spearman_without_ties_is_the_textbook_formula) {
  RandomStream random(5, "spearman", {});
  for (int trial = 0; trial < 50; ++trial) {
    const std::size_t n = 2 + random.below(30);
    std::vector<double> x(n);
    std::vector<double> y(n);
    const std::vector<std::size_t> order_x = random.permutation(n);
    const std::vector<std::size_t> order_y = random.permutation(n);
    double squared_gaps = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = std::exp(0.1 * static_cast<double>(order_x[i]));
      y[i] = std::sqrt(static_cast<double>(order_y[i]));
      squared_gaps += std::pow(static_cast<double>(order_x[i]) - static_cast<double>(order_y[i]), 2);
    }
    const auto size = static_cast<double>(n);
    EXPECT_NEAR(*spearman(x, y), 1.0 - 6.0 * squared_gaps / (size * (size * size - 1.0)), 1e-12);
  }
}

TEST(Correlation, rows_of_one_correlation_are_one_double) {
  // Two transpositions at different places: the same sum of squared gaps.
  const std::vector<double> dense = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  const std::vector<double> early = {2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  const std::vector<double> late = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 13};
  EXPECT_EQ(*spearman(dense, early), *spearman(dense, late));
}

TEST(Correlation, a_straight_line_is_certain) {
  const std::vector<double> x = {1, 2, 3, 4};
  const std::vector<double> down = {8, 6, 4, 2};
  EXPECT_DOUBLE_EQ(pearson_test(x, down)->coefficient, -1.0);
  EXPECT_EQ(spearman_test(x, down)->p, 0.0);
}

TEST(Correlation, is_undefined_for_a_constant_side_or_too_few_points) {
  const std::vector<double> x = {1, 2, 3};
  const std::vector<double> tenths = {0.1, 0.1, 0.1};  // whose mean is not exactly 0.1
  EXPECT_FALSE(pearson(x, tenths));
  EXPECT_FALSE(spearman(tenths, x));
  EXPECT_FALSE(pearson_test(x, tenths));
  EXPECT_FALSE(pearson(std::vector<double>{1}, std::vector<double>{2}));
  EXPECT_FALSE(spearman_test(std::vector<double>{1, 2}, std::vector<double>{2, 1}));
  EXPECT_FALSE(pearson(std::vector<double>{}, std::vector<double>{}));
}

TEST(Correlation, lengths_that_differ_are_a_bug) {
  EXPECT_THROW((void)pearson(std::vector<double>{1, 2}, std::vector<double>{1}), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
