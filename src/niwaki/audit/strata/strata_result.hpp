#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/metrics/bootstrap_interval.hpp"

namespace niwaki {

/// What may be said of a group of images against all others.
enum class StratumVerdict {
  kInsufficientEvidence,  // too few patients here or among the others, or no interval
  kNotShown,
  kLosesMore,  // pruning takes more from this group than from the others (Holm-adjusted p below 0.05)
  kLosesLess
};
const char* stratum_verdict_name(StratumVerdict verdict);  // "insufficient evidence", "not shown", ...

/// A figure and its 95% interval over patients; nothing where it cannot be had.
struct StratumFigure {
  std::optional<double> value;
  std::optional<Interval> interval;
};

/// AUROC or AP of one group, means over seeds. `change` is pruned - dense: below 0 for a loss. A gap is the group's
/// figure less that of all other images of a known group: below 0 where the group is behind.
struct StratumMeasure {
  StratumFigure dense, pruned, change;
  StratumFigure gap_dense, gap_pruned, gap_change;  // the last: does pruning take more here than elsewhere?
  std::optional<double> p, holm;                    // two-sided, of gap_change being 0
  StratumVerdict verdict = StratumVerdict::kInsufficientEvidence;
  std::optional<bool> widens;  // where a difference is shown: whether |gap| is larger after pruning than before
};

/// Thresholds chosen on half of the group's own patients and used on the other half, against those carried over. Means
/// over seeds. The gain is of sensitivity + specificity; that thresholds were estimated is in no interval.
struct StratumThresholds {
  struct Calls {
    std::optional<double> sensitivity, specificity;
  };
  Calls dense_carried, dense_retuned, pruned_carried, pruned_retuned;
  StratumFigure dense_gain, pruned_gain;
};

struct StratumClass {
  std::size_t finding = 0;  // a column of the cohort
  std::size_t positives = 0;
  std::size_t positive_patients = 0, negative_patients = 0;
  StratumMeasure auroc, ap;  // empty with fewer patients of either kind than AuditOptions::minimum_patients
  StratumThresholds thresholds;
};

/// One group of images.
struct Stratum {
  std::string name;
  std::size_t images = 0;
  std::size_t patients = 0;
  std::size_t classes_compared = 0;  // with enough patients here and among the others; the macro figures are of these
  StratumMeasure auroc, ap;          // macro
  StratumThresholds thresholds;      // mean over the classes that have them
  std::vector<StratumClass> classes;
};

/// One way of putting the images into groups.
struct StrataColumn {
  std::string name;
  std::size_t images_without = 0;  // that are in no group
  std::vector<Stratum> strata;     // by name
};

/// Spearman's correlation of a measure with what pruning does to the images.
struct MeasureCorrelation {
  std::size_t images = 0;  // that have both
  StratumFigure spearman;
  std::optional<double> p, holm;  // two-sided, of no correlation; adjusted over all measures and both effects
};

struct MeasureEffects {
  std::string name;
  MeasureCorrelation loss;       // with the rise in log loss: above 0 where high values lose more
  MeasureCorrelation agreement;  // with the rank correlation of the dense and the pruned scores: below 0 likewise
};

struct ImageMeasuresResult {
  double sparsity = 0;
  std::vector<MeasureEffects> measures;  // empty where none were given
};

struct StrataResult {
  double sparsity = 0;
  std::vector<StrataColumn> columns;  // empty where no strata were asked for
};

}  // namespace niwaki
