// What room prune cuts, run by room engine: neither of the two may know the other.

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/engine/engine.hpp"
#include "niwaki/engine/reference.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/prune/channels.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {
namespace {

/// Grows a network of drawn layers, each on a drawn value before it: convolutions (grouped and depthwise ones too),
/// additions, concatenations, squeeze and excitation, activations that make something of 0.
class Grower {
 public:
  explicit Grower(std::uint64_t seed) : random_(seed, "network") {
    graph_.preprocessing = imagenet_preprocessing(3, kSide, kSide);
    values_ = {convolution({graph_.input, 3, kSide}, 4 + below(5), 1)};
    for (int step = 0; step < 16; ++step) {
      values_.push_back(step_on(values_[random_.below(values_.size())]));
    }
    finish();
  }
  [[nodiscard]] const Graph& graph() const { return graph_; }

 private:
  static constexpr std::int64_t kSide = 8;
  struct Value {
    std::string name;
    std::int64_t channels;
    std::int64_t side;
  };

  std::int64_t below(std::uint64_t bound) { return static_cast<std::int64_t>(random_.below(bound)); }

  std::string tensor(const Shape& shape, double low, double high) {
    const auto size = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(size))};
    std::ranges::generate(tensor.values, [&] { return static_cast<float>(random_.uniform(low, high)); });
    std::string name = fmt::format("t{}", graph_.tensors.size());
    graph_.add_tensor(name, std::move(tensor));
    return name;
  }
  std::string node(const Operation& operation, std::vector<std::string> inputs) {
    std::string name = fmt::format("n{}", graph_.nodes.size());
    graph_.nodes.push_back({name, operation, std::move(inputs), name});
    return name;
  }

  Value convolution(const Value& x, std::int64_t out, std::int64_t groups) {
    const std::int64_t kernel = x.side > 1 && random_.chance(0.5) ? 3 : 1;
    const std::int64_t pad = kernel / 2;
    const std::string weight = tensor({out, x.channels / groups, kernel, kernel}, -0.6, 0.6);
    std::vector<std::string> inputs = {x.name, weight};
    if (random_.chance(0.5)) {
      inputs.push_back(tensor({out}, -0.5, 0.5));
    }
    return {node(Convolution{.pads = {pad, pad, pad, pad}, .groups = groups}, inputs), out, x.side};
  }
  Value normalisation(const Value& x) {
    const std::string scale = tensor({x.channels}, 0.7, 1.3);
    const std::string shift = tensor({x.channels}, -0.4, 0.4);
    const std::string mean = tensor({x.channels}, -0.4, 0.4);
    const std::string variance = tensor({x.channels}, 0.6, 1.4);
    return {node(BatchNormalization{}, {x.name, scale, shift, mean, variance}), x.channels, x.side};
  }
  Value activation(const Value& x) {
    const Operation all[] = {Relu{}, Clip{.low = 0.2F, .high = 1.5F}, Sigmoid{}, HardSigmoid{}, HardSwish{}};
    return {node(all[random_.below(std::size(all))], {x.name}), x.channels, x.side};
  }
  Value window(const Value& x) {
    if (x.side < 4) {
      return activation(x);
    }
    if (random_.chance(0.3)) {
      const std::string padded = node(Pad{.pads = {1, 0, 0, 1}, .value = 0.5F}, {x.name});
      return {node(MaxPool{.kernel = {2, 2}, .strides = {1, 1}}, {padded}), x.channels, x.side};
    }
    const std::string pooled = random_.chance(0.5) ? node(AveragePool{.kernel = {2, 2}, .strides = {2, 2}}, {x.name})
                                                   : node(MaxPool{.kernel = {2, 2}, .strides = {2, 2}}, {x.name});
    return {pooled, x.channels, x.side / 2};
  }
  Value excited(const Value& x) {
    const Value pooled{node(GlobalAveragePool{}, {x.name}), x.channels, 1};
    const Value squeezed = activation(convolution(pooled, 2 + below(3), 1));
    const Value gate = activation(convolution(squeezed, x.channels, 1));
    return {node(Multiply{}, {x.name, gate.name}), x.channels, x.side};
  }
  Value grouped(const Value& x) {
    std::vector<std::int64_t> divisors;
    for (std::int64_t groups = 2; groups <= x.channels; ++groups) {
      if (x.channels % groups == 0) {
        divisors.push_back(groups);
      }
    }
    const std::int64_t groups = divisors[random_.below(divisors.size())];
    return convolution(x, groups * (1 + below(2)), groups);
  }
  Value together(const Value& x) {
    for (const Value& other : values_) {
      if (other.name == x.name || other.side != x.side) {
        continue;
      }
      if (other.channels == x.channels && random_.chance(0.7)) {
        return {random_.chance(0.7) ? node(Add{}, {x.name, other.name}) : node(Multiply{}, {other.name, x.name}),
                x.channels, x.side};
      }
      return {node(Concatenate{}, {x.name, other.name}), x.channels + other.channels, x.side};
    }
    const Value same = convolution(x, x.channels, 1);
    return {node(Add{}, {same.name, x.name}), x.channels, x.side};
  }
  Value step_on(const Value& x) {
    switch (random_.below(9)) {
      case 0:
        return normalisation(x);
      case 1:
        return activation(x);
      case 2:
        return window(x);
      case 3:
        return excited(x);
      case 4:
        return convolution(x, x.channels, x.channels);
      case 5:
        return grouped(x);
      case 6:
      case 7:
        return together(x);
      default:
        return convolution(x, 3 + below(6), 1);
    }
  }
  /// All values that nobody has read, pooled and joined; flattened with 4 or 1 positions a channel; two linear layers.
  void finish() {
    std::vector<std::string> parts;
    std::int64_t channels = 0;
    const std::map<std::string, std::size_t> uses = use_counts(graph_);
    for (const Value& value : values_) {
      if (!uses.contains(value.name)) {
        parts.push_back(node(GlobalAveragePool{}, {value.name}));
        channels += value.channels;
      }
    }
    std::string x = node(Concatenate{}, parts);
    std::int64_t features = channels;
    if (random_.chance(0.5)) {
      x = node(Pad{.pads = {1, 0, 0, 1}, .value = 0.1F}, {x});
      features *= 4;
    }
    x = node(Flatten{}, {x});
    x = node(Linear{}, {x, tensor({5, features}, -0.5, 0.5), tensor({5}, -0.5, 0.5)});
    x = node(Sigmoid{}, {x});
    x = node(Linear{}, {x, tensor({3, 5}, -1, 1)});
    graph_.output = x;
    check(graph_);
  }

  Graph graph_;
  RandomStream random_;
  std::vector<Value> values_;
};

