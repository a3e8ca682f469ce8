#include "niwaki/audit/guard/standardised.hpp"

#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {

Standardiser::Standardiser(MatrixView<const double> table, std::span<const std::size_t> chosen)
    : means_(table.columns()), deviations_(table.columns()) {
  NIWAKI_CHECK(!chosen.empty(), "no row to learn from");
  const auto count = static_cast<double>(chosen.size());
  for (std::size_t column = 0; column < table.columns(); ++column) {
    const double first = table(chosen.front(), column);
    bool constant = true;
    double sum = 0.0;
    for (const std::size_t row : chosen) {
      sum += table(row, column);
      constant = constant && table(row, column) == first;
    }
    means_[column] = sum / count;
    double squares = 0.0;
    for (const std::size_t row : chosen) {
      const double apart = table(row, column) - means_[column];
      squares += apart * apart;
    }
    // Asked of the values: rounding can leave a constant column a deviation a little above 0.
    deviations_[column] = constant ? 0.0 : std::sqrt(squares / count);
  }
}

std::vector<double> Standardiser::apply(std::span<const double> row) const {
  std::vector<double> standardised(row.size());
  for (std::size_t column = 0; column < row.size(); ++column) {
    standardised[column] = apply(row[column], column);
  }
  return standardised;
}

std::vector<std::size_t> all_rows(std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

}  // namespace niwaki
