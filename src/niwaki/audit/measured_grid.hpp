#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/seed_average.hpp"
#include "niwaki/scores/grid.hpp"

namespace niwaki {

/// What one network does for one class. Without meaning for a class that is not measurable.
struct ClassFigures {
  double ap = 0.0;
  double auroc = 0.0;
  double f1 = 0.0;
};

/// All that the audit keeps of a grid's tables.
struct MeasuredGrid {
  std::vector<std::vector<ClassFigures>> figures;  // [entry of the grid][class]
  /// Seed-averaged scores [images, classes] of an entry's method and sparsity, where exemplars need them.
  std::map<std::pair<std::string, double>, SeedAverage> averages;
  std::vector<std::string> left_out;  // columns of the tables that are no class of the cohort
  std::size_t saturated = 0;          // scores that are exactly 0 or 1 since they are no logits any more

  [[nodiscard]] const std::vector<double>& average(const GridEntry& entry) const;
};

/// The grid's sparsity of this method that exemplars are sought at, where it has it.
std::optional<double> exemplar_sparsity(const ScoreGrid& grid, const std::string& method, const AuditOptions& options);

/// Reads every table once, in parallel.
MeasuredGrid measure_grid(const Cohort& cohort, const std::vector<ClassLabels>& labels, const ScoreGrid& grid,
                          const AuditOptions& options, bool logits);

}  // namespace niwaki
