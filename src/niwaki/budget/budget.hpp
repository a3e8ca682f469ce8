#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/budget/class_losses.hpp"
#include "niwaki/budget/layer_sparsities.hpp"
#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

struct SpeedOptions {
  double speedup = 2;     // the dense network's time over the pruned one's; above 1
  std::size_t batch = 1;  // images that are predicted together
  /// What a layer may be pruned to, rising; 0 is always among them. Below a half, sparse kernels gain nothing.
  std::vector<double> sparsities = {0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.97, 0.985};
  std::optional<std::string> cost_file;  // EngineOptions::cost_file
  void check() const;                    // throws InputError naming the field
};

/// A network pruned to a speed, and what it took.
struct BudgetedNetwork {
  Graph network;
  std::vector<BudgetedLayer> layers;  // prunable_layers() of the dense network
  std::vector<double> class_losses;   // of class_losses.hpp, on the pictures
  std::vector<double> start_losses;   // the same of the network that was begun with, just as fast
  double dense_seconds = 0;           // an image, by the engine: the fastest of many rounds in turn with the pruned one
  double seconds = 0;
  [[nodiscard]] double speedup() const { return dense_seconds / seconds; }
};

/// Prunes the layers of `dense` so that the engine runs it `speedup` times as fast on this machine, with the present
/// number of threads, and the class that comes off worst loses as little as can be. Which weights of a layer go is
/// `importance`'s to say, one score a weight for each of prunable_layers(dense). Begins with the better of two networks
/// that are just fast enough: one threshold over all layers, and a knapsack (allocation.hpp) of layers' losses, each
/// pruned alone (layer_losses.hpp), and times (layer_seconds.hpp). Goes on by moving layers up and down as the
/// network's measured losses fall (refinement.hpp). The result depends on the machine and its load. Throws InputError
/// where the network cannot be made so fast, naming the largest speed-up that was reached, and where there is no
/// picture, or none that shows a finding.
BudgetedNetwork prune_to_speed(const Graph& dense, const std::vector<std::vector<float>>& importance,
                               const LabelledPictures& pictures, const SpeedOptions& options, Progress& progress);

}  // namespace niwaki
