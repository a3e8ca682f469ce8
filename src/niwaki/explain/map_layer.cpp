#include "niwaki/explain/map_layer.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <variant>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

/// The values that the logits depend on.
std::set<std::string> values_that_matter(const Graph& graph) {
  std::set<std::string> values = {graph.output};
  for (std::size_t left = graph.nodes.size(); left > 0; --left) {
    const Node& node = graph.nodes[left - 1];
    if (values.contains(node.output)) {
      values.insert(node.inputs.begin(), node.inputs.end());
    }
  }
  return values;
}

bool spatial(const Shape& shape) {
  return shape.size() == 4 && shape[2] * shape[3] > 1;
}

}  // namespace

Graph without_last_sigmoid(Graph graph) {
  const auto last = std::ranges::find(graph.nodes, graph.output, &Node::output);
  if (last != graph.nodes.end() && std::holds_alternative<Sigmoid>(last->operation)) {
    graph.output = last->inputs[0];
    graph.nodes.erase(last);
  }
  return graph;
}

const Node& map_layer(const Graph& graph, const Shape& input, const std::string& asked, const std::string& source) {
  const std::map<std::string, Shape> shapes = infer_shapes(graph, input);
  const std::set<std::string> matters = values_that_matter(graph);
  const Node* last = nullptr;
  const Node* named = nullptr;
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    if (spatial(shapes.at(node.output)) && matters.contains(node.output)) {
      last = &node;
      names.push_back(node.name);
    }
    named = node.name == asked ? &node : named;
  }
  if (last == nullptr) {
    throw InputError("no layer of the network has places that a map could show", source,
                     "take --method occlusion, which looks at no layer");
  }
  if (asked.empty()) {
    return *last;
  }
  const std::string advice = fmt::format("name a node whose output has places, such as '{}'", last->name);
  if (named == nullptr) {
    throw InputError(fmt::format("there is no layer '{}'{}", asked, did_you_mean(asked, names)), source, advice);
  }
  const Shape& shape = shapes.at(named->output);
  if (!spatial(shape)) {
    throw InputError(fmt::format("the output of layer '{}' has no places that a map could show ({})", asked,
                                 fmt::join(shape, " x ")),
                     source, advice);
  }
  if (!matters.contains(named->output)) {
    throw InputError(fmt::format("no logit depends on layer '{}'", asked), source, advice);
  }
  return *named;
}

}  // namespace niwaki
