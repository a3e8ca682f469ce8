#include "niwaki/explain/heat_mapper.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// One logit: the sum of the picture's values under `weights`, then a Sigmoid.
Graph weighing_network(std::int64_t height, std::int64_t width, std::vector<float> weights) {
  Graph graph;
  graph.classes = {"a"};
  graph.add_tensor("weight", {{1, height * width}, std::move(weights)});
  graph.nodes = {{"flatten", Flatten{}, {"input"}, "flat"},
                 {"linear", Linear{}, {"flat", "weight"}, "logits"},
                 {"sigmoid", Sigmoid{}, {"logits"}, "probabilities"}};
  graph.output = "probabilities";
  return graph;
}

Preprocessing grey(std::size_t height, std::size_t width) {
  return {.channels = 1, .height = height, .width = width, .mean = {0.5F}, .deviation = {0.25F}};
}

HeatMapOptions occlusion(std::size_t patch, std::size_t stride) {
  return {.method = MapMethod::kOcclusion, .patch = patch, .stride = stride, .engine = EngineKind::kReference};
}

const std::vector<std::size_t> kFirst = {0};

TEST(Occlusion, of_a_sum_is_what_was_covered) {
  std::vector<float> weights;
  for (int i = 0; i < 20; ++i) {
    weights.push_back(static_cast<float>(i));
  }
  const auto mapper = make_heat_mapper(weighing_network(4, 5, weights), grey(4, 5), occlusion(2, 2), "net.onnx");
  // Patches begin at columns 0, 2 and 3: the last ends at the edge.
  EXPECT_THAT(mapper->grid().column_centres, ElementsAre(0.2, 0.6, 0.8));
  EXPECT_THAT(mapper->grid().row_centres, ElementsAre(0.25, 0.75));
  EXPECT_EQ(mapper->layer(), "");
  const ExplainedPicture explained = mapper->explain(std::vector<float>(20, 1.0F), kFirst);
  EXPECT_THAT(explained.logits, ElementsAre(190.0F));  // no probability: the Sigmoid is off
  EXPECT_THAT(explained.maps[0], ElementsAre(12, 20, 24, 52, 60, 64));
}

TEST(Occlusion, spread_over_pixels_is_the_mean_of_the_patches_there) {
  const auto mapper =
      make_heat_mapper(weighing_network(2, 5, std::vector<float>(10, 1.0F)), grey(2, 5), occlusion(2, 2), "net.onnx");
  const Image spread = mapper->spread({1, 2, 4});
  EXPECT_EQ(spread.height, 2U);
  EXPECT_EQ(spread.width, 5U);
  EXPECT_THAT(std::vector<float>(spread.pixels.begin(), spread.pixels.begin() + 5), ElementsAre(1, 1, 2, 3, 4));
}

TEST(Occlusion, by_default_covers_an_eighth_at_half_steps) {
  const auto mapper = make_heat_mapper(weighing_network(32, 64, std::vector<float>(2048, 1.0F)), grey(32, 64),
                                       occlusion(0, 0), "net.onnx");
  EXPECT_EQ(mapper->grid().rows(), 15U);     // (32 - 4) / 2 + 1
  EXPECT_EQ(mapper->grid().columns(), 31U);  // (64 - 4) / 2 + 1
}

TEST(Occlusion, patches_and_strides_that_do_not_fit_are_refused) {
  const Graph graph = weighing_network(4, 5, std::vector<float>(20, 1.0F));
  EXPECT_THAT([&] { make_heat_mapper(graph, grey(4, 5), occlusion(5, 1), "net.onnx"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("a patch of 5 pixels is larger than the picture of 4 x 5"),
                                              HasSubstr("choose 1 to 4"))));
  EXPECT_THAT([&] { make_heat_mapper(graph, grey(4, 5), occlusion(2, 3), "net.onnx"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("leaves gaps"), HasSubstr("--stride"))));
}

TEST(HeatMapper, pictures_that_do_not_fit_are_refused_naming_the_network) {
  const Graph graph = weighing_network(4, 5, std::vector<float>(20, 1.0F));
  EXPECT_THAT([&] { make_heat_mapper(graph, grey(5, 5), occlusion(1, 1), "net.onnx"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("do not fit the network"), HasSubstr("net.onnx"))));
}

TEST(GradCam, keeps_what_speaks_for_the_class_and_drops_what_speaks_against_it) {
  Graph graph;
  graph.classes = {"for", "against"};
  graph.add_tensor("filter", {{1, 1, 1, 1}, {2.0F}});
  graph.add_tensor("weight", {{2, 1}, {3.0F, -3.0F}});
  graph.nodes = {{"filtered", Convolution{}, {"input", "filter"}, "filtered"},
                 {"pool", GlobalAveragePool{}, {"filtered"}, "pooled"},
                 {"flatten", Flatten{}, {"pooled"}, "flat"},
                 {"linear", Linear{}, {"flat", "weight"}, "logits"}};
  const auto mapper = make_heat_mapper(graph, grey(1, 2), {}, "net.onnx");
  EXPECT_EQ(mapper->layer(), "filtered");
  EXPECT_THAT(mapper->grid().column_centres, ElementsAre(0.25, 0.75));
  const std::vector<std::size_t> both = {0, 1};
  const ExplainedPicture explained = mapper->explain(std::vector<float>{1.0F, -2.0F}, both);
  EXPECT_THAT(explained.logits, ElementsAre(-3.0F, 3.0F));
  EXPECT_THAT(explained.maps[0], ElementsAre(3.0F, 0.0F));  // weight 3 / 2 cells, times 2 x 1
  EXPECT_THAT(explained.maps[1], ElementsAre(0.0F, 6.0F));
  EXPECT_THAT(mapper->spread({7, 7}).pixels, Each(7.0F));
}

TEST(MapMethod, is_named) {
  EXPECT_EQ(parse_map_method("occlusion"), MapMethod::kOcclusion);
  EXPECT_EQ(parse_map_method("grad-cam"), MapMethod::kGradCam);
  EXPECT_THAT([] { parse_map_method("gradcam"); },
              ThrowsMessage<InputError>(HasSubstr("there is no method 'gradcam'")));
}

}  // namespace
}  // namespace niwaki
