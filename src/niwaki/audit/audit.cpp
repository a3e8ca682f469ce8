#include "niwaki/audit/audit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/companions.hpp"
#include "niwaki/audit/cooccurrence.hpp"
#include "niwaki/audit/curves.hpp"
#include "niwaki/audit/evidence.hpp"
#include "niwaki/audit/exemplars.hpp"
#include "niwaki/audit/figure_correlation.hpp"
#include "niwaki/audit/global_loss.hpp"
#include "niwaki/audit/image_result.hpp"
#include "niwaki/audit/measured_grid.hpp"
#include "niwaki/audit/operating_points.hpp"
#include "niwaki/audit/strata/image_measures.hpp"
#include "niwaki/audit/strata/strata.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

void check_range(double value, bool inside, const char* field, const std::string& range) {
  if (!inside) {
    throw InputError(fmt::format("{} is {}", field, value), fmt::format("audit option {}", field),
                     fmt::format("give a number {}", range));
  }
}

std::vector<AuditClass> described(const std::vector<ClassLabels>& labels,
                                  const std::vector<std::size_t>& train_positives) {
  std::vector<AuditClass> classes;
  for (std::size_t column = 0; column < labels.size(); ++column) {
    AuditClass description{labels[column].name, labels[column].positives, std::nullopt, labels[column].unknown,
                           labels[column].positive_patients};
    if (!train_positives.empty()) {
      description.train_positives = train_positives[column];
    }
    classes.push_back(std::move(description));
  }
  return classes;
}

std::vector<Figure> log_frequencies(const std::vector<AuditClass>& classes) {
  std::vector<Figure> logs;
  for (const AuditClass& description : classes) {
    const std::size_t positives = description.train_positives.value_or(0);
    logs.push_back(positives == 0 ? Figure{} : std::log(static_cast<double>(positives)));
  }
  return logs;
}

void correlate_with_frequency(const std::vector<AuditClass>& classes, MethodResult& result, std::vector<Note>& notes) {
  const std::string where = "methods." + result.method + ".frequency";
  if (!classes.front().train_positives) {
    notes.push_back({where, "no training counts were given"});
    return;
  }
  const std::vector<Figure> frequencies = log_frequencies(classes);
  std::vector<Figure> first_drops;
  std::vector<Figure> last_changes;
  std::vector<Figure> last_auroc_changes;
  for (const ClassCurve& curve : result.classes) {
    first_drops.push_back(curve.first_drop);
    last_changes.push_back(curve.delta_ap.empty() ? Figure{} : curve.delta_ap.back());
    last_auroc_changes.push_back(curve.delta_auroc_at_max);
  }
  result.frequency_first_drop = correlate(first_drops, frequencies, "classes", where + ".first_drop", notes);
  result.frequency_delta_at_max = correlate(last_changes, frequencies, "classes", where + ".delta_ap_at_max", notes);
  result.frequency_delta_auroc_at_max =
      correlate(last_auroc_changes, frequencies, "classes", where + ".delta_auroc_at_max", notes);
}

/// What is needed of one method at the exemplar sparsity.
struct ExemplarTables {
  const RowRanks* dense_ranks = nullptr;          // of the seed-averaged scores
  const RowRanks* pruned_ranks = nullptr;         // at the exemplar sparsity
  std::vector<std::vector<double>> correlations;  // of the images' dense and pruned ones, one a sparsity above 0
  MatrixView<const double> dense;                 // these scores
  MatrixView<const double> pruned;                // at the exemplar sparsity
  std::size_t step = 0;                           // of this
  SeedCalls calls;
  PrunedPair pair;  // whose scores are there with a bootstrap only
};

