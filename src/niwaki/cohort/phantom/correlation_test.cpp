#include "niwaki/cohort/phantom/correlation.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki::phantom {
namespace {

FindingMatrix filled(double off_diagonal) {
  FindingMatrix matrix{};
  for (std::size_t i = 0; i < kFindings; ++i) {
    for (std::size_t j = 0; j < kFindings; ++j) {
      matrix[i][j] = i == j ? 1 : off_diagonal;
    }
  }
  return matrix;
}

TEST(NormalQuantile, undoes_the_distribution) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-12);
  EXPECT_NEAR(normal_distribution(normal_quantile(0.0026)), 0.0026, 1e-14);
}

TEST(BothAbove, agrees_with_what_is_known_in_closed_form) {
  // At the middle: 1/4 + asin(r) / (2 pi). Without correlation: the product.
  for (const double r : {-0.9, -0.3, 0.0, 0.5, 0.95}) {
    EXPECT_NEAR(both_above(0, 0, r), 0.25 + std::asin(r) / (2 * std::numbers::pi), 1e-10) << r;
  }
  EXPECT_NEAR(both_above(1.2, -0.4, 0), normal_distribution(-1.2) * normal_distribution(0.4), 1e-15);
  // Symmetric in its thresholds.
  EXPECT_NEAR(both_above(1.5, 0.3, 0.6), both_above(0.3, 1.5, 0.6), 1e-12);
}

TEST(Tetrachoric, finds_the_correlation_back) {
  for (const double r : {-0.6, -0.1, 0.2, 0.7, 0.95}) {
    const double h = 1.1;
    const double k = 1.8;
    const double found = tetrachoric_correlation(normal_distribution(-h), normal_distribution(-k), both_above(h, k, r));
    EXPECT_NEAR(found, r, 1e-6);
  }
}

TEST(NearestCorrelation, leaves_a_correlation_matrix_as_it_is) {
  const FindingMatrix matrix = filled(0.4);
  const FindingMatrix same = nearest_correlation(matrix, 1e-3);
  for (std::size_t i = 0; i < kFindings; ++i) {
    for (std::size_t j = 0; j < kFindings; ++j) {
      EXPECT_NEAR(same[i][j], matrix[i][j], 1e-12);
    }
  }
}

TEST(NearestCorrelation, makes_an_impossible_matrix_possible) {
  // That many cannot all be this much against each other.
  const FindingMatrix impossible = filled(-0.5);
  EXPECT_THROW(static_cast<void>(cholesky(impossible)), BrokenInvariant);
  const FindingMatrix possible = nearest_correlation(impossible, 1e-3);
  const FindingMatrix lower = cholesky(possible);
  for (std::size_t i = 0; i < kFindings; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double product = 0;
      for (std::size_t k = 0; k < kFindings; ++k) {
        product += lower[i][k] * lower[j][k];
      }
      EXPECT_NEAR(product, possible[i][j], 1e-12);
    }
    EXPECT_NEAR(possible[i][i], 1, 1e-15);
  }
}

}  // namespace
}  // namespace niwaki::phantom
