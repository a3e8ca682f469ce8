#pragma once

#include <cstddef>
#include <cstdint>

namespace niwaki::row_ranks {

constexpr std::size_t kLanes = 8;          // rows side by side
constexpr std::size_t kMostCompared = 64;  // columns

struct Kernel {
  /// `values`: [columns, kLanes], at most kMostCompared columns. Writes to `ranks`, in the same layout, how many values
  /// of the lane are below less how many are above.
  void (*rank_block)(const double* values, std::size_t columns, std::int16_t* ranks);
  /// Of each lane, the products of x and y summed over the columns.
  void (*multiply_block)(const std::int16_t* x, const std::int16_t* y, std::size_t columns, double* sums);
};

// One source, compiled once for each instruction set. All give the same bytes: every number is whole.
namespace baseline {
extern const Kernel kKernel;
}
namespace avx2 {
extern const Kernel kKernel;
}
namespace avx512 {
extern const Kernel kKernel;
}

}  // namespace niwaki::row_ranks
