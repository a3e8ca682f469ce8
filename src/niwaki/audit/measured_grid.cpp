#include "niwaki/audit/measured_grid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "niwaki/audit/aligned_scores.hpp"
#include "niwaki/audit/image_result.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/transpose.hpp"
#include "niwaki/metrics/calibration_sums.hpp"
#include "niwaki/metrics/class_ranker.hpp"
#include "niwaki/metrics/classification.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

constexpr double kSameSparsity = 1e-9;

std::pair<std::string, double> key_of(const GridEntry& entry) {
  return {entry.method, entry.sparsity};
}

void add_figures_at(const Confusion& confusion, double threshold, ClassFigures& figures) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const bool chosen = !std::isnan(threshold);
  figures.sensitivity = chosen ? recall(confusion) : kNone;
  figures.specificity = chosen ? specificity(confusion) : kNone;
  // Nothing is called: no precision, rather than one of 0.
  const bool called = confusion.true_positives + confusion.false_positives > 0;
  figures.precision = chosen && called ? precision(confusion) : kNone;
}

/// Ranks the columns of many tables against the same labels; one for all threads.
class TableMeasurer {
 public:
  TableMeasurer(const std::vector<ClassLabels>& labels, const AuditOptions& options, const Resampling* resampling)
      : labels_(labels), options_(options), resampling_(resampling) {
    for (const ClassLabels& column : labels) {
      rankers_.emplace_back(column.values);
    }
  }

  [[nodiscard]] MeasuredUnit measure(MatrixView<const float> scores, const std::vector<double>& operating_points) const;

 private:
  [[nodiscard]] ClassFigures figures(std::size_t column, std::span<const float> scores, double operating_point,
                                     ClassRanker::Scratch& scratch, CalibrationSums& pooled) const;

  const std::vector<ClassLabels>& labels_;
  const AuditOptions& options_;
  const Resampling* resampling_;
  std::vector<ClassRanker> rankers_;
};

ClassFigures TableMeasurer::figures(std::size_t column, std::span<const float> scores, double operating_point,
                                    ClassRanker::Scratch& scratch, CalibrationSums& pooled) const {
  const ClassRanker& ranker = rankers_[column];
  const PositiveRanks ranks = ranker.rank(scores, scratch);
  ClassFigures figures;
  figures.ap = average_precision(ranks).value();
  figures.auroc = auroc(ranks).value();
  figures.sensitivity_at_specificity = sensitivity_at_specificity(ranks, options_.target_specificity).value();
  const Confusion called = ranker.confusion_at(scores, options_.threshold);
  figures.f1 = f1(called);
  add_figures_at(operating_point == options_.threshold ? called : ranker.confusion_at(scores, operating_point),
                 operating_point, figures);
  const CalibrationSums calibration(scores, labels_[column].values);
  figures.brier = calibration.brier_score().value();
  figures.log_loss = calibration.log_loss().value();
  figures.calibration_error = calibration.expected_calibration_error().value();
  pooled.merge(calibration);
  return figures;
}

/// AP and AUROC of one class over all resamples.
void resample_ranking(std::span<const float> scores, const ClassLabels& labels, const Resampling& resampling,
                      std::span<float> ap, std::span<float> auroc) {
  const WeightedRanking ranking(scores, labels.values, resampling.patient_of_image);
  std::array<double, PatientResamples::kLanes> block_ap{};
  std::array<double, PatientResamples::kLanes> block_auroc{};
  for (std::size_t block = 0; block < resampling.resamples.blocks(); ++block) {
    ranking.evaluate(resampling.resamples, block, block_ap, block_auroc);
    const std::size_t begin = block * PatientResamples::kLanes;
    for (std::size_t i = begin; i < std::min(begin + PatientResamples::kLanes, ap.size()); ++i) {
      ap[i] = static_cast<float>(block_ap[i - begin]);
      auroc[i] = static_cast<float>(block_auroc[i - begin]);
    }
  }
}

