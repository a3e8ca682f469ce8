#pragma once

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// The same network for prediction with fewer nodes: a batch normalisation of a convolution's or linear layer's output,
/// where nothing else uses that output, becomes part of its weight and bias,
///   weight' = weight * scale / sqrt(variance + epsilon),  bias' = (bias - mean) * scale / sqrt(variance + epsilon) +
///   shift,
/// computed in double. Other normalisations stay as they are.
Graph with_folded_normalisation(Graph graph);

}  // namespace niwaki
