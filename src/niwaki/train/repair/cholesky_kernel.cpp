// Compiled once for each instruction set, with NIWAKI_KERNEL naming it. No function of the standard library may be
// instantiated here: the linker could take it for the baseline program too.
#include "niwaki/train/repair/cholesky_kernel.hpp"

namespace niwaki::cholesky::NIWAKI_KERNEL {
namespace {

constexpr std::size_t kBlock = 32;  // rows of U that are subtracted from the rest together
constexpr std::size_t kRows = 4;    // of a tile; its columns are kTile

using Lanes = double __attribute__((vector_size(64), aligned(8), may_alias));
constexpr std::size_t kLanes = sizeof(Lanes) / sizeof(double);
static_assert(2 * kLanes == kTile, "a tile is two vectors wide");

/// row[j] -= factor * pivot[j], from `first` on.
void subtract(double* row, const double* pivot, double factor, std::size_t first, std::size_t size) {
  for (std::size_t j = first; j < size; ++j) {
    row[j] -= factor * pivot[j];
  }
}

/// Rows [begin, end) of U, of which all rows before `begin` have been subtracted.
bool factor_rows(double* matrix, std::size_t size, std::size_t begin, std::size_t end, double smallest) {
  for (std::size_t p = begin; p < end; ++p) {
    double* pivot = matrix + p * size;
    if (!(pivot[p] > smallest)) {
      return false;
    }
    const double root = __builtin_sqrt(pivot[p]);
    for (std::size_t j = p; j < size; ++j) {
      pivot[j] /= root;
    }
    for (std::size_t row = p + 1; row < end; ++row) {
      subtract(matrix + row * size, pivot, pivot[row], row, size);
    }
  }
  return true;
}

/// The tile at (row, column) less what rows [begin, end) of U contribute to it.
void update_tile(double* matrix, std::size_t size, std::size_t begin, std::size_t end, std::size_t row,
                 std::size_t column) {
  Lanes sums[kRows][2];
  for (std::size_t r = 0; r < kRows; ++r) {
    const auto* from = reinterpret_cast<const Lanes*>(matrix + (row + r) * size + column);
    sums[r][0] = from[0];
    sums[r][1] = from[1];
  }
  for (std::size_t p = begin; p < end; ++p) {
    const double* pivot = matrix + p * size;
    const auto* columns = reinterpret_cast<const Lanes*>(pivot + column);
    const Lanes left = columns[0];
    const Lanes right = columns[1];
    for (std::size_t r = 0; r < kRows; ++r) {
      sums[r][0] -= pivot[row + r] * left;
      sums[r][1] -= pivot[row + r] * right;
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    auto* to = reinterpret_cast<Lanes*>(matrix + (row + r) * size + column);
    to[0] = sums[r][0];
    to[1] = sums[r][1];
  }
}

}  // namespace

bool factor(double* matrix, std::size_t size, double smallest) {
  for (std::size_t begin = 0; begin < size; begin += kBlock) {
    const std::size_t end = begin + kBlock < size ? begin + kBlock : size;
    if (!factor_rows(matrix, size, begin, end, smallest)) {
      return false;
    }
    for (std::size_t row = end; row < size; row += kRows) {
      for (std::size_t column = row / kTile * kTile; column < size; column += kTile) {
        update_tile(matrix, size, begin, end, row, column);
      }
    }
  }
  return true;
}

}  // namespace niwaki::cholesky::NIWAKI_KERNEL
