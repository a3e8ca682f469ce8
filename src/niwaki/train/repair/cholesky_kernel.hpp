#pragma once

#include <cstddef>

namespace niwaki::cholesky {

/// Sizes are multiples of this: matrices are filled up with rows of the identity.
constexpr std::size_t kTile = 16;

/// U with U^T U = A, in place of A: row-major [size, size], of which the upper triangle is read and written and the
/// rest may be overwritten. False, with the matrix spoilt, where a pivot is not above `smallest`.
using Kernel = bool (*)(double* matrix, std::size_t size, double smallest);

// One source, compiled once for each instruction set. All give the same bytes: the order of each element's sum is one.
namespace baseline {
bool factor(double* matrix, std::size_t size, double smallest);
}
namespace avx2 {
bool factor(double* matrix, std::size_t size, double smallest);
}
namespace avx512 {
bool factor(double* matrix, std::size_t size, double smallest);
}

}  // namespace niwaki::cholesky
