#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// The seconds of each of prunable_layers(dense) at each sparsity ([layer][level]), where all layers have that
/// sparsity; of so many images of `shape` as the engine runs at once. Measured in the network, where a layer finds the
/// caches as the others leave them: alone, a large layer's weights would stay in them, and its pruning seem to gain
/// little. Other layers' denser neighbours change little of it. A tensor that several nodes read takes the time of all.
/// More zeros never take longer, as the engine may run them dense. `done()` hears of each sparsity. Checks for
/// cancellation.
std::vector<std::vector<double>> layer_seconds(const Graph& dense, const std::vector<std::vector<float>>& importance,
                                               const Shape& shape, std::span<const double> sparsities,
                                               const std::optional<std::string>& cost_file,
                                               const std::function<void()>& done);

}  // namespace niwaki
