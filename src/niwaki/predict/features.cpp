#include "niwaki/predict/features.hpp"

#include <algorithm>
#include <variant>

#include "niwaki/core/error.hpp"

namespace niwaki {

Graph feature_network(const Graph& graph, const std::string& source) {
  Graph network = graph;
  network.classes.clear();
  const auto last_node = [&] { return std::ranges::find(network.nodes, network.output, &Node::output); };
  auto last = last_node();
  if (last != network.nodes.end() && std::holds_alternative<Sigmoid>(last->operation)) {
    network.output = last->inputs[0];
    network.nodes.erase(last);
    last = last_node();
  }
  if (last == network.nodes.end() || !std::holds_alternative<Linear>(last->operation)) {
    throw InputError("the network does not end in a linear layer, so it is not clear what its features are", source,
                     "give one that does, or predict without --features");
  }
  const std::int64_t width = network.tensor(last->inputs[1]).shape[1];
  Tensor identity{{width, width}, std::vector<float>(static_cast<std::size_t>(width * width), 0.0F)};
  for (std::size_t i = 0; i < static_cast<std::size_t>(width); ++i) {
    identity.values[i * static_cast<std::size_t>(width) + i] = 1.0F;
  }
  // A weight that another layer reads too stays as it is.
  const std::string name = "niwaki.features";
  last->inputs = {last->inputs[0], name};
  network.add_tensor(name, std::move(identity));
  check(network);
  return network;
}

}  // namespace niwaki
