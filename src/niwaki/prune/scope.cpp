#include "niwaki/prune/scope.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <variant>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

using Locked = std::vector<std::vector<std::uint8_t>>;

void lock_layers(const std::vector<PrunableLayer>& layers, const PruneScope& scope, Locked& locked) {
  std::vector<std::string> names;
  for (const PrunableLayer& layer : layers) {
    names.push_back(layer.node);
  }
  for (const std::string& name : scope.keep_layers) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      throw InputError(fmt::format("the network has no prunable layer '{}'{}", name, did_you_mean(name, names)),
                       "prune.keep_layers", "`niwaki inspect MODEL` lists the layers");
    }
    std::ranges::fill(locked[static_cast<std::size_t>(found - names.begin())], std::uint8_t{1});
  }
}

/// The layer whose rows are the logits: what makes the output, activations and reshapes that keep classes apart passed
/// over.
std::size_t classifier_layer(const Graph& graph, const std::vector<PrunableLayer>& layers) {
  const Node* node = graph.producer(graph.output);
  while (node != nullptr &&
         (std::holds_alternative<Sigmoid>(node->operation) || std::holds_alternative<Flatten>(node->operation) ||
          std::holds_alternative<GlobalAveragePool>(node->operation))) {
    node = graph.producer(node->inputs[0]);
  }
  for (std::size_t i = 0; node != nullptr && i < layers.size(); ++i) {
    if (layers[i].node == node->name &&
        graph.tensor(layers[i].tensor).shape[0] == static_cast<std::int64_t>(class_count(graph))) {
      return i;
    }
  }
  throw InputError("the network does not end in a layer with one row a class", "prune.keep_rows",
                   "name the layer in prune.keep_layers instead");
}

void lock_rows(const Graph& graph, const std::vector<PrunableLayer>& layers, const PruneScope& scope, Locked& locked) {
  if (scope.keep_rows.empty()) {
    return;
  }
  if (graph.classes.empty()) {
    throw InputError("the network does not name its classes", "prune.keep_rows",
                     "add the metadata niwaki.classes (docs/models.md)");
  }
  const std::size_t layer = classifier_layer(graph, layers);
  const std::size_t columns = locked[layer].size() / graph.classes.size();
  for (const std::string& name : scope.keep_rows) {
    const auto found = std::ranges::find(graph.classes, name);
    if (found == graph.classes.end()) {
      throw InputError(fmt::format("there is no class '{}'{}", name, did_you_mean(name, graph.classes)),
                       "prune.keep_rows", fmt::format("choose from {}", joined(graph.classes, ", ")));
    }
    const auto row = static_cast<std::size_t>(found - graph.classes.begin());
    std::fill_n(locked[layer].begin() + static_cast<std::ptrdiff_t>(row * columns), columns, std::uint8_t{1});
  }
}

/// Locks the most important weights that are not locked yet, until the floor is reached; of equals the later ones,
/// because the earlier ones go first.
void lock_floor(const std::vector<float>& importance, double floor, std::vector<std::uint8_t>& locked) {
  const auto wanted = static_cast<std::size_t>(std::ceil(floor * static_cast<double>(locked.size())));
  const auto there = static_cast<std::size_t>(std::ranges::count(locked, std::uint8_t{1}));
  if (wanted <= there) {
    return;
  }
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < locked.size(); ++i) {
    if (locked[i] == 0) {
      free.push_back(i);
    }
  }
  const auto more_important = [&](std::size_t a, std::size_t b) {
    return importance[a] != importance[b] ? importance[a] > importance[b] : a > b;
  };
  const auto end = free.begin() + static_cast<std::ptrdiff_t>(wanted - there);
  std::partial_sort(free.begin(), end, free.end(), more_important);
  std::for_each(free.begin(), end, [&](std::size_t i) { locked[i] = 1; });
}

}  // namespace

void PruneScope::check() const {
  if (!(layer_floor >= 0 && layer_floor <= 1)) {
    throw InputError(fmt::format("{} is out of range", layer_floor), "prune.layer_floor", "choose 0 to 1");
  }
}

std::vector<std::vector<std::uint8_t>> locked_weights(const Graph& graph,
                                                      const std::vector<std::vector<float>>& importance,
                                                      const PruneScope& scope) {
  scope.check();
  const std::vector<PrunableLayer> layers = prunable_layers(graph);
  Locked locked;
  for (const std::vector<float>& layer : importance) {
    locked.emplace_back(layer.size(), std::uint8_t{0});
  }
  lock_layers(layers, scope, locked);
  lock_rows(graph, layers, scope, locked);
  if (scope.layer_floor > 0) {
    for (std::size_t i = 0; i < locked.size(); ++i) {
      lock_floor(importance[i], scope.layer_floor, locked[i]);
    }
  }
  return locked;
}

}  // namespace niwaki
