#include "niwaki/core/transpose.hpp"

#include <algorithm>

namespace niwaki {
namespace {

constexpr std::size_t kRowsAtOnce = 64;     // of which a block's values stay in the nearest cache
constexpr std::size_t kColumnsAtOnce = 64;  // however wide the table is

constexpr std::size_t kTile = 4;

using Four = float __attribute__((vector_size(4 * kTile)));

Four read(const float* from) {
  Four values;
  __builtin_memcpy(&values, from, sizeof values);
  return values;
}

void write(Four values, float* to) {
  __builtin_memcpy(to, &values, sizeof values);
}

/// Four rows of four values.
void transpose_tile(const float* from, std::size_t columns, float* to, std::size_t rows) {
  const Four a = read(from);
  const Four b = read(from + columns);
  const Four c = read(from + 2 * columns);
  const Four d = read(from + 3 * columns);
  const Four left_ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Four left_cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Four right_ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Four right_cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  write(__builtin_shufflevector(left_ab, left_cd, 0, 1, 4, 5), to);
  write(__builtin_shufflevector(left_ab, left_cd, 2, 3, 6, 7), to + rows);
  write(__builtin_shufflevector(right_ab, right_cd, 0, 1, 4, 5), to + 2 * rows);
  write(__builtin_shufflevector(right_ab, right_cd, 2, 3, 6, 7), to + 3 * rows);
}

/// Four columns of `count` rows.
void transpose_columns(const float* from, std::size_t columns, std::size_t count, float* to, std::size_t rows) {
  std::size_t row = 0;
  for (; row + kTile <= count; row += kTile) {
    transpose_tile(from + row * columns, columns, to + row, rows);
  }
  for (; row < count; ++row) {
    for (std::size_t column = 0; column < kTile; ++column) {
      to[column * rows + row] = from[row * columns + column];
    }
  }
}

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
      std::size_t column = left;
      for (; column + kTile <= right; column += kTile) {
        transpose_columns(table.data() + begin * columns + column, columns, count,
                          transposed.data() + column * rows + begin, rows);
      }
      for (; column < right; ++column) {
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
