#include "niwaki/engine/steps.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/model/folding.hpp"

namespace niwaki {
namespace {

std::optional<Activation> activation_of(const Operation& operation) {
  if (std::holds_alternative<Relu>(operation)) {
    return Activation{.low = 0};
  }
  if (const auto* clip = std::get_if<Clip>(&operation)) {
    return Activation{.low = clip->low, .high = clip->high};
  }
  if (std::holds_alternative<Sigmoid>(operation)) {
    return Activation{.kind = Activation::Kind::kSigmoid};
  }
  if (const auto* hard = std::get_if<HardSigmoid>(&operation)) {
    return Activation{.kind = Activation::Kind::kHardSigmoid, .alpha = hard->alpha, .beta = hard->beta};
  }
  if (std::holds_alternative<HardSwish>(operation)) {
    return Activation{.kind = Activation::Kind::kHardSwish};
  }
  return std::nullopt;
}

/// x times this activation of x, where that has a name.
std::optional<Activation> times_itself(const Activation& activation) {
  if (activation.kind == Activation::Kind::kSigmoid) {
    return Activation{.kind = Activation::Kind::kSwish};
  }
  const bool standard = activation.alpha == Activation{}.alpha && activation.beta == Activation{}.beta;
  if (activation.kind == Activation::Kind::kHardSigmoid && standard) {
    return Activation{.kind = Activation::Kind::kHardSwish};
  }
  return std::nullopt;
}

/// What computes sums or products, and can apply an activation to each before it stores it.
bool takes_activation(const Layer& layer) {
  return std::holds_alternative<ConvolutionLayer>(layer) || std::holds_alternative<LinearLayer>(layer) ||
         std::holds_alternative<AffineLayer>(layer) || std::holds_alternative<Add>(layer) ||
         std::holds_alternative<Multiply>(layer);
}

class Lowering {
 public:
  Lowering(Graph graph, std::size_t threads)
      : graph_(with_folded_normalisation(std::move(graph))), threads_(threads), uses_(use_counts(graph_)) {}

  Steps run() {
    number_of_[graph_.input] = value(graph_.input);
    for (const Node& node : graph_.nodes) {
      lower_node(node);
    }
    result_.output = number_of_.at(graph_.output);
    std::erase_if(result_.steps, [](const Step& step) { return step.inputs.empty(); });
    for (auto& [name, tensor] : graph_.tensors) {
      tensor.values = {};
    }
    result_.skeleton = std::move(graph_);
    return std::move(result_);
  }

 private:
  std::size_t value(const std::string& name) {
    result_.values.push_back(name);
    value_uses_.push_back(uses_[name]);
    producer_.push_back(kNone);
    return result_.values.size() - 1;
  }

  void lower_node(const Node& node) {
    if (const auto activation = activation_of(node.operation)) {
      lower_activation(node, *activation);
    } else if (std::holds_alternative<Add>(node.operation)) {
      lower_add(node);
    } else if (std::holds_alternative<Multiply>(node.operation)) {
      lower_multiply(node);
    } else {
      std::visit([&](const auto& operation) { lower_layer(node, operation); }, node.operation);
    }
  }

  void lower_activation(const Node& node, const Activation& activation) {
    const std::size_t x = number_of_.at(node.inputs[0]);
    Step* before = absorbing(x, 1);
    if (before != nullptr) {
      before->activation = activation;
      rename(x, node.output);
    } else {
      add_step(node, ActivationLayer{}, {x}, activation);
    }
  }

  /// The step that makes value `x`, where it can still take an activation and `x` has just so many uses.
  Step* absorbing(std::size_t x, std::size_t uses) {
    if (producer_[x] == kNone || value_uses_[x] != uses) {
      return nullptr;
    }
    Step& step = result_.steps[producer_[x]];
    return takes_activation(step.layer) && step.activation.none() ? &step : nullptr;
  }

  /// Value `x` goes by this name from now on; nothing else reads it by its old one.
  void rename(std::size_t x, const std::string& name) {
    number_of_[name] = x;
    result_.values[x] = name;
    value_uses_[x] = uses_[name];
  }

  /// The later of two branches, where it ends in a convolution, adds the other one to its sums.
  void lower_add(const Node& node) {
    std::size_t later = number_of_.at(node.inputs[0]);
    std::size_t other = number_of_.at(node.inputs[1]);
    if (producer_[later] == kNone || (producer_[other] != kNone && producer_[other] > producer_[later])) {
      std::swap(later, other);
    }
    Step* step = later == other ? nullptr : absorbing(later, 1);
    if (step != nullptr && std::holds_alternative<ConvolutionLayer>(step->layer) && !step->has_residual()) {
      step->inputs.push_back(other);
      rename(later, node.output);
    } else {
      add_step(node, Add{}, {later, other}, {});
    }
  }

