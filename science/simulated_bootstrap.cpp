#include "simulated_bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/core/matrix_view.hpp"
#include "niwaki/metrics/quantile.hpp"
#include "niwaki/metrics/ranking.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

std::vector<double> values_of(const Measure& measure, const Replicates& replicates, std::size_t network) {
  const auto& all = measure.of_auroc ? replicates.auroc : replicates.ap;
  if (measure.change == nullptr) {
    return all[kDense];
  }
  std::vector<double> values(all[kDense].size());
  std::transform(all[network].begin(), all[network].end(), all[kDense].begin(), values.begin(), measure.change);
  return values;
}

Intervals audit_band(const Measure& measure, const Bootstrap& bootstrap) {
  std::vector<double> estimates;
  std::vector<double> replicates;
  for (std::size_t network = kFirstPruned; network < kNetworks; ++network) {
    estimates.push_back(value_of(measure, bootstrap.estimates, network));
    const std::vector<double> values = values_of(measure, bootstrap.replicates, network);
    replicates.insert(replicates.end(), values.begin(), values.end());
  }
  const MatrixView<const double> view(replicates.data(), estimates.size(), replicates.size() / estimates.size());
  return simultaneous_band(estimates, view, bootstrap.options);
}

std::optional<Interval> plain_interval(const Measure& measure, const Bootstrap& bootstrap, std::size_t network) {
  std::vector<double> values = values_of(measure, bootstrap.replicates, network);
  values.erase(std::remove_if(values.begin(), values.end(), [](double value) { return std::isnan(value); }),
               values.end());
  if (values.empty()) {
    return std::nullopt;
  }
  constexpr double kTail = (1.0 - kConfidence) / 2.0;
  return Interval{quantile(values, kTail).value(), quantile(values, 1.0 - kTail).value()};
}

}  // namespace

double difference(double pruned, double dense) {
  return pruned - dense;
}

double relative_change(double pruned, double dense) {
  return (pruned - dense) / (dense + 1e-12);
}

Figures figures_of(const SimulatedCohort& cohort) {
  Figures figures;
  for (std::size_t network = 0; network < kNetworks; ++network) {
    const RankedScores ranked(cohort.scores[network], cohort.labels);
    figures.ap[network] = average_precision(ranked).value();
    figures.auroc[network] = auroc(ranked).value();
  }
  return figures;
}

double value_of(const Measure& measure, const Figures& figures, std::size_t network) {
  const auto& all = measure.of_auroc ? figures.auroc : figures.ap;
  return measure.change == nullptr ? all[kDense] : measure.change(all[network], all[kDense]);
}

Bootstrap bootstrap_of(const SimulatedCohort& cohort, const Figures& estimates, std::span<const std::uint32_t> units,
                       const PatientResamples& resamples, double effective_units) {
  constexpr std::size_t kLanes = PatientResamples::kLanes;
  Bootstrap bootstrap;
  bootstrap.estimates = estimates;
  bootstrap.options = {.confidence = kConfidence, .effective_patients = effective_units};
  for (std::size_t network = 0; network < kNetworks; ++network) {
    const WeightedRanking ranking(cohort.scores[network], cohort.labels, units);
    std::vector<double>& ap = bootstrap.replicates.ap[network];
    std::vector<double>& auroc = bootstrap.replicates.auroc[network];
    ap.resize(resamples.blocks() * kLanes);
    auroc.resize(ap.size());
    for (std::size_t block = 0; block < resamples.blocks(); ++block) {
      ranking.evaluate(resamples, block, std::span(ap).subspan(block * kLanes, kLanes),
                       std::span(auroc).subspan(block * kLanes, kLanes));
    }
    ap.resize(resamples.resamples());
    auroc.resize(resamples.resamples());
  }
  const auto positives = static_cast<double>(std::count(cohort.labels.begin(), cohort.labels.end(), 1));
  const double pairs = positives * (static_cast<double>(cohort.images()) - positives);
  bootstrap.auroc_resolution = 0.25 / pairs;  // half of the smallest step, which is one pair becoming tied
  return bootstrap;
}

Intervals audit_intervals(const Measure& measure, const Bootstrap& bootstrap) {
  if (measure.band) {
    return audit_band(measure, bootstrap);
  }
  const std::vector<double> values = values_of(measure, bootstrap.replicates, kPaired);
  const bool bounded = measure.of_auroc && measure.change == nullptr;
  const std::optional<Interval> interval = bounded
                                               ? logit_interval(value_of(measure, bootstrap.estimates, kDense), values,
                                                                bootstrap.auroc_resolution, bootstrap.options)
                                               : percentile_interval(values, bootstrap.options);
  return interval ? Intervals({*interval}) : std::nullopt;
}

Intervals plain_intervals(const Measure& measure, const Bootstrap& bootstrap) {
  std::vector<Interval> intervals;
  const std::size_t first = measure.band ? kFirstPruned : kPaired;
  const std::size_t last = measure.band ? kNetworks - 1 : kPaired;
  for (std::size_t network = first; network <= last; ++network) {
    const std::optional<Interval> interval = plain_interval(measure, bootstrap, network);
    if (!interval) {
      return std::nullopt;
    }
    intervals.push_back(*interval);
  }
  return intervals;
}

std::optional<double> twin_p(const Measure& measure, const Bootstrap& bootstrap) {
  return bootstrap_p(value_of(measure, bootstrap.estimates, kTwin), values_of(measure, bootstrap.replicates, kTwin),
                     bootstrap.options);
}

}  // namespace niwaki
