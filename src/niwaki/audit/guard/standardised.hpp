#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// Columns brought to mean 0 and deviation 1, as learnt on some rows. A column that is constant there reads 0
/// everywhere.
class Standardiser {
 public:
  Standardiser() = default;
  /// `table`: [rows, columns]; only the rows at `chosen` are learnt from, at least one.
  Standardiser(MatrixView<const double> table, std::span<const std::size_t> chosen);

  [[nodiscard]] std::size_t columns() const { return means_.size(); }
  [[nodiscard]] const std::vector<double>& means() const { return means_; }
  [[nodiscard]] const std::vector<double>& deviations() const { return deviations_; }  // n in the denominator
  [[nodiscard]] double apply(double value, std::size_t column) const {
    return deviations_[column] > 0.0 ? (value - means_[column]) / deviations_[column] : 0.0;
  }
  [[nodiscard]] std::vector<double> apply(std::span<const double> row) const;

 private:
  std::vector<double> means_;
  std::vector<double> deviations_;
};

/// 0, 1, ..., count - 1.
std::vector<std::size_t> all_rows(std::size_t count);

}  // namespace niwaki
