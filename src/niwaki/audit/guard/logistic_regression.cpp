#include "niwaki/audit/guard/logistic_regression.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/audit/guard/cholesky.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr int kMostSteps = 100;
constexpr int kMostHalvings = 40;
constexpr double kSmallestGradient = 1e-9;  // its largest part, a row

/// log(1 + exp(x)) without overflow.
double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

double logistic(double x) {
  return x >= 0.0 ? 1.0 / (1.0 + std::exp(-x)) : std::exp(x) / (1.0 + std::exp(x));
}

/// The objective over standardised rows, the intercept's column of ones last.
class Objective {
 public:
  Objective(MatrixView<const double> rows, std::span<const char> positive, double ridge)
      : rows_(rows), positive_(positive), ridge_(ridge) {}

  [[nodiscard]] double value(std::span<const double> weights) const {
    double sum = 0.0;
    for (std::size_t row = 0; row < rows_.rows(); ++row) {
      const double linear = product(row, weights);
      sum += softplus(positive_[row] != 0 ? -linear : linear);
    }
    const auto penalised = weights.first(weights.size() - 1);
    return sum + 0.5 * ridge_ * std::inner_product(penalised.begin(), penalised.end(), penalised.begin(), 0.0);
  }

  /// Fills the gradient and the lower triangle of the Hessian.
  void derive(std::span<const double> weights, std::vector<double>& gradient, std::vector<double>& hessian) const {
    const std::size_t columns = weights.size();
    gradient.assign(columns, 0.0);
    hessian.assign(columns * columns, 0.0);
    for (std::size_t row = 0; row < rows_.rows(); ++row) {
      const double chance = logistic(product(row, weights));
      const double residual = chance - (positive_[row] != 0 ? 1.0 : 0.0);
      const double curvature = chance * (1.0 - chance);
      const std::span<const double> values = rows_.row(row);
      for (std::size_t i = 0; i < columns; ++i) {
        gradient[i] += residual * values[i];
        for (std::size_t j = 0; j <= i; ++j) {
          hessian[i * columns + j] += curvature * values[i] * values[j];
        }
      }
    }
    for (std::size_t i = 0; i + 1 < columns; ++i) {
      gradient[i] += ridge_ * weights[i];
      hessian[i * columns + i] += ridge_;
    }
    // Where every chance is 0 or 1 to rounding the intercept has no curvature left.
    hessian.back() += 1e-12;
  }

 private:
  [[nodiscard]] double product(std::size_t row, std::span<const double> weights) const {
    const std::span<const double> values = rows_.row(row);
    return std::inner_product(values.begin(), values.end(), weights.begin(), 0.0);
  }

  MatrixView<const double> rows_;
  std::span<const char> positive_;
  double ridge_;
};

/// Goes along Newton's step as far as the objective falls; false where no part of it does.
bool take_step(const Objective& objective, std::span<const double> step, std::vector<double>& weights, double& value) {
  double share = 1.0;
  for (int halving = 0; halving < kMostHalvings; ++halving, share /= 2.0) {
    std::vector<double> next(weights);
    for (std::size_t i = 0; i < next.size(); ++i) {
      next[i] -= share * step[i];
    }
    const double there = objective.value(next);
    if (there < value) {
      weights = std::move(next);
      value = there;
      return true;
    }
  }
  return false;
}

}  // namespace

double LogisticRegression::linear(std::span<const double> row) const {
  double sum = intercept;
  for (std::size_t column = 0; column < coefficients.size(); ++column) {
    sum += coefficients[column] * standardiser.apply(row[column], column);
  }
  return sum;
}

LogisticRegression fit_logistic_regression(MatrixView<const double> table, std::span<const char> positive,
                                           double ridge) {
  NIWAKI_CHECK(positive.size() == table.rows(), "{} answers for {} rows", positive.size(), table.rows());
  NIWAKI_CHECK(ridge > 0.0, "a ridge of {}", ridge);
  const auto positives = std::count_if(positive.begin(), positive.end(), [](char value) { return value != 0; });
  NIWAKI_CHECK(positives > 0 && static_cast<std::size_t>(positives) < table.rows(), "{} of {} rows are positive",
               positives, table.rows());
  LogisticRegression fitted{Standardiser(table, all_rows(table.rows())), {}, 0.0, 0};
  const std::size_t columns = table.columns() + 1;
  std::vector<double> standardised;
  standardised.reserve(table.rows() * columns);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::vector<double> values = fitted.standardiser.apply(table.row(row));
    standardised.insert(standardised.end(), values.begin(), values.end());
    standardised.push_back(1.0);
  }
  const Objective objective({standardised.data(), table.rows(), columns}, positive, ridge);
  std::vector<double> weights(columns, 0.0);
  std::vector<double> gradient;
  std::vector<double> hessian;
  double value = objective.value(weights);
  for (; fitted.steps < kMostSteps; ++fitted.steps) {
    objective.derive(weights, gradient, hessian);
    const double largest =
        std::abs(*std::ranges::max_element(gradient, [](double a, double b) { return std::abs(a) < std::abs(b); }));
    if (largest <= kSmallestGradient * static_cast<double>(table.rows())) {
      break;
    }
    const std::vector<double> step = Cholesky({hessian.data(), columns, columns}).solve(gradient);
    if (!take_step(objective, step, weights, value)) {
      break;
    }
  }
  fitted.intercept = weights.back();
  weights.pop_back();
  fitted.coefficients = std::move(weights);
  return fitted;
}

}  // namespace niwaki
