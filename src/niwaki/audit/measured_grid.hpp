#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/operating_points.hpp"
#include "niwaki/audit/seed_average.hpp"
#include "niwaki/metrics/patient_resamples.hpp"
#include "niwaki/metrics/row_ranks.hpp"
#include "niwaki/scores/grid.hpp"

namespace niwaki {

/// What one network does for one class. Without meaning for a class that is not measurable; NaN where there is no
/// operating point.
struct ClassFigures {
  double ap = 0.0;
  double auroc = 0.0;
  double f1 = 0.0;
  double sensitivity = 0.0;  // at the operating point, as the next two
  double specificity = 0.0;
  double precision = 0.0;
  double sensitivity_at_specificity = 0.0;
  double brier = 0.0;
  double log_loss = 0.0;
  double calibration_error = 0.0;
};

/// What one network does over resamples of the patients: [classes + 1, resamples] row-major, NaN where a resample has
/// no positive or no negative image of the class. The last row is the mean over the classes that can be
/// measured, NaN where a resample lacks one of them. Kept as float, because there are as many as networks times classes
/// times resamples.
struct Replicates {
  std::vector<float> ap, auroc, f1;
};

/// One table of the grid, measured.
struct MeasuredUnit {
  std::vector<ClassFigures> classes;
  double pooled_calibration_error = 0.0;
  Replicates replicates;  // empty without a bootstrap
  // [images, classes]; of the dense and the exemplar sparsity, else empty:
  std::vector<std::uint8_t> called;  // calls() at the operating points
  std::vector<float> scores;         // with a bootstrap, which weighs them
};

/// Seed-averaged scores [images, classes] of one method and sparsity.
struct AveragedTable {
  explicit AveragedTable(std::size_t seeds) : average(seeds) {}
  SeedAverage average;            // kept for the dense and the exemplar sparsity, else forgotten once it is ranked
  std::optional<RowRanks> ranks;  // within each image; kept likewise, else forgotten once there are `correlations`
  std::atomic<bool> ranked = false;
  std::vector<double> correlations;  // RowRanks::spearman() of each image with the dense average; none of the dense
};

/// All that the audit keeps of a grid's tables.
struct MeasuredGrid {
  std::vector<MeasuredUnit> units;  // one an entry of the grid
  /// Of an entry's method and sparsity, for methods that have the exemplar sparsity.
  std::map<std::pair<std::string, double>, AveragedTable> averages;
  std::vector<std::string> left_out;  // columns of the tables that are no class of the cohort
  std::size_t saturated = 0;          // scores that are exactly 0 or 1 since they are no logits any more

  [[nodiscard]] const AveragedTable& average(const GridEntry& entry) const;
  /// Of an entry's method and sparsity, which keep none.
  std::vector<double> take_correlations(const GridEntry& entry);
};

/// Whether exemplars are sought at this sparsity.
bool is_exemplar_sparsity(double sparsity, const AuditOptions& options);
/// The grid's sparsity of this method that exemplars are sought at, where it has it.
std::optional<double> exemplar_sparsity(const ScoreGrid& grid, const std::string& method, const AuditOptions& options);

/// Where the tables' patients are, and how they are resampled; null without a bootstrap.
struct Resampling {
  const std::vector<std::uint32_t>& patient_of_image;
  const PatientResamples& resamples;
};

/// Reads every table once, in parallel.
MeasuredGrid measure_grid(const Cohort& cohort, const std::vector<ClassLabels>& labels, const ScoreGrid& grid,
                          const AuditOptions& options, bool logits, const OperatingPoints& operating_points,
                          const Resampling* resampling);

/// The same of tables that are in memory, [images, classes] each: one unit a table, without operating points. Nothing
/// is averaged and no scores are kept.
std::vector<MeasuredUnit> measure_tables(const std::vector<ClassLabels>& labels,
                                         const std::vector<MatrixView<const float>>& tables,
                                         const AuditOptions& options, const Resampling* resampling);

}  // namespace niwaki
