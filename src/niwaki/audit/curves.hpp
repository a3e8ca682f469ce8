#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/measured_grid.hpp"

namespace niwaki {

/// The figures of one method, found by sparsity and seed.
class MethodFigures {
 public:
  MethodFigures(const ScoreGrid& grid, const MeasuredGrid& measured, const std::string& method);

  [[nodiscard]] const std::vector<double>& sparsities() const { return sparsities_; }  // rising, 0 first
  /// One figure of a class at sparsities()[step], one a seed, in rising order of seed.
  [[nodiscard]] std::vector<double> over_seeds(std::size_t step, std::size_t column,
                                               double ClassFigures::*figure) const;

 private:
  std::vector<double> sparsities_;
  std::vector<std::vector<const std::vector<ClassFigures>*>> units_;  // [sparsity][seed]
};

/// At each sparsity, the median over seeds of the mean over measurable classes.
std::vector<MacroPoint> macro_curve(const MethodFigures& figures, const std::vector<ClassLabels>& labels);

/// One a class; the curves of a class that is not measurable hold empty figures.
std::vector<ClassCurve> class_curves(const MethodFigures& figures, const std::vector<ClassLabels>& labels, double drop);

}  // namespace niwaki
