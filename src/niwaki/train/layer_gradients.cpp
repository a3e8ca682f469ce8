#include "niwaki/train/layer_gradients.hpp"

#include <map>
#include <utility>

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "niwaki/core/error.hpp"
#include "niwaki/train/executor.hpp"

namespace niwaki {

struct LayerGradients::State {
  State(const Graph& network, std::string layer) : graph(network), value(std::move(layer)) {
    for (const auto& [name, tensor] : graph.tensors) {
      const at::Tensor weights = at::empty(tensor.shape, at::kFloat);
      copy_values(tensor.values, weights);
      tensors.emplace(name, weights);
    }
  }

  /// The layer's output as a leaf of autograd, and the logits that follow from it.
  [[nodiscard]] std::pair<at::Tensor, at::Tensor> run(const at::Tensor& picture) const {
    const c10::AutoGradMode with_gradients(true);
    std::map<std::string, at::Tensor> values = tensors;
    values.emplace(graph.input, picture);
    at::Tensor leaf;
    for (const Node& node : graph.nodes) {
      std::vector<at::Tensor> inputs;
      for (const std::string& input : node.inputs) {
        inputs.push_back(values.at(input));
      }
      at::Tensor output = run_operation(node.operation, inputs);
      if (node.output == value) {
        leaf = output.detach().set_requires_grad(true);
        output = leaf;
      }
      values.insert_or_assign(node.output, output);
    }
    NIWAKI_CHECK(leaf.defined(), "nothing makes {}", value);
    return {leaf, values.at(graph.output)};
  }

  Graph graph;
  std::string value;
  std::map<std::string, at::Tensor> tensors;
};

LayerGradients::LayerGradients(const Graph& graph, std::string value)
    : state_(std::make_unique<State>(graph, std::move(value))) {}
LayerGradients::~LayerGradients() = default;
LayerGradients::LayerGradients(LayerGradients&&) noexcept = default;
LayerGradients& LayerGradients::operator=(LayerGradients&&) noexcept = default;

LayerResponse LayerGradients::of(std::span<const float> picture, const Shape& shape,
                                 std::span<const std::size_t> classes) const {
  NIWAKI_CHECK(shape.size() == 4 && shape[0] == 1, "one picture, not {} dimensions", shape.size());
  NIWAKI_CHECK(static_cast<std::int64_t>(picture.size()) == shape[1] * shape[2] * shape[3],
               "{} values for {} x {} x {}", picture.size(), shape[1], shape[2], shape[3]);
  use_thread_count();
  const auto [leaf, logits] = state_->run(image_tensor(picture.data(), shape, at::kCPU));
  LayerResponse response;
  Tensor values = to_graph_tensor(leaf);
  response.shape = std::move(values.shape);
  response.values = std::move(values.values);
  response.logits = to_graph_tensor(logits).values;
  for (const std::size_t name : classes) {
    NIWAKI_CHECK(name < response.logits.size(), "class {} of {}", name, response.logits.size());
    const at::Tensor logit = logits.index({0, static_cast<std::int64_t>(name)});
    at::Tensor gradient;
    if (logit.requires_grad()) {
      gradient = torch::autograd::grad({logit}, {leaf}, {}, true, false, true)[0];
    }
    response.gradients.push_back(gradient.defined() ? to_graph_tensor(gradient).values
                                                    : std::vector<float>(response.values.size(), 0.0F));
  }
  return response;
}

}  // namespace niwaki
