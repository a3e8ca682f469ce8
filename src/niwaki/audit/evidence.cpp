#include "niwaki/audit/evidence.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "niwaki/audit/change.hpp"
#include "niwaki/audit/pooled_patients.hpp"
#include "niwaki/audit/replicate_medians.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {
namespace {

constexpr double kLearnedAuroc = 0.6;       // below this the dense network has hardly learned a class
constexpr std::size_t kFewestPatients = 5;  // of either kind, for an interval; a verdict needs minimum_patients

double difference(double pruned, double dense) {
  return pruned - dense;
}

double mean_of(std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// `untouched`, one a row: the pruned scores are the dense ones, so that no patient can make a difference.
std::vector<FigureInterval> row_intervals(MatrixView<const double> replicates, const std::vector<bool>& untouched,
                                          const BootstrapOptions& options) {
  std::vector<FigureInterval> intervals;
  for (std::size_t row = 0; row < replicates.rows(); ++row) {
    intervals.push_back(untouched[row] ? Interval{0.0, 0.0} : percentile_interval(replicates.row(row), options));
  }
  return intervals;
}

/// Whether pruning left every score of a class (or of all, `labels.size()`) as it was, one a sparsity above 0. Figures
/// that hang on each score stand for the scores.
std::vector<bool> untouched_steps(const MethodFigures& figures, const std::vector<ClassLabels>& labels,
                                  std::size_t column) {
  const auto same = [&](std::size_t step, std::size_t of) {
    for (std::size_t seed = 0; seed < figures.seeds(); ++seed) {
      const ClassFigures& pruned = figures.unit(step, seed).classes[of];
      const ClassFigures& dense = figures.unit(0, seed).classes[of];
      if (pruned.brier != dense.brier || pruned.log_loss != dense.log_loss || pruned.ap != dense.ap ||
          pruned.auroc != dense.auroc) {
        return false;
      }
    }
    return true;
  };
  std::vector<bool> untouched;
  for (std::size_t step = 1; step < figures.sparsities().size(); ++step) {
    bool all = true;
    for (std::size_t of = 0; of < labels.size(); ++of) {
      all = all && ((column != of && column != labels.size()) || !labels[of].measurable() || same(step, of));
    }
    untouched.push_back(all);
  }
  return untouched;
}

std::vector<double> known(const std::vector<Figure>& figures) {
  std::vector<double> values;
  for (const Figure& figure : figures) {
    values.push_back(figure.value());
  }
  return values;
}

std::vector<FigureInterval> band_of(const std::vector<double>& estimates, MatrixView<const double> replicates,
                                    const std::vector<bool>& untouched, const BootstrapOptions& options) {
  std::vector<FigureInterval> none(estimates.size());
  for (std::size_t row = 0; row < replicates.rows(); ++row) {
    if (!untouched[row] && all_alike(replicates.row(row))) {
      return none;
    }
  }
  const auto band = simultaneous_band(estimates, replicates, options);
  return band ? std::vector<FigureInterval>(band->begin(), band->end()) : none;
}

/// The band of relative changes, made on the scale of log(1 + change), the log of the ratio of both APs: there errors
/// are more even, and no band reaches below -1.
std::vector<FigureInterval> relative_band(std::vector<double> estimates, std::vector<double> replicates,
                                          const std::vector<bool>& untouched, const BootstrapOptions& options) {
  for (std::vector<double>* values : {&estimates, &replicates}) {
    std::transform(values->begin(), values->end(), values->begin(), [](double value) { return std::log1p(value); });
  }
  const std::size_t steps = estimates.size();
  std::vector<FigureInterval> band =
      band_of(estimates, {replicates.data(), steps, replicates.size() / steps}, untouched, options);
  for (FigureInterval& interval : band) {
    if (interval) {
      interval = Interval{std::expm1(interval->low), std::expm1(interval->high)};
    }
  }
  return band;
}

/// Everything that the replicates say of one class.
class ClassWeigher {
 public:
  ClassWeigher(const MethodFigures& figures, const std::vector<ClassLabels>& labels_of_all, std::size_t column,
               const AuditOptions& options)
      : figures_(figures),
        labels_(labels_of_all[column]),
        column_(column),
        options_(options),
        untouched_(untouched_steps(figures, labels_of_all, column)),
        bootstrap_{.confidence = 0.95, .effective_patients = labels_of_all[column].effective_patients} {}

  void weigh(ClassCurve& curve) const {
    ClassEvidence& evidence = curve.evidence;
    const ReplicateRow ap = row(&Replicates::ap);
    const ReplicateRow auroc = row(&Replicates::auroc);
    for (std::size_t step = 0; step < figures_.sparsities().size(); ++step) {
      evidence.ap.push_back(percentile_interval(ap.values(step, median_in_place), bootstrap_));
      evidence.auroc.push_back(logit_interval(curve.auroc[step].value(), auroc.values(step, median_in_place),
                                              smallest_auroc_step() / 2.0, bootstrap_));
    }
    if (figures_.sparsities().size() < 2) {
      return;
    }
    const std::vector<double> relative = ap.changes(relative_change, median_in_place);
    evidence.delta_ap = row_intervals(view(relative), untouched_, bootstrap_);
    evidence.delta_ap_band = relative_band(known(curve.delta_ap), relative, untouched_, bootstrap_);
    evidence.ap_change = change_curve(ap, &ClassFigures::ap);
    evidence.auroc_change = change_curve(auroc, &ClassFigures::auroc);
    test_loss(curve, view(relative), evidence);
  }

 private:
  [[nodiscard]] ReplicateRow row(ReplicateFigure figure) const {
    return {figures_, column_, figure, options_.resamples};
  }

  [[nodiscard]] MatrixView<const double> view(const std::vector<double>& changes) const {
    return {changes.data(), figures_.sparsities().size() - 1, options_.resamples};
  }

  /// One pair of images that changes places, a tie counting half.
  [[nodiscard]] double smallest_auroc_step() const {
    return 0.5 / (static_cast<double>(labels_.positives) * static_cast<double>(labels_.negatives));
  }

  [[nodiscard]] double median_change(std::size_t step, double ClassFigures::*figure) const {
    std::vector<double> values = figures_.over_seeds(step, column_, figure);
    const std::vector<double> dense = figures_.over_seeds(0, column_, figure);
    std::transform(values.begin(), values.end(), dense.begin(), values.begin(), difference);
    return median_in_place(values);
  }

  [[nodiscard]] ChangeCurve change_curve(const ReplicateRow& replicates, double ClassFigures::*figure) const {
    ChangeCurve curve;
    for (std::size_t step = 1; step < figures_.sparsities().size(); ++step) {
      curve.values.emplace_back(median_change(step, figure));
    }
    const std::vector<double> changes = replicates.changes(difference, median_in_place);
    curve.intervals = row_intervals(view(changes), untouched_, bootstrap_);
    curve.band = band_of(known(curve.values), view(changes), untouched_, bootstrap_);
    return curve;
  }

  /// On the log scale of the band.
  void test_loss(const ClassCurve& curve, MatrixView<const double> relative, ClassEvidence& evidence) const {
    for (std::size_t step = 1; step < figures_.sparsities().size(); ++step) {
      if (is_exemplar_sparsity(figures_.sparsities()[step], options_)) {
        std::vector<double> ratios(relative.row(step - 1).begin(), relative.row(step - 1).end());
        std::transform(ratios.begin(), ratios.end(), ratios.begin(), [](double value) { return std::log1p(value); });
        evidence.loss_p = bootstrap_p(std::log1p(curve.delta_ap[step - 1].value()), ratios, bootstrap_);
      }
    }
  }

  const MethodFigures& figures_;
  const ClassLabels& labels_;
  std::size_t column_;
  const AuditOptions& options_;
  std::vector<bool> untouched_;  // one a sparsity above 0
  BootstrapOptions bootstrap_;
};

/// The first sparsity above 0 whose band satisfies `holds`; nothing where none does.
template <typename Holds>
std::optional<double> first_where(const std::vector<double>& sparsities, const std::vector<FigureInterval>& band,
                                  const Holds& holds) {
  for (std::size_t i = 0; i < band.size(); ++i) {
    if (band[i] && holds(*band[i])) {
      return sparsities[i + 1];
    }
  }
  return std::nullopt;
}

/// The last sparsity up to which every band satisfies `holds`; nothing where the first does not.
template <typename Holds>
std::optional<double> last_while(const std::vector<double>& sparsities, const std::vector<FigureInterval>& band,
                                 const Holds& holds) {
  std::optional<double> last;
  for (std::size_t i = 0; i < band.size() && band[i] && holds(*band[i]); ++i) {
    last = sparsities[i + 1];
  }
  return last;
}

bool none(const std::vector<FigureInterval>& intervals) {
  return std::none_of(intervals.begin(), intervals.end(),
                      [](const FigureInterval& interval) { return interval.has_value(); });
}

void judge(const std::vector<double>& sparsities, double drop, ClassEvidence& evidence) {
  if (none(evidence.delta_ap_band)) {
    return;
  }
  const auto above_drop = [&](const Interval& interval) { return interval.low > -drop; };
  evidence.loses_from =
      first_where(sparsities, evidence.delta_ap_band, [](const Interval& interval) { return interval.high < 0.0; });
  evidence.forgotten_from =
      first_where(sparsities, evidence.delta_ap_band, [&](const Interval& interval) { return interval.high < -drop; });
  evidence.kept_up_to = last_while(sparsities, evidence.delta_ap_band, above_drop);
  evidence.verdict = evidence.forgotten_from                    ? ClassVerdict::kForgotten
                     : evidence.loses_from                      ? ClassVerdict::kLoses
                     : evidence.kept_up_to == sparsities.back() ? ClassVerdict::kKept
                                                                : ClassVerdict::kUndecided;
}

/// Patients of the scarcer kind of images.
std::size_t scarcer_patients(const ClassLabels& labels) {
  return std::min(labels.positive_patients, labels.negative_patients);
}

void note_missing(const ClassLabels& labels, const ClassEvidence& evidence, const std::string& where,
                  std::vector<Note>& notes) {
  if (scarcer_patients(labels) < kFewestPatients) {
    notes.push_back({where, fmt::format("no interval: it would need {} patients with and {} without the class",
                                        kFewestPatients, kFewestPatients)});
  } else if (none(evidence.ap)) {
    notes.push_back({where, fmt::format("no interval: most images of one kind are of so few patients that they tell as "
                                        "much as {:.2g} patients would, or too many resamples have none",
                                        evidence.effective_patients)});
  } else if (none(evidence.delta_ap_band) && !evidence.delta_ap_band.empty()) {
    notes.push_back({where + ".delta_ap_band",
                     "no band and no verdict, because at some sparsity all resamples are alike "
                     "though the scores changed"});
  } else if (std::any_of(evidence.auroc.begin(), evidence.auroc.end(), std::logical_not<>())) {
    notes.push_back({where + ".auroc", "no interval where AUROC is 0 or 1, or all resamples are alike"});
  }
}

/// Over the classes with enough patients.
void adjust_for_classes(std::vector<ClassCurve>& classes) {
  std::vector<double> p_values;
  std::vector<ClassEvidence*> tested;
  for (ClassCurve& curve : classes) {
    if (curve.evidence.verdict != ClassVerdict::kInsufficientEvidence && curve.evidence.loss_p) {
      p_values.push_back(*curve.evidence.loss_p);
      tested.push_back(&curve.evidence);
    }
  }
  const std::vector<double> adjusted = holm(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    tested[i]->loss_holm = adjusted[i];
  }
}

/// Of the mean over classes: each adds its variance over the resamples.
double macro_effective_patients(const MethodFigures& figures, const std::vector<ClassLabels>& labels,
                                std::size_t resamples) {
  PooledPatients pooled;
  for (std::size_t column = 0; column < labels.size(); ++column) {
    if (labels[column].measurable()) {
      const ReplicateRow row(figures, column, &Replicates::ap, resamples);
      pooled.add(standard_error(row.values(0, median_in_place)), labels[column].effective_patients);
    }
  }
  return pooled.effective_patients();
}

void note_incomplete_resamples(const MethodFigures& figures, const std::vector<ClassLabels>& labels,
                               std::size_t resamples, const std::string& where, std::vector<Note>& notes) {
  std::size_t incomplete = 0;
  for (std::size_t resample = 0; resample < resamples; ++resample) {
    bool whole = true;
    for (std::size_t column = 0; column < labels.size(); ++column) {
      whole = whole && (!labels[column].measurable() ||
                        !std::isnan(figures.unit(0, 0).replicates.ap[column * resamples + resample]));
    }
    incomplete += whole ? 0 : 1;
  }
  if (incomplete > 0) {
    notes.push_back({where + ".macro", fmt::format("{} of {} resamples cannot measure a rare class and are left out of "
                                                   "the macro intervals, which need 95% of them",
                                                   incomplete, resamples)});
  }
}

void weigh_macro(const MethodFigures& figures, const std::vector<ClassLabels>& labels, const AuditOptions& options,
                 MethodResult& result) {
  const BootstrapOptions bootstrap = {
      .confidence = 0.95, .effective_patients = macro_effective_patients(figures, labels, options.resamples)};
  const auto row = [&](ReplicateFigure figure) {
    return ReplicateRow(figures, labels.size(), figure, options.resamples);
  };
  for (std::size_t step = 0; step < result.macro.size(); ++step) {
    MacroPoint& point = result.macro[step];
    const auto interval = [&](ReplicateFigure figure, const auto& summary) {
      return percentile_interval(row(figure).values(step, summary), bootstrap);
    };
    point.auroc_interval = interval(&Replicates::auroc, median_in_place);
    point.ap_interval = interval(&Replicates::ap, median_in_place);
    point.f1_interval = interval(&Replicates::f1, median_in_place);
    point.auroc_mean_interval = interval(&Replicates::auroc, mean_of);
    point.ap_mean_interval = interval(&Replicates::ap, mean_of);
  }
  if (result.global.delta_ap.empty()) {
    return;
  }
  const std::vector<double> changes = row(&Replicates::ap).changes(relative_change, median_in_place);
  const MatrixView<const double> view(changes.data(), result.global.delta_ap.size(), options.resamples);
  const std::vector<bool> untouched = untouched_steps(figures, labels, labels.size());
  result.global.delta_ap_intervals = row_intervals(view, untouched, bootstrap);
  result.global.delta_ap_band = relative_band(known(result.global.delta_ap), changes, untouched, bootstrap);
  result.global.shown_within_tolerance =
      last_while(figures.sparsities(), result.global.delta_ap_band,
                 [&](const Interval& interval) { return interval.low > -options.tolerance; });
}

}  // namespace

const char* verdict_name(ClassVerdict verdict) {
  switch (verdict) {
    case ClassVerdict::kNone:
      return "none";
    case ClassVerdict::kInsufficientEvidence:
      return "insufficient evidence";
    case ClassVerdict::kHardlyLearned:
      return "hardly learned";
    case ClassVerdict::kForgotten:
      return "forgotten";
    case ClassVerdict::kLoses:
      return "loses";
    case ClassVerdict::kKept:
      return "kept";
    case ClassVerdict::kUndecided:
      return "undecided";
  }
  return "none";
}

void weigh_evidence(const MethodFigures& figures, const std::vector<ClassLabels>& labels, const AuditOptions& options,
                    MethodResult& result, std::vector<Note>& notes) {
  const std::string where = "methods." + result.method + ".evidence";
  parallel_for(labels.size(), [&](std::size_t column) {
    ClassEvidence& evidence = result.classes[column].evidence;
    evidence.effective_patients = labels[column].effective_patients;
    const std::size_t scarcer = scarcer_patients(labels[column]);
    if (options.resamples > 0 && labels[column].measurable() && scarcer >= kFewestPatients) {
      ClassWeigher(figures, labels, column, options).weigh(result.classes[column]);
    }
    if (scarcer < options.minimum_patients) {
      evidence.verdict = ClassVerdict::kInsufficientEvidence;
    } else if (result.classes[column].auroc_dense < Figure(kLearnedAuroc)) {
      evidence.verdict = ClassVerdict::kHardlyLearned;
    } else {
      judge(figures.sparsities(), options.drop, evidence);
    }
  });
  if (options.resamples == 0) {
    notes.push_back({where, "no intervals and no verdicts, because no bootstrap was asked for"});
    return;
  }
  for (std::size_t column = 0; column < labels.size(); ++column) {
    if (labels[column].measurable()) {
      note_missing(labels[column], result.classes[column].evidence, where + "." + labels[column].name, notes);
    }
  }
  adjust_for_classes(result.classes);
  if (result.macro.front().ap) {
    weigh_macro(figures, labels, options, result);
    note_incomplete_resamples(figures, labels, options.resamples, where, notes);
  }
}

}  // namespace niwaki
