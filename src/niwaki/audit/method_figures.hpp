#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/measured_grid.hpp"

namespace niwaki {

/// The measured tables of one method, found by sparsity and seed. Keeps references.
class MethodFigures {
 public:
  MethodFigures(const ScoreGrid& grid, const MeasuredGrid& measured, const std::string& method);

  [[nodiscard]] const std::vector<double>& sparsities() const { return sparsities_; }  // rising, 0 first
  [[nodiscard]] std::size_t seeds() const { return units_.front().size(); }
  /// The table at sparsities()[step] of the seed that is `seed`-th in rising order.
  [[nodiscard]] const MeasuredUnit& unit(std::size_t step, std::size_t seed) const { return *units_[step][seed]; }
  /// One figure of a class at sparsities()[step], one a seed, in rising order of seed.
  [[nodiscard]] std::vector<double> over_seeds(std::size_t step, std::size_t column,
                                               double ClassFigures::*figure) const;

 private:
  std::vector<double> sparsities_;
  std::vector<std::vector<const MeasuredUnit*>> units_;  // [sparsity][seed]
};

}  // namespace niwaki
