#pragma once

#include <vector>

#include "niwaki/engine/costs.hpp"
#include "niwaki/engine/dense_tasks.hpp"
#include "niwaki/engine/layouts.hpp"

namespace niwaki {

/// Chooses, for every convolution, our sparse kernels (kPlanes) or oneDNN's (kBlocked, by its quicker algorithm), so
/// that their time and that of the changes of layout between them is least: from each of three beginnings (all sparse,
/// all dense, each its own best), runs of consecutive convolutions are changed together as long as that saves time. The
/// result is what layouts_of() wants as `chosen`.
std::vector<Layout> plan_layouts(const ShapedNetwork& shaped, std::size_t threads, Costs& costs);

/// Of every step, whether it is a convolution that runs kBlocked in `layouts` (as layouts_of() gives them) and takes
/// less time by Winograd's algorithm.
std::vector<DenseAlgorithm> quicker_algorithms(const ShapedNetwork& shaped, const std::vector<Layout>& layouts,
                                               std::size_t threads, Costs& costs);

/// All convolutions in one layout; those that oneDNN has no kernel for stay kPlanes.
std::vector<Layout> uniform_layouts(const ShapedNetwork& shaped, Layout layout);

}  // namespace niwaki
