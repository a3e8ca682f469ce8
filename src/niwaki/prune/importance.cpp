#include "niwaki/prune/importance.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// score(weight, statistic) for every weight; `field` is laid out as the weight.
template <typename Score>
Importance combined(const Graph& graph, const WeightStatistics& statistics, std::vector<float> LayerStatistics::*field,
                    const Score& score) {
  const std::vector<PrunableLayer> layers = prunable_layers(graph);
  NIWAKI_CHECK(layers.size() == statistics.layers.size(), "statistics of {} layers for {}", statistics.layers.size(),
               layers.size());
  Importance result;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const std::vector<float>& weights = graph.tensor(layers[layer].tensor).values;
    const std::vector<float>& values = statistics.layers[layer].*field;
    NIWAKI_CHECK(values.size() == weights.size(), "{} statistics for {} weights of {}", values.size(), weights.size(),
                 layers[layer].node);
    std::vector<float>& scores = result.emplace_back(weights.size());
    std::ranges::transform(weights, values, scores.begin(), score);
  }
  return result;
}

/// Positions by rising score, equal ones in order.
std::vector<std::size_t> rising(const std::vector<float>& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  return order;
}

std::vector<float> layer_adaptive(const std::vector<float>& scores) {
  const std::vector<std::size_t> order = rising(scores);
  std::vector<float> result(scores.size(), 0.0F);
  double above = 0;
  for (std::size_t left = order.size(); left > 0; --left) {
    const std::size_t i = order[left - 1];
    above += static_cast<double>(scores[i]);
    result[i] = above > 0 ? static_cast<float>(static_cast<double>(scores[i]) / above) : 0.0F;
  }
  return result;
}

}  // namespace

Importance magnitudes(const Graph& graph) {
  Importance result;
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    std::vector<float>& scores = result.emplace_back(graph.tensor(layer.tensor).values);
    for (float& score : scores) {
      score = std::abs(score);
    }
  }
  return result;
}

Importance layer_adaptive(const Importance& scores) {
  Importance result;
  for (const std::vector<float>& layer : scores) {
    result.push_back(layer_adaptive(layer));
  }
  return result;
}

Importance layer_adaptive_magnitudes(const Graph& graph) {
  Importance squares = magnitudes(graph);
  check_numbers(prunable_layers(graph), squares);
  for (std::vector<float>& layer : squares) {
    for (float& score : layer) {
      score *= score;
    }
  }
  return layer_adaptive(squares);
}

Importance weighted_by_input(const Graph& graph, const WeightStatistics& statistics) {
  const std::vector<PrunableLayer> layers = prunable_layers(graph);
  NIWAKI_CHECK(layers.size() == statistics.layers.size(), "statistics of {} layers for {}", statistics.layers.size(),
               layers.size());
  Importance result;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const Tensor& weight = graph.tensor(layers[layer].tensor);
    const std::vector<float>& norms = statistics.layers[layer].input_norms;
    const auto rows = static_cast<std::size_t>(weight.shape[0]);
    const std::size_t columns = weight.size() / rows;
    NIWAKI_CHECK(columns > 0 && !norms.empty() && norms.size() % columns == 0, "{} input norms for rows of {}",
                 norms.size(), columns);
    const std::size_t rows_a_group = rows / (norms.size() / columns);
    std::vector<float>& scores = result.emplace_back(weight.size());
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const std::size_t group = i / columns / rows_a_group;
      scores[i] = std::abs(weight.values[i]) * norms[group * columns + i % columns];
    }
  }
  return result;
}

Importance first_order_taylor(const Graph& graph, const WeightStatistics& statistics) {
  return combined(graph, statistics, &LayerStatistics::mean_gradient,
                  [](float weight, float gradient) { return std::abs(weight * gradient); });
}

Importance diagonal_fisher(const Graph& graph, const WeightStatistics& statistics) {
  return combined(graph, statistics, &LayerStatistics::mean_squared_gradient,
                  [](float weight, float square) { return weight * weight * square; });
}

Importance tail_aware(const Graph& graph, const WeightStatistics& statistics,
                      std::vector<float> LayerStatistics::*shares) {
  // Through logarithms: shares of large networks go down to where their roots are needed in full.
  Importance importance = combined(graph, statistics, shares, [](float weight, float share) {
    return static_cast<float>(1.5 * std::log(std::abs(static_cast<double>(weight))) +
                              0.25 * std::log(static_cast<double>(share)));
  });
  const Importance magnitude = layer_adaptive_magnitudes(graph);
  for (std::size_t layer = 0; layer < importance.size(); ++layer) {
    const std::vector<std::size_t> by_tail = rising(importance[layer]);
    std::vector<float> budget = magnitude[layer];
    std::ranges::sort(budget);
    for (std::size_t rank = 0; rank < by_tail.size(); ++rank) {
      importance[layer][by_tail[rank]] = budget[rank];
    }
  }
  return importance;
}

}  // namespace niwaki