ExemplarTables exemplar_tables(const Cohort& cohort, const ScoreGrid& grid, MeasuredGrid& measured,
                               const MethodFigures& figures, const std::string& method,
                               const OperatingPoints& operating_points, const AuditOptions& options) {
  ExemplarTables tables;
  for (std::size_t step = 0; step < figures.sparsities().size(); ++step) {
    const double sparsity = figures.sparsities()[step];
    const GridEntry& entry = grid.entry(method, grid.seeds.front(), sparsity);
    const AveragedTable& table = measured.average(entry);
    const MatrixView<const double> values(table.average.values().data(), cohort.size(), cohort.classes.size());
    if (step == 0) {
      tables.dense = values;
      tables.dense_ranks = &table.ranks.value();
      continue;
    }
    tables.correlations.push_back(measured.take_correlations(entry));
    if (is_exemplar_sparsity(sparsity, options)) {
      tables.step = step;
      tables.pruned = values;
      tables.pruned_ranks = &table.ranks.value();
    }
  }
  tables.pair.sparsity = figures.sparsities()[tables.step];
  for (std::size_t seed = 0; seed < figures.seeds(); ++seed) {
    tables.calls.dense.emplace_back(figures.unit(0, seed).called);
    tables.calls.pruned.emplace_back(figures.unit(tables.step, seed).called);
    const auto view = [&](std::size_t step) {
      return MatrixView<const float>(figures.unit(step, seed).scores.data(), cohort.size(), cohort.classes.size());
    };
    tables.pair.dense.push_back(view(0));
    tables.pair.pruned.push_back(view(tables.step));
    tables.pair.operating_points.push_back(&operating_points.of(method, grid.seeds[seed]));
  }
  return tables;
}

/// Exemplars, images, companions and strata, where the grid has the exemplar sparsity.
void look_closer(const Cohort& cohort, const std::vector<ClassLabels>& labels, const ScoreGrid& grid,
                 MeasuredGrid& measured, const MethodFigures& figures, const OperatingPoints& operating_points,
                 const AuditOptions& options, const Resampling* resampling, const ImageGroups& groups,
                 MethodResult& result, std::vector<Note>& notes) {
  const std::string where = "methods." + result.method;
  result.companions.sparsity = options.exemplar_sparsity;
  if (!exemplar_sparsity(grid, result.method, options)) {
    const std::string reason = fmt::format("the grid has no scores at sparsity {}", options.exemplar_sparsity);
    result.exemplars =
        no_exemplars(labels, options.exemplar_sparsity, "none chosen: " + reason, where + ".exemplars", notes);
    notes.push_back({where + ".companions", "none measured: " + reason});
    if (!groups.strata.empty() || !groups.measures.empty()) {
      notes.push_back({where + ".strata", "none measured: " + reason});
    }
    return;
  }
  ExemplarTables tables = exemplar_tables(cohort, grid, measured, figures, result.method, operating_points, options);
  result.exemplars =
      find_exemplars(cohort, labels, {tables.dense, *tables.dense_ranks}, {tables.pruned, *tables.pruned_ranks},
                     tables.pair.sparsity, options.exemplar_fraction, resampling, where + ".exemplars", notes);
  result.exemplars.images = image_result(std::move(tables.correlations), tables.dense, tables.pruned, tables.calls);
  if (resampling == nullptr) {
    notes.push_back({where + ".companions", "none measured, because no bootstrap was asked for"});
    if (!groups.strata.empty() || !groups.measures.empty()) {
      notes.push_back({where + ".strata", "none measured, because no bootstrap was asked for"});
    }
    return;
  }
  result.companions = companion_effects(labels, tables.pair, *resampling, options);
  result.strata = compare_strata(groups.strata, labels, tables.pair, *resampling, options);
  if (!groups.measures.empty()) {
    std::vector<Figure> agreements;
    for (std::size_t image = 0; image < cohort.size(); ++image) {
      agreements.push_back(result.exemplars.images.correlation(image, tables.step - 1));
    }
    result.image_measures = correlate_measures(groups.measures, labels, tables.pair, agreements, *resampling);
  }
}

std::vector<OperatingPoint> listed(const OperatingPoints& points, const std::string& method,
                                   const std::vector<std::uint64_t>& seeds) {
  std::vector<OperatingPoint> list;
  for (const std::uint64_t seed : seeds) {
    const std::vector<double>& thresholds = points.of(method, seed);
    for (std::size_t column = 0; column < thresholds.size(); ++column) {
      const double threshold = thresholds[column];
      list.push_back({seed, column, std::isnan(threshold) ? Figure{} : threshold});
    }
  }
  return list;
}

void note_method(const MethodResult& result, bool measurable, std::vector<Note>& notes) {
  if (result.sparsities.size() == 1) {
    notes.push_back({"methods." + result.method, "the grid has no sparsity above 0, so no change can be measured"});
  }
  if (!measurable) {
    notes.push_back({"methods." + result.method + ".macro", "no class can be measured"});
  }
}