/// The images of one class for which `wanted(image)` holds, counted in each resample. Unknown labels are left out.
template <typename Wanted>
std::vector<double> resampled_count(const ClassLabels& labels, const Resampling& resampling, const Wanted& wanted) {
  std::vector<std::uint32_t> patients;
  for (std::size_t image = 0; image < labels.values.size(); ++image) {
    if (labels.values[image] >= 0 && wanted(image)) {
      patients.push_back(resampling.patient_of_image[image]);
    }
  }
  return WeightedCount(std::move(patients)).evaluate(resampling.resamples);
}

/// F1 of one class over all resamples: 2 TP / (called + positive).
void resample_f1(std::span<const float> scores, const ClassLabels& labels, double threshold,
                 const Resampling& resampling, std::span<float> f1) {
  const auto is_called = [&](std::size_t image) { return static_cast<double>(scores[image]) >= threshold; };
  const auto is_positive = [&](std::size_t image) { return labels.values[image] > 0; };
  const std::vector<double> called = resampled_count(labels, resampling, is_called);
  const std::vector<double> positive = resampled_count(labels, resampling, is_positive);
  const std::vector<double> found =
      resampled_count(labels, resampling, [&](std::size_t image) { return is_called(image) && is_positive(image); });
  for (std::size_t i = 0; i < f1.size(); ++i) {
    const double sum = called[i] + positive[i];
    f1[i] = static_cast<float>(sum > 0.0 ? 2.0 * found[i] / sum : 0.0);
  }
}

/// A class that a resample cannot measure has no figure there, as it has none in a cohort that cannot measure it.
void drop_unmeasurable(std::span<float> ap, std::span<const float> auroc, std::span<float> f1) {
  for (std::size_t i = 0; i < auroc.size(); ++i) {
    if (std::isnan(auroc[i])) {
      ap[i] = f1[i] = std::numeric_limits<float>::quiet_NaN();
    }
  }
}

Replicates empty_replicates(std::size_t classes, const Resampling* resampling) {
  const std::size_t count = resampling == nullptr ? 0 : (classes + 1) * resampling->resamples.resamples();
  const std::vector<float> none(count, std::numeric_limits<float>::quiet_NaN());
  return {none, none, none};
}

/// Fills the last row from those of the classes that can be measured; a resample that lacks one of them stays NaN.
void add_macro_row(std::vector<float>& figures, const std::vector<ClassLabels>& labels) {
  const std::size_t classes = labels.size();
  const std::size_t resamples = figures.size() / (classes + 1);
  for (std::size_t resample = 0; resample < resamples; ++resample) {
    double sum = 0.0;
    std::size_t counted = 0;
    for (std::size_t column = 0; column < classes; ++column) {
      if (labels[column].measurable()) {
        sum += static_cast<double>(figures[column * resamples + resample]);  // NaN stays NaN
        ++counted;
      }
    }
    if (counted > 0) {
      figures[classes * resamples + resample] = static_cast<float>(sum / static_cast<double>(counted));
    }
  }
}

MeasuredUnit TableMeasurer::measure(MatrixView<const float> scores, const std::vector<double>& operating_points) const {
  thread_local std::vector<float> turned;
  thread_local ClassRanker::Scratch scratch;
  turned.resize(scores.size());
  const MatrixView<float> columns(turned.data(), scores.columns(), scores.rows());
  transpose(scores, columns);
  MeasuredUnit unit;
  unit.classes.resize(labels_.size());
  unit.replicates = empty_replicates(labels_.size(), resampling_);
  CalibrationSums pooled;
  for (std::size_t column = 0; column < labels_.size(); ++column) {
    if (!labels_[column].measurable()) {
      continue;
    }
    const std::span<const float> values = columns.row(column);
    unit.classes[column] = figures(column, values, operating_points[column], scratch, pooled);
    if (resampling_ != nullptr) {
      const std::size_t resamples = resampling_->resamples.resamples();
      const auto row = [&](std::vector<float>& replicates) {
        return std::span(replicates).subspan(column * resamples, resamples);
      };
      resample_ranking(values, labels_[column], *resampling_, row(unit.replicates.ap), row(unit.replicates.auroc));
      resample_f1(values, labels_[column], options_.threshold, *resampling_, row(unit.replicates.f1));
      drop_unmeasurable(row(unit.replicates.ap), row(unit.replicates.auroc), row(unit.replicates.f1));
    }
  }
  for (std::vector<float>* figures : {&unit.replicates.ap, &unit.replicates.auroc, &unit.replicates.f1}) {
    add_macro_row(*figures, labels_);
  }
  unit.pooled_calibration_error = pooled.expected_calibration_error().value_or(0.0);
  return unit;
}

