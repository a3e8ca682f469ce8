#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "niwaki/audit/guard/standardised.hpp"
#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// A logistic regression with a ridge on standardised columns: the coefficients b and the intercept a that minimise
///   sum over rows of log(1 + exp(-y (a + b.x))) + ridge / 2 * |b|^2,   y = +1 or -1, x the standardised row
/// (le Cessie & van Houwelingen, Applied Statistics 41, 1992; scikit-learn's LogisticRegression with C = 1 / ridge).
/// The intercept has no ridge. A column that is constant gets the coefficient 0.
struct LogisticRegression {
  Standardiser standardiser;
  std::vector<double> coefficients;  // one a column
  double intercept = 0.0;
  int steps = 0;  // of Newton's method

  /// a + b.x of a row that is not standardised: rises with the chance of being positive.
  [[nodiscard]] double linear(std::span<const double> row) const;
};

/// By Newton's method with step halving (iteratively reweighted least squares; Hastie, Tibshirani & Friedman, The
/// Elements of Statistical Learning, 2nd ed., 2009, 4.4.1), in double, on one thread, so that the same input gives the
/// same bytes. `table`: [rows, columns], finite. `positive`: one a row. Both kinds of rows are there, `ridge` is above
/// 0: the minimum is then unique and finite, even where a column parts the two kinds.
LogisticRegression fit_logistic_regression(MatrixView<const double> table, std::span<const char> positive,
                                           double ridge);

}  // namespace niwaki
