#pragma once

#include <optional>
#include <span>

namespace niwaki {

/// A correlation and the two-sided p-value of there being none.
struct CorrelationTest {
  double coefficient = 0.0;
  double p = 1.0;
};

/// Pearson's product-moment correlation. Nothing for fewer than two points, or where one side is constant.
std::optional<double> pearson(std::span<const double> x, std::span<const double> y);

/// Spearman's rank correlation: Pearson's of the average ranks. Nothing for fewer than two points, or
/// where one side is constant. Centred ranks are multiples of a half, so their sums are exact below 10^5
/// points: two pairs of rows with the same true correlation give the same double.
std::optional<double> spearman(std::span<const double> x, std::span<const double> y);

/// With the p-value of Student's t with n - 2 degrees of freedom, t = r sqrt((n - 2) / (1 - r^2)), as scipy's pearsonr
/// (whose beta distribution is the same) and spearmanr have it; p is 0 at r = +-1. Nothing for fewer than three points,
/// or where one side is constant.
std::optional<CorrelationTest> pearson_test(std::span<const double> x, std::span<const double> y);
std::optional<CorrelationTest> spearman_test(std::span<const double> x, std::span<const double> y);

}  // namespace niwaki
