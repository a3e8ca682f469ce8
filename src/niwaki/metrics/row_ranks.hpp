#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "niwaki/core/instruction_set.hpp"
#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// The average ranks within each row of a table (images x classes), kept so that its rows can be correlated with those
/// of other tables: Spearman's correlation of 25,596 pairs of rows of 14 takes about 1 ms. Rows of up to 64 columns are
/// ranked by comparing every two of their values, several rows side by side, others by sorting. The rows are shared
/// among the threads of parallel_for.
class RowRanks {
 public:
  /// No value may be NaN. At most 32,767 columns.
  explicit RowRanks(MatrixView<const double> table, InstructionSet set = instruction_set());
  explicit RowRanks(MatrixView<const float> table, InstructionSet set = instruction_set());

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }

  /// Of each column, its ranks (1 is the lowest value of a row, ties share the mean of theirs) summed over the rows:
  /// exact, as multiples of a half.
  [[nodiscard]] std::vector<double> rank_sums() const;

  /// Of each row, spearman() (correlation.hpp) with the row of `other`, the same double to the bit; NaN where
  /// spearman() answers nothing. `other` has as many columns, and as many rows, or one, which then stands against every
  /// row.
  [[nodiscard]] std::vector<double> spearman(const RowRanks& other, InstructionSet set = instruction_set()) const;

 private:
  static constexpr std::size_t kLanes = 8;

  template <typename T>
  void rank_rows(MatrixView<const T> table, InstructionSet set);
  template <typename T>
  void rank_by_sorting(MatrixView<const T> table, std::size_t row);
  [[nodiscard]] std::size_t blocks() const { return (rows_ + kLanes - 1) / kLanes; }
  [[nodiscard]] std::int16_t& rank(std::size_t row, std::size_t column) {
    return ranks_[(row / kLanes * columns_ + column) * kLanes + row % kLanes];
  }
  /// The first row's ranks, as a block in which every row is that one.
  [[nodiscard]] std::vector<std::int16_t> repeated() const;

  std::size_t rows_;
  std::size_t columns_;
  // Twice the centred rank, which is how many values of the row are below this one less how many are above it. Blocks
  // of kLanes rows, each [columns, kLanes]; rows past the last hold zeros.
  std::vector<std::int16_t> ranks_;
  std::vector<double> squares_;  // of each row, its doubled centred ranks squared and summed; 0 where it is constant
};

}  // namespace niwaki
