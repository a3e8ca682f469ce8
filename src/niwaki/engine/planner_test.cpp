#include "niwaki/engine/planner.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/engine/estimated_costs.hpp"
#include "niwaki/engine/layouts.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kThreads = 2;

/// resnet18 for 64 x 64 pixels; `density(i)` of the weights of prunable layer i are left.
Steps resnet(const std::function<double(std::size_t)>& density) {
  RandomStream random(1, "planner");
  Graph graph = build_network("resnet18", {"a", "b"}, imagenet_preprocessing(3, 64, 64), random);
  std::size_t layer = 0;
  for (const PrunableLayer& prunable : prunable_layers(graph)) {
    const double left = density(layer++);
    for (float& value : graph.tensor(prunable.tensor).values) {
      value = random.chance(left) ? value : 0.0F;
    }
  }
  return lower(std::move(graph), kThreads);
}

std::vector<Layout> planned(const Steps& steps, Costs& costs) {
  return plan_layouts(ShapedNetwork(steps, {4, 3, 64, 64}), kThreads, costs);
}

/// How many convolutions are in this layout.
std::size_t count(const Steps& steps, const std::vector<Layout>& layouts, Layout layout) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    found += std::holds_alternative<ConvolutionLayer>(steps.steps[i].layer) && layouts[i] == layout ? 1 : 0;
  }
  return found;
}

constexpr std::size_t kConvolutions = 20;

TEST(EstimatedCosts, sparse_kernels_run_what_is_sparse_and_dense_ones_the_rest) {
  EstimatedCosts costs;
  for (const double left : {1.0, 0.6, 0.4, 0.3, 0.1, 0.01}) {
    const Steps steps = resnet([&](std::size_t) { return left; });
    const Layout expected = left < EstimatedCosts::kEvenDensity ? Layout::kPlanes : Layout::kBlocked;
    EXPECT_EQ(count(steps, planned(steps, costs), expected), kConvolutions) << "density " << left;
  }
}

TEST(EstimatedCosts, both_take_as_long_at_the_even_density) {
  EstimatedCosts costs;
  const Steps steps = resnet([](std::size_t) { return EstimatedCosts::kEvenDensity; });
  const std::vector<Place> shapes = value_shapes(steps, {4, 3, 64, 64});
  const Step& step = *std::ranges::find_if(steps.steps, [](const Step& candidate) {
    return std::holds_alternative<ConvolutionLayer>(candidate.layer) && candidate.inputs[0] != 0;
  });
  const Place& x = shapes[step.inputs[0]];
  const Place& out = shapes[step.output];
  const double dense = costs.convolution(step, x, out, Layout::kBlocked, kThreads);
  EXPECT_GT(dense, 0);
  EXPECT_NEAR(costs.convolution(step, x, out, Layout::kPlanes, kThreads), dense, 0.05 * dense);
  // A convolution of many channels is worth a change of layout, and more threads are faster at both.
  EXPECT_GT(dense, costs.change(x, Layout::kPlanes, Layout::kBlocked, kThreads));
  EXPECT_GT(dense, costs.convolution(step, x, out, Layout::kBlocked, 2 * kThreads));
}

TEST(EstimatedCosts, a_network_of_both_kinds_is_planned_in_both) {
  EstimatedCosts costs;
  const Steps steps = resnet([](std::size_t layer) { return layer < 10 ? 1.0 : 0.02; });
  const std::vector<Layout> layouts = planned(steps, costs);
  EXPECT_GE(count(steps, layouts, Layout::kBlocked), 8U);
  EXPECT_GE(count(steps, layouts, Layout::kPlanes), 8U);
}

/// The estimate with dear changes of layout.
class DearChanges : public EstimatedCosts {
 public:
  double change(const Place& /*value*/, Layout /*from*/, Layout /*to*/, std::size_t /*threads*/) override {
    return 1e3;
  }
};

TEST(Planner, changes_of_layout_count) {
  EstimatedCosts cheap;
  DearChanges dear;
  const Steps steps = resnet([](std::size_t layer) { return layer % 2 == 0 ? 1.0 : 0.02; });
  const std::size_t mixed = count(steps, planned(steps, cheap), Layout::kPlanes);
  EXPECT_GT(mixed, 0U);
  EXPECT_LT(mixed, kConvolutions);
  const std::size_t uniform = count(steps, planned(steps, dear), Layout::kPlanes);
  EXPECT_TRUE(uniform == 0 || uniform == kConvolutions) << uniform;
}

}  // namespace
}  // namespace niwaki
