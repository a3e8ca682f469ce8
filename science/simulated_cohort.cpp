#include "simulated_cohort.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

namespace niwaki {
namespace {

std::size_t draw_visits(VisitPattern pattern, RandomStream& random) {
  std::size_t visits = 1;
  if (pattern == VisitPattern::kGeometric) {
    constexpr std::size_t kMost = 20;
    constexpr double kAnother = 2.0 / 3.0;
    while (visits < kMost && random.chance(kAnother)) {
      ++visits;
    }
    return visits;
  }
  constexpr double kMost = 184.0;
  constexpr double kMedian = 9.0;
  constexpr double kDeviation = 1.15;  // of the logarithm
  if (random.chance(0.5)) {
    return visits;
  }
  return static_cast<std::size_t>(std::ceil(std::min(kMost, kMedian * std::exp(kDeviation * random.normal()))));
}

/// What a score errs by: the same part for all images of a patient, and one for each image. There are three
/// independent ones: the dense network's, the twin's own and the worn networks'.
using Noise = std::array<double, 3>;

Noise draw_noise(double deviation, RandomStream& random) {
  Noise noise{};
  for (double& value : noise) {
    value = deviation * random.normal();
  }
  return noise;
}

float probability(double logit) {
  return static_cast<float>(1.0 / (1.0 + std::exp(2.0 - logit)));
}

void add_scores(const CohortModel& model, bool positive, const Noise& noise, SimulatedCohort& cohort) {
  const double signal = positive ? model.separation : 0.0;
  const auto [own, twin, worn] = noise;
  cohort.scores[kDense].push_back(probability(signal + own));
  cohort.scores[kTwin].push_back(
      probability(signal + std::sqrt(model.twin_shared_share) * own + std::sqrt(1.0 - model.twin_shared_share) * twin));
  for (std::size_t step = 0; step < kWear.size(); ++step) {
    const double wear = kWear[step];
    cohort.scores[kFirstPruned + step].push_back(
        probability((1.0 - wear) * signal + std::sqrt(1.0 - wear * wear) * own + wear * worn));
  }
}

}  // namespace

SimulatedCohort draw_cohort(const CohortModel& model, std::size_t patients, RandomStream& random) {
  const double threshold = boost::math::quantile(boost::math::normal(), 1.0 - model.prevalence);
  SimulatedCohort cohort;
  for (std::size_t patient = 0; patient < patients; ++patient) {
    const double trait = std::sqrt(model.trait_share) * random.normal();
    const Noise patient_noise = draw_noise(model.patient_deviation, random);
    const std::size_t visits = draw_visits(model.visits, random);
    for (std::size_t visit = 0; visit < visits; ++visit) {
      const bool positive = trait + std::sqrt(1.0 - model.trait_share) * random.normal() > threshold;
      Noise noise = draw_noise(model.image_deviation, random);
      std::transform(noise.begin(), noise.end(), patient_noise.begin(), noise.begin(), std::plus<>());
      cohort.labels.push_back(positive ? 1 : 0);
      cohort.patients.push_back(static_cast<std::uint32_t>(patient));
      add_scores(model, positive, noise, cohort);
    }
  }
  return cohort;
}

std::vector<std::size_t> positive_images(const SimulatedCohort& cohort) {
  std::vector<std::size_t> counts;
  for (std::size_t image = 0; image < cohort.images();) {
    std::size_t count = 0;
    const std::uint32_t patient = cohort.patients[image];
    for (; image < cohort.images() && cohort.patients[image] == patient; ++image) {
      count += cohort.labels[image] == 1 ? 1 : 0;
    }
    if (count > 0) {
      counts.push_back(count);
    }
  }
  return counts;
}

}  // namespace niwaki
