#include "niwaki/prune/channels.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"
#include "niwaki/prune/criterion.hpp"

namespace niwaki {
namespace {

/// A prunable weight as [rows, columns, positions], and the group of each row and column; `columns` is 1 where channels
/// do not lie along the second axis.
struct Layer {
  const std::vector<std::size_t>* row_groups;
  const std::vector<std::size_t>* column_groups;  // nullptr: none
  std::size_t rows = 0;
  std::size_t columns = 1;
  std::size_t positions = 1;

  [[nodiscard]] std::size_t size() const { return rows * columns * positions; }
};

std::vector<Layer> layers_of(const Graph& graph, const ChannelGroups& groups) {
  std::vector<Layer> layers;
  for (const PrunableLayer& prunable : prunable_layers(graph)) {
    const ChannelGroups::Axes& axes = groups.tensors.at(prunable.tensor);
    Layer layer{.row_groups = &axes[0], .column_groups = axes[1].empty() ? nullptr : &axes[1]};
    layer.rows = axes[0].size();
    layer.columns = std::max<std::size_t>(axes[1].size(), 1);
    layer.positions = graph.tensor(prunable.tensor).size() / (layer.rows * layer.columns);
    layers.push_back(layer);
  }
  return layers;
}

/// Calls visit(group, first weight) for each row and column that meet, once a group; a run of `positions` weights.
template <typename Visit>
void visit_groups(const Layer& layer, Visit&& visit) {
  for (std::size_t row = 0; row < layer.rows; ++row) {
    const std::size_t made = (*layer.row_groups)[row];
    for (std::size_t column = 0; column < layer.columns; ++column) {
      const std::size_t first = (row * layer.columns + column) * layer.positions;
      visit(made, first);
      if (layer.column_groups != nullptr && (*layer.column_groups)[column] != made) {
        visit((*layer.column_groups)[column], first);
      }
    }
  }
}

/// 1 for each group that a locked weight belongs to, and each that is fixed.
std::vector<std::uint8_t> locked_groups(const std::vector<Layer>& layers, const ChannelGroups& groups,
                                        const ChannelLimits& limits) {
  std::vector<std::uint8_t> result = groups.fixed;
  for (std::size_t i = 0; i < limits.locked.size(); ++i) {
    const std::vector<std::uint8_t>& locked = limits.locked[i];
    NIWAKI_CHECK(locked.size() == layers[i].size(), "{} weights, {} of them locked or not", layers[i].size(),
                 locked.size());
    visit_groups(layers[i], [&](std::size_t group, std::size_t first) {
      const auto begin = locked.begin() + static_cast<std::ptrdiff_t>(first);
      const bool any = std::find(begin, begin + static_cast<std::ptrdiff_t>(layers[i].positions), 1) !=
                       begin + static_cast<std::ptrdiff_t>(layers[i].positions);
      result[group] = any ? 1 : result[group];
    });
  }
  return result;
}

/// Lets groups go one by one, and knows how many weights have gone with them.
class Removal {
 public:
  Removal(const std::vector<Layer>& layers, std::size_t group_count, double layer_floor)
      : layers_(layers), uses_(group_count), left_(layers.size()) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      left_[i] = {layers[i].rows, layers[i].columns};
      least_.push_back(static_cast<std::size_t>(std::ceil(layer_floor * static_cast<double>(layers[i].size()))));
      total_ += layers[i].size();
      count_uses(i, 0, layers[i].row_groups);
      count_uses(i, 1, layers[i].column_groups);
    }
  }

  /// False, and nothing happens, where a layer would be left with too little.
  bool try_group(std::size_t group) {
    const std::vector<Left> before = left_of(group);
    const std::size_t gone_before = gone_;
    bool fits = true;
    for (const Use& use : uses_[group]) {
      std::size_t& left = left_[use.layer][use.axis];
      gone_ += weights_left(use.layer);
      left -= use.count;
      gone_ -= weights_left(use.layer);
      fits = fits && left > 0 && weights_left(use.layer) >= least_[use.layer];
    }
    if (!fits) {
      gone_ = gone_before;
      for (std::size_t i = 0; i < before.size(); ++i) {
        left_[uses_[group][i].layer] = before[i];
      }
    }
    return fits;
  }

  [[nodiscard]] std::size_t gone() const { return gone_; }
  [[nodiscard]] std::size_t total() const { return total_; }

