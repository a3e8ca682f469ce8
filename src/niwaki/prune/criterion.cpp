#include "niwaki/prune/criterion.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/prune/channel_groups.hpp"
#include "niwaki/prune/channels.hpp"
#include "niwaki/prune/importance.hpp"
#include "niwaki/prune/n_of_m.hpp"
#include "niwaki/prune/structure.hpp"

namespace niwaki {
namespace {

using Formula = std::function<Importance(const CriterionInput&)>;

class FormulaCriterion : public Criterion {
 public:
  explicit FormulaCriterion(Formula formula) : formula_(std::move(formula)) {}
  [[nodiscard]] Importance importance(const CriterionInput& input) const override { return formula_(input); }

 private:
  Formula formula_;
};

Importance by_magnitude(const CriterionInput& input) {
  return magnitudes(input.graph);
}

Importance by_chance(const CriterionInput& input) {
  Importance result;
  for (const PrunableLayer& layer : prunable_layers(input.graph)) {
    std::vector<float>& scores = result.emplace_back(input.graph.tensor(layer.tensor).size());
    for (float& score : scores) {
      score = static_cast<float>(input.random.uniform());
    }
  }
  return result;
}

/// A formula that reads statistics.
template <typename StatisticsFormula>
Formula with_statistics(const StatisticsFormula& formula) {
  return [formula](const CriterionInput& input) { return formula(input.graph, *input.statistics); };
}

/// Tail-aware by one of the two ways to combine classes.
Formula by_tail(std::vector<float> LayerStatistics::*shares) {
  return [shares](const CriterionInput& input) { return tail_aware(input.graph, *input.statistics, shares); };
}

constexpr const char* kByChance = "random";

struct Registered {
  CriterionEntry entry;
  Formula formula;
};

using Kind = StatisticsKind;
using Against = Competition;

/// The one table that criteria are plugged in by. docs/pruning.md tells more of each.
const std::vector<Registered>& registered() {
  static const std::vector<Registered> all = {
      {{"l1", "magnitude, over all layers at once (Han et al., NeurIPS 2015)"}, by_magnitude},
      {{"l1-layer", "magnitude, each layer losing the same share (Han et al., NeurIPS 2015)", Against::kLayer, {}},
       by_magnitude},
      {{"lamp", "layer-adaptive magnitude (Lee et al., ICLR 2021)"},
       [](const CriterionInput& input) { return layer_adaptive_magnitudes(input.graph); }},
      {{"erk",
        "magnitude within layers that lose by Erdos-Renyi-kernel (Evci et al., ICML 2020)",
        Against::kErdosRenyiKernel,
        {}},
       by_magnitude},
      {{kByChance, "by chance, over all layers at once"}, by_chance},
      {{"random-layer", "by chance, each layer losing the same share", Against::kLayer, {}}, by_chance},
      {{"wanda",
        "magnitude times norm of the input, within each output row (Sun et al., ICLR 2024)",
        Against::kRow,
        {Kind::kInputNorms}},
       with_statistics(weighted_by_input)},
      {{"taylor",
        "first-order Taylor, over all layers at once (Molchanov et al., CVPR 2019)",
        Against::kNetwork,
        {Kind::kMeanGradient}},
       with_statistics(first_order_taylor)},
      {{"fisher",
        "diagonal empirical Fisher, over all layers at once (Theis et al., 2018)",
        Against::kNetwork,
        {Kind::kSquaredGradient}},
       with_statistics(diagonal_fisher)},
      {{"tail",
        "tail-aware: each class's own Fisher, rare classes counting more, summed (docs/pruning.md)",
        Against::kNetwork,
        {Kind::kTail}},
       by_tail(&LayerStatistics::tail_sum)},
      {{"tail-worst", "as tail, a weight counting for the class that needs it most", Against::kNetwork, {Kind::kTail}},
       by_tail(&LayerStatistics::tail_worst)},
      {{"tail-search",
        "sought by trial for this sparsity, so that logits stay, those of rare classes first (docs/pruning.md)",
        Against::kNetwork,
        {Kind::kTailSearch}},
       [](const CriterionInput& input) {
         Importance result;
         for (const LayerStatistics& layer : input.statistics->layers) {
           result.push_back(layer.searched);
         }
         return result;
       }},
  };
  return all;
}

/// Throws InputError where the structure would not heed what the criterion is for: how much of each layer goes.
void check_fits(const Structure& structure, const CriterionEntry& entry, const std::string& method) {
  const bool shares_out = entry.competition == Against::kLayer || entry.competition == Against::kErdosRenyiKernel;
  if (shares_out && (structure.channels || structure.n_of_m)) {
    throw InputError(fmt::format("'{}': '{}' says how much of each layer goes, and {} decide that themselves", method,
                                 entry.name, structure.channels ? "whole channels" : "N:M patterns"),
                     "prune.methods or --method", "take a criterion that does not, such as l1 or fisher");
  }
}

const Registered& find_criterion(const std::string& method) {
  const Structure structure = structure_of(method);
  const std::string& name = structure.criterion;
  std::vector<std::string> names;
  for (const Registered& one : registered()) {
    if (one.entry.name == name) {
      check_fits(structure, one.entry, method);
      return one;
    }
    names.push_back(one.entry.name);
  }
  throw InputError(fmt::format("there is no pruning method '{}'{}", method, did_you_mean(name, names)),
                   "prune.methods or --method",
                   fmt::format("choose one of {}, or channels- or nm-N:M- before one", joined(names, ", ")));
}

void check_statistics(const CriterionEntry& entry, const WeightStatistics* statistics) {
  if (entry.needs.empty()) {
    return;
  }
  if (statistics == nullptr || !std::ranges::includes(statistics->kinds, entry.needs)) {
    throw InputError(fmt::format("'{}' needs labelled images to learn from", entry.name), "prune.methods or --method",
                     "give --labels and --images, or choose a method that looks at the weights alone, such as l1");
  }
}

/// Channels keep a layer's floor by themselves.
ChannelLimits channel_limits(const Graph& dense, const Importance& importance, PruneScope scope) {
  scope.check();
  const double floor = std::exchange(scope.layer_floor, 0.0);
  return {.layer_floor = floor, .locked = locked_weights(dense, importance, scope)};
}

}  // namespace

std::vector<CriterionEntry> criteria() {
  std::vector<CriterionEntry> entries;
  for (const Registered& one : registered()) {
    entries.push_back(one.entry);
  }
  return entries;
}

std::unique_ptr<Criterion> make_criterion(const std::string& method) {
  return std::make_unique<FormulaCriterion>(find_criterion(method).formula);
}

CriterionEntry criterion_entry(const std::string& method) {
  return find_criterion(method).entry;
}

Graph pruned(const Graph& dense, const std::string& method, double sparsity, RandomStream random,
             const PruneScope& scope, const WeightStatistics* statistics) {
  const Registered& one = find_criterion(method);
  check_statistics(one.entry, statistics);
  const Structure structure = structure_of(method);
  check_sparsity(structure, sparsity, "sparsity");
  // Channels are drawn as such, not by the mean of what their weights would draw.
  const bool drawn = structure.channels && structure.criterion == kByChance;
  const Importance importance = drawn ? magnitudes(dense) : one.formula({dense, random, statistics});
  check_numbers(prunable_layers(dense), importance);
  if (structure.channels) {
    const ChannelGroups groups = channel_groups(dense);
    const std::vector<double> scores = drawn ? drawn_scores(groups, random) : group_scores(dense, groups, importance);
    return without_groups(dense, groups,
                          choose_groups(dense, groups, scores, sparsity, channel_limits(dense, importance, scope)));
  }
  const LockedWeights locked = locked_weights(dense, importance, scope);
  Graph result = dense;
  apply_mask(structure.n_of_m ? n_of_m_mask(dense, importance, *structure.n_of_m, locked)
                              : choose_mask(dense, importance, sparsity, one.entry.competition, locked),
             result);
  return result;
}

}  // namespace niwaki
