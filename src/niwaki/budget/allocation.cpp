#include "niwaki/budget/allocation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kRounds = 120;
constexpr double kRate = 0.5;  // of the multiplicative weights

void check_layers(const std::vector<LayerLevels>& layers) {
  NIWAKI_CHECK(!layers.empty(), "no layers");
  const std::size_t classes = layers.front().losses.front().size();
  for (const LayerLevels& layer : layers) {
    NIWAKI_CHECK(!layer.seconds.empty() && layer.seconds.size() == layer.losses.size(), "{} times, {} losses",
                 layer.seconds.size(), layer.losses.size());
    for (std::size_t level = 0; level < layer.seconds.size(); ++level) {
      NIWAKI_CHECK(layer.seconds[level] >= 0 && layer.losses[level].size() == classes, "level {}", level);
    }
  }
}

Allocation sum_of(const std::vector<LayerLevels>& layers, std::vector<std::size_t> levels) {
  Allocation result{.levels = std::move(levels), .seconds = 0, .losses = {}};
  result.losses.assign(layers.front().losses.front().size(), 0);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::size_t level = result.levels[i];
    result.seconds += layers[i].seconds[level];
    for (std::size_t c = 0; c < result.losses.size(); ++c) {
      result.losses[c] += layers[i].losses[level][c];
    }
  }
  return result;
}

/// The levels of least weighted loss, found layer by layer: after layer i, best_[t] is the least loss of layers 0 ... i
/// that take at most t steps.
class Knapsack {
 public:
  Knapsack(const std::vector<LayerLevels>& layers, double seconds) : layers_(layers) {
    const double step = seconds / kTimeSteps;
    for (const LayerLevels& layer : layers) {
      std::vector<std::size_t>& steps = steps_.emplace_back();
      for (const double taken : layer.seconds) {
        // A level that takes all the time there is may be rounded up by a hair.
        const double needed = std::ceil(taken / step * (1 - 1e-12));
        steps.push_back(needed > kTimeSteps ? kTimeSteps + 1 : static_cast<std::size_t>(needed));
      }
    }
  }

  std::optional<std::vector<std::size_t>> solve(const std::vector<double>& class_weights) {
    best_.assign(kTimeSteps + 1, 0);
    chosen_.assign(layers_.size(), std::vector<std::uint16_t>(kTimeSteps + 1, 0));
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      add_layer(i, class_weights);
    }
    if (best_[kTimeSteps] == kInfinity) {
      return {};
    }
    std::vector<std::size_t> levels(layers_.size());
    std::size_t left = kTimeSteps;
    for (std::size_t i = layers_.size(); i-- > 0;) {
      levels[i] = chosen_[i][left];
      left -= steps_[i][levels[i]];
    }
    return levels;
  }

 private:
  void add_layer(std::size_t i, const std::vector<double>& class_weights) {
    std::vector<double> with(kTimeSteps + 1, kInfinity);
    for (std::size_t level = 0; level < steps_[i].size(); ++level) {
      const std::vector<double>& losses = layers_[i].losses[level];
      const double loss = std::inner_product(losses.begin(), losses.end(), class_weights.begin(), 0.0);
      for (std::size_t t = steps_[i][level]; t <= kTimeSteps; ++t) {
        const double total = best_[t - steps_[i][level]] + loss;
        if (total < with[t]) {
          with[t] = total;
          chosen_[i][t] = static_cast<std::uint16_t>(level);
        }
      }
    }
    best_ = std::move(with);
  }

  const std::vector<LayerLevels>& layers_;
  std::vector<std::vector<std::size_t>> steps_;  // [layer][level], kTimeSteps + 1: never
  std::vector<double> best_;
  std::vector<std::vector<std::uint16_t>> chosen_;  // [layer][time]
};

bool is_better(const Allocation& candidate, const Allocation& best, double seconds) {
  return candidate.seconds <= seconds && candidate.worst() < best.worst();
}

/// `best` with layer i at another level, and one layer after it too where that helps; the best of all such.
std::optional<Allocation> best_change(const std::vector<LayerLevels>& layers, const Allocation& best, double seconds) {
  std::optional<Allocation> found;
  const auto consider = [&](std::vector<std::size_t> levels) {
    Allocation candidate = sum_of(layers, std::move(levels));
    if (is_better(candidate, found ? *found : best, seconds)) {
      found = std::move(candidate);
    }
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::vector<std::size_t> levels = best.levels;
    for (levels[i] = 0; levels[i] < layers[i].seconds.size(); ++levels[i]) {
      consider(levels);
      for (std::size_t j = i + 1; j < layers.size(); ++j) {
        std::vector<std::size_t> both = levels;
        for (both[j] = 0; both[j] < layers[j].seconds.size(); ++both[j]) {
          consider(both);
        }
      }
    }
  }
  return found;
}

}  // namespace

double Allocation::worst() const {
  return losses.empty() ? 0 : *std::ranges::max_element(losses);
}

std::optional<Allocation> allocate_weighted(const std::vector<LayerLevels>& layers,
                                            const std::vector<double>& class_weights, double seconds) {
  check_layers(layers);
  NIWAKI_CHECK(class_weights.size() == layers.front().losses.front().size(), "{} weights", class_weights.size());
  if (seconds <= 0) {
    return {};
  }
  const auto levels = Knapsack(layers, seconds).solve(class_weights);
  return levels ? std::optional(sum_of(layers, *levels)) : std::nullopt;
}

std::optional<Allocation> allocate(const std::vector<LayerLevels>& layers, double seconds) {
  check_layers(layers);
  if (seconds <= 0) {
    return {};
  }
  Knapsack knapsack(layers, seconds);
  const std::size_t classes = layers.front().losses.front().size();
  std::vector<double> weights(classes, 1);
  std::optional<Allocation> best;
  for (int round = 0; round < kRounds; ++round) {
    const auto levels = knapsack.solve(weights);
    if (!levels) {
      return {};
    }
    const Allocation found = sum_of(layers, *levels);
    if (!best || found.worst() < best->worst()) {
      best = found;
    }
    if (found.worst() == 0) {
      return found;
    }
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      weights[c] *= std::exp(kRate * found.losses[c] / found.worst());
      sum += weights[c];
    }
    for (double& weight : weights) {
      weight /= sum;
    }
  }
  while (const std::optional<Allocation> better = best_change(layers, *best, seconds)) {
    best = better;
  }
  return best;
}

}  // namespace niwaki
