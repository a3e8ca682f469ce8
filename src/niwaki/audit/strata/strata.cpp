#include "niwaki/audit/strata/strata.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "niwaki/audit/pooled_patients.hpp"
#include "niwaki/audit/strata/side_figures.hpp"
#include "niwaki/audit/strata/stratum_thresholds.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {
namespace {

constexpr double kLevel = 0.05;

BootstrapOptions bootstrap_of(double effective_patients) {
  return {.confidence = 0.95, .effective_patients = effective_patients};
}

/// The dense and the pruned figure of one kind, here and among the others.
struct FigurePair {
  const Resampled* dense = nullptr;
  const Resampled* pruned = nullptr;
};
FigurePair auroc_of(const SideFigures& side) {
  return {&side.auroc_dense, &side.auroc_pruned};
}
FigurePair ap_of(const SideFigures& side) {
  return {&side.ap_dense, &side.ap_pruned};
}

StratumFigure figure_of(const Resampled& figure, double effective_patients) {
  return {figure.value, percentile_interval(figure.replicates, bootstrap_of(effective_patients))};
}

void fill_own(const FigurePair& own, double effective_patients, StratumMeasure& measure) {
  measure.dense = figure_of(*own.dense, effective_patients);
  measure.pruned = figure_of(*own.pruned, effective_patients);
  measure.change = figure_of(difference(*own.pruned, *own.dense), effective_patients);
}

void fill_gap(const FigurePair& own, const FigurePair& others, double effective_patients, StratumMeasure& measure) {
  const Resampled dense = difference(*own.dense, *others.dense);
  const Resampled pruned = difference(*own.pruned, *others.pruned);
  const Resampled change = difference(pruned, dense);
  measure.gap_dense = figure_of(dense, effective_patients);
  measure.gap_pruned = figure_of(pruned, effective_patients);
  measure.gap_change = figure_of(change, effective_patients);
  measure.p = bootstrap_p(change.value, change.replicates, bootstrap_of(effective_patients));
}

/// AUROC's error shrinks towards 1, so that a percentile interval lies too high (docs/audit.md).
void use_logit_intervals(const SideFigures& side, const SideCounts& counts, StratumMeasure& auroc) {
  const double resolution = 0.25 / (static_cast<double>(counts.positives) * static_cast<double>(counts.negatives));
  const BootstrapOptions bootstrap = bootstrap_of(counts.effective_patients);
  auroc.dense.interval = logit_interval(side.auroc_dense.value, side.auroc_dense.replicates, resolution, bootstrap);
  auroc.pruned.interval = logit_interval(side.auroc_pruned.value, side.auroc_pruned.replicates, resolution, bootstrap);
}

/// What is known of one class in one group before it is summed up.
struct MeasuredClass {
  SideCounts own_counts, other_counts;
  SideFigures own, others;
  RetunedClass retuned;
  bool has_own = false;
  bool has_gap = false;
};

/// One way of grouping.
class ColumnComparer {
 public:
  ColumnComparer(const ImageAttribute& column, const std::vector<ClassLabels>& labels, const PrunedPair& pair,
                 const Resampling& resampling, const AuditOptions& options)
      : column_(column), labels_(labels), pair_(pair), resampling_(resampling), options_(options) {
    std::set<std::string> names(column.values.begin(), column.values.end());
    names.erase("");
    names_.assign(names.begin(), names.end());
    for (const std::string& name : names_) {
      std::vector<char>& own = own_.emplace_back();
      std::vector<char>& others = others_.emplace_back();
      for (const std::string& value : column.values) {
        own.push_back(value == name ? 1 : 0);
        others.push_back(!value.empty() && value != name ? 1 : 0);
      }
      halves_.push_back(halves_of(own, resampling.patient_of_image, options.seed));
    }
  }

  StrataColumn compare() {
    measured_.assign(names_.size(), std::vector<MeasuredClass>(labels_.size()));
    parallel_for(labels_.size(), [&](std::size_t column) { measure_class(column); });
    StrataColumn result{column_.name, 0, {}};
    result.images_without = static_cast<std::size_t>(std::count(column_.values.begin(), column_.values.end(), ""));
    for (std::size_t group = 0; group < names_.size(); ++group) {
      result.strata.push_back(summed_up(group));
    }
    adjust(result);
    return result;
  }

 private:
  void measure_class(std::size_t column) {
    const std::size_t groups = names_.size();
    const std::span<const std::uint32_t> patients = resampling_.patient_of_image;
    std::vector<const std::vector<char>*> sides(2 * groups, nullptr);
    for (std::size_t group = 0; group < groups; ++group) {
      MeasuredClass& one = measured_[group][column];
      one.own_counts = count_side(labels_[column], own_[group], patients);
      one.other_counts = count_side(labels_[column], others_[group], patients);
      one.has_own = one.own_counts.enough(options_.minimum_patients);
      one.has_gap = one.has_own && one.other_counts.enough(options_.minimum_patients);
      sides[group] = one.has_own ? &own_[group] : nullptr;
      sides[groups + group] = one.has_gap ? &others_[group] : nullptr;
    }
    std::vector<SideFigures> figures = measure_sides(labels_[column], column, pair_, sides, resampling_);
    for (std::size_t group = 0; group < groups; ++group) {
      MeasuredClass& one = measured_[group][column];
      one.own = std::move(figures[group]);
      one.others = std::move(figures[groups + group]);
      if (one.has_own) {
        one.retuned = retune_class(labels_[column], column, pair_, halves_[group], one.own_counts.effective_patients,
                                   resampling_, options_.operating_point);
      }
    }
  }

