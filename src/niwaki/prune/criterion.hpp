#pragma once

#include <memory>
#include <string>
#include <vector>

#include "niwaki/core/random.hpp"
#include "niwaki/prune/mask.hpp"
#include "niwaki/prune/mask_choice.hpp"
#include "niwaki/prune/scope.hpp"
#include "niwaki/prune/weight_statistics.hpp"

namespace niwaki {

/// What a criterion may look at.
struct CriterionInput {
  const Graph& graph;
  RandomStream& random;
  const WeightStatistics* statistics = nullptr;  // of this graph; needed where CriterionEntry::needs says so
};

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
  [[nodiscard]] virtual Importance importance(const CriterionInput& input) const = 0;
};

struct CriterionEntry {
  std::string name;         // "l1", "random"
  std::string description;  // one line, with its source
  Competition competition = Competition::kNetwork;
  StatisticsKinds needs;  // empty: the weights alone
};
std::vector<CriterionEntry> criteria();
/// The criterion by which a method judges weights: of channels-l1 and nm-2:4 (structure.hpp) it is l1. Throws
/// InputError for a name that is not known, naming the nearest.
std::unique_ptr<Criterion> make_criterion(const std::string& method);
CriterionEntry criterion_entry(const std::string& method);

/// A copy of `dense` with the mask of this method at this sparsity, or without the channels that it takes
/// (structure.hpp). `random` is the stream "prune/<method>" of the training seed, so that the masks of one seed at
/// rising sparsities are nested. Throws InputError where the criterion needs statistics that are not there, and as
/// locked_weights(), choose_mask() and without_channels() do.
Graph pruned(const Graph& dense, const std::string& method, double sparsity, RandomStream random,
             const PruneScope& scope = {}, const WeightStatistics* statistics = nullptr);

}  // namespace niwaki
