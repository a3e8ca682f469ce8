#include "niwaki/audit/companions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <unordered_set>

#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/multiple_testing.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using Images = std::vector<std::uint32_t>;

/// The images of one side (with the companions, or without) on which the finding's label is known.
struct Side {
  Images positives;
  std::vector<char> kept;  // one an image of the cohort: whether it is on this side, positive or negative
  std::size_t positive_patients = 0;
  std::size_t negative_patients = 0;
  double effective_positives = 0.0;
};

/// A figure of one side: its estimate, and one value a resample (NaN where it has none).
struct Resampled {
  double estimate = kNone;
  std::vector<double> replicates;
};

/// What becomes of the dense networks' calls on one side.
struct CallLoss {
  /// Where fewer patients lose a call, or keep one, the resamples hardly show how far the share could be another: with
  /// none at all they would show no error.
  static constexpr std::size_t kFewestPatients = 5;

  double recall_dense = kNone;
  double recall_pruned = kNone;
  Resampled lost;  // of the calls, the share that is lost
  std::size_t losing_patients = 0;
  std::size_t keeping_patients = 0;
  double effective_patients = 0.0;  // by calls

  [[nodiscard]] bool can_tell() const { return std::min(losing_patients, keeping_patients) >= kFewestPatients; }

  /// `patients`: of each, how many calls are lost, and how many stay.
  void count_patients(const std::map<std::uint32_t, std::pair<std::size_t, std::size_t>>& patients) {
    std::vector<std::size_t> calls;
    for (const auto& [patient, counts] : patients) {
      losing_patients += counts.first > 0 ? 1 : 0;
      keeping_patients += counts.second > 0 ? 1 : 0;
      calls.push_back(counts.first + counts.second);
    }
    effective_patients = niwaki::effective_patients(calls);
  }
};

/// The order of every class's scores in every table, sorted once for all effects.
class Orders {
 public:
  Orders(const std::vector<ClassLabels>& labels, const PrunedPair& pair) : classes_(labels.size()) {
    orders_.resize(2 * pair.dense.size() * classes_);
    parallel_for(orders_.size(), [&](std::size_t i) {
      const std::size_t table = i / classes_;
      const MatrixView<const float> scores = table % 2 == 0 ? pair.dense[table / 2] : pair.pruned[table / 2];
      orders_[i].emplace(scores.column(i % classes_), labels[i % classes_].values);
    });
  }

  [[nodiscard]] const ScoreOrder& dense(std::size_t seed, std::size_t finding) const {
    return *orders_[2 * seed * classes_ + finding];
  }
  [[nodiscard]] const ScoreOrder& pruned(std::size_t seed, std::size_t finding) const {
    return *orders_[(2 * seed + 1) * classes_ + finding];
  }

 private:
  std::size_t classes_;
  std::vector<std::optional<ScoreOrder>> orders_;
};

/// As average_precision() of the kept images.
double average_precision_of(const ScoreOrder& order, const std::vector<char>& kept) {
  std::size_t called = 0;
  std::size_t found = 0;
  std::size_t found_before = 0;
  double sum = 0.0;
  for (const ScoreOrder::Entry& entry : order.entries()) {
    called += kept[entry.image] != 0 ? 1 : 0;
    found += kept[entry.image] != 0 ? entry.positive : 0;
    if (entry.last != 0 && found > found_before) {
      sum += static_cast<double>(found - found_before) * (static_cast<double>(found) / static_cast<double>(called));
      found_before = found;
    }
  }
  return sum / static_cast<double>(found);
}

class EffectMeasurer {
 public:
  EffectMeasurer(const std::vector<ClassLabels>& labels, const PrunedPair& pair, const Resampling& resampling,
                 const AuditOptions& options)
      : labels_(labels), pair_(pair), resampling_(resampling), options_(options), orders_(labels, pair) {}

