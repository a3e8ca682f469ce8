#pragma once

#include <memory>
#include <string>
#include <vector>

#include "niwaki/core/random.hpp"
#include "niwaki/prune/mask.hpp"

namespace niwaki {

/// How important each prunable weight is: the least important go first. Criteria are plugged in by name in
/// criterion.cpp's one table.
class Criterion {
 public:
  Criterion() = default;
  Criterion(const Criterion&) = delete;
  Criterion& operator=(const Criterion&) = delete;
  Criterion(Criterion&&) = delete;
  Criterion& operator=(Criterion&&) = delete;
  virtual ~Criterion() = default;

  /// One score a weight, for each of prunable_layers(graph) in that order.
  [[nodiscard]] virtual std::vector<std::vector<float>> importance(const Graph& graph, RandomStream& random) const = 0;
};

struct CriterionEntry {
  std::string name;         // "l1", "random"
  std::string description;  // one line, with its source
};
std::vector<CriterionEntry> criteria();
/// The criterion by which a method judges weights: of channels-l1 and nm-2:4 (structure.hpp) it is l1. Throws
/// InputError for a name that is not known, naming the nearest.
std::unique_ptr<Criterion> make_criterion(const std::string& method);

/// How many of n weights go at this sparsity: Python's round(sparsity * n), half to even, as PyTorch's
/// torch.nn.utils.prune does. Throws InputError for a sparsity outside [0, 1].
std::size_t weights_to_prune(double sparsity, std::size_t n);

/// Global pruning: all prunable weights compete (torch.nn.utils.prune.global_unstructured). The
/// weights_to_prune() least important go; equal importance goes in order of layer and position.
Mask choose_global_mask(const std::vector<PrunableLayer>& layers, const std::vector<std::vector<float>>& importance,
                        double sparsity);

/// A copy of `dense` with the mask of this method at this sparsity, or without the channels that it takes
/// (structure.hpp). `random` is the stream "prune/<method>" of the training seed, so that the masks of one seed at
/// rising sparsities are nested.
Graph pruned(const Graph& dense, const std::string& method, double sparsity, RandomStream random);

}  // namespace niwaki
