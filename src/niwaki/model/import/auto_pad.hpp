#pragma once

#include <array>
#include <cstdint>

#include "niwaki/model/import/importer.hpp"

namespace niwaki::onnx_import {

struct Window {
  std::array<std::int64_t, 2> kernel = {1, 1};
  std::array<std::int64_t, 2> strides = {1, 1};
  std::array<std::int64_t, 2> dilations = {1, 1};
};

/// top, left, bottom, right of a convolution or pool, from `pads` or `auto_pad`. SAME_UPPER and SAME_LOWER depend on
/// the size of the input where a stride is not 1: they are resolved for the size that the file declares, and refused
/// where it declares none.
std::array<std::int64_t, 4> pads_of(Importer& importer, const OnnxNode& node, const Window& window);

}  // namespace niwaki::onnx_import