  /// False where a side has too few patients.
  bool measure(CompanionEffect& effect) const {
    const Side with = side(effect, true);
    const Side without = side(effect, false);
    effect.images_with = with.positives.size();
    effect.images_without = without.positives.size();
    effect.patients_with = with.positive_patients;
    effect.patients_without = without.positive_patients;
    if (std::min(with.positive_patients, without.positive_patients) < options_.minimum_patients) {
      return false;
    }
    effect.recall = recall_loss(effect.finding, with, without);
    if (std::min(with.negative_patients, without.negative_patients) >= options_.minimum_patients) {
      effect.ap = ap_loss(effect.finding, with, without);
    }
    return true;
  }

 private:
  /// 1 where all companions are there, 0 where one is known not to be, -1 where that is unknown.
  [[nodiscard]] std::int8_t companions_on(const CompanionEffect& effect, std::size_t image) const {
    std::int8_t all = 1;
    for (const std::size_t companion : effect.companions) {
      const std::int8_t label = labels_[companion].values[image];
      if (label == 0) {
        return 0;
      }
      all = std::min(all, label);
    }
    return all;
  }

  [[nodiscard]] Side side(const CompanionEffect& effect, bool with) const {
    Side side;
    std::map<std::uint32_t, std::size_t> positive_counts;
    std::unordered_set<std::uint32_t> negative_patients;
    const std::vector<std::int8_t>& finding = labels_[effect.finding].values;
    side.kept.resize(finding.size());
    for (std::uint32_t image = 0; image < finding.size(); ++image) {
      if (finding[image] < 0 || companions_on(effect, image) != (with ? 1 : 0)) {
        continue;
      }
      side.kept[image] = 1;
      if (finding[image] > 0) {
        side.positives.push_back(image);
        ++positive_counts[resampling_.patient_of_image[image]];
      } else {
        negative_patients.insert(resampling_.patient_of_image[image]);
      }
    }
    std::vector<std::size_t> sizes;
    for (const auto& [patient, count] : positive_counts) {
      sizes.push_back(count);
    }
    side.positive_patients = sizes.size();
    side.negative_patients = negative_patients.size();
    side.effective_positives = effective_patients(sizes);
    return side;
  }

  /// How many seeds' dense and pruned networks call the finding on an image, and how many lose a call.
  struct Calls {
    double dense = 0.0;
    double pruned = 0.0;
    double lost = 0.0;
  };

  [[nodiscard]] Calls calls_on(std::size_t finding, std::uint32_t image) const {
    Calls calls;
    for (std::size_t seed = 0; seed < pair_.dense.size(); ++seed) {
      const double threshold = (*pair_.operating_points[seed])[finding];
      const bool before = static_cast<double>(pair_.dense[seed](image, finding)) >= threshold;
      const bool after = static_cast<double>(pair_.pruned[seed](image, finding)) >= threshold;
      calls.dense += before ? 1.0 : 0.0;
      calls.pruned += after ? 1.0 : 0.0;
      calls.lost += before && !after ? 1.0 : 0.0;
    }
    return calls;
  }

  /// The share of the dense networks' calls on the positives of a side that the pruned ones lose; seeds are summed.
  [[nodiscard]] CallLoss call_loss(std::size_t finding, const Side& side) const {
    CallLoss loss;
    if (std::any_of(pair_.operating_points.begin(), pair_.operating_points.end(),
                    [&](const std::vector<double>* thresholds) { return std::isnan((*thresholds)[finding]); })) {
      return loss;
    }
    std::vector<WeightedSum::Term> lost;
    std::vector<WeightedSum::Term> called;
    std::map<std::uint32_t, std::pair<std::size_t, std::size_t>> patients;  // calls that are lost, and that stay
    Calls sum;
    for (const std::uint32_t image : side.positives) {
      const Calls calls = calls_on(finding, image);
      const std::uint32_t patient = resampling_.patient_of_image[image];
      lost.push_back({patient, calls.lost});
      called.push_back({patient, calls.dense});
      patients[patient].first += static_cast<std::size_t>(calls.lost);
      patients[patient].second += static_cast<std::size_t>(calls.dense - calls.lost);
      sum = {sum.dense + calls.dense, sum.pruned + calls.pruned, sum.lost + calls.lost};
    }
    const double shown = static_cast<double>(pair_.dense.size() * side.positives.size());
    loss.recall_dense = sum.dense / shown;
    loss.recall_pruned = sum.pruned / shown;
    loss.count_patients(patients);
    if (sum.dense > 0.0) {
      loss.lost.estimate = sum.lost / sum.dense;
      loss.lost.replicates = WeightedSum(std::move(lost)).evaluate(resampling_.resamples);
      const std::vector<double> all = WeightedSum(std::move(called)).evaluate(resampling_.resamples);
      for (std::size_t i = 0; i < all.size(); ++i) {
        loss.lost.replicates[i] = all[i] > 0.0 ? loss.lost.replicates[i] / all[i] : kNone;
      }
    }
    return loss;
  }

