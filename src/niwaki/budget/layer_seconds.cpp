#include "niwaki/budget/layer_seconds.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "niwaki/budget/layer_sparsities.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/engine/engine.hpp"
#include "niwaki/engine/normal_pictures.hpp"

namespace niwaki {
namespace {

constexpr int kRuns = 30;  // of each network that layers are timed in

Graph all_pruned_to(double sparsity, const Graph& dense, const std::vector<std::vector<float>>& importance) {
  std::vector<BudgetedLayer> layers;
  for (const PrunableLayer& layer : prunable_layers(dense)) {
    layers.push_back({layer.node, sparsity});
  }
  return pruned_by(dense, importance, layers);
}

}  // namespace

std::vector<std::vector<double>> layer_seconds(const Graph& dense, const std::vector<std::vector<float>>& importance,
                                               const Shape& shape, std::span<const double> sparsities,
                                               const std::optional<std::string>& cost_file,
                                               const std::function<void()>& done) {
  const std::vector<PrunableLayer> layers = prunable_layers(dense);
  std::map<std::string, std::string> tensor_of;
  for (const Node& node : dense.nodes) {
    tensor_of[node.name] = node.inputs.size() > 1 ? node.inputs[1] : "";
  }
  const std::vector<float> pictures = normal_pictures(shape);
  std::vector<std::vector<double>> result(layers.size());
  for (const double sparsity : sparsities) {
    throw_if_cancelled();
    const Engine engine(all_pruned_to(sparsity, dense, importance),
                        {.kind = EngineKind::kAuto, .cost_file = cost_file});
    std::map<std::string, double> seconds;
    for (const TaskTime& task : engine.task_times(pictures, shape, kRuns)) {
      seconds[tensor_of[task.name]] += task.seconds;
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const double denser = result[i].empty() ? std::numeric_limits<double>::infinity() : result[i].back();
      result[i].push_back(std::min(denser, seconds[layers[i].tensor]));
    }
    done();
  }
  return result;
}

}  // namespace niwaki
