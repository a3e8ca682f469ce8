#include "niwaki/model/zoo/zoo.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(fmt::format("class {}", i));
  }
  return result;
}

Graph build(const std::string& architecture, std::size_t classes, std::size_t channels, std::size_t side) {
  RandomStream random(1, "test");
  return build_network(architecture, names(classes), imagenet_preprocessing(channels, side, side), random);
}

TEST(Zoo, parameter_counts_are_torchvisions) {
  EXPECT_EQ(parameter_count(build("resnet18", 1000, 3, 224)), 11689512U);
  EXPECT_EQ(parameter_count(build("resnet34", 1000, 3, 224)), 21797672U);
  EXPECT_EQ(parameter_count(build("resnet50", 1000, 3, 224)), 25557032U);
  EXPECT_EQ(parameter_count(build("resnet101", 1000, 3, 224)), 44549160U);
  EXPECT_EQ(parameter_count(build("densenet121", 1000, 3, 224)), 7978856U);
  EXPECT_EQ(parameter_count(build("densenet169", 1000, 3, 224)), 14149480U);
  EXPECT_EQ(parameter_count(build("mobilenet_v2", 1000, 3, 224)), 3504872U);
  EXPECT_EQ(parameter_count(build("mobilenet_v3_large", 1000, 3, 224)), 5483032U);
  EXPECT_EQ(parameter_count(build("mobilenet_v3_small", 1000, 3, 224)), 2542856U);
  EXPECT_EQ(parameter_count(build("efficientnet_b0", 1000, 3, 224)), 5288548U);
}

TEST(Zoo, tensor_names_are_torchvisions_in_the_order_of_its_state_dict) {
  const Graph graph = build("resnet18", 2, 3, 64);
  const std::vector<std::string> first = {"conv1.weight",       "bn1.weight",      "bn1.bias",
                                          "bn1.running_mean",   "bn1.running_var", "layer1.0.conv1.weight",
                                          "layer1.0.bn1.weight"};
  ASSERT_GE(graph.tensor_order.size(), first.size());
  EXPECT_TRUE(std::equal(first.begin(), first.end(), graph.tensor_order.begin()));
  EXPECT_EQ(graph.tensor_order.size(), 102U);  // torchvision's 122 entries less 20 num_batches_tracked
  EXPECT_EQ(graph.tensor("layer2.0.downsample.0.weight").shape, (Shape{128, 64, 1, 1}));
  EXPECT_EQ(graph.tensor_order.back(), "fc.bias");
  EXPECT_EQ(build("resnet50", 2, 3, 64).tensor("layer1.0.conv3.weight").shape, (Shape{256, 64, 1, 1}));
}

TEST(Zoo, shapes_run_through) {
  for (const std::string& architecture : architecture_names()) {
    const Graph graph = build(architecture, 5, 3, 64);
    EXPECT_EQ(infer_shapes(graph, {2, 3, 64, 64}).at(graph.output), (Shape{2, 5})) << architecture;
  }
  const auto shapes = infer_shapes(build("resnet50", 5, 3, 224), {1, 3, 224, 224});
  EXPECT_EQ(shapes.at("layer4.2.relu.out"), (Shape{1, 2048, 7, 7}));
}

TEST(Zoo, the_initialisation_is_torchvisions) {
  const Graph graph = build("resnet18", 100, 3, 64);
  const std::vector<float>& weights = graph.tensor("layer3.0.conv2.weight").values;
  double squares = 0;
  for (const float weight : weights) {
    squares += static_cast<double>(weight) * weight;
  }
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(weights.size())), std::sqrt(2.0 / (256 * 9)), 2e-4);
  const double bound = 1 / std::sqrt(512.0);
  const auto& fc = graph.tensor("fc.weight").values;
  EXPECT_LE(*std::max_element(fc.begin(), fc.end()), bound);
  EXPECT_GT(*std::max_element(fc.begin(), fc.end()), 0.99 * bound);
  EXPECT_THAT(graph.tensor("bn1.weight").values, ::testing::Each(1.0F));
  EXPECT_THAT(graph.tensor("bn1.running_mean").values, ::testing::Each(0.0F));
}

TEST(Zoo, other_families_start_as_torchvisions) {
  const auto deviation = [](const Tensor& tensor) {
    double squares = 0;
    for (const float value : tensor.values) {
      squares += static_cast<double>(value) * value;
    }
    return std::sqrt(squares / static_cast<double>(tensor.size()));
  };
  const Graph dense = build("densenet121", 100, 3, 64);
  EXPECT_NEAR(deviation(dense.tensor("features.denseblock4.denselayer16.conv2.weight")), std::sqrt(2.0 / 1152), 1e-3);
  EXPECT_THAT(dense.tensor("classifier.bias").values, ::testing::Each(0.0F));
  const Graph mobile = build("mobilenet_v3_large", 100, 3, 64);
  EXPECT_NEAR(deviation(mobile.tensor("classifier.3.weight")), 0.01, 1e-4);
  EXPECT_NEAR(deviation(mobile.tensor("features.15.block.1.0.weight")), std::sqrt(2.0 / (960 * 25)), 2e-4);
  EXPECT_EQ(std::get<BatchNormalization>(mobile.producer("features.0.1.out")->operation).epsilon, 1e-3F);
  const Graph efficient = build("efficientnet_b0", 400, 3, 64);
  EXPECT_NEAR(deviation(efficient.tensor("classifier.1.weight")), 1 / std::sqrt(400.0) / std::sqrt(3.0), 1e-3);
}

TEST(Zoo, grey_pictures_get_a_stem_of_one_channel) {
  for (const std::string& architecture : architecture_names()) {
    const Graph graph = build(architecture, 20, 1, 64);
    EXPECT_EQ(graph.tensor(graph.tensor_order[0]).shape[1], 1) << architecture;
    EXPECT_EQ(infer_shapes(graph, {1, 1, 64, 64}).at(graph.output), (Shape{1, 20})) << architecture;
  }
}

TEST(Zoo, an_unknown_architecture_is_named_with_the_nearest) {
  try {
    build("resnet81", 2, 3, 64);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'resnet"));
  }
}

TEST(ReplaceClassifier, changes_the_last_layer_alone) {
  Graph graph = build("resnet-small", 20, 1, 64);
  const Tensor stem = graph.tensor("conv1.weight");
  RandomStream random(2, "test");
  replace_classifier(graph, {"x", "y", "z"}, random);
  EXPECT_EQ(class_count(graph), 3U);
  EXPECT_EQ(graph.classes, (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_EQ(graph.tensor("fc.weight").shape, (Shape{3, 128}));
  EXPECT_EQ(graph.tensor("fc.bias").shape, (Shape{3}));
  EXPECT_EQ(graph.tensor("conv1.weight"), stem);
}

TEST(ReplaceClassifier, refuses_a_network_that_does_not_end_in_one) {
  Graph graph = build("resnet-small", 20, 1, 64);
  graph.nodes.push_back({"sigmoid", Sigmoid{}, {"logits"}, "probabilities"});
  graph.output = "probabilities";
  RandomStream random(2, "test");
  EXPECT_THROW(replace_classifier(graph, {"x"}, random), InputError);
}

}  // namespace
}  // namespace niwaki