  [[nodiscard]] CompanionEffect::Loss recall_loss(std::size_t finding, const Side& with, const Side& without) const {
    const CallLoss here = call_loss(finding, with);
    const CallLoss elsewhere = call_loss(finding, without);
    CompanionEffect::Loss loss = compared(here.lost, elsewhere.lost, here.can_tell() && elsewhere.can_tell(),
                                          std::min(here.effective_patients, elsewhere.effective_patients));
    const auto figure = [](double value) { return std::isnan(value) ? Figure{} : value; };
    loss.dense_with = figure(here.recall_dense);
    loss.dense_without = figure(elsewhere.recall_dense);
    loss.pruned_with = figure(here.recall_pruned);
    loss.pruned_without = figure(elsewhere.recall_pruned);
    return loss;
  }

  [[nodiscard]] Resampled ap_of(const ScoreOrder& order, const Side& side) const {
    Resampled result;
    result.estimate = average_precision_of(order, side.kept);
    const WeightedRanking ranking(order, resampling_.patient_of_image, side.kept);
    std::array<double, PatientResamples::kLanes> auroc{};
    result.replicates.resize(resampling_.resamples.blocks() * PatientResamples::kLanes);
    for (std::size_t block = 0; block < resampling_.resamples.blocks(); ++block) {
      const auto here =
          std::span(result.replicates).subspan(block * PatientResamples::kLanes, PatientResamples::kLanes);
      ranking.evaluate(resampling_.resamples, block, here, auroc);
    }
    result.replicates.resize(resampling_.resamples.resamples());
    return result;
  }

  /// Means over seeds: of both APs, and of (AP dense - AP pruned) / AP dense on the side's images.
  struct ApLoss {
    double dense = 0.0;
    double pruned = 0.0;
    Resampled lost;
  };

  [[nodiscard]] ApLoss ap_loss(std::size_t finding, const Side& side) const {
    const auto seeds = static_cast<double>(pair_.dense.size());
    ApLoss loss;
    loss.lost = {0.0, std::vector<double>(resampling_.resamples.resamples())};
    for (std::size_t seed = 0; seed < pair_.dense.size(); ++seed) {
      const Resampled dense = ap_of(orders_.dense(seed, finding), side);
      const Resampled pruned = ap_of(orders_.pruned(seed, finding), side);
      loss.dense += dense.estimate / seeds;
      loss.pruned += pruned.estimate / seeds;
      loss.lost.estimate += (dense.estimate - pruned.estimate) / dense.estimate / seeds;
      for (std::size_t i = 0; i < loss.lost.replicates.size(); ++i) {
        loss.lost.replicates[i] += (dense.replicates[i] - pruned.replicates[i]) / dense.replicates[i] / seeds;
      }
    }
    return loss;
  }

  [[nodiscard]] CompanionEffect::Loss ap_loss(std::size_t finding, const Side& with, const Side& without) const {
    const ApLoss here = ap_loss(finding, with);
    const ApLoss elsewhere = ap_loss(finding, without);
    CompanionEffect::Loss loss =
        compared(here.lost, elsewhere.lost, true, std::min(with.effective_positives, without.effective_positives));
    loss.dense_with = here.dense;
    loss.dense_without = elsewhere.dense;
    loss.pruned_with = here.pruned;
    loss.pruned_without = elsewhere.pruned;
    return loss;
  }