  /// x times the Sigmoid (HardSigmoid) of x is one activation.
  void lower_multiply(const Node& node) {
    std::size_t x = number_of_.at(node.inputs[0]);
    std::size_t gate = number_of_.at(node.inputs[1]);
    if (is_activation_of(x, gate)) {
      std::swap(x, gate);
    }
    const std::optional<Activation> product =
        is_activation_of(gate, x) ? times_itself(result_.steps[producer_[gate]].activation) : std::nullopt;
    if (!product) {
      add_step(node, Multiply{}, {number_of_.at(node.inputs[0]), number_of_.at(node.inputs[1])}, {});
      return;
    }
    Step& activated = result_.steps[producer_[gate]];
    if (Step* before = absorbing(x, 2)) {
      before->activation = *product;
      activated.inputs.clear();  // nothing left to do: it is taken out at the end
      rename(x, node.output);
    } else {
      activated.activation = *product;
      rename(gate, node.output);
    }
  }

  [[nodiscard]] bool is_activation_of(std::size_t gate, std::size_t x) const {
    if (producer_[gate] == kNone || value_uses_[gate] != 1) {
      return false;
    }
    const Step& step = result_.steps[producer_[gate]];
    return std::holds_alternative<ActivationLayer>(step.layer) && step.inputs == std::vector<std::size_t>{x};
  }

  void lower_layer(const Node& node, const Convolution& convolution) {
    const Shape& shape = graph_.tensor(node.inputs[1]).shape;
    ConvolutionLayer layer{.geometry = convolution, .kernel = {shape[2], shape[3]}};
    layer.bias = bias_of(node, shape[0]);
    layer.weight = std::make_shared<LayerWeight>(taken(node.inputs[1]), convolution.groups, threads_);
    add_step(node, std::move(layer), {number_of_.at(node.inputs[0])}, {});
  }

  void lower_layer(const Node& node, const Linear&) {
    Tensor weight = taken(node.inputs[1]);
    LinearLayer layer{.weight = nullptr, .bias = bias_of(node, weight.shape[0])};
    weight.shape = {weight.shape[0], weight.shape[1], 1, 1};
    layer.weight = std::make_shared<LayerWeight>(std::move(weight), 1, threads_);
    add_step(node, std::move(layer), {number_of_.at(node.inputs[0])}, {});
  }

  void lower_layer(const Node& node, const BatchNormalization& normalization) {
    const auto& scale = graph_.tensor(node.inputs[1]).values;
    AffineLayer layer;
    for (std::size_t c = 0; c < scale.size(); ++c) {
      const double deviation =
          std::sqrt(static_cast<double>(graph_.tensor(node.inputs[4]).values[c]) + normalization.epsilon);
      const double factor = scale[c] / deviation;
      layer.factors.push_back(static_cast<float>(factor));
      layer.terms.push_back(static_cast<float>(graph_.tensor(node.inputs[2]).values[c] -
                                               graph_.tensor(node.inputs[3]).values[c] * factor));
    }
    add_step(node, std::move(layer), {number_of_.at(node.inputs[0])}, {});
  }

  template <typename Other>
  void lower_layer(const Node& node, const Other& operation) {
    if constexpr (std::is_constructible_v<Layer, Other>) {
      std::vector<std::size_t> inputs;
      for (const std::string& input : node.inputs) {
        inputs.push_back(number_of_.at(input));
      }
      add_step(node, operation, std::move(inputs), {});
    } else {
      NIWAKI_CHECK(false, "an operator that lower_node() does not know: {}", operator_name(node.operation));
    }
  }

  std::vector<float> bias_of(const Node& node, std::int64_t channels) const {
    return node.inputs.size() > 2 ? graph_.tensor(node.inputs[2]).values
                                  : std::vector<float>(static_cast<std::size_t>(channels), 0.0F);
  }

  /// The tensor's values move out with their last use.
  Tensor taken(const std::string& name) {
    Tensor& tensor = graph_.tensor(name);
    Tensor copy{tensor.shape, {}};
    if (--uses_[name] == 0) {
      copy.values.swap(tensor.values);
    } else {
      copy.values = tensor.values;
    }
    return copy;
  }

  void add_step(const Node& node, Layer layer, std::vector<std::size_t> inputs, const Activation& activation) {
    const std::size_t output = value(node.output);
    number_of_[node.output] = output;
    producer_[output] = result_.steps.size();
    result_.steps.push_back({node.name, std::move(layer), activation, std::move(inputs), output});
  }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  Graph graph_;
  std::size_t threads_;
  Steps result_;
  std::map<std::string, std::size_t> uses_;       // of names in the graph
  std::map<std::string, std::size_t> number_of_;  // of the value behind a name
  std::vector<std::size_t> value_uses_;           // of the value's present name
  std::vector<std::size_t> producer_;             // the step that makes a value
};

}  // namespace

Steps lower(Graph graph, std::size_t threads) {
  return Lowering(std::move(graph), threads).run();
}

}  // namespace niwaki
