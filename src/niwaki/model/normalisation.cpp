#include "niwaki/model/normalisation.hpp"

#include <set>

namespace niwaki {
namespace {

struct Convolutions {
  std::size_t all = 0;
  std::size_t with_bias = 0;  // and no normalisation after them
};

/// The values that normalisations take.
std::set<std::string> normalised_values(const Graph& graph) {
  std::set<std::string> values;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<BatchNormalization>(node.operation)) {
      values.insert(node.inputs[0]);
    }
  }
  return values;
}

Convolutions count_convolutions(const Graph& graph) {
  const std::set<std::string> normalised = normalised_values(graph);
  std::set<std::string> pixels;  // what follows a global average
  Convolutions count;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<GlobalAveragePool>(node.operation) || pixels.contains(node.inputs[0])) {
      pixels.insert(node.output);
      continue;
    }
    if (std::holds_alternative<Convolution>(node.operation)) {
      ++count.all;
      count.with_bias += node.inputs.size() > 2 && !normalised.contains(node.output) ? 1 : 0;
    }
  }
  return count;
}

}  // namespace

Normalisation normalisation_of(const Graph& graph) {
  const bool kept = !normalised_values(graph).empty();
  const Convolutions convolutions = count_convolutions(graph);
  // A quarter: of a DenseNet that is folded where it can be, nearly half of the convolutions have biases.
  const bool folded = convolutions.with_bias > 0 && 4 * convolutions.with_bias >= convolutions.all;
  if (kept) {
    return folded ? Normalisation::kPartly : Normalisation::kKept;
  }
  return folded ? Normalisation::kFolded : Normalisation::kNoneSeen;
}

std::string name_of(Normalisation normalisation) {
  switch (normalisation) {
    case Normalisation::kKept:
      return "kept";
    case Normalisation::kFolded:
      return "folded";
    case Normalisation::kPartly:
      return "partly folded";
    case Normalisation::kNoneSeen:
      break;
  }
  return "none";
}

std::string folding_note(Normalisation normalisation) {
  if (normalisation != Normalisation::kFolded && normalisation != Normalisation::kPartly) {
    return "";
  }
  return "the network came with its batch normalisation folded into its convolutions (or never had one): each filter "
         "is multiplied by its channel's scale, so that criteria by magnitude take other weights than of the network "
         "as it was trained; to prune as its framework would, export it with its normalisation kept (docs/models.md)";
}

}  // namespace niwaki
