#pragma once

#include <vector>

#include "niwaki/model/graph.hpp"
#include "niwaki/prune/mask_choice.hpp"
#include "niwaki/prune/weight_statistics.hpp"

namespace niwaki {

// The formulas behind criterion.cpp's table: one score a weight, for each of prunable_layers(graph) in that order.
// `statistics` are of this graph and hold what the formula reads.

/// |w|.
Importance magnitudes(const Graph& graph);

/// Layer-adaptive magnitude (Lee et al., "Layer-adaptive sparsity for the magnitude-based pruning", ICLR 2021, equation
/// 4): w^2 over the sum of w'^2 of the layer's weights that are not smaller (of equal ones, those not before it). 0
/// where the whole layer is.
Importance layer_adaptive_magnitudes(const Graph& graph);
/// The same normalisation within each layer, of any scores of 0 and more in place of w^2.
Importance layer_adaptive(const Importance& scores);

/// |w| times the norm of the input that it is multiplied by (Sun et al., "A simple and effective pruning approach for
/// large language models", ICLR 2024, equation 1).
Importance weighted_by_input(const Graph& graph, const WeightStatistics& statistics);

/// First-order Taylor: |w dL/dw| with L the mean loss, whose order is that of Molchanov et al., "Importance estimation
/// for neural network pruning", CVPR 2019, equation 8 (the square).
Importance first_order_taylor(const Graph& graph, const WeightStatistics& statistics);

/// Diagonal empirical Fisher: w^2 times the mean squared gradient of one image's loss (Theis et al., "Faster gaze
/// prediction with dense networks and Fisher pruning", 2018, equation 8, without its factor 1/2; the diagonal of Singh
/// & Alistarh's WoodFisher, NeurIPS 2020).
Importance diagonal_fisher(const Graph& graph, const WeightStatistics& statistics);

/// Tail-aware scores. `shares`: tail_sum or tail_worst of the statistics. Within a layer weights are in the order of
/// |w|^1.5 share^(1/4), the geometric mean of magnitude (squared, three times) and share (once); how much each layer
/// loses is LAMP's: the weight of rank r by that order scores the r-th smallest layer_adaptive_magnitudes() of its
/// layer. Equal weights are in order of position. docs/pruning.md tells what else was tried.
Importance tail_aware(const Graph& graph, const WeightStatistics& statistics,
                      std::vector<float> LayerStatistics::*shares);

}  // namespace niwaki
