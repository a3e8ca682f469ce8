#include "niwaki/audit/guard/guarded_classes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/guard/deferral.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/classification.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// One figure of one system: the mean over seeds, and its replicates over resamples of the patients. NaN: none.
struct Replicated {
  double value = kNone;
  std::vector<double> replicates;
};
using Figures = std::array<Replicated, kGuardedFigures.size()>;

/// Tables [seed] of every system: dense, pruned, guarded with nothing deferred, guarded at each rate.
using Systems = std::vector<std::vector<std::vector<float>>>;

struct Resamples {
  std::vector<std::uint32_t> patients;  // one an image
  std::optional<PatientResamples> drawn;
};

Systems systems_of(const GuardData& data, const SignalResult& signal, const GuardResult& result) {
  Systems systems(2);
  for (const GuardTables& tables : data.test.seeds) {
    systems[0].push_back(tables.dense);
    systems[1].push_back(tables.pruned);
  }
  systems.push_back(result.test.kept);
  const auto column = static_cast<std::size_t>(&signal - result.signals.data());
  for (const auto& point : signal.points) {
    const std::vector<std::vector<char>> deferred = deferred_images(result.test, column, point);
    std::vector<std::vector<float>>& guarded = systems.emplace_back();
    for (std::size_t seed = 0; seed < data.test.seeds.size(); ++seed) {
      guarded.push_back(guarded_scores(data.test.seeds[seed], result.test.kept[seed], deferred[seed]));
    }
  }
  return systems;
}

void add_shares(const std::vector<double>& part, const std::vector<double>& whole, double weight,
                std::vector<double>& sum) {
  sum.resize(part.size(), 0.0);
  for (std::size_t i = 0; i < part.size(); ++i) {
    sum[i] += whole[i] > 0.0 ? weight * part[i] / whole[i] : kNone;
  }
}

/// Measures one class.
class ClassMeasurer {
 public:
  ClassMeasurer(const ClassLabels& labels, const Resamples& resamples) : labels_(labels), resamples_(resamples) {}

  /// `tables`: one a seed; `thresholds`: of this class, one a seed.
  [[nodiscard]] Figures measure(const std::vector<std::vector<float>>& column_of_seed,
                                const std::vector<double>& thresholds) const {
    Figures figures;
    const double weight = 1.0 / static_cast<double>(column_of_seed.size());
    for (Replicated& figure : figures) {
      figure.value = 0.0;
    }
    for (std::size_t seed = 0; seed < column_of_seed.size(); ++seed) {
      const std::vector<float>& scores = column_of_seed[seed];
      figures[0].value += weight * average_precision(RankedScores(scores, labels_.values)).value_or(kNone);
      const Confusion calls = confusion_at(scores, labels_.values, thresholds[seed]);
      const bool called = !std::isnan(thresholds[seed]);
      figures[1].value += called && labels_.positives > 0 ? weight * recall(calls) : kNone;
      figures[2].value += called && labels_.negatives > 0 ? weight * specificity(calls) : kNone;
      if (resamples_.drawn) {
        add_ap(scores, weight, figures[0].replicates);
        add_calls(scores, thresholds[seed], 1, weight, figures[1].replicates);
        add_calls(scores, thresholds[seed], 0, weight, figures[2].replicates);
      }
    }
    return figures;
  }

 private:
  void add_ap(const std::vector<float>& scores, double weight, std::vector<double>& sum) const {
    const PatientResamples& drawn = *resamples_.drawn;
    const WeightedRanking ranking(scores, labels_.values, resamples_.patients);
    std::array<double, PatientResamples::kLanes> ap{};
    std::array<double, PatientResamples::kLanes> auroc{};
    sum.resize(drawn.resamples(), 0.0);
    for (std::size_t block = 0; block < drawn.blocks(); ++block) {
      ranking.evaluate(drawn, block, ap, auroc);
      const std::size_t begin = block * PatientResamples::kLanes;
      for (std::size_t i = begin; i < std::min(begin + PatientResamples::kLanes, sum.size()); ++i) {
        sum[i] += weight * ap[i - begin];
      }
    }
  }

