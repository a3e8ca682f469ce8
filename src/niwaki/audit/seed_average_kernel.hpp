#pragma once

#include <cstddef>

namespace niwaki::seed_average {

/// sums[i] += values[i] / seeds
using Kernel = void (*)(const float* values, std::size_t count, double seeds, double* sums);

// One source, compiled once for each instruction set. All give the same bytes: each sum is its own.
namespace baseline {
void add_shares(const float* values, std::size_t count, double seeds, double* sums);
}
namespace avx2 {
void add_shares(const float* values, std::size_t count, double seeds, double* sums);
}
namespace avx512 {
void add_shares(const float* values, std::size_t count, double seeds, double* sums);
}

}  // namespace niwaki::seed_average
