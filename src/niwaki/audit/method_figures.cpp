#include "niwaki/audit/method_figures.hpp"

namespace niwaki {

MethodFigures::MethodFigures(const ScoreGrid& grid, const MeasuredGrid& measured, const std::string& method)
    : sparsities_(grid.sparsities(method)) {
  for (const double sparsity : sparsities_) {
    units_.emplace_back();
    for (const std::uint64_t seed : grid.seeds) {
      const std::ptrdiff_t entry = &grid.entry(method, seed, sparsity) - grid.entries.data();
      units_.back().push_back(&measured.units[static_cast<std::size_t>(entry)]);
    }
  }
}

std::vector<double> MethodFigures::over_seeds(std::size_t step, std::size_t column,
                                              double ClassFigures::*figure) const {
  std::vector<double> values;
  for (const MeasuredUnit* unit : units_[step]) {
    values.push_back(unit->classes[column].*figure);
  }
  return values;
}

}  // namespace niwaki
