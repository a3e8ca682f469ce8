#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Pictures that a network's losses are measured on.
struct LabelledPictures {
  std::span<const float> pixels;  // [images, channels, height, width], normalised
  Shape shape;
  MatrixView<const Label> labels;  // [images, classes]
};

/// How far the logits of each class stray from the dense network's where one layer alone is pruned. For class c,
///   loss(c) = 1/2 [mean over positives of d^2 + mean over the other images of d^2] / variance(c),
/// with d the difference of a picture's logit of c and variance(c) that of the dense logits over all pictures, so that
/// the few positives of a rare class weigh as much as the many others. Pictures whose label is unknown count for
/// nothing; a class without a known positive has the mean over the others alone. 0 for a class whose dense logits are
/// all the same and stay so. (The published way to such a table is SPDY, Frantar & Alistarh, ICML 2022, which has one
/// loss for all classes.)
std::vector<double> class_losses(MatrixView<const float> dense, MatrixView<const float> pruned,
                                 MatrixView<const Label> labels);

/// losses[layer][level][class] of the network with layer `layers[i]` of it pruned to sparsities[level], its least
/// important weights gone; `importance` has one score a weight for each of prunable_layers(dense). A sparsity of 0
/// costs nothing. `done()` hears of each network run. Checks for cancellation.
std::vector<std::vector<std::vector<double>>> layer_losses(const Graph& dense,
                                                           const std::vector<std::vector<float>>& importance,
                                                           std::span<const double> sparsities,
                                                           const LabelledPictures& pictures,
                                                           const std::function<void()>& done);

/// How often `done` of layer_losses() is called.
std::size_t networks_run(const Graph& dense, std::span<const double> sparsities);

}  // namespace niwaki
