#include "niwaki/audit/strata/image_measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/calibration.hpp"
#include "niwaki/metrics/correlation.hpp"
#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {
namespace {

double log_loss(float score, std::int8_t label) {
  const double p = std::clamp(static_cast<double>(score), kLogLossClip, 1.0 - kLogLossClip);
  return label > 0 ? -std::log(p) : -std::log1p(-p);
}

/// Values in rising order, so that their ranks in a resample follow from the images' weights.
class WeightedRanks {
 public:
  explicit WeightedRanks(const std::vector<double>& values) : values_(values), order_(values.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  }

  /// Average ranks among the images copied out as often as they weigh.
  void ranks(const std::vector<double>& weights, std::vector<double>& ranks) const {
    double before = 0.0;
    for (std::size_t begin = 0; begin < order_.size();) {
      std::size_t end = begin;
      double together = 0.0;
      while (end < order_.size() && values_[order_[end]] == values_[order_[begin]]) {
        together += weights[order_[end++]];
      }
      for (; begin < end; ++begin) {
        ranks[order_[begin]] = before + (together + 1.0) / 2.0;
      }
      before += together;
    }
  }

 private:
  const std::vector<double>& values_;
  std::vector<std::size_t> order_;
};

double weighted_pearson(const std::vector<double>& x, const std::vector<double>& y,
                        const std::vector<double>& weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  const double middle = (total + 1.0) / 2.0;  // the mean of average ranks
  double xx = 0.0;
  double yy = 0.0;
  double xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = x[i] - middle;
    const double b = y[i] - middle;
    xx += weights[i] * a * a;
    yy += weights[i] * b * b;
    xy += weights[i] * a * b;
  }
  return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : std::numeric_limits<double>::quiet_NaN();
}

MeasureCorrelation correlation_of(const ImageMeasure& measure, std::span<const std::optional<double>> effects,
                                  const Resampling& resampling) {
  std::vector<double> x;
  std::vector<double> y;
  std::vector<std::uint32_t> patients;
  for (std::size_t image = 0; image < effects.size(); ++image) {
    if (measure.values[image] && effects[image]) {
      x.push_back(*measure.values[image]);
      y.push_back(*effects[image]);
      patients.push_back(resampling.patient_of_image[image]);
    }
  }
  MeasureCorrelation result{.images = x.size(), .spearman = {}, .p = {}, .holm = {}};
  result.spearman.value = spearman(x, y);
  if (!result.spearman.value) {
    return result;
  }
  std::vector<std::size_t> images_of(resampling.resamples.patients());
  for (const std::uint32_t patient : patients) {
    ++images_of[patient];
  }
  const WeightedRanks ranks_x(x);
  const WeightedRanks ranks_y(y);
  std::vector<double> replicates(resampling.resamples.resamples());
  std::vector<double> weights(x.size());
  std::vector<double> a(x.size());
  std::vector<double> b(x.size());
  for (std::size_t resample = 0; resample < replicates.size(); ++resample) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      weights[i] = resampling.resamples.weight(resample, patients[i]);
    }
    ranks_x.ranks(weights, a);
    ranks_y.ranks(weights, b);
    replicates[resample] = weighted_pearson(a, b, weights);
  }
  const BootstrapOptions bootstrap{.confidence = 0.95, .effective_patients = effective_patients(images_of)};
  result.spearman.interval = percentile_interval(replicates, bootstrap);
  result.p = bootstrap_p(*result.spearman.value, replicates, bootstrap);
  return result;
}

}  // namespace

std::vector<std::optional<double>> loss_rises(const std::vector<ClassLabels>& labels, const PrunedPair& pair) {
  const std::size_t images = labels.front().values.size();
  std::vector<std::optional<double>> rises(images);
  for (std::size_t image = 0; image < images; ++image) {
    double sum = 0.0;
    std::size_t counted = 0;
    for (std::size_t column = 0; column < labels.size(); ++column) {
      const std::int8_t label = labels[column].values[image];
      for (std::size_t seed = 0; label >= 0 && seed < pair.dense.size(); ++seed) {
        sum += log_loss(pair.pruned[seed](image, column), label) - log_loss(pair.dense[seed](image, column), label);
        ++counted;
      }
    }
    if (counted > 0) {
      rises[image] = sum / static_cast<double>(counted);
    }
  }
  return rises;
}

ImageMeasuresResult correlate_measures(const std::vector<ImageMeasure>& measures,
                                       const std::vector<ClassLabels>& labels, const PrunedPair& pair,
                                       std::span<const std::optional<double>> agreements,
                                       const Resampling& resampling) {
  ImageMeasuresResult result{.sparsity = pair.sparsity, .measures = {}};
  const std::vector<std::optional<double>> losses = loss_rises(labels, pair);
  for (const ImageMeasure& measure : measures) {
    result.measures.push_back({.name = measure.name, .loss = {}, .agreement = {}});
  }
  parallel_for(2 * measures.size(), [&](std::size_t task) {
    MeasureEffects& effects = result.measures[task / 2];
    const bool of_loss = task % 2 == 0;
    (of_loss ? effects.loss : effects.agreement) = correlation_of(
        measures[task / 2], of_loss ? std::span<const std::optional<double>>(losses) : agreements, resampling);
  });
  std::vector<MeasureCorrelation*> tested;
  std::vector<double> p_values;
  for (MeasureEffects& effects : result.measures) {
    for (MeasureCorrelation* correlation : {&effects.loss, &effects.agreement}) {
      if (correlation->p) {
        tested.push_back(correlation);
        p_values.push_back(*correlation->p);
      }
    }
  }
  const std::vector<double> adjusted = holm(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    tested[i]->holm = adjusted[i];
  }
  return result;
}

}  // namespace niwaki
