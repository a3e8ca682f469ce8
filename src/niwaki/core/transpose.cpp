#include "niwaki/core/transpose.hpp"

#include <algorithm>

namespace niwaki {
namespace {

constexpr std::size_t kRowsAtOnce = 64;     // of which a block's values stay in the nearest cache
constexpr std::size_t kColumnsAtOnce = 64;  // however wide the table is

}  // namespace

void transpose(MatrixView<const float> table, MatrixView<float> transposed) {
  const std::size_t rows = table.rows();
  const std::size_t columns = table.columns();
  NIWAKI_CHECK(transposed.rows() == columns && transposed.columns() == rows, "{} x {} on its side is not {} x {}", rows,
               columns, transposed.rows(), transposed.columns());
  for (std::size_t left = 0; left < columns; left += kColumnsAtOnce) {
    const std::size_t right = std::min(left + kColumnsAtOnce, columns);
    for (std::size_t begin = 0; begin < rows; begin += kRowsAtOnce) {
      const std::size_t count = std::min(kRowsAtOnce, rows - begin);
      for (std::size_t column = left; column < right; ++column) {
        const float* from = table.data() + begin * columns + column;
        float* to = transposed.data() + column * rows + begin;
        for (std::size_t row = 0; row < count; ++row) {
          to[row] = from[row * columns];
        }
      }
    }
  }
}

}  // namespace niwaki