  [[nodiscard]] Stratum summed_up(std::size_t group) const {
    Stratum stratum;
    stratum.name = names_[group];
    std::set<std::uint32_t> patients;
    for (std::size_t image = 0; image < own_[group].size(); ++image) {
      if (own_[group][image] != 0) {
        ++stratum.images;
        patients.insert(resampling_.patient_of_image[image]);
      }
    }
    stratum.patients = patients.size();
    for (std::size_t column = 0; column < labels_.size(); ++column) {
      stratum.classes.push_back(class_of(measured_[group][column], column));
    }
    fill_macro(measured_[group], stratum);
    fill_macro_thresholds(measured_[group], stratum);
    return stratum;
  }

  [[nodiscard]] static StratumClass class_of(const MeasuredClass& one, std::size_t column) {
    StratumClass result;
    result.finding = column;
    result.positives = one.own_counts.positives;
    result.positive_patients = one.own_counts.positive_patients;
    result.negative_patients = one.own_counts.negative_patients;
    if (one.has_own) {
      fill_own(auroc_of(one.own), one.own_counts.effective_patients, result.auroc);
      fill_own(ap_of(one.own), one.own_counts.effective_patients, result.ap);
      use_logit_intervals(one.own, one.own_counts, result.auroc);
      result.thresholds = one.retuned.thresholds;
    }
    if (one.has_gap) {
      for (const auto& [figure, measure] : {std::pair{&auroc_of, &result.auroc}, std::pair{&ap_of, &result.ap}}) {
        PooledPatients pooled;
        pooled.add(standard_error(figure(one.own).dense->replicates), one.own_counts.effective_patients);
        pooled.add(standard_error(figure(one.others).dense->replicates), one.other_counts.effective_patients);
        fill_gap(figure(one.own), figure(one.others), pooled.effective_patients(), *measure);
      }
    }
    return result;
  }

  /// Means over the classes that have enough patients on both sides, so that the gap compares the same classes.
  static void fill_macro(const std::vector<MeasuredClass>& classes, Stratum& stratum) {
    std::vector<const MeasuredClass*> compared;
    for (const MeasuredClass& one : classes) {
      if (one.has_gap) {
        compared.push_back(&one);
      }
    }
    stratum.classes_compared = compared.size();
    if (compared.empty()) {
      return;
    }
    for (const auto& [figure, measure] : {std::pair{&auroc_of, &stratum.auroc}, std::pair{&ap_of, &stratum.ap}}) {
      PooledPatients own_patients;
      PooledPatients both_patients;
      for (const MeasuredClass* one : compared) {
        const double own_error = standard_error(figure(one->own).dense->replicates);
        own_patients.add(own_error, one->own_counts.effective_patients);
        both_patients.add(own_error, one->own_counts.effective_patients);
        both_patients.add(standard_error(figure(one->others).dense->replicates), one->other_counts.effective_patients);
      }
      const auto mean_of = [&, which = figure](SideFigures MeasuredClass::*side, bool pruned) {
        std::vector<const Resampled*> parts;
        for (const MeasuredClass* one : compared) {
          const FigurePair pair = which(one->*side);
          parts.push_back(pruned ? pair.pruned : pair.dense);
        }
        return mean(parts);
      };
      const Resampled own_dense = mean_of(&MeasuredClass::own, false);
      const Resampled own_pruned = mean_of(&MeasuredClass::own, true);
      const Resampled others_dense = mean_of(&MeasuredClass::others, false);
      const Resampled others_pruned = mean_of(&MeasuredClass::others, true);
      fill_own({&own_dense, &own_pruned}, own_patients.effective_patients(), *measure);
      fill_gap({&own_dense, &own_pruned}, {&others_dense, &others_pruned}, both_patients.effective_patients(),
               *measure);
    }
  }

