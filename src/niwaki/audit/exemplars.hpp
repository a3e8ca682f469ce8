#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/measured_grid.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/metrics/row_ranks.hpp"

namespace niwaki {

/// Seed-averaged probabilities [images, classes], and their ranks within each image.
struct RankedTable {
  MatrixView<const double> values;
  const RowRanks& ranks;
};

/// The images on which pruning changed most how the classes are ordered, and what is on them. An image whose row is
/// constant has no rank correlation; it cannot be chosen, and a note says how many there are. `resampling` may be null:
/// then enrichments have no intervals. The images' own curves are not filled here. Notes are at `where`.
ExemplarResult find_exemplars(const Cohort& cohort, const std::vector<ClassLabels>& labels, const RankedTable& dense,
                              const RankedTable& pruned, double sparsity, double fraction, const Resampling* resampling,
                              const std::string& where, std::vector<Note>& notes);

/// None chosen: every figure empty, and a note that says why.
ExemplarResult no_exemplars(const std::vector<ClassLabels>& labels, double sparsity, const std::string& reason,
                            const std::string& where, std::vector<Note>& notes);

}  // namespace niwaki
