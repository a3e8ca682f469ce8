#include "niwaki/audit/guard/logistic_regression.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/audit/guard/cholesky.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

TEST(LogisticRegression, its_gradient_is_zero_by_plain_sums) {
  constexpr std::size_t kRows = 200;
  constexpr std::size_t kColumns = 4;
  constexpr double kRidge = 0.7;
  RandomStream random(3, "logistic");
  std::vector<double> table;
  std::vector<char> positive;
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      table.push_back(column == 3 ? 2.5 : 100.0 * static_cast<double>(column) + random.normal());
    }
    positive.push_back(static_cast<char>(table[row * kColumns] + random.normal() > 1.0));
  }
  const MatrixView<const double> view(table.data(), kRows, kColumns);
  const LogisticRegression fitted = fit_logistic_regression(view, positive, kRidge);
  EXPECT_EQ(fitted.coefficients[3], 0.0);  // a constant column
  EXPECT_GT(fitted.coefficients[0], 0.5);
  double intercept = 0.0;
  std::vector<double> gradient(kColumns, 0.0);
  for (std::size_t row = 0; row < kRows; ++row) {
    const double residual = 1.0 / (1.0 + std::exp(-fitted.linear(view.row(row)))) - (positive[row] != 0 ? 1.0 : 0.0);
    intercept += residual;
    for (std::size_t column = 0; column < kColumns; ++column) {
      gradient[column] += residual * fitted.standardiser.apply(view(row, column), column);
    }
  }
  EXPECT_NEAR(intercept, 0.0, 1e-6);
  for (std::size_t column = 0; column < kColumns; ++column) {
    EXPECT_NEAR(gradient[column] + kRidge * fitted.coefficients[column], 0.0, 1e-6);
  }
}

TEST(LogisticRegression, a_column_that_parts_both_kinds_gets_a_finite_coefficient) {
  const std::vector<double> table = {1e6, 2e6, 3e6, 4e6};
  const std::vector<char> positive = {0, 0, 1, 1};
  const LogisticRegression fitted = fit_logistic_regression({table.data(), 4, 1}, positive, 1e-6);
  EXPECT_TRUE(std::isfinite(fitted.coefficients[0]));
  EXPECT_GT(fitted.linear(std::vector<double>{4e6}), 0.0);
  EXPECT_LT(fitted.linear(std::vector<double>{1e6}), 0.0);
}

TEST(Cholesky, solves_and_measures) {
  const std::vector<double> matrix = {4, 99, 99, 2, 5, 99, 1, 3, 6};  // the upper triangle is not read
  const Cholesky factor({matrix.data(), 3, 3});
  const std::vector<double> x = factor.solve(std::vector<double>{4 + 4 + 3, 2 + 10 + 9, 1 + 6 + 18});
  EXPECT_NEAR(x[0], 1.0, 1e-12);
  EXPECT_NEAR(x[1], 2.0, 1e-12);
  EXPECT_NEAR(x[2], 3.0, 1e-12);
  EXPECT_NEAR(factor.inverse_form(std::vector<double>{11, 21, 25}), 11 * 1 + 21 * 2 + 25 * 3, 1e-9);
}

}  // namespace
}  // namespace niwaki
