#pragma once

#include <string>

#include "niwaki/model/import/importer.hpp"

namespace niwaki::onnx_import {

/// The value [batch, features] of the Graph as [batch, features, 1, 1]: the linear layers and activations between it
/// and the Flatten of a pooled value become 1x1 convolutions and activations without the Flatten, as in a squeeze and
/// excitation that is written with linear layers. Gives the name of the value. Throws InputError naming `node` where
/// anything else lies between.
std::string unflatten(Importer& importer, const OnnxNode& node, const std::string& value);

}  // namespace niwaki::onnx_import