  /// Without an interval and a p where the sides `can_tell` nothing.
  static CompanionEffect::Loss compared(const Resampled& with, const Resampled& without, bool can_tell,
                                        double effective_patients) {
    CompanionEffect::Loss loss;
    if (std::isnan(with.estimate) || std::isnan(without.estimate)) {
      return loss;
    }
    loss.loss_with = with.estimate;
    loss.loss_without = without.estimate;
    loss.excess = with.estimate - without.estimate;
    if (can_tell) {
      std::vector<double> excess(with.replicates.size());
      std::transform(with.replicates.begin(), with.replicates.end(), without.replicates.begin(), excess.begin(),
                     std::minus<>());
      const BootstrapOptions bootstrap = {.confidence = 0.95, .effective_patients = effective_patients};
      loss.interval = percentile_interval(excess, bootstrap);
      loss.p = bootstrap_p(*loss.excess, excess, bootstrap);
    }
    return loss;
  }

  const std::vector<ClassLabels>& labels_;
  const PrunedPair& pair_;
  const Resampling& resampling_;
  const AuditOptions& options_;
  Orders orders_;
};

void adjust(std::vector<CompanionEffect>& effects, CompanionEffect::Loss CompanionEffect::*figure) {
  std::vector<double> p_values;
  std::vector<CompanionEffect::Loss*> tested;
  for (CompanionEffect& effect : effects) {
    if ((effect.*figure).p) {
      p_values.push_back(*(effect.*figure).p);
      tested.push_back(&(effect.*figure));
    }
  }
  const std::vector<double> adjusted = holm(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    tested[i]->holm = adjusted[i];
  }
}

/// By the lower end of recall's interval, then of AP's; those without one last.
void rank_effects(std::vector<CompanionEffect>& effects) {
  const auto lower_end = [](const CompanionEffect::Loss& loss) {
    return loss.interval ? loss.interval->low : -std::numeric_limits<double>::infinity();
  };
  std::stable_sort(effects.begin(), effects.end(), [&](const CompanionEffect& a, const CompanionEffect& b) {
    return std::pair(lower_end(a.recall), lower_end(a.ap)) > std::pair(lower_end(b.recall), lower_end(b.ap));
  });
  for (std::size_t i = 0; i < effects.size(); ++i) {
    effects[i].rank = i + 1;
  }
}

/// Measures the candidates and keeps those that have enough patients; returns how many have not.
std::size_t measure_all(const EffectMeasurer& measurer, std::vector<CompanionEffect>& effects) {
  std::vector<char> kept(effects.size());
  parallel_for(effects.size(), [&](std::size_t i) { kept[i] = measurer.measure(effects[i]) ? 1 : 0; });
  std::size_t index = 0;
  const std::size_t left_out = std::erase_if(effects, [&](const CompanionEffect&) { return kept[index++] == 0; });
  adjust(effects, &CompanionEffect::recall);
  adjust(effects, &CompanionEffect::ap);
  rank_effects(effects);
  return left_out;
}

std::vector<CompanionEffect> candidates(std::size_t classes, bool two_companions) {
  std::vector<CompanionEffect> effects;
  for (std::size_t finding = 0; finding < classes; ++finding) {
    for (std::size_t first = 0; first < classes; ++first) {
      for (std::size_t second = two_companions ? first + 1 : first; second < classes; ++second) {
        if (finding != first && finding != second) {
          CompanionEffect& effect = effects.emplace_back();
          effect.finding = finding;
          effect.companions = two_companions ? std::vector{first, second} : std::vector{first};
        }
        if (!two_companions) {
          break;
        }
      }
    }
  }
  return effects;
}

}  // namespace

CompanionResult companion_effects(const std::vector<ClassLabels>& labels, const PrunedPair& pair,
                                  const Resampling& resampling, const AuditOptions& options) {
  const EffectMeasurer measurer(labels, pair, resampling, options);
  CompanionResult result;
  result.sparsity = pair.sparsity;
  result.pairs = candidates(labels.size(), false);
  result.pairs_left_out = measure_all(measurer, result.pairs);
  result.triples = candidates(labels.size(), true);
  result.triples_left_out = measure_all(measurer, result.triples);
  return result;
}

}  // namespace niwaki