  /// Of the images with this label: the share that is called (1) or not called (0).
  void add_calls(const std::vector<float>& scores, double threshold, std::int8_t label, double weight,
                 std::vector<double>& sum) const {
    std::vector<std::uint32_t> all;
    std::vector<std::uint32_t> right;
    for (std::size_t row = 0; row < scores.size(); ++row) {
      if (labels_.values[row] == label) {
        all.push_back(resamples_.patients[row]);
        if ((static_cast<double>(scores[row]) >= threshold) == (label == 1)) {
          right.push_back(resamples_.patients[row]);
        }
      }
    }
    const PatientResamples& drawn = *resamples_.drawn;
    add_shares(WeightedCount(std::move(right)).evaluate(drawn), WeightedCount(std::move(all)).evaluate(drawn), weight,
               sum);
  }

  const ClassLabels& labels_;
  const Resamples& resamples_;
};

/// What is said of a class from its figures of all systems.
class ClassTeller {
 public:
  ClassTeller(bool enough, double effective, std::size_t resamples)
      : enough_(enough), resamples_(resamples), bootstrap_{.effective_patients = effective} {}

  void tell(const std::vector<Figures>& systems, GuardedClass& told) const {
    told.enough_patients = enough_;
    told.guarded.resize(systems.size() - 2);
    for (std::size_t of = 0; of < kGuardedFigures.size(); ++of) {
      const Replicated& dense = systems[0][of];
      const Replicated& pruned = systems[1][of];
      told.dense[of] = figure(dense.value);
      told.pruned[of] = figure(pruned.value);
      told.dense_interval[of] = interval(dense);
      told.pruned_interval[of] = interval(pruned);
      for (std::size_t rate = 0; rate < told.guarded.size(); ++rate) {
        tell_restored(systems[2 + rate][of], dense, pruned, told.guarded[rate][of]);
      }
    }
  }

 private:
  static Figure figure(double value) { return std::isnan(value) ? Figure{} : Figure(value); }

  static Replicated difference(const Replicated& a, const Replicated& b) {
    Replicated less{a.value - b.value, a.replicates};
    for (std::size_t i = 0; i < less.replicates.size(); ++i) {
      less.replicates[i] -= b.replicates[i];
    }
    return less;
  }

  [[nodiscard]] FigureInterval interval(const Replicated& figure) const {
    if (!enough_ || std::isnan(figure.value) || figure.replicates.empty()) {
      return std::nullopt;
    }
    return percentile_interval(figure.replicates, bootstrap_);
  }

  void tell_restored(const Replicated& guarded, const Replicated& dense, const Replicated& pruned,
                     RestoredFigure& told) const {
    const Replicated gain = difference(guarded, pruned);
    const Replicated gap = difference(guarded, dense);
    told.value = figure(guarded.value);
    told.interval = interval(guarded);
    told.gain = figure(gain.value);
    told.gap = figure(gap.value);
    told.gain_interval = interval(gain);
    told.gap_interval = interval(gap);
    if (!enough_) {
      told.verdict = RestoredVerdict::kInsufficientEvidence;
    } else if (resamples_ > 0 && told.gain) {
      const bool known = told.gain_interval.has_value();
      told.verdict = known && told.gain_interval->low > 0.0    ? RestoredVerdict::kHigher
                     : known && told.gain_interval->high < 0.0 ? RestoredVerdict::kLower
                                                               : RestoredVerdict::kNotShown;
    }
  }

  bool enough_;
  std::size_t resamples_;
  BootstrapOptions bootstrap_;
};

