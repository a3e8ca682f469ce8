#include "niwaki/engine/layer_costs.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/engine/cost_table.hpp"
#include "niwaki/engine/layouts.hpp"
#include "niwaki/engine/steps.hpp"

namespace niwaki {
namespace {

/// The same step with ones in this share of its weight, spread evenly by chance.
Step with_density(const Step& step, double density, std::size_t threads) {
  const auto& layer = std::get<ConvolutionLayer>(step.layer);
  Tensor weight{layer.weight->shape(), std::vector<float>(layer.weight->size())};
  RandomStream random(1, "layer costs");
  for (float& value : weight.values) {
    value = random.uniform() < density ? 1.0F : 0.0F;
  }
  Step copy = step;
  std::get<ConvolutionLayer>(copy.layer).weight =
      std::make_shared<LayerWeight>(std::move(weight), layer.geometry.groups, threads);
  return copy;
}

double least_cost(Costs& costs, const ShapedNetwork& shaped, std::size_t i, const Step& step, std::size_t threads) {
  Place x = shaped.shapes[step.inputs[0]];
  const Place& out = shaped.shapes[step.output];
  x.layout = Layout::kPlanes;
  const double sparse = costs.convolution(step, x, out, Layout::kPlanes, threads);
  if (!shaped.can_be_blocked[i]) {
    return sparse;
  }
  x.layout = step.inputs[0] == 0 && x.channels <= 3 ? Layout::kImage : Layout::kBlocked;
  return std::min(sparse, costs.convolution(step, x, out, Layout::kBlocked, threads));
}

}  // namespace

std::vector<LayerCost> layer_costs(const Graph& graph, const Shape& input, std::span<const double> densities,
                                   const std::optional<std::string>& cost_file) {
  for (const double density : densities) {
    NIWAKI_CHECK(density > 0 && density <= 1, "a density of {}", density);
  }
  const auto threads = static_cast<std::size_t>(thread_count());
  use_threads_in_libraries();
  const Steps steps = lower(graph, threads);
  const ShapedNetwork shaped(steps, input);
  CostTable costs(cost_file.value_or(CostTable::usual_file().string()));
  std::vector<LayerCost> result;
  for (std::size_t i = 0; i < steps.steps.size(); ++i) {
    const Step& step = steps.steps[i];
    if (!std::holds_alternative<ConvolutionLayer>(step.layer) || is_linear_convolution(step, shaped.shapes)) {
      continue;
    }
    LayerCost& cost = result.emplace_back(LayerCost{.node = step.name, .seconds = {}});
    for (const double density : densities) {
      cost.seconds.push_back(least_cost(costs, shaped, i, with_density(step, density, threads), threads));
    }
  }
  costs.save();
  return result;
}

}  // namespace niwaki