/// Averages of every sparsity of each method that has the exemplar sparsity.
void open_averages(const ScoreGrid& grid, const AuditOptions& options, MeasuredGrid& measured) {
  for (const std::string& method : grid.methods) {
    if (exemplar_sparsity(grid, method, options)) {
      for (const double sparsity : grid.sparsities(method)) {
        measured.averages.try_emplace(key_of(grid.entry(method, grid.seeds.front(), sparsity)), grid.seeds.size());
      }
    }
  }
}

/// The tables in the order in which they are read: seed after seed of a few averages, one a thread, so that few of them
/// are under way at once and two threads seldom want the same.
std::vector<std::size_t> reading_order(const ScoreGrid& grid) {
  std::map<std::pair<std::string, double>, std::vector<std::size_t>> of_average;
  for (std::size_t index = 0; index < grid.entries.size(); ++index) {
    of_average[key_of(grid.entries[index])].push_back(index);
  }
  const auto together = static_cast<std::size_t>(thread_count());
  std::vector<std::size_t> order;
  for (auto next = of_average.begin(); next != of_average.end();) {
    std::vector<std::vector<std::size_t>> group;
    for (; group.size() < together && next != of_average.end(); ++next) {
      group.push_back(next->second);
      std::stable_sort(group.back().begin(), group.back().end(),
                       [&](std::size_t a, std::size_t b) { return grid.entries[a].seed < grid.entries[b].seed; });
    }
    for (std::size_t seed = 0; seed < grid.seeds.size(); ++seed) {
      for (const std::vector<std::size_t>& tables : group) {
        if (seed < tables.size()) {
          order.push_back(tables[seed]);
        }
      }
    }
  }
  return order;
}

bool is_kept(double sparsity, const AuditOptions& options) {
  return sparsity == 0.0 || is_exemplar_sparsity(sparsity, options);
}

/// The average of the dense networks, which may stand under another method.
const AveragedTable& dense_of(const std::string& method, const ScoreGrid& grid, const MeasuredGrid& measured) {
  return measured.average(grid.entry(method, grid.seeds.front(), 0.0));
}

void correlate(const AveragedTable& dense, bool keep, AveragedTable& table) {
  table.correlations = dense.ranks->spearman(*table.ranks);
  if (!keep) {
    table.ranks.reset();
  }
}

/// Ranks the average once all its tables have come, and correlates it with the dense one where that has been ranked.
void add_to_average(const ScoreGrid& grid, const GridEntry& entry, MatrixView<const float> scores, bool keep,
                    MeasuredGrid& measured) {
  const auto found = measured.averages.find(key_of(entry));
  if (found == measured.averages.end()) {
    return;
  }
  AveragedTable& table = found->second;
  const auto seed = std::lower_bound(grid.seeds.begin(), grid.seeds.end(), entry.seed) - grid.seeds.begin();
  if (!table.average.add(static_cast<std::size_t>(seed), scores.values())) {
    return;
  }
  table.ranks.emplace(MatrixView<const double>(table.average.values().data(), scores.rows(), scores.columns()));
  table.ranked.store(true, std::memory_order_release);
  if (!keep) {
    table.average.forget();
  }
  if (entry.sparsity == 0.0) {
    return;
  }
  const AveragedTable& dense = dense_of(entry.method, grid, measured);
  if (dense.ranked.load(std::memory_order_acquire)) {
    correlate(dense, keep, table);
  }
}

