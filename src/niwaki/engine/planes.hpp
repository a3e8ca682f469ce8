#pragma once

#include <cstddef>
#include <cstdint>

#include "niwaki/engine/activation.hpp"

namespace niwaki {

/// The layout of our own kernels, channels outermost: a channel's plane holds the pixels of all images of the batch one
/// after the other ([channels][images, height, width]), so that a 1x1 convolution is a matrix product on contiguous
/// memory whatever the batch, and joining channels costs nothing. A plane is filled up to whole units of 16 floats;
/// what stands in the filling is not to be used. The stride is an odd number of units: planes then begin in all sets of
/// a cache alike.
struct Planes {
  std::int64_t images = 0;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::size_t stride = 0;  // floats from one channel to the next

  Planes() = default;
  Planes(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w)
      : images(n), channels(c), height(h), width(w), stride((units() | 1U) * 16) {}

  [[nodiscard]] std::size_t pixels() const { return static_cast<std::size_t>(height * width); }  // of one image
  [[nodiscard]] std::size_t positions() const { return static_cast<std::size_t>(images) * pixels(); }
  [[nodiscard]] std::size_t units() const { return (positions() + 15) / 16; }
  [[nodiscard]] std::size_t floats() const { return static_cast<std::size_t>(channels) * stride; }
};

/// What the kernels of this layout share across instruction sets.
struct PlaneKernels {
  void (*activate)(const Activation& activation, float* values, std::size_t count);
  /// values[i] = activation(a[i] * factor + term) and so on, on `count` values.
  void (*affine)(const float* a, float factor, float term, const Activation& activation, float* out, std::size_t count);
  void (*add)(const float* a, const float* b, const Activation& activation, float* out, std::size_t count);
  void (*multiply)(const float* a, const float* b, const Activation& activation, float* out, std::size_t count);
  /// out[row * out_stride + i] = from[row * from_stride + i * step] for i below `count` and each of `rows`.
  void (*pick)(const float* from, std::size_t from_stride, std::size_t step, float* out, std::size_t out_stride,
               std::size_t rows, std::size_t count);
  float (*sum)(const float* values, std::size_t count);
  /// Whether no value is NaN or infinite.
  bool (*finite)(const float* values, std::size_t count);
  /// Channels innermost, `block` of them (8 or 16): out[p, l] = activation(a[p, l] * factors[l] + terms[l]).
  void (*affine_block)(const float* a, const float* factors, const float* terms, std::size_t block,
                       const Activation& activation, float* out, std::size_t pixels);
  /// sums[l] = the sum of values[p, l] over p.
  void (*sum_block)(const float* values, std::size_t block, std::size_t pixels, float* sums);
  /// out[i] = the larger of out[i] and from[i * step]; NaN stays.
  void (*maximum)(const float* from, std::size_t step, float* out, std::size_t count);
};
/// Those of instruction_set().
const PlaneKernels& plane_kernels();

namespace planes::baseline {
extern const PlaneKernels kKernels;
}
namespace planes::avx2 {
extern const PlaneKernels kKernels;
}
namespace planes::avx512 {
extern const PlaneKernels kKernels;
}

}  // namespace niwaki
