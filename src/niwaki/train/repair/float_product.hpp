#pragma once

#include <ATen/ATen.h>

namespace niwaki {

/// a b of [n, k] and [k, m], in float32: as a convolution of one pixel, because Debian's libtorch has products of
/// matrices from a BLAS that is a hundred times slower than oneDNN.
inline at::Tensor float_product(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor picture = b.contiguous().view({1, b.size(0), b.size(1), 1});
  const at::Tensor filters = a.contiguous().view({a.size(0), a.size(1), 1, 1});
  return at::conv2d(picture, filters).view({a.size(0), b.size(1)});
}

}  // namespace niwaki
