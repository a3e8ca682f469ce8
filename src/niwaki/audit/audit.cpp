#include "niwaki/audit/audit.hpp"

#include <cmath>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/cooccurrence.hpp"
#include "niwaki/audit/curves.hpp"
#include "niwaki/audit/exemplars.hpp"
#include "niwaki/audit/figure_correlation.hpp"
#include "niwaki/audit/measured_grid.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

void check_range(double value, bool inside, const char* field, const char* range) {
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

ExemplarResult exemplars_of(const Cohort& cohort, const std::vector<ClassLabels>& labels, const ScoreGrid& grid,
                            const MeasuredGrid& measured, const std::string& method, const AuditOptions& options,
                            std::vector<Note>& notes) {
  const std::string where = "methods." + method + ".exemplars";
  const std::optional<double> sparsity = exemplar_sparsity(grid, method, options);
  if (!sparsity) {
    return no_exemplars(labels, options.exemplar_sparsity,
                        fmt::format("none chosen: the grid has no scores at sparsity {}", options.exemplar_sparsity),
                        where, notes);
  }
  const auto average = [&](double of) {
    const std::vector<double>& values = measured.average(grid.entry(method, grid.seeds.front(), of));
    return MatrixView<const double>(values.data(), cohort.size(), labels.size());
  };
  return find_exemplars(cohort, labels, average(0.0), average(*sparsity), *sparsity, options.exemplar_fraction, where,
                        notes);
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
    notes.push_back(
        {"scores", fmt::format("{} of {} scores are exactly 0 or 1 after the logits became float32 "
                               "probabilities; they are tied, whatever their logits were",
                               measured.saturated, measured.figures.size() * result.images * labels.size())});
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
}

AuditResult audit(const Cohort& cohort, const std::vector<std::size_t>& train_positives, const ScoreGrid& grid,
                  const AuditOptions& options, bool logits) {
  options.check();
  NIWAKI_CHECK(!cohort.classes.empty() && cohort.size() > 0, "an audit of {} images", cohort.size());
  NIWAKI_CHECK(train_positives.empty() || train_positives.size() == cohort.classes.size(), "{} counts for {} classes",
               train_positives.size(), cohort.classes.size());
  const std::vector<ClassLabels> labels = labels_by_class(cohort);
  const MeasuredGrid measured = measure_grid(cohort, labels, grid, options, logits);

  AuditResult result;
  result.images = cohort.size();
  result.patients = cohort.patients();
  result.seeds = grid.seeds;
  result.options = options;
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
    correlate_with_frequency(result.classes, answer, result.notes);
    compare_pairs(labels, answer, result.notes);
    answer.exemplars = exemplars_of(cohort, labels, grid, measured, method, options, result.notes);
  }
  return result;
}

}  // namespace niwaki