/// Those that were ranked before the dense one was.
void correlate_the_others(const ScoreGrid& grid, const AuditOptions& options, MeasuredGrid& measured) {
  for (auto& [key, table] : measured.averages) {
    if (key.second != 0.0 && table.ranked && table.correlations.empty()) {
      correlate(dense_of(key.first, grid, measured), is_kept(key.second, options), table);
    }
  }
}

void collect(const std::vector<std::vector<std::string>>& left_out, MeasuredGrid& measured) {
  for (const std::vector<std::string>& names : left_out) {
    for (const std::string& name : names) {
      if (std::find(measured.left_out.begin(), measured.left_out.end(), name) == measured.left_out.end()) {
        measured.left_out.push_back(name);
      }
    }
  }
}

}  // namespace

const AveragedTable& MeasuredGrid::average(const GridEntry& entry) const {
  const auto found = averages.find(key_of(entry));
  NIWAKI_CHECK(found != averages.end(), "no average of method '{}' at sparsity {}", entry.method, entry.sparsity);
  return found->second;
}

std::vector<double> MeasuredGrid::take_correlations(const GridEntry& entry) {
  return std::exchange(averages.at(key_of(entry)).correlations, {});
}

bool is_exemplar_sparsity(double sparsity, const AuditOptions& options) {
  return sparsity > 0.0 && std::abs(sparsity - options.exemplar_sparsity) < kSameSparsity;
}

std::optional<double> exemplar_sparsity(const ScoreGrid& grid, const std::string& method, const AuditOptions& options) {
  for (const double sparsity : grid.sparsities(method)) {
    if (is_exemplar_sparsity(sparsity, options)) {
      return sparsity;
    }
  }
  return std::nullopt;
}

MeasuredGrid measure_grid(const Cohort& cohort, const std::vector<ClassLabels>& labels, const ScoreGrid& grid,
                          const AuditOptions& options, bool logits, const OperatingPoints& operating_points,
                          const Resampling* resampling) {
  MeasuredGrid measured;
  measured.units.resize(grid.entries.size());
  open_averages(grid, options, measured);
  const AlignedScoreReader reader(cohort, logits);
  const TableMeasurer measurer(labels, options, resampling);
  std::vector<std::vector<std::string>> left_out(grid.entries.size());
  std::vector<std::size_t> saturated(grid.entries.size());
  const std::vector<std::size_t> order = reading_order(grid);
  parallel_for(order.size(), [&](std::size_t turn) {
    const std::size_t index = order[turn];
    const GridEntry& entry = grid.entries[index];
    thread_local AlignedScoreReader::Scores scores;
    reader.read(grid.table_path(entry), scores);
    MeasuredUnit& unit = measured.units[index];
    const MatrixView<const float> table(scores.values.data(), cohort.size(), labels.size());
    unit = measurer.measure(table, operating_points.of(entry.method, entry.seed));
    left_out[index] = std::move(scores.left_out);
    saturated[index] = scores.saturated;
    const bool keep = is_kept(entry.sparsity, options);
    add_to_average(grid, entry, table, keep, measured);
    if (keep) {
      unit.called = calls(table, operating_points.of(entry.method, entry.seed));
    }
    if (keep && resampling != nullptr) {
      unit.scores = std::move(scores.values);
    }
  });
  correlate_the_others(grid, options, measured);
  for (const std::size_t count : saturated) {
    measured.saturated += count;
  }
  collect(left_out, measured);
  return measured;
}

std::vector<MeasuredUnit> measure_tables(const std::vector<ClassLabels>& labels,
                                         const std::vector<MatrixView<const float>>& tables,
                                         const AuditOptions& options, const Resampling* resampling) {
  const TableMeasurer measurer(labels, options, resampling);
  const std::vector<double> no_points(labels.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<MeasuredUnit> units(tables.size());
  parallel_for(tables.size(), [&](std::size_t table) { units[table] = measurer.measure(tables[table], no_points); });
  return units;
}

}  // namespace niwaki
