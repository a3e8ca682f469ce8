#pragma once

#include <string>
#include <vector>

#include "niwaki/core/preprocessing.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// "resnet18", "resnet34", "resnet50", "resnet101" (He et al., CVPR 2016; the stride of a bottleneck in its 3x3,
/// "v1.5"), "densenet121", "densenet169" (Huang et al., CVPR 2017), "mobilenet_v2" (Sandler et al., CVPR 2018),
/// "mobilenet_v3_large", "mobilenet_v3_small" (Howard et al., ICCV 2019), "efficientnet_b0" (Tan and Le, ICML 2019):
/// torchvision's (0.14), name for name, width for width and parameter for parameter, without what only training
/// knows (dropout, stochastic depth). "resnet-small": ours, for 64x64 pictures in minutes on a laptop
/// (docs/models.md).
std::vector<std::string> architecture_names();

/// A new network with torchvision's initialisation (convolutions Kaiming normal; normalisations scale 1, bias 0; linear
/// layers as its maker draws them: LinearStart), from `random`. Tensor names are torchvision's
/// ("layer1.0.conv1.weight"), in the order of its state dict. With one channel, the first convolution's input is 1
/// wide. Throws InputError for an architecture that is not known, naming the nearest.
Graph build_network(const std::string& architecture, const std::vector<std::string>& classes,
                    const Preprocessing& preprocessing, RandomStream& random);

/// Puts a new last linear layer (PyTorch's default initialisation) for these classes in place of the old one. Throws
/// InputError where the network does not end in a linear layer.
void replace_classifier(Graph& graph, const std::vector<std::string>& classes, RandomStream& random);

}  // namespace niwaki
