#include "niwaki/metrics/correlation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/math/distributions/students_t.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Asked of the values and not of their variance, which rounding can leave a little above 0.
bool constant(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

std::optional<CorrelationTest> with_p_value(std::optional<double> coefficient, std::size_t points) {
  if (!coefficient || points < 3) {
    return std::nullopt;
  }
  const double r = *coefficient;
  const double unexplained = (1.0 - r) * (1.0 + r);
  if (unexplained <= 0.0) {
    return CorrelationTest{r, 0.0};
  }
  const auto freedom = static_cast<double>(points - 2);
  const double t = r * std::sqrt(freedom / unexplained);
  const boost::math::students_t distribution(freedom);
  return CorrelationTest{r, std::min(1.0, 2.0 * boost::math::cdf(boost::math::complement(distribution, std::abs(t))))};
}

}  // namespace

std::optional<double> pearson(std::span<const double> x, std::span<const double> y) {
  NIWAKI_CHECK(x.size() == y.size(), "{} values against {}", x.size(), y.size());
  if (x.size() < 2 || constant(x) || constant(y)) {
    return std::nullopt;
  }
  const double mean_x = mean(x);
  const double mean_y = mean(y);
  double squares_x = 0.0;
  double squares_y = 0.0;
  double products = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double from_x = x[i] - mean_x;
    const double from_y = y[i] - mean_y;
    squares_x += from_x * from_x;
    squares_y += from_y * from_y;
    products += from_x * from_y;
  }
  // The square root of the product, not the product of roots: for ranks it is the exact one.
  const double coefficient = products / std::sqrt(squares_x * squares_y);
  // Squares of values below 1e-154 are lost; then nothing can be said.
  if (!std::isfinite(coefficient)) {
    return std::nullopt;
  }
  return std::clamp(coefficient, -1.0, 1.0);
}

std::optional<double> spearman(std::span<const double> x, std::span<const double> y) {
  NIWAKI_CHECK(x.size() == y.size(), "{} values against {}", x.size(), y.size());
  const std::vector<double> ranks_x = average_ranks(x);
  const std::vector<double> ranks_y = average_ranks(y);
  return pearson(ranks_x, ranks_y);
}

std::optional<CorrelationTest> pearson_test(std::span<const double> x, std::span<const double> y) {
  return with_p_value(pearson(x, y), x.size());
}

std::optional<CorrelationTest> spearman_test(std::span<const double> x, std::span<const double> y) {
  return with_p_value(spearman(x, y), x.size());
}

}  // namespace niwaki
