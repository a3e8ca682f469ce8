#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "niwaki/engine/activation.hpp"
#include "niwaki/engine/layer_weight.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// A convolution with what was fused into it: batch normalisation in its weight and bias, an addition (its second
/// input), an activation.
struct ConvolutionLayer {
  Convolution geometry;
  std::array<std::int64_t, 2> kernel = {1, 1};
  std::shared_ptr<LayerWeight> weight;
  std::vector<float> bias;
};
struct LinearLayer {
  std::shared_ptr<LayerWeight> weight;  // [out, in, 1, 1]
  std::vector<float> bias;
};
/// A normalisation that no layer before it could take: x * factor + term of each channel.
struct AffineLayer {
  std::vector<float> factors;
  std::vector<float> terms;
};
struct ActivationLayer {};  // the step's activation alone

using Layer = std::variant<ConvolutionLayer, LinearLayer, AffineLayer, ActivationLayer, Add, Multiply, MaxPool,
                           AveragePool, GlobalAveragePool, Concatenate, Flatten, Pad>;

/// One thing to run. Values are numbered: 0 is the network's input.
struct Step {
  std::string name;  // of the graph's node
  Layer layer;
  Activation activation;
  std::vector<std::size_t> inputs;
  std::size_t output = 0;

  /// A convolution's second input is added to its result.
  [[nodiscard]] bool has_residual() const {
    return std::holds_alternative<ConvolutionLayer>(layer) && inputs.size() > 1;
  }
};

/// A network as the engine runs it, for any batch and size of input.
struct Steps {
  std::vector<Step> steps;
  std::vector<std::string> values;  // the name of each value in the graph
  std::size_t output = 0;
  Graph skeleton;  // the graph after folding, its tensors without values: infer_shapes() works on it
};

/// Folds normalisations, fuses additions and activations into the steps before them, and takes the weights out of the
/// graph one by one. `threads`: how many may share a layer's output rows.
Steps lower(Graph graph, std::size_t threads);

}  // namespace niwaki
