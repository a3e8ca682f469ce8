#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/measured_grid.hpp"
#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// The images on which pruning changed most how the classes are ordered, and what is on them. `dense` and
/// `pruned`: seed-averaged probabilities, [images, classes]. An image whose row is constant has no rank correlation; it
/// cannot be chosen, and a note says how many there are. `resampling` may be null: then enrichments have no intervals.
/// The images' own curves are not filled here. Notes are at `where`.
ExemplarResult find_exemplars(const Cohort& cohort, const std::vector<ClassLabels>& labels,
                              MatrixView<const double> dense, MatrixView<const double> pruned, double sparsity,
                              double fraction, const Resampling* resampling, const std::string& where,
                              std::vector<Note>& notes);

/// None chosen: every figure empty, and a note that says why.
ExemplarResult no_exemplars(const std::vector<ClassLabels>& labels, double sparsity, const std::string& reason,
                            const std::string& where, std::vector<Note>& notes);

}  // namespace niwaki
