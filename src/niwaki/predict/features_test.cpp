#include "niwaki/predict/features.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/predict/predictor.hpp"

namespace niwaki {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Graph network(RandomStream& random) {
  return build_network("resnet-small", {"a", "b", "c"}, imagenet_preprocessing(1, 32, 32), random);
}

TEST(Features, through_the_last_layer_they_are_the_logits) {
  RandomStream random(1, "features");
  const Graph graph = network(random);
  const Shape shape = {5, 1, 32, 32};
  std::vector<float> pictures(5 * 32 * 32);
  for (float& value : pictures) {
    value = static_cast<float>(random.normal());
  }
  const Node& last = graph.nodes.back();
  const Tensor& weight = graph.tensor(last.inputs[1]);
  const Tensor& bias = graph.tensor(last.inputs[2]);
  const auto width = static_cast<std::size_t>(weight.shape[1]);
  for (const EngineKind kind : {EngineKind::kDense, EngineKind::kSparse, EngineKind::kReference}) {
    const EngineOptions options{.kind = kind, .measured_costs = false};
    const std::vector<float> logits = Predictor(graph, options).logits(pictures, shape);
    const std::vector<float> features = Predictor(feature_network(graph, "test"), options).logits(pictures, shape);
    ASSERT_EQ(features.size(), 5 * width);
    for (std::size_t image = 0; image < 5; ++image) {
      for (std::size_t column = 0; column < 3; ++column) {
        double sum = bias.values[column];
        for (std::size_t i = 0; i < width; ++i) {
          sum += static_cast<double>(weight.values[column * width + i]) * features[image * width + i];
        }
        EXPECT_NEAR(logits[image * 3 + column], sum, 1e-4);
      }
    }
  }
}

TEST(Features, a_sigmoid_after_the_last_layer_changes_nothing) {
  RandomStream random(1, "features");
  const Graph graph = network(random);
  Graph with_sigmoid = graph;
  with_sigmoid.nodes.push_back({"end", Sigmoid{}, {graph.output}, "probabilities"});
  with_sigmoid.output = "probabilities";
  const std::vector<float> pictures(32 * 32, 0.5F);
  const EngineOptions options{.kind = EngineKind::kReference};
  EXPECT_EQ(Predictor(feature_network(with_sigmoid, "test"), options).logits(pictures, {1, 1, 32, 32}),
            Predictor(feature_network(graph, "test"), options).logits(pictures, {1, 1, 32, 32}));
}

TEST(Features, a_network_without_a_last_linear_layer_is_refused) {
  RandomStream random(1, "features");
  Graph graph = network(random);
  graph.nodes.push_back({"end", Relu{}, {graph.output}, "positive"});
  graph.output = "positive";
  EXPECT_THAT([&] { feature_network(graph, "model.onnx"); },
              ThrowsMessage<InputError>(HasSubstr("does not end in a linear layer")));
}

}  // namespace
}  // namespace niwaki