/// Welch and Satterthwaite's degrees of freedom over the classes, each weighing by the variance of its dense AP, as the
/// audit does for macro figures.
double pooled_patients(const std::vector<std::vector<Figures>>& figures, const std::vector<ClassLabels>& labels) {
  double sum = 0.0;
  double squares = 0.0;
  for (std::size_t column = 0; column < labels.size(); ++column) {
    const double freedom = labels[column].effective_patients - 1.0;
    if (labels[column].measurable() && freedom > 0.0) {
      const double error = standard_error(figures[column][0][0].replicates);
      sum += error * error;
      squares += error * error * error * error / freedom;
    }
  }
  return squares > 0.0 ? sum * sum / squares + 1.0 : 0.0;
}

/// The mean of the classes' AP, system by system.
std::vector<Figures> macro_of(const std::vector<std::vector<Figures>>& figures,
                              const std::vector<ClassLabels>& labels) {
  std::vector<Figures> macro(figures.front().size());
  const auto measurable = static_cast<double>(std::ranges::count_if(labels, &ClassLabels::measurable));
  for (std::size_t system = 0; system < macro.size(); ++system) {
    Replicated& ap = macro[system][0];
    ap.value = measurable > 0.0 ? 0.0 : kNone;
    for (std::size_t column = 0; column < labels.size(); ++column) {
      if (labels[column].measurable()) {
        const Replicated& one = figures[column][system][0];
        ap.value += one.value / measurable;
        ap.replicates.resize(one.replicates.size(), 0.0);
        for (std::size_t i = 0; i < one.replicates.size(); ++i) {
          ap.replicates[i] += one.replicates[i] / measurable;
        }
      }
    }
  }
  return macro;
}

}  // namespace

std::vector<float> guarded_scores(const GuardTables& tables, const std::vector<float>& kept,
                                  const std::vector<char>& deferred) {
  std::vector<float> scores(kept);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = deferred[i / tables.classes] != 0 ? tables.dense[i] : scores[i];
  }
  return scores;
}

void measure_guarded_classes(const GuardData& data, const SignalResult& signal, GuardResult& result) {
  const GuardOptions& options = result.options;
  Resamples resamples{number_patients(data.test.cohort), {}};
  const std::vector<ClassLabels> labels = labels_by_class(data.test.cohort, resamples.patients);
  note_unmeasurable(labels, result.notes);
  if (options.resamples > 0) {
    resamples.drawn.emplace(data.test.cohort.patients(), options.resamples,
                            RandomStream(options.seed, "guard/resamples").bits());
  }
  const Systems systems = systems_of(data, signal, result);
  std::vector<std::vector<Figures>> figures(labels.size(), std::vector<Figures>(systems.size()));
  parallel_for(labels.size() * systems.size(), [&](std::size_t i) {
    const std::size_t column = i / systems.size();
    std::vector<std::vector<float>> columns;
    std::vector<double> thresholds;
    for (std::size_t seed = 0; seed < data.seeds.size(); ++seed) {
      const std::vector<float>& table = systems[i % systems.size()][seed];
      columns.push_back(MatrixView<const float>(table.data(), data.test.cohort.size(), labels.size()).column(column));
      thresholds.push_back(result.guards[seed].operating_points[column]);
    }
    figures[column][i % systems.size()] = ClassMeasurer(labels[column], resamples).measure(columns, thresholds);
  });
  for (std::size_t column = 0; column < labels.size(); ++column) {
    const ClassLabels& of = labels[column];
    const bool enough = std::min(of.positive_patients, of.negative_patients) >= options.minimum_patients;
    GuardedClass& told = result.guarded.emplace_back();
    told.name = of.name;
    told.positives = of.positives;
    told.positive_patients = of.positive_patients;
    ClassTeller(enough, of.effective_patients, options.resamples).tell(figures[column], told);
  }
  GuardedClass& macro = result.guarded.emplace_back();
  macro.name = "macro";
  ClassTeller(true, pooled_patients(figures, labels), options.resamples).tell(macro_of(figures, labels), macro);
}

}  // namespace niwaki
