#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// The Cholesky factor L of a symmetric positive definite matrix A = L L^T (Golub & Van Loan, Matrix Computations, 4th
/// ed., 2013, algorithm 4.2.1), for the small systems of the guard: tens to hundreds of rows, in double.
class Cholesky {
 public:
  /// `matrix`: [n, n]; only its lower triangle is read. Throws BrokenInvariant where it is not positive definite:
  /// whoever calls adds a ridge that makes it so.
  explicit Cholesky(MatrixView<const double> matrix);

  [[nodiscard]] std::size_t size() const { return size_; }
  /// x of A x = `right`.
  [[nodiscard]] std::vector<double> solve(std::span<const double> right) const;
  /// `vector`^T A^-1 `vector`, never below 0.
  [[nodiscard]] double inverse_form(std::span<const double> vector) const;

 private:
  /// y of L y = `right`.
  [[nodiscard]] std::vector<double> forward(std::span<const double> right) const;
  [[nodiscard]] double at(std::size_t row, std::size_t column) const { return lower_[row * size_ + column]; }

  std::size_t size_;
  std::vector<double> lower_;  // [n, n] row-major
};

}  // namespace niwaki
