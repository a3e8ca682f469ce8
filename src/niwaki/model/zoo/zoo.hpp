#pragma once

#include <string>
#include <vector>

#include "niwaki/core/preprocessing.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// "resnet18", "resnet34", "resnet50": torchvision's, name for name, width for width and parameter for parameter (He et
/// al., CVPR 2016; the stride of a bottleneck in its 3x3, "v1.5"). "resnet-small": ours, for 64x64 pictures in minutes
/// on a laptop (docs/architecture.md).
std::vector<std::string> architecture_names();

/// A new network with torchvision's initialisation (Kaiming normal, fan out, for convolutions; scale 1, bias 0 for
/// normalisations; PyTorch's default uniform for the classifier), from `random`. Tensor names are torchvision's
/// ("layer1.0.conv1.weight"), in the order of its state dict. With one channel, conv1's input is 1 wide. Throws
/// InputError for an architecture that is not known, naming the nearest.
Graph build_network(const std::string& architecture, const std::vector<std::string>& classes,
                    const Preprocessing& preprocessing, RandomStream& random);

/// Puts a new last linear layer (PyTorch's default initialisation) for these classes in place of the old one. Throws
/// InputError where the network does not end in a linear layer.
void replace_classifier(Graph& graph, const std::vector<std::string>& classes, RandomStream& random);

}  // namespace niwaki
