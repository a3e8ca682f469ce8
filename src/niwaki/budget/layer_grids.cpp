#include "niwaki/budget/layer_grids.hpp"

#include <algorithm>
#include <cmath>

namespace niwaki {
namespace {

constexpr double kAllButTheSame = 1.15;  // the ratio of the weights kept, below which two sparsities are one

bool all_but_the_same(double left, double right) {
  return left == right || std::abs(std::log((1 - left) / (1 - right))) < std::log(kAllButTheSame);
}

double seconds_at(double sparsity, std::span<const double> grid, std::span<const double> seconds) {
  const auto above = std::ranges::lower_bound(grid, sparsity);
  if (above == grid.end()) {
    return seconds.back();
  }
  const auto i = static_cast<std::size_t>(above - grid.begin());
  if (i == 0) {
    return seconds.front();
  }
  const double share = (sparsity - grid[i - 1]) / (grid[i] - grid[i - 1]);
  return std::lerp(seconds[i - 1], seconds[i], share);
}

}  // namespace

LayerGrids::LayerGrids(std::span<const double> grid, const std::vector<std::vector<double>>& seconds,
                       std::span<const double> start)
    : sparsities_(start.size()), seconds_(start.size()) {
  for (std::size_t layer = 0; layer < start.size(); ++layer) {
    std::vector<double>& of_layer = sparsities_[layer];
    for (const double sparsity : grid) {
      if (sparsity == 0 || !all_but_the_same(sparsity, start[layer])) {
        of_layer.push_back(sparsity);
      }
    }
    const auto place = std::ranges::lower_bound(of_layer, start[layer]);
    start_.push_back(static_cast<std::size_t>(place - of_layer.begin()));
    if (place == of_layer.end() || *place != start[layer]) {
      of_layer.insert(place, start[layer]);
    }
    for (const double sparsity : of_layer) {
      seconds_[layer].push_back(seconds_at(sparsity, grid, seconds[layer]));
    }
  }
}

std::vector<double> LayerGrids::sparsities(std::span<const std::size_t> levels) const {
  std::vector<double> result;
  for (std::size_t layer = 0; layer < levels.size(); ++layer) {
    result.push_back(sparsities_[layer][levels[layer]]);
  }
  return result;
}

}  // namespace niwaki
