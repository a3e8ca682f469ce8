#pragma once

#include "niwaki/model/import/importer.hpp"

namespace niwaki::onnx_import {

// One function an operator: what it reads from the node, it adds to the importer.

// layers.cpp
void read_conv(Importer& importer, const OnnxNode& node);
void read_batch_normalization(Importer& importer, const OnnxNode& node);
void read_gemm(Importer& importer, const OnnxNode& node);
void read_matmul(Importer& importer, const OnnxNode& node);
void read_concat(Importer& importer, const OnnxNode& node);

// pooling.cpp
void read_max_pool(Importer& importer, const OnnxNode& node);
void read_average_pool(Importer& importer, const OnnxNode& node);
void read_global_average_pool(Importer& importer, const OnnxNode& node);
void read_reduce_mean(Importer& importer, const OnnxNode& node);
void read_pad(Importer& importer, const OnnxNode& node);

// arithmetic.cpp
void read_relu(Importer& importer, const OnnxNode& node);
void read_clip(Importer& importer, const OnnxNode& node);
void read_sigmoid(Importer& importer, const OnnxNode& node);
void read_hard_sigmoid(Importer& importer, const OnnxNode& node);
void read_hard_swish(Importer& importer, const OnnxNode& node);
void read_add(Importer& importer, const OnnxNode& node);
void read_sub(Importer& importer, const OnnxNode& node);
void read_mul(Importer& importer, const OnnxNode& node);
void read_div(Importer& importer, const OnnxNode& node);

// form.cpp
void read_constant(Importer& importer, const OnnxNode& node);
void read_identity(Importer& importer, const OnnxNode& node);
void read_dropout(Importer& importer, const OnnxNode& node);
void read_cast(Importer& importer, const OnnxNode& node);
void read_flatten(Importer& importer, const OnnxNode& node);
void read_reshape(Importer& importer, const OnnxNode& node);
void read_squeeze(Importer& importer, const OnnxNode& node);
void read_unsqueeze(Importer& importer, const OnnxNode& node);
void read_transpose(Importer& importer, const OnnxNode& node);
void read_expand(Importer& importer, const OnnxNode& node);

// shape_arithmetic.cpp: of whole numbers that come from shapes and constants
void read_shape_of(Importer& importer, const OnnxNode& node);
void read_constant_of_shape(Importer& importer, const OnnxNode& node);
void read_gather(Importer& importer, const OnnxNode& node);
void read_slice(Importer& importer, const OnnxNode& node);
/// Add, Cast, Concat, Div, Mul, Reshape, Squeeze, Sub, Transpose and Unsqueeze of whole numbers. False where the node
/// is none of these, or takes something else.
bool read_integer_operator(Importer& importer, const OnnxNode& node);

}  // namespace niwaki::onnx_import
