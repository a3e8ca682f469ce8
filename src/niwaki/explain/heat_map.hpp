#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace niwaki {

/// Where the cells of heat maps lie: their centres in shares of the picture's sides, rising.
struct MapGrid {
  std::vector<double> row_centres;
  std::vector<double> column_centres;

  [[nodiscard]] std::size_t rows() const { return row_centres.size(); }
  [[nodiscard]] std::size_t columns() const { return column_centres.size(); }
  [[nodiscard]] std::size_t cells() const { return rows() * columns(); }
  bool operator==(const MapGrid&) const = default;
};

/// One map: a value a cell, row-major. How much the cell speaks for the class; 0 and less: not at all.
using HeatMap = std::vector<float>;

/// The cells that hold a map's largest value. Empty where no value is above 0: such a map is flat, and points nowhere.
std::vector<std::size_t> peak_cells(std::span<const float> map);

/// Spearman's rank correlation of two maps over one grid, ties sharing the mean of their ranks (Adebayo et al., NeurIPS
/// 2018, compare maps by it). Nothing where either is constant, or has one cell.
std::optional<double> map_correlation(std::span<const float> a, std::span<const float> b);

/// How much of the `share` of the cells with the largest values two maps have in common, from 0 to 1. The number of
/// cells is share x cells, rounded, 1 at least. Where several cells tie for the last places, each has the same part of
/// them. By chance alone two maps have about `share` in common. Nothing where either map is constant.
std::optional<double> top_overlap(std::span<const float> a, std::span<const float> b, double share);

}  // namespace niwaki
