#include "niwaki/core/transpose.hpp"

#include <numeric>

#include <gtest/gtest.h>

namespace niwaki {
namespace {

TEST(Transpose, turns_tables_of_any_shape) {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {64, 14}, {1000, 14}, {3, 200}, {129, 65}, {0, 5}}) {
    std::vector<float> values(static_cast<std::size_t>(rows * columns));
    std::iota(values.begin(), values.end(), 0.0F);
    std::vector<float> turned(values.size(), -1.0F);
    const MatrixView<const float> table(values.data(), rows, columns);
    const MatrixView<float> transposed(turned.data(), columns, rows);
    transpose(table, transposed);
    for (std::size_t row = 0; row < table.rows(); ++row) {
      for (std::size_t column = 0; column < table.columns(); ++column) {
        ASSERT_EQ(transposed(column, row), table(row, column));
      }
    }
  }
}

TEST(Transpose, a_target_of_another_shape_is_a_bug) {
  std::vector<float> values(6);
  std::vector<float> turned(6);
  EXPECT_THROW(transpose({values.data(), 2, 3}, {turned.data(), 2, 3}), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
