#include "niwaki/prune/criterion.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/prune/channels.hpp"
#include "niwaki/prune/n_of_m.hpp"
#include "niwaki/prune/structure.hpp"

namespace niwaki {
namespace {

class Magnitude : public Criterion {
 public:
  [[nodiscard]] std::vector<std::vector<float>> importance(const Graph& graph,
                                                           RandomStream& /*random*/) const override {
    std::vector<std::vector<float>> result;
    for (const PrunableLayer& layer : prunable_layers(graph)) {
      std::vector<float> scores = graph.tensor(layer.tensor).values;
      for (float& score : scores) {
        score = std::abs(score);
      }
      result.push_back(std::move(scores));
    }
    return result;
  }
};

class Chance : public Criterion {
 public:
  [[nodiscard]] std::vector<std::vector<float>> importance(const Graph& graph, RandomStream& random) const override {
    std::vector<std::vector<float>> result;
    for (const PrunableLayer& layer : prunable_layers(graph)) {
      std::vector<float> scores(graph.tensor(layer.tensor).size());
      for (float& score : scores) {
        score = static_cast<float>(random.uniform());
      }
      result.push_back(std::move(scores));
    }
    return result;
  }
};

constexpr const char* kByChance = "random";

struct Registered {
  CriterionEntry entry;
  std::function<std::unique_ptr<Criterion>()> make;
};

/// The one table that criteria are plugged in by.
const std::vector<Registered>& registered() {
  static const std::vector<Registered> all = {
      {{"l1", "magnitude, over all layers at once (Han et al., NeurIPS 2015)"},
       [] { return std::make_unique<Magnitude>(); }},
      {{kByChance, "by chance, over all layers at once"}, [] { return std::make_unique<Chance>(); }},
  };
  return all;
}

std::size_t total(const std::vector<std::vector<float>>& importance) {
  std::size_t count = 0;
  for (const std::vector<float>& layer : importance) {
    count += layer.size();
  }
  return count;
}

std::vector<float> joined_scores(const std::vector<PrunableLayer>& layers,
                                 const std::vector<std::vector<float>>& importance) {
  std::vector<float> scores;
  scores.reserve(total(importance));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const float score : importance[i]) {
      if (std::isnan(score)) {
        throw InputError("the importance of a weight is not a number", fmt::format("layer '{}'", layers[i].node),
                         "check that the network's weights are finite");
      }
      scores.push_back(score);
    }
  }
  return scores;
}

/// Where the line lies: all weights below `value` go, and the first `ties` of those equal to it.
struct Threshold {
  float value = 0;
  std::size_t ties = 0;
};

Threshold find_threshold(std::vector<float> scores, std::size_t count) {
  const auto last = scores.begin() + static_cast<std::ptrdiff_t>(count - 1);
  std::nth_element(scores.begin(), last, scores.end());
  const float value = *last;
  const auto below =
      static_cast<std::size_t>(std::count_if(scores.begin(), last, [&](float score) { return score < value; }));
  return {value, count - below};
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
  const std::string name = structure_of(method).criterion;
  std::vector<std::string> names;
  for (const Registered& one : registered()) {
    if (one.entry.name == name) {
      return one.make();
    }
    names.push_back(one.entry.name);
  }
  throw InputError(fmt::format("there is no pruning method '{}'{}", method, did_you_mean(name, names)),
                   "prune.methods or --method",
                   fmt::format("choose one of {}, or channels- or nm-N:M- before one", joined(names, ", ")));
}

std::size_t weights_to_prune(double sparsity, std::size_t n) {
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw InputError(fmt::format("{} is no sparsity", sparsity), "sparsity", "choose a number from 0 to 1");
  }
  // The default rounding mode is to the nearest, ties to even, as Python's round().
  return static_cast<std::size_t>(std::nearbyint(sparsity * static_cast<double>(n)));
}

Mask choose_global_mask(const std::vector<PrunableLayer>& layers, const std::vector<std::vector<float>>& importance,
                        double sparsity) {
  NIWAKI_CHECK(layers.size() == importance.size(), "{} layers, {} of importance", layers.size(), importance.size());
  std::vector<float> scores = joined_scores(layers, importance);
  const std::size_t count = weights_to_prune(sparsity, scores.size());
  Threshold threshold = count > 0 ? find_threshold(std::move(scores), count) : Threshold{-INFINITY, 0};
  Mask mask;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::vector<std::uint8_t>& kept = mask[layers[i].tensor];
    kept.reserve(importance[i].size());
    for (const float score : importance[i]) {
      const bool tied = score == threshold.value && threshold.ties > 0;
      threshold.ties -= tied ? 1 : 0;
      kept.push_back(score < threshold.value || tied ? 0 : 1);
    }
  }
  return mask;
}

Graph pruned(const Graph& dense, const std::string& method, double sparsity, RandomStream random) {
  const std::unique_ptr<Criterion> criterion = make_criterion(method);
  const Structure structure = structure_of(method);
  check_sparsity(structure, sparsity, "sparsity");
  if (structure.channels) {
    const ChannelGroups groups = channel_groups(dense);
    const std::vector<double> scores = structure.criterion == kByChance
                                           ? drawn_scores(groups, random)
                                           : group_scores(dense, groups, criterion->importance(dense, random));
    return without_groups(dense, groups, choose_groups(dense, groups, scores, sparsity));
  }
  const std::vector<std::vector<float>> importance = criterion->importance(dense, random);
  Graph result = dense;
  apply_mask(structure.n_of_m ? n_of_m_mask(dense, importance, *structure.n_of_m)
                              : choose_global_mask(prunable_layers(dense), importance, sparsity),
             result);
  return result;
}

}  // namespace niwaki