/// The dense network with zeros in place of these channels wherever they are read: weights that read them are 0.
Graph with_zeros(Graph graph, const ChannelGroups& groups, const std::vector<std::uint8_t>& gone) {
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    const std::vector<std::size_t>& read = groups.tensors.at(layer.tensor)[1];
    Tensor& weight = graph.tensor(layer.tensor);
    const std::size_t positions =
        read.empty() ? 1 : weight.size() / (static_cast<std::size_t>(weight.shape[0]) * read.size());
    for (std::size_t i = 0; i < weight.size() && !read.empty(); ++i) {
      weight.values[i] = gone[read[i / positions % read.size()]] != 0 ? 0.0F : weight.values[i];
    }
  }
  return graph;
}

std::vector<float> pictures(const Shape& shape) {
  RandomStream random(3, "pictures");
  std::vector<float> values(static_cast<std::size_t>(shape[0] * shape[1] * shape[2] * shape[3]));
  std::ranges::generate(values, [&] { return static_cast<float>(random.normal()); });
  return values;
}

void expect_close(const std::vector<float>& actual, const std::vector<float>& expected, const std::string& where) {
  ASSERT_EQ(actual.size(), expected.size()) << where;
  float largest = 1;
  for (const float value : expected) {
    largest = std::max(largest, std::abs(value));
  }
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], 2e-5F * largest) << where << ", logit " << i;
  }
}

