#include "niwaki/audit/guard/cholesky.hpp"

#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {

Cholesky::Cholesky(MatrixView<const double> matrix)
    : size_(matrix.rows()), lower_(matrix.values().begin(), matrix.values().end()) {
  NIWAKI_CHECK(matrix.rows() == matrix.columns(), "{} x {}", matrix.rows(), matrix.columns());
  for (std::size_t row = 0; row < size_; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      const double* const mine = &lower_[row * size_];
      const double* const other = &lower_[column * size_];
      const double left = mine[column] - std::inner_product(mine, mine + column, other, 0.0);
      if (row == column) {
        NIWAKI_CHECK(left > 0.0, "pivot {} of {} is {}", row, size_, left);
        lower_[row * size_ + row] = std::sqrt(left);
      } else {
        lower_[row * size_ + column] = left / other[column];
      }
    }
  }
}

std::vector<double> Cholesky::forward(std::span<const double> right) const {
  NIWAKI_CHECK(right.size() == size_, "{} values for {} rows", right.size(), size_);
  std::vector<double> solution(right.begin(), right.end());
  for (std::size_t row = 0; row < size_; ++row) {
    for (std::size_t column = 0; column < row; ++column) {
      solution[row] -= at(row, column) * solution[column];
    }
    solution[row] /= at(row, row);
  }
  return solution;
}

std::vector<double> Cholesky::solve(std::span<const double> right) const {
  std::vector<double> solution = forward(right);
  for (std::size_t row = size_; row-- > 0;) {
    for (std::size_t below = row + 1; below < size_; ++below) {
      solution[row] -= at(below, row) * solution[below];
    }
    solution[row] /= at(row, row);
  }
  return solution;
}

double Cholesky::inverse_form(std::span<const double> vector) const {
  const std::vector<double> half = forward(vector);
  return std::inner_product(half.begin(), half.end(), half.begin(), 0.0);
}

}  // namespace niwaki
