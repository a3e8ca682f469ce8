#include "niwaki/prune/scope.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Graph small_network() {
  RandomStream random(1, "test");
  return build_network("resnet-small", {"Edema", "Mass", "Hernia"}, imagenet_preprocessing(1, 64, 64), random);
}

RandomStream stream() {
  return {1, "prune/test"};
}

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Scope, kept_layers_and_rows_lose_nothing_whatever_the_method) {
  const Graph dense = small_network();
  const PruneScope scope{.keep_layers = {"conv1"}, .keep_rows = {"Hernia"}};
  for (const char* method : {"l1", "l1-layer", "lamp", "erk", "random", "random-layer"}) {
    const Graph result = pruned(dense, method, 0.95, stream(), scope);
    EXPECT_EQ(result.tensor("conv1.weight"), dense.tensor("conv1.weight")) << method;
    const std::vector<float>& before = dense.tensor("fc.weight").values;
    const std::vector<float>& after = result.tensor("fc.weight").values;
    const auto row = static_cast<std::ptrdiff_t>(before.size() / 3);
    EXPECT_TRUE(std::equal(before.begin() + 2 * row, before.end(), after.begin() + 2 * row)) << method;
    const bool classifier_loses = std::string(method) != "erk";  // which keeps so small a layer whole
    EXPECT_EQ(measure_sparsity(result).layers.back().nonzero < before.size(), classifier_loses) << method;
    EXPECT_NEAR(measure_sparsity(result).sparsity(), 0.95, 0.0005) << method;
  }
}

TEST(Scope, a_floor_keeps_the_most_important_weights_of_each_layer) {
  Graph dense = small_network();
  for (float& value : dense.tensor("conv1.weight").values) {
    value *= 1e-6F;  // alone it would be gone
  }
  EXPECT_EQ(measure_sparsity(pruned(dense, "l1", 0.9, stream())).layers.front().nonzero, 0U);
  const Graph result = pruned(dense, "l1", 0.9, stream(), {.layer_floor = 0.05});
  const SparsityReport report = measure_sparsity(result);
  const auto floor = static_cast<std::size_t>(std::ceil(0.05 * static_cast<double>(report.layers.front().weights)));
  EXPECT_EQ(report.layers.front().nonzero, floor);
  EXPECT_NEAR(report.sparsity(), 0.9, 1e-5);
  for (const LayerSparsity& layer : report.layers) {
    EXPECT_GE(static_cast<double>(layer.nonzero), 0.05 * static_cast<double>(layer.weights)) << layer.name;
  }
  float smallest_kept = INFINITY;
  float largest_gone = 0;
  for (std::size_t i = 0; i < dense.tensor("conv1.weight").size(); ++i) {
    const float value = std::abs(dense.tensor("conv1.weight").values[i]);
    const bool kept = result.tensor("conv1.weight").values[i] != 0;
    (kept ? smallest_kept : largest_gone) = kept ? std::min(smallest_kept, value) : std::max(largest_gone, value);
  }
  EXPECT_LE(largest_gone, smallest_kept);
}

TEST(Scope, more_protected_than_there_is_says_the_largest_sparsity) {
  const Graph dense = small_network();
  const std::string message = message_of([&] { pruned(dense, "l1", 0.9, stream(), {.layer_floor = 0.25}); });
  EXPECT_THAT(message, AllOf(HasSubstr("sparsity 0.9 cannot be reached"), HasSubstr("0.7500 at most")));
  EXPECT_NO_THROW(pruned(dense, "l1", 0.75, stream(), {.layer_floor = 0.25}));
}

TEST(Scope, unknown_names_are_named_with_the_nearest) {
  const Graph dense = small_network();
  EXPECT_THAT(message_of([&] { pruned(dense, "l1", 0.5, stream(), {.keep_layers = {"convl"}}); }),
              AllOf(HasSubstr("no prunable layer 'convl'"), HasSubstr("'conv1'"), HasSubstr("prune.keep_layers")));
  EXPECT_THAT(message_of([&] { pruned(dense, "l1", 0.5, stream(), {.keep_rows = {"Hernai"}}); }),
              AllOf(HasSubstr("no class 'Hernai'"), HasSubstr("'Hernia'"), HasSubstr("prune.keep_rows")));
  EXPECT_THAT(message_of([&] { pruned(dense, "l1", 0.5, stream(), {.layer_floor = 1.5}); }),
              HasSubstr("prune.layer_floor"));
  EXPECT_THAT(message_of([&] { pruned(dense, "l1", 0.5, stream(), {.layer_floor = NAN}); }),
              HasSubstr("prune.layer_floor"));
}

TEST(Scope, rows_need_names_and_a_classifier) {
  Graph nameless = small_network();
  nameless.classes.clear();
  EXPECT_THAT(message_of([&] { pruned(nameless, "l1", 0.5, stream(), {.keep_rows = {"Hernia"}}); }),
              HasSubstr("does not name its classes"));
  Graph with_sigmoid = small_network();
  with_sigmoid.nodes.push_back({"sigmoid", Sigmoid{}, {with_sigmoid.output}, "probabilities"});
  with_sigmoid.output = "probabilities";
  EXPECT_NO_THROW(pruned(with_sigmoid, "l1", 0.5, stream(), {.keep_rows = {"Hernia"}}));
  Graph clipped = small_network();
  clipped.nodes.push_back({"clip", Clip{}, {clipped.output}, "clipped"});
  clipped.output = "clipped";
  EXPECT_THAT(message_of([&] { pruned(clipped, "l1", 0.5, stream(), {.keep_rows = {"Hernia"}}); }),
              HasSubstr("does not end in a layer with one row a class"));
}

}  // namespace
}  // namespace niwaki
