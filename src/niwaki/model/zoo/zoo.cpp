#include "niwaki/model/zoo/zoo.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/model/zoo/densenet.hpp"
#include "niwaki/model/zoo/efficientnet.hpp"
#include "niwaki/model/zoo/mobilenet.hpp"
#include "niwaki/model/zoo/network_builder.hpp"
#include "niwaki/model/zoo/resnet.hpp"

namespace niwaki {
namespace {

/// Builds a network for so many input channels and classes.
using Build = std::function<Graph(std::int64_t, std::int64_t, RandomStream&)>;

Build resnet(const ResNetOptions& options) {
  return [options](std::int64_t channels, std::int64_t classes, RandomStream& random) {
    return build_resnet(options, channels, classes, random);
  };
}

Build densenet(const DenseNetOptions& options) {
  return [options](std::int64_t channels, std::int64_t classes, RandomStream& random) {
    return build_densenet(options, channels, classes, random);
  };
}

struct Architecture {
  std::string name;
  Build build;
};

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> all = {
      {"resnet18", resnet({.blocks = {2, 2, 2, 2}})},
      {"resnet34", resnet({.blocks = {3, 4, 6, 3}})},
      {"resnet50", resnet({.blocks = {3, 4, 6, 3}, .bottleneck = true})},
      {"resnet101", resnet({.blocks = {3, 4, 23, 3}, .bottleneck = true})},
      {"resnet-small", resnet({.blocks = {1, 1, 1, 1}, .width = 16, .stem_kernel = 5, .stem_pool = false})},
      {"densenet121", densenet({.layers = {6, 12, 24, 16}})},
      {"densenet169", densenet({.layers = {6, 12, 32, 32}})},
      {"mobilenet_v2", build_mobilenet_v2},
      {"mobilenet_v3_large", build_mobilenet_v3_large},
      {"mobilenet_v3_small", build_mobilenet_v3_small},
      {"efficientnet_b0", build_efficientnet_b0},
  };
  return all;
}

}  // namespace

std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  for (const Architecture& architecture : architectures()) {
    names.push_back(architecture.name);
  }
  return names;
}

Graph build_network(const std::string& architecture, const std::vector<std::string>& classes,
                    const Preprocessing& preprocessing, RandomStream& random) {
  const auto found = std::find_if(architectures().begin(), architectures().end(),
                                  [&](const Architecture& one) { return one.name == architecture; });
  if (found == architectures().end()) {
    const std::vector<std::string> names = architecture_names();
    throw InputError(fmt::format("there is no architecture '{}'{}", architecture, did_you_mean(architecture, names)),
                     "model.architecture", fmt::format("choose one of {}", joined(names, ", ")));
  }
  NIWAKI_CHECK(!classes.empty(), "a network of no class");
  Graph graph = found->build(static_cast<std::int64_t>(preprocessing.channels),
                             static_cast<std::int64_t>(classes.size()), random);
  graph.name = architecture;
  graph.preprocessing = preprocessing;
  graph.classes = classes;
  check(graph);
  return graph;
}

void replace_classifier(Graph& graph, const std::vector<std::string>& classes, RandomStream& random) {
  const auto last = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                 [&](const Node& node) { return node.output == graph.output; });
  if (last == graph.nodes.end() || !std::holds_alternative<Linear>(last->operation)) {
    throw InputError("the network does not end in a linear layer", fmt::format("output '{}'", graph.output),
                     "its classifier cannot be replaced: give a network for just these classes");
  }
  const std::string weight_name = last->inputs[1];
  const std::int64_t in = graph.tensor(weight_name).shape[1];
  if (last->inputs.size() < 3) {
    last->inputs.push_back(weight_name + ".bias");
    graph.add_tensor(last->inputs[2], {});
  }
  fill_linear(graph.tensor(weight_name), graph.tensor(last->inputs[2]), static_cast<std::int64_t>(classes.size()), in,
              random);
  graph.classes = classes;
  check(graph);
}

}  // namespace niwaki
