#include "niwaki/engine/engine.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"
#include "niwaki/core/instruction_set.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/engine/compiled_network.hpp"
#include "niwaki/engine/estimated_costs.hpp"
#include "niwaki/engine/planner.hpp"
#include "niwaki/engine/reference.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

/// A network of the zoo whose normalisations all do something.
Graph network(const std::string& architecture, std::size_t side) {
  RandomStream random(1, architecture);
  Graph graph = build_network(architecture, {"a", "b", "c"}, imagenet_preprocessing(3, side, side), random);
  for (const Node& node : graph.nodes) {
    if (!std::holds_alternative<BatchNormalization>(node.operation)) {
      continue;
    }
    for (std::size_t i = 1; i < 5; ++i) {
      for (float& value : graph.tensor(node.inputs[i]).values) {
        value = static_cast<float>(i == 1 || i == 4 ? random.uniform(0.7, 1.2) : random.uniform(-0.2, 0.2));
      }
    }
  }
  return graph;
}

/// Zeroes this share of every convolution's and linear layer's weights.
Graph pruned(Graph graph, double sparsity) {
  RandomStream random(2, "prune");
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    for (float& value : graph.tensor(layer.tensor).values) {
      value = random.chance(sparsity) ? 0.0F : value;
    }
  }
  return graph;
}

std::vector<float> pictures(const Shape& shape) {
  RandomStream random(3, "pictures");
  std::vector<float> values(static_cast<std::size_t>(shape[0] * shape[1] * shape[2] * shape[3]));
  for (float& value : values) {
    value = static_cast<float>(random.normal());
  }
  return values;
}

EngineOptions options(EngineKind kind, std::size_t at_once = 0) {
  return {.kind = kind, .images_at_once = at_once, .cost_file = ""};
}

float largest(const std::vector<float>& values) {
  float most = 0;
  for (const float value : values) {
    most = std::max(most, std::abs(value));
  }
  return most;
}

void expect_close(const std::vector<float>& actual, const std::vector<float>& expected, const std::string& where) {
  ASSERT_EQ(actual.size(), expected.size()) << where;
  const float tolerance = 1e-4F * std::max(1.0F, largest(expected));
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], tolerance) << where << ", logit " << i;
  }
}

class EngineOnNetwork : public ::testing::TestWithParam<std::string> {};

TEST_P(EngineOnNetwork, agrees_with_the_reference_dense_and_pruned) {
  const Shape shape = {2, 3, 32, 32};
  const std::vector<float> images = pictures(shape);
  for (const double sparsity : {0.0, 0.8}) {
    const Graph graph = pruned(network(GetParam(), 32), sparsity);
    const std::vector<float> expected = reference_logits(graph, images, shape);
    for (const EngineKind kind : {EngineKind::kDense, EngineKind::kSparse}) {
      for (const std::size_t at_once : {1, 2}) {
        const Engine engine(graph, options(kind, at_once));
        expect_close(
            engine.logits(images, shape), expected,
            fmt::format("{} at {}, engine {}, {} at once", GetParam(), sparsity, static_cast<int>(kind), at_once));
      }
    }
  }
}

