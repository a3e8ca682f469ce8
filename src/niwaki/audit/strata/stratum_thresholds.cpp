#include "niwaki/audit/strata/stratum_thresholds.hpp"

#include <array>
#include <cmath>
#include <optional>

#include "niwaki/core/random.hpp"
#include "niwaki/metrics/operating_point.hpp"
#include "niwaki/metrics/ranking.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

constexpr int kHalves = 2;

/// Sensitivity and specificity of calls, each over all resamples.
struct CallFigures {
  Resampled sensitivity, specificity;
};

/// Share of the images of one kind (label 1 or 0) for which `right` holds.
template <typename Right>
Resampled share(const ClassLabels& labels, std::span<const int> halves, int kind, const Resampling& resampling,
                const Right& right) {
  std::vector<std::uint32_t> all;
  std::vector<std::uint32_t> met;
  for (std::size_t image = 0; image < labels.values.size(); ++image) {
    if (halves[image] >= 0 && labels.values[image] == kind) {
      all.push_back(resampling.patient_of_image[image]);
      if (right(image)) {
        met.push_back(resampling.patient_of_image[image]);
      }
    }
  }
  Resampled result{static_cast<double>(met.size()) / static_cast<double>(all.size()), {}};
  result.replicates = WeightedCount(std::move(met)).evaluate(resampling.resamples);
  const std::vector<double> totals = WeightedCount(std::move(all)).evaluate(resampling.resamples);
  for (std::size_t i = 0; i < totals.size(); ++i) {
    result.replicates[i] /= totals[i];  // NaN where a resample has none
  }
  return result;
}

/// `thresholds`: for images of either half.
CallFigures figures_of_calls(std::span<const float> scores, const ClassLabels& labels, std::span<const int> halves,
                             const std::array<double, kHalves>& thresholds, const Resampling& resampling) {
  const auto called = [&](std::size_t image) {
    return static_cast<double>(scores[image]) >= thresholds[static_cast<std::size_t>(halves[image])];
  };
  return {share(labels, halves, 1, resampling, called),
          share(labels, halves, 0, resampling, [&](std::size_t image) { return !called(image); })};
}

/// The threshold that each half's images are called by: chosen on the other half.
std::optional<std::array<double, kHalves>> crossed_thresholds(std::span<const float> scores, const ClassLabels& labels,
                                                              std::span<const int> halves,
                                                              const OperatingPointRule& rule) {
  std::array<double, kHalves> thresholds{};
  for (int half = 0; half < kHalves; ++half) {
    std::vector<std::int8_t> values = labels.values;
    for (std::size_t image = 0; image < values.size(); ++image) {
      values[image] = halves[image] == half ? values[image] : std::int8_t{-1};
    }
    const std::optional<double> chosen = choose_threshold(RankedScores(scores, values), rule);
    if (!chosen) {
      return std::nullopt;
    }
    thresholds[static_cast<std::size_t>(1 - half)] = *chosen;
  }
  return thresholds;
}

/// One kind of network (dense or pruned), both kinds of thresholds, every seed.
struct NetworkCalls {
  std::vector<CallFigures> carried, retuned;
};

Resampled sum_of(const CallFigures& calls) {
  Resampled sum = calls.sensitivity;
  sum.value += calls.specificity.value;
  for (std::size_t i = 0; i < sum.replicates.size(); ++i) {
    sum.replicates[i] += calls.specificity.replicates[i];
  }
  return sum;
}

StratumThresholds::Calls mean_calls(const std::vector<CallFigures>& seeds) {
  double sensitivity = 0.0;
  double specificity = 0.0;
  for (const CallFigures& calls : seeds) {
    sensitivity += calls.sensitivity.value / static_cast<double>(seeds.size());
    specificity += calls.specificity.value / static_cast<double>(seeds.size());
  }
  return {sensitivity, specificity};
}

Resampled mean_gain(const NetworkCalls& network) {
  std::vector<Resampled> gains;
  for (std::size_t seed = 0; seed < network.carried.size(); ++seed) {
    gains.push_back(difference(sum_of(network.retuned[seed]), sum_of(network.carried[seed])));
  }
  std::vector<const Resampled*> places;
  for (const Resampled& gain : gains) {
    places.push_back(&gain);
  }
  return mean(places);
}

}  // namespace

std::vector<int> halves_of(std::span<const char> kept, std::span<const std::uint32_t> patients, std::uint64_t seed) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> number(patients.size(), kNone);  // of a patient within the group, by first appearance
  std::size_t count = 0;
  for (std::size_t image = 0; image < patients.size(); ++image) {
    if (kept[image] != 0 && number[patients[image]] == kNone) {
      number[patients[image]] = count++;
    }
  }
  RandomStream random(seed, "audit/strata/halves");
  const std::vector<std::size_t> order = random.permutation(count);
  std::vector<int> halves(patients.size(), -1);
  for (std::size_t image = 0; image < patients.size(); ++image) {
    if (kept[image] != 0) {
      halves[image] = order[number[patients[image]]] < count / 2 ? 0 : 1;
    }
  }
  return halves;
}

RetunedClass retune_class(const ClassLabels& labels, std::size_t column, const PrunedPair& pair,
                          std::span<const int> halves, double effective_patients, const Resampling& resampling,
                          const OperatingPointRule& rule) {
  NetworkCalls dense;
  NetworkCalls pruned;
  for (std::size_t seed = 0; seed < pair.dense.size(); ++seed) {
    const double carried = (*pair.operating_points[seed])[column];
    if (std::isnan(carried)) {
      return {};
    }
    for (NetworkCalls* network : {&dense, &pruned}) {
      const std::vector<float> scores = (network == &dense ? pair.dense : pair.pruned)[seed].column(column);
      const auto retuned = crossed_thresholds(scores, labels, halves, rule);
      if (!retuned) {
        return {};
      }
      network->carried.push_back(figures_of_calls(scores, labels, halves, {carried, carried}, resampling));
      network->retuned.push_back(figures_of_calls(scores, labels, halves, *retuned, resampling));
    }
  }
  const BootstrapOptions bootstrap{.confidence = 0.95, .effective_patients = effective_patients};
  RetunedClass result;
  result.dense_gain = mean_gain(dense);
  result.pruned_gain = mean_gain(pruned);
  result.thresholds = {
      .dense_carried = mean_calls(dense.carried),
      .dense_retuned = mean_calls(dense.retuned),
      .pruned_carried = mean_calls(pruned.carried),
      .pruned_retuned = mean_calls(pruned.retuned),
      .dense_gain = {result.dense_gain.value, percentile_interval(result.dense_gain.replicates, bootstrap)},
      .pruned_gain = {result.pruned_gain.value, percentile_interval(result.pruned_gain.replicates, bootstrap)}};
  return result;
}

}  // namespace niwaki
