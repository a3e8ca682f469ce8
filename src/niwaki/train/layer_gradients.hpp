#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// What one layer makes of a picture, and how logits change with it.
struct LayerResponse {
  Shape shape;                                // of the layer's output: [1, channels, rows, columns]
  std::vector<float> values;                  // the layer's output, row-major
  std::vector<std::vector<float>> gradients;  // one a class asked for: d logit / d value, laid out as `values`
  std::vector<float> logits;                  // of all classes
};

/// A network cut at one layer's output. What comes before runs plainly; what comes after, under autograd, with the
/// layer's output as its leaf: so the gradient is that of the logit by this output, whatever stands between, also where
/// other layers' outputs pass it by. Normalisation is by the running mean and variance.
class LayerGradients {
 public:
  /// `value`: the output of a node of `graph`, other than the graph's own.
  LayerGradients(const Graph& graph, std::string value);
  ~LayerGradients();
  LayerGradients(const LayerGradients&) = delete;
  LayerGradients& operator=(const LayerGradients&) = delete;
  LayerGradients(LayerGradients&&) noexcept;
  LayerGradients& operator=(LayerGradients&&) noexcept;

  /// Of one normalised picture [1, channels, height, width]. On the processor. A class of which the logit does not
  /// depend on the layer has gradients of 0.
  [[nodiscard]] LayerResponse of(std::span<const float> picture, const Shape& shape,
                                 std::span<const std::size_t> classes) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace niwaki