  static void fill_macro_thresholds(const std::vector<MeasuredClass>& classes, Stratum& stratum) {
    std::vector<const MeasuredClass*> there;
    for (const MeasuredClass& one : classes) {
      if (one.retuned.there()) {
        there.push_back(&one);
      }
    }
    if (there.empty()) {
      return;
    }
    const auto mean_calls = [&](StratumThresholds::Calls StratumThresholds::*which) {
      StratumThresholds::Calls sum{0.0, 0.0};
      for (const MeasuredClass* one : there) {
        const StratumThresholds::Calls& calls = one->retuned.thresholds.*which;
        *sum.sensitivity += *calls.sensitivity / static_cast<double>(there.size());
        *sum.specificity += *calls.specificity / static_cast<double>(there.size());
      }
      return sum;
    };
    const auto gain = [&](Resampled RetunedClass::*which) {
      PooledPatients pooled;
      std::vector<const Resampled*> parts;
      for (const MeasuredClass* one : there) {
        parts.push_back(&(one->retuned.*which));
        pooled.add(standard_error(parts.back()->replicates), one->own_counts.effective_patients);
      }
      return figure_of(mean(parts), pooled.effective_patients());
    };
    stratum.thresholds = {.dense_carried = mean_calls(&StratumThresholds::dense_carried),
                          .dense_retuned = mean_calls(&StratumThresholds::dense_retuned),
                          .pruned_carried = mean_calls(&StratumThresholds::pruned_carried),
                          .pruned_retuned = mean_calls(&StratumThresholds::pruned_retuned),
                          .dense_gain = gain(&RetunedClass::dense_gain),
                          .pruned_gain = gain(&RetunedClass::pruned_gain)};
  }

  static void judge(StratumMeasure& measure) {
    if (!measure.holm) {
      return;
    }
    const double change = *measure.gap_change.value;
    measure.verdict = *measure.holm >= kLevel ? StratumVerdict::kNotShown
                      : change < 0            ? StratumVerdict::kLosesMore
                                              : StratumVerdict::kLosesLess;
    if (*measure.holm < kLevel) {
      measure.widens = std::abs(*measure.gap_pruned.value) > std::abs(*measure.gap_dense.value);
    }
  }

  /// Holm over one family. Two groups that are each other's others ask one question, not two: the second's tests are
  /// the first's.
  static void adjust_family(const std::vector<std::vector<StratumMeasure*>>& by_group) {
    const bool mirrored = by_group.size() == 2;
    std::vector<double> p_values;
    std::vector<std::vector<StratumMeasure*>> tested;
    for (std::size_t group = 0; group < (mirrored ? 1 : by_group.size()); ++group) {
      for (std::size_t place = 0; place < by_group[group].size(); ++place) {
        StratumMeasure* const measure = by_group[group][place];
        if (measure->p) {
          p_values.push_back(*measure->p);
          tested.push_back({measure});
          if (mirrored) {
            tested.back().push_back(by_group[1][place]);
          }
        }
      }
    }
    const std::vector<double> adjusted = holm(p_values);
    for (std::size_t i = 0; i < tested.size(); ++i) {
      for (StratumMeasure* measure : tested[i]) {
        measure->holm = measure->p ? std::optional(adjusted[i]) : std::nullopt;
        judge(*measure);
      }
    }
  }

  /// Macro AUROC, macro AP, the classes' AUROC and the classes' AP are a family each.
  static void adjust(StrataColumn& column) {
    for (StratumMeasure Stratum::*macro : {&Stratum::auroc, &Stratum::ap}) {
      std::vector<std::vector<StratumMeasure*>> family;
      for (Stratum& stratum : column.strata) {
        family.push_back({&(stratum.*macro)});
      }
      adjust_family(family);
    }
    for (StratumMeasure StratumClass::*figure : {&StratumClass::auroc, &StratumClass::ap}) {
      std::vector<std::vector<StratumMeasure*>> family;
      for (Stratum& stratum : column.strata) {
        std::vector<StratumMeasure*>& of_group = family.emplace_back();
        for (StratumClass& one : stratum.classes) {
          of_group.push_back(&(one.*figure));
        }
      }
      adjust_family(family);
    }
  }

  const ImageAttribute& column_;
  const std::vector<ClassLabels>& labels_;
  const PrunedPair& pair_;
  const Resampling& resampling_;
  const AuditOptions& options_;
  std::vector<std::string> names_;
  std::vector<std::vector<char>> own_, others_;  // of each group: its images, and all others of a known group
  std::vector<std::vector<int>> halves_;
  std::vector<std::vector<MeasuredClass>> measured_;  // [group][class]
};

}  // namespace

const char* stratum_verdict_name(StratumVerdict verdict) {
  switch (verdict) {
    case StratumVerdict::kInsufficientEvidence:
      return "insufficient evidence";
    case StratumVerdict::kNotShown:
      return "not shown";
    case StratumVerdict::kLosesMore:
      return "loses more";
    case StratumVerdict::kLosesLess:
      return "loses less";
  }
  return "insufficient evidence";
}

StrataResult compare_strata(const std::vector<ImageAttribute>& columns, const std::vector<ClassLabels>& labels,
                            const PrunedPair& pair, const Resampling& resampling, const AuditOptions& options) {
  StrataResult result;
  result.sparsity = pair.sparsity;
  for (const ImageAttribute& column : columns) {
    result.columns.push_back(ColumnComparer(column, labels, pair, resampling, options).compare());
  }
  return result;
}

}  // namespace niwaki
