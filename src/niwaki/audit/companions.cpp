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
    const BootstrapOptions bootstrap = {
        .confidence = 0.95, .effective_patients = std::min(with.effective_positives, without.effective_positives)};
    effect.recall = compared(recall_loss(effect.finding, with), recall_loss(effect.finding, without), bootstrap);
    if (std::min(with.negative_patients, without.negative_patients) >= options_.minimum_patients) {
      effect.ap = compared(ap_loss(effect.finding, with), ap_loss(effect.finding, without), bootstrap);
    }
    return true;
  }

 private:
  /// 1 where all companions are there, 0 where one is known not to be, -1 where that is unknown.
  [[nodiscard]] int companions_on(const CompanionEffect& effect, std::size_t image) const {
    int all = 1;
    for (const std::size_t companion : effect.companions) {
      const int label = labels_[companion].values[image];
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

  /// How many seeds find the image's finding by the dense network, less those that find it by the pruned one.
  [[nodiscard]] double lost_calls(std::size_t finding, std::uint32_t image) const {
    double lost = 0.0;
    for (std::size_t seed = 0; seed < pair_.dense.size(); ++seed) {
      const double threshold = (*pair_.operating_points[seed])[finding];
      const auto called = [&](MatrixView<const float> scores) {
        return static_cast<double>(scores(image, finding)) >= threshold;
      };
      lost += (called(pair_.dense[seed]) ? 1.0 : 0.0) - (called(pair_.pruned[seed]) ? 1.0 : 0.0);
    }
    return lost;
  }

  /// Mean over seeds of recall dense minus pruned: linear in the images, so the seeds are summed first.
  [[nodiscard]] Resampled recall_loss(std::size_t finding, const Side& side) const {
    if (std::any_of(pair_.operating_points.begin(), pair_.operating_points.end(),
                    [&](const std::vector<double>* thresholds) { return std::isnan((*thresholds)[finding]); })) {
      return {};
    }
    const auto seeds = static_cast<double>(pair_.dense.size());
    std::vector<WeightedSum::Term> terms;
    Images patients;
    double sum = 0.0;
    for (const std::uint32_t image : side.positives) {
      const double lost = lost_calls(finding, image);
      terms.push_back({resampling_.patient_of_image[image], lost});
      patients.push_back(resampling_.patient_of_image[image]);
      sum += lost;
    }
    Resampled result;
    result.estimate = sum / (seeds * static_cast<double>(side.positives.size()));
    result.replicates = WeightedSum(std::move(terms)).evaluate(resampling_.resamples);
    const std::vector<double> images = WeightedCount(std::move(patients)).evaluate(resampling_.resamples);
    for (std::size_t i = 0; i < images.size(); ++i) {
      result.replicates[i] = images[i] > 0.0 ? result.replicates[i] / (seeds * images[i]) : kNone;
    }
    return result;
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

  /// Mean over seeds of (AP dense - AP pruned) / AP dense on the side's images.
  [[nodiscard]] Resampled ap_loss(std::size_t finding, const Side& side) const {
    const auto seeds = static_cast<double>(pair_.dense.size());
    Resampled result{0.0, std::vector<double>(resampling_.resamples.resamples())};
    for (std::size_t seed = 0; seed < pair_.dense.size(); ++seed) {
      const Resampled dense = ap_of(orders_.dense(seed, finding), side);
      const Resampled pruned = ap_of(orders_.pruned(seed, finding), side);
      result.estimate += (dense.estimate - pruned.estimate) / dense.estimate / seeds;
      for (std::size_t i = 0; i < result.replicates.size(); ++i) {
        result.replicates[i] += (dense.replicates[i] - pruned.replicates[i]) / dense.replicates[i] / seeds;
      }
    }
    return result;
  }

  static CompanionEffect::Loss compared(const Resampled& with, const Resampled& without,
                                        const BootstrapOptions& bootstrap) {
    CompanionEffect::Loss loss;
    if (std::isnan(with.estimate) || std::isnan(without.estimate)) {
      return loss;
    }
    loss.loss_with = with.estimate;
    loss.loss_without = without.estimate;
    loss.excess = with.estimate - without.estimate;
    std::vector<double> excess(with.replicates.size());
    std::transform(with.replicates.begin(), with.replicates.end(), without.replicates.begin(), excess.begin(),
                   std::minus<>());
    loss.interval = percentile_interval(excess, bootstrap);
    loss.p = bootstrap_p(*loss.excess, excess, bootstrap);
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

/// By what is sure to be lost: the lower end of recall's interval, then of AP's; those without one last.
void rank_effects(std::vector<CompanionEffect>& effects) {
  const auto sure = [](const CompanionEffect::Loss& loss) {
    return loss.interval ? loss.interval->low : -std::numeric_limits<double>::infinity();
  };
  std::stable_sort(effects.begin(), effects.end(), [&](const CompanionEffect& a, const CompanionEffect& b) {
    return std::pair(sure(a.recall), sure(a.ap)) > std::pair(sure(b.recall), sure(b.ap));
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