/// One of each family; the others are held to their makers' own results (tests/networks_against_peers.py).
INSTANTIATE_TEST_SUITE_P(Zoo, EngineOnNetwork,
                         ::testing::Values("resnet-small", "resnet18", "resnet50", "densenet121", "mobilenet_v2",
                                           "mobilenet_v3_small", "efficientnet_b0"),
                         [](const auto& architecture) {
                           std::string name = architecture.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(Engine, plans_by_measured_costs) {
  const Shape shape = {3, 3, 32, 32};
  const std::vector<float> images = pictures(shape);
  const Graph graph = pruned(network("resnet-small", 32), 0.9);
  const Engine engine(graph, options(EngineKind::kAuto));
  expect_close(engine.logits(images, shape), reference_logits(graph, images, shape), "auto");
}

TEST(Engine, a_picture_gives_the_same_bits_whatever_stands_beside_it) {
  const Shape shape = {5, 3, 32, 32};
  const std::vector<float> images = pictures(shape);
  const Engine engine(pruned(network("resnet18", 32), 0.9), options(EngineKind::kSparse, 2));
  const std::vector<float> all = engine.logits(images, shape);
  const std::size_t values = images.size() / 5;
  const std::vector<float> two = engine.logits(std::span(images).subspan(3 * values, 2 * values), {2, 3, 32, 32});
  EXPECT_THAT(two, ::testing::ElementsAreArray(all.begin() + 9, all.end()));
}

TEST(Engine, runs_from_several_threads_at_once) {
  const Shape shape = {2, 3, 32, 32};
  const std::vector<float> images = pictures(shape);
  for (const EngineKind kind : {EngineKind::kDense, EngineKind::kSparse}) {
    const Engine engine(pruned(network("resnet18", 32), 0.5), options(kind));
    const std::vector<float> alone = engine.logits(images, shape);
    std::vector<std::vector<float>> results(4);
    {
      std::vector<std::jthread> callers;
      for (std::vector<float>& result : results) {
        callers.emplace_back([&] {
          for (int i = 0; i < 3; ++i) {
            result = engine.logits(images, shape);
          }
        });
      }
    }
    for (const std::vector<float>& result : results) {
      EXPECT_EQ(result, alone);
    }
  }
}

TEST(Engine, takes_several_sizes) {
  const Graph graph = network("resnet18", 64);
  const Engine engine(graph, options(EngineKind::kSparse));
  for (const std::int64_t side : {32, 33, 47}) {
    const Shape shape = {1, 3, side, side + 5};
    const std::vector<float> images = pictures(shape);
    expect_close(engine.logits(images, shape), reference_logits(graph, images, shape), fmt::format("side {}", side));
  }
  EXPECT_THROW(engine.logits(pictures({1, 1, 32, 32}), {1, 1, 32, 32}), InputError);
}

/// Both joins want the first one's output in their own memory, and its parts with it.
TEST(Engine, a_join_of_a_join_and_of_its_parts) {
  RandomStream random(4, "joins");
  Graph graph;
  const auto weight = [&](const std::string& name, const Shape& shape) {
    Tensor tensor{shape, std::vector<float>(static_cast<std::size_t>(shape[0] * shape[1]))};
    std::ranges::generate(tensor.values, [&] { return static_cast<float>(random.normal()); });
    graph.add_tensor(name, std::move(tensor));
  };
  weight("a.w", {4, 3, 1, 1});
  weight("b.w", {6, 3, 1, 1});
  weight("fc.w", {2, 20});
  graph.nodes = {
      {"a", Convolution{}, {"input", "a.w"}, "a"},        {"b", Convolution{}, {"input", "b.w"}, "b"},
      {"inner", Concatenate{}, {"a", "b"}, "inner"},      {"outer", Concatenate{}, {"a", "b", "inner"}, "outer"},
      {"pool", GlobalAveragePool{}, {"outer"}, "pooled"}, {"flat", Flatten{}, {"pooled"}, "flattened"},
      {"fc", Linear{}, {"flattened", "fc.w"}, "logits"}};
  const Shape shape = {2, 3, 8, 8};
  const std::vector<float> images = pictures(shape);
  const std::vector<float> expected = reference_logits(graph, images, shape);
  for (const EngineKind kind : {EngineKind::kDense, EngineKind::kSparse}) {
    expect_close(Engine(graph, options(kind)).logits(images, shape), expected, "joins");
  }
}

/// By Winograd's algorithm wherever oneDNN has it, whatever it takes; how many convolutions that are is added to
/// `count`.
std::vector<float> winograd_logits(const Graph& graph, const std::vector<float>& images, const Shape& shape,
                                   std::size_t& count) {
  const auto threads = static_cast<std::size_t>(thread_count());
  use_threads_in_libraries();
  const Steps steps = lower(graph, threads);
  const ShapedNetwork shaped(steps, shape);
  const std::vector<Layout> layouts = layouts_of(shaped, uniform_layouts(shaped, Layout::kBlocked));
  class Wanted : public EstimatedCosts {
   public:
    double winograd(const Step& step, const Place& x, const Place& out, std::size_t threads) override {
      const bool there = has_dense_kernel(step, x, out, DenseAlgorithm::kWinograd);
      return there ? 0 : EstimatedCosts::winograd(step, x, out, threads);
    }
  } wanted;
  const std::vector<DenseAlgorithm> algorithms = quicker_algorithms(shaped, layouts, threads, wanted);
  count += static_cast<std::size_t>(std::ranges::count(algorithms, DenseAlgorithm::kWinograd));
  const CompiledNetwork compiled(shaped, layouts, algorithms, threads);
  const CompiledNetwork::Instance instance(compiled);
  std::ranges::copy(images, instance.input());
  instance.run();
  return {instance.output(), instance.output() + compiled.output_floats()};
}

TEST(Winograd, agrees_with_the_reference_whatever_the_size_and_the_batch) {
  std::size_t count = 0;
  for (const auto& [architecture, side] : {std::pair("resnet18", 32), {"resnet18", 47}, {"densenet121", 32}}) {
    const Graph graph = network(architecture, static_cast<std::size_t>(side));
    for (const std::int64_t batch : {1, 4}) {
      const Shape shape = {batch, 3, side, side};
      const std::vector<float> images = pictures(shape);
      expect_close(winograd_logits(graph, images, shape, count), reference_logits(graph, images, shape),
                   fmt::format("{}, {} pixels, {} pictures", architecture, side, batch));
    }
  }
  if (instruction_set() == InstructionSet::kAvx512) {
    EXPECT_GT(count, 80U);
  }
}

TEST(Winograd, is_chosen_where_it_is_quicker_and_never_by_estimate) {
  const Steps steps = lower(network("resnet18", 64), 1);
  const ShapedNetwork shaped(steps, {2, 3, 64, 64});
  const std::vector<Layout> blocked = layouts_of(shaped, uniform_layouts(shaped, Layout::kBlocked));
  EstimatedCosts estimated;
  EXPECT_EQ(std::ranges::count(quicker_algorithms(shaped, blocked, 1, estimated), DenseAlgorithm::kWinograd), 0);
  class OnlyFor128 : public EstimatedCosts {
   public:
    double winograd(const Step& /*step*/, const Place& x, const Place& /*out*/, std::size_t /*threads*/) override {
      return x.channels == 128 ? 0 : 1e3;
    }
  } costs;
  EXPECT_EQ(std::ranges::count(quicker_algorithms(shaped, blocked, 1, costs), DenseAlgorithm::kWinograd), 5);
  const std::vector<Layout> planes = layouts_of(shaped, uniform_layouts(shaped, Layout::kPlanes));
  EXPECT_EQ(std::ranges::count(quicker_algorithms(shaped, planes, 1, costs), DenseAlgorithm::kWinograd), 0);
}

/// Costs as this machine measures them for the network, but for Winograd's algorithm, which is said to take no time.
void write_winograd_costs(const std::string& file, const Graph& graph, const std::vector<float>& images,
                          const Shape& shape) {
  const EngineOptions dense{.kind = EngineKind::kDense, .images_at_once = 2, .cost_file = file};
  static_cast<void>(Engine(graph, dense).logits(images, shape));
  if (!std::filesystem::exists(file)) {
    return;  // no instructions for it, so that there was nothing to measure
  }
  std::string text = read_file(file);
  constexpr std::string_view kKey = " winograd,";
  for (std::size_t at = text.find(kKey); at != std::string::npos; at = text.find(kKey, at + 1)) {
    const std::size_t begin = at + kKey.size();
    text.replace(begin, text.find('\n', begin) - begin, "1e-12");
  }
  write_file(file, text);
}

TEST(Engine, nan_and_infinity_are_carried_as_the_reference_does) {
  const FolderForTests folder("engine");
  const std::string file = (folder / "costs.csv").string();
  const Shape shape = {5, 3, 32, 32};
  const Graph graph = network("resnet18", 32);
  std::vector<float> images = pictures(shape);
  write_winograd_costs(file, graph, images, shape);
  const std::size_t values = images.size() / 5;
  const std::vector<float> finite = images;
  images[5] = std::numeric_limits<float>::quiet_NaN();
  images[3 * values + 7] = std::numeric_limits<float>::infinity();
  const std::vector<float> expected = reference_logits(graph, images, shape);
  EXPECT_EQ(std::ranges::count_if(expected, [](float logit) { return std::isnan(logit); }), 6);
  for (const EngineKind kind : {EngineKind::kDense, EngineKind::kSparse, EngineKind::kAuto}) {
    for (const bool measured : {true, false}) {
      const Engine engine(graph, {.kind = kind, .images_at_once = 2, .measured_costs = measured, .cost_file = file});
      const std::vector<float> actual = engine.logits(images, shape);
      const std::vector<float> of_all_finite = engine.logits(finite, shape);
      for (std::size_t i = 0; i < actual.size(); ++i) {
        EXPECT_EQ(std::isnan(actual[i]), std::isnan(expected[i])) << static_cast<int>(kind) << ", " << i;
        EXPECT_TRUE(std::isnan(actual[i]) || actual[i] == of_all_finite[i]) << "an image met another, " << i;
      }
    }
  }
}

TEST(Winograd, is_used_by_an_engine_that_measured_it_to_be_quicker) {
  const FolderForTests folder("winograd");
  const std::string file = (folder / "costs.csv").string();
  const Shape shape = {2, 3, 32, 32};
  const Graph graph = network("resnet18", 32);
  const std::vector<float> images = pictures(shape);
  write_winograd_costs(file, graph, images, shape);
  for (const bool measured : {true, false}) {
    const Engine engine(
        graph, {.kind = EngineKind::kDense, .images_at_once = 2, .measured_costs = measured, .cost_file = file});
    const std::vector<TaskTime> times = engine.task_times(images, shape, 1);
    const auto count = std::ranges::count(times, "winograd", &TaskTime::kind);
    EXPECT_EQ(count > 0, measured && instruction_set() == InstructionSet::kAvx512);
    expect_close(engine.logits(images, shape), reference_logits(graph, images, shape), "finite");
  }
}

TEST(Engine, an_unknown_kind_is_refused) {
  EXPECT_EQ(parse_engine_kind("sparse"), EngineKind::kSparse);
  EXPECT_THROW(parse_engine_kind("fast"), InputError);
}

}  // namespace
}  // namespace niwaki
