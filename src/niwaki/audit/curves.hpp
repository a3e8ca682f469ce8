#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/method_figures.hpp"

namespace niwaki {

/// The mean over measurable classes at sparsities()[step], one a seed; none where no class is measurable.
std::vector<double> macro_over_seeds(const MethodFigures& figures, const std::vector<ClassLabels>& labels,
                                     std::size_t step, double ClassFigures::*figure);

/// At each sparsity, the median over seeds of the mean over measurable classes. Without intervals.
std::vector<MacroPoint> macro_curve(const MethodFigures& figures, const std::vector<ClassLabels>& labels);

/// One a class; the curves of a class that is not measurable hold empty figures.
std::vector<ClassCurve> class_curves(const MethodFigures& figures, const std::vector<ClassLabels>& labels, double drop);

}  // namespace niwaki
