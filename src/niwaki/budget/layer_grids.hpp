#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace niwaki {

/// Sparsities that each layer may have, rising, one of them the one that a search starts from; and their seconds.
class LayerGrids {
 public:
  /// `grid`: rising sparsities from 0 on; `seconds[layer][sparsity of the grid]`; `start[layer]`: sparsities
  /// that stand in for those of the grid that are all but the same (never for 0). Their seconds lie on the line
  /// between the grid's neighbours over the share of weights kept, and past its end are the last's.
  LayerGrids(std::span<const double> grid, const std::vector<std::vector<double>>& seconds,
             std::span<const double> start);
  [[nodiscard]] const std::vector<std::vector<double>>& seconds() const { return seconds_; }
  [[nodiscard]] const std::vector<std::size_t>& start() const { return start_; }  // levels of `start`
  [[nodiscard]] std::vector<double> sparsities(std::span<const std::size_t> levels) const;

 private:
  std::vector<std::vector<double>> sparsities_;  // [layer][level]
  std::vector<std::vector<double>> seconds_;     // [layer][level]
  std::vector<std::size_t> start_;               // [layer]
};

}  // namespace niwaki
