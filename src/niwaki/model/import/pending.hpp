#pragma once

#include "niwaki/model/import/importer.hpp"

namespace niwaki::onnx_import {

/// Does what is pending: by a node, or by changing the weights of the layer before. `node`, which wants the value, is
/// named where it cannot be done.
void materialise(Importer& importer, const OnnxNode& node, Value& value);

/// A Clipped becomes a HardSigmoid and the scale that is left.
void emit_hard_sigmoid(Importer& importer, Value& value);

/// Whether a scale and shift of this value can become part of the layer that makes it: a convolution, a linear layer or
/// a normalisation that nothing else reads.
bool foldable(Importer& importer, const Value& value);

}  // namespace niwaki::onnx_import