std::vector<std::vector<float>> magnitudes(const Graph& graph) {
  RandomStream unused(1, "unused");
  return make_criterion("l1")->importance({graph, unused});
}

/// Groups by chance, as many as can go of these sparsities.
std::vector<std::uint8_t> some_groups(const Graph& graph, const ChannelGroups& groups, std::uint64_t seed) {
  RandomStream random(seed, "gone");
  std::vector<double> scores(groups.count());
  std::ranges::generate(scores, [&] { return random.uniform(); });
  for (const double sparsity : {0.5, 0.3, 0.15, 0.05}) {
    try {
      return choose_groups(graph, groups, scores, sparsity);
    } catch (const InputError&) {
      continue;
    }
  }
  return std::vector<std::uint8_t>(groups.count(), 0);
}

TEST(StructuredPruning, a_smaller_network_computes_what_zeros_in_its_place_would) {
  std::size_t smaller = 0;
  std::set<std::string> operators;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const Graph dense = Grower(seed).graph();
    for (const Node& node : dense.nodes) {
      operators.insert(operator_name(node.operation));
    }
    const ChannelGroups groups = channel_groups(dense);
    const std::vector<std::uint8_t> gone = some_groups(dense, groups, seed);
    const Graph result = without_groups(dense, groups, gone);
    const Shape shape = {2, 3, 8, 8};
    const std::vector<float> expected = reference_logits(with_zeros(dense, groups, gone), pictures(shape), shape);
    expect_close(reference_logits(result, pictures(shape), shape), expected, fmt::format("network {}", seed));
    const Engine engine(result, {.kind = EngineKind::kAuto, .measured_costs = false, .cost_file = ""});
    expect_close(engine.logits(pictures(shape), shape), expected, fmt::format("network {} by the engine", seed));
    smaller += parameter_count(result) < parameter_count(dense) ? 1 : 0;
  }
  EXPECT_GT(smaller, 140U);
  EXPECT_EQ(operators.size(), std::variant_size_v<Operation>);
}

class StructuredPruningOfZoo : public ::testing::TestWithParam<std::string> {};

TEST_P(StructuredPruningOfZoo, half_of_the_channels_weights_gone_computes_what_zeros_would) {
  RandomStream random(1, GetParam());
  Graph dense = build_network(GetParam(), {"a", "b", "c"}, imagenet_preprocessing(3, 32, 32), random);
  for (const Node& node : dense.nodes) {
    for (std::size_t i = 1; i < 5 && std::holds_alternative<BatchNormalization>(node.operation); ++i) {
      for (float& value : dense.tensor(node.inputs[i]).values) {
        value = static_cast<float>(i == 1 || i == 4 ? random.uniform(0.7, 1.2) : random.uniform(-0.2, 0.2));
      }
    }
  }
  const ChannelGroups groups = channel_groups(dense);
  const std::vector<std::uint8_t> gone =
      choose_groups(dense, groups, group_scores(dense, groups, magnitudes(dense)), 0.5);
  const Graph result = parse_onnx(to_onnx(without_groups(dense, groups, gone)), "written");
  const Shape shape = {1, 3, 32, 32};
  const std::vector<float> expected = reference_logits(with_zeros(dense, groups, gone), pictures(shape), shape);
  expect_close(reference_logits(result, pictures(shape), shape), expected, "reference");
  for (const EngineKind kind : {EngineKind::kDense, EngineKind::kSparse}) {
    const Engine engine(result, {.kind = kind, .cost_file = ""});
    expect_close(engine.logits(pictures(shape), shape), expected, kind == EngineKind::kDense ? "dense" : "sparse");
  }
}

INSTANTIATE_TEST_SUITE_P(Some, StructuredPruningOfZoo,
                         ::testing::Values("resnet18", "resnet50", "resnet-small", "densenet121", "mobilenet_v2",
                                           "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0"),
                         [](const auto& given) {
                           std::string name = given.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace niwaki