void note_inputs(const std::vector<ClassLabels>& labels, const AuditResult& result, const MeasuredGrid& measured,
                 std::vector<Note>& notes) {
  note_unmeasurable(labels, notes);
  for (const AuditClass& description : result.classes) {
    if (description.train_positives == std::size_t{0}) {
      notes.push_back({"classes." + description.name,
                       "no training image is labelled positive, so its log frequency is left out of the correlations"});
    }
  }
  if (!measured.left_out.empty()) {
    notes.push_back(
        {"scores", fmt::format("columns without labels are left out: {}", joined(measured.left_out, ", "))});
  }
  if (measured.saturated > 0) {
    notes.push_back({"scores", fmt::format("{} of {} scores are exactly 0 or 1 after the logits became float32 "
                                           "probabilities; they are tied, whatever their logits were",
                                           measured.saturated, measured.units.size() * result.images * labels.size())});
  }
}

}  // namespace

void AuditOptions::check() const {
  check_range(exemplar_sparsity, exemplar_sparsity > 0.0 && exemplar_sparsity <= 1.0, "exemplar_sparsity",
              "above 0, up to 1");
  check_range(exemplar_fraction, exemplar_fraction > 0.0 && exemplar_fraction < 1.0, "exemplar_fraction",
              "between 0 and 1");
  check_range(drop, drop > 0.0 && drop < 1.0, "drop", "between 0 and 1");
  check_range(threshold, threshold >= 0.0 && threshold <= 1.0, "threshold", "from 0 to 1");
  check_range(tolerance, tolerance > 0.0 && tolerance < 1.0, "tolerance", "between 0 and 1");
  check_range(target_specificity, target_specificity > 0.0 && target_specificity < 1.0, "target_specificity",
              "between 0 and 1");
  check_range(static_cast<double>(minimum_patients), minimum_patients >= 2, "minimum_patients", "from 2");
  constexpr std::size_t kFewest = 100;
  constexpr std::size_t kMost = 1'000'000;
  check_range(static_cast<double>(resamples), resamples == 0 || (resamples >= kFewest && resamples <= kMost),
              "resamples", fmt::format("from {} to {}, or 0 for no intervals", kFewest, kMost));
}

AuditResult audit(const Cohort& cohort, const std::vector<std::size_t>& train_positives, const ScoreGrid& grid,
                  const AuditOptions& options, bool logits, const ValidationScores* validation,
                  const ImageGroups& groups) {
  options.check();
  NIWAKI_CHECK(!cohort.classes.empty() && cohort.size() > 0, "an audit of {} images", cohort.size());
  NIWAKI_CHECK(train_positives.empty() || train_positives.size() == cohort.classes.size(), "{} counts for {} classes",
               train_positives.size(), cohort.classes.size());
  NIWAKI_CHECK(validation == nullptr || validation->cohort.classes == cohort.classes, "other classes in validation");
  AuditResult result;
  const std::vector<std::uint32_t> patients = number_patients(cohort);
  const std::vector<ClassLabels> labels = labels_by_class(cohort, patients);
  const OperatingPoints operating_points(grid, labels, options, logits, validation, result.notes);
  result.patients = std::size_t{1} + *std::max_element(patients.begin(), patients.end());
  std::optional<PatientResamples> resamples;
  std::optional<Resampling> resampling;
  if (options.resamples > 0) {
    resamples.emplace(result.patients, options.resamples, options.seed);
    resampling.emplace(Resampling{patients, *resamples});
  }
  const Resampling* const resampled = resampling ? &*resampling : nullptr;
  MeasuredGrid measured = measure_grid(cohort, labels, grid, options, logits, operating_points, resampled);

  result.images = cohort.size();
  for (const Record& record : cohort.records) {
    result.ids.push_back(record.id);
  }
  result.seeds = grid.seeds;
  result.options = options;
  result.validated = validation != nullptr;
  result.classes = described(labels, train_positives);
  note_inputs(labels, result, measured, result.notes);
  for (const std::string& method : grid.methods) {
    const MethodFigures figures(grid, measured, method);
    MethodResult& answer = result.methods.emplace_back();
    answer.method = method;
    answer.sparsities = figures.sparsities();
    answer.macro = macro_curve(figures, labels);
    answer.classes = class_curves(figures, labels, options.drop);
    note_method(answer, answer.macro.front().ap.has_value(), result.notes);
    answer.global = global_loss(figures, labels, options, method, result.notes);
    weigh_evidence(figures, labels, options, answer, result.notes);
    correlate_with_frequency(result.classes, answer, result.notes);
    compare_pairs(labels, answer, result.notes);
    look_closer(cohort, labels, grid, measured, figures, operating_points, options, resampled, groups, answer,
                result.notes);
    answer.operating_points = listed(operating_points, method, grid.seeds);
  }
  return result;
}

}  // namespace niwaki