 private:
  using Left = std::array<std::size_t, 2>;  // rows, columns
  struct Use {
    std::size_t layer;
    std::size_t axis;
    std::size_t count;  // of indices
  };

  void count_uses(std::size_t layer, std::size_t axis, const std::vector<std::size_t>* group_of) {
    if (group_of == nullptr) {
      return;
    }
    for (const std::size_t group : *group_of) {
      std::vector<Use>& uses = uses_[group];
      if (uses.empty() || uses.back().layer != layer || uses.back().axis != axis) {
        uses.push_back({layer, axis, 0});
      }
      ++uses.back().count;
    }
  }
  [[nodiscard]] std::size_t weights_left(std::size_t layer) const {
    return left_[layer][0] * left_[layer][1] * layers_[layer].positions;
  }
  [[nodiscard]] std::vector<Left> left_of(std::size_t group) const {
    std::vector<Left> result;
    for (const Use& use : uses_[group]) {
      result.push_back(left_[use.layer]);
    }
    return result;
  }

  const std::vector<Layer>& layers_;
  std::vector<std::vector<Use>> uses_;  // by group
  std::vector<Left> left_;              // by layer
  std::vector<std::size_t> least_;      // weights that stay, by layer
  std::size_t total_ = 0;
  std::size_t gone_ = 0;
};

void check_floor(double layer_floor) {
  if (!(layer_floor >= 0 && layer_floor <= 1)) {
    throw InputError(fmt::format("{} is out of range", layer_floor), "prune.layer_floor", "choose 0 to 1");
  }
}

}  // namespace

std::vector<double> group_scores(const Graph& graph, const ChannelGroups& groups,
                                 const std::vector<std::vector<float>>& importance) {
  const std::vector<PrunableLayer> names = prunable_layers(graph);
  const std::vector<Layer> layers = layers_of(graph, groups);
  NIWAKI_CHECK(layers.size() == importance.size(), "{} layers, {} of importance", layers.size(), importance.size());
  std::vector<double> sums(groups.count(), 0);
  std::vector<std::size_t> weights(groups.count(), 0);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::vector<float>& scores = importance[i];
    if (std::ranges::any_of(scores, [](float score) { return std::isnan(score); })) {
      throw InputError("the importance of a weight is not a number", fmt::format("layer '{}'", names[i].node),
                       "check that the network's weights are finite");
    }
    visit_groups(layers[i], [&](std::size_t group, std::size_t first) {
      const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(first);
      sums[group] += std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(layers[i].positions), 0.0);
      weights[group] += layers[i].positions;
    });
  }
  for (std::size_t group = 0; group < sums.size(); ++group) {
    sums[group] = weights[group] > 0 ? sums[group] / static_cast<double>(weights[group]) : 0;
  }
  return sums;
}

std::vector<std::uint8_t> choose_groups(const Graph& graph, const ChannelGroups& groups,
                                        const std::vector<double>& scores, double sparsity,
                                        const ChannelLimits& limits) {
  check_floor(limits.layer_floor);
  const std::vector<Layer> layers = layers_of(graph, groups);
  Removal removal(layers, groups.count(), limits.layer_floor);
  const std::size_t wanted = weights_to_prune(sparsity, removal.total());
  const std::vector<std::uint8_t> locked = locked_groups(layers, groups, limits);
  std::vector<std::size_t> order(groups.count());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t group) { return scores[group]; });
  std::vector<std::uint8_t> gone(groups.count(), 0);
  for (const std::size_t group : order) {
    if (removal.gone() >= wanted) {
      break;
    }
    gone[group] = locked[group] == 0 && removal.try_group(group) ? 1 : 0;
  }
  if (removal.gone() < wanted) {
    // Rounded down, so that what is named can be had.
    const double largest =
        std::floor(1e4 * static_cast<double>(removal.gone()) / static_cast<double>(removal.total())) / 1e4;
    throw InputError(fmt::format("a sparsity of {} cannot be had by whole channels: at most {} can", sparsity, largest),
                     "sparsity", "choose a lower one, or let more layers take part");
  }
  return gone;
}

std::vector<double> drawn_scores(const ChannelGroups& groups, RandomStream& random) {
  std::vector<double> scores(groups.count());
  std::ranges::generate(scores, [&] { return random.uniform(); });
  return scores;
}

}  // namespace niwaki
