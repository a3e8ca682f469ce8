#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/budget/layer_losses.hpp"
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

struct BudgetedLayer {
  std::string node;
  double sparsity = 0;
};

/// A network pruned to a speed, and what it took.
struct BudgetedNetwork {
  Graph network;
  std::vector<BudgetedLayer> layers;  // prunable_layers() of the dense network
  std::vector<double> class_losses;   // expected: of layer_losses.hpp, summed over the layers
  double dense_seconds = 0;           // an image, by the engine: the fastest of many rounds in turn with the pruned one
  double seconds = 0;
  [[nodiscard]] double speedup() const { return dense_seconds / seconds; }
};

/// Prunes the layers of `dense` so that the engine runs it `speedup` times as fast on this machine, with the present
/// number of threads, and the class that comes off worst loses as little as can be (allocation.hpp). Which weights of a
/// layer go is `importance`'s to say, one score a weight for each of prunable_layers(dense); how much a layer's going
/// costs each class is measured on `pictures` (layer_losses.hpp); its time at each sparsity is the engine's measured
/// cost. The network that comes out is then measured against the dense one, and the budget mended until it is fast
/// enough. The result therefore depends on the machine and its load. Throws InputError where the network cannot be made
/// so fast, naming the largest speed-up that was reached, and where there is no picture.
BudgetedNetwork prune_to_speed(const Graph& dense, const std::vector<std::vector<float>>& importance,
                               const LabelledPictures& pictures, const SpeedOptions& options, Progress& progress);

}  // namespace niwaki
