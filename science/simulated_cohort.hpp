#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "niwaki/core/random.hpp"

namespace niwaki {

/// How many images a patient has.
enum class VisitPattern {
  kGeometric,  // 1, 2, ..., of mean about 3, at most 20
  kTestList,   // as on NIH ChestX-ray14's test list: half of the patients have one, the others a lognormal number of
               // median 9, at most 184; mean about 9
};

/// A cohort with one chronic finding, and networks that look for it. docs/science.md has the formulas.
struct CohortModel {
  double prevalence = 0.02;  // of the finding, over images
  VisitPattern visits = VisitPattern::kGeometric;
  double trait_share = 0.7;         // of the finding's latent variance, the same for all images of a patient
  double separation = 1.6;          // how far a positive image's score lies above a negative one's
  double patient_deviation = 0.8;   // of scores, between patients
  double image_deviation = 0.6;     // of scores, between images of one patient
  double twin_shared_share = 0.64;  // of the twin's noise variance, that the dense network has too
};

// Networks of a simulated cohort. The twin is as good as the dense network, and errs elsewhere.
constexpr std::size_t kDense = 0;
constexpr std::size_t kTwin = 1;
constexpr std::size_t kFirstPruned = 2;
/// How far each pruned network is worn: 0 is the dense network, 1 noise.
constexpr std::array kWear{0.1, 0.2, 0.4, 0.6, 0.8, 0.95};
constexpr std::size_t kNetworks = kFirstPruned + kWear.size();

struct SimulatedCohort {
  std::vector<std::int8_t> labels;      // one an image
  std::vector<std::uint32_t> patients;  // of each image, rising
  std::array<std::vector<float>, kNetworks> scores;

  [[nodiscard]] std::size_t images() const { return labels.size(); }
};

SimulatedCohort draw_cohort(const CohortModel& model, std::size_t patients, RandomStream& random);

/// Of each patient who has a positive image, how many he has.
std::vector<std::size_t> positive_images(const SimulatedCohort& cohort);

}  // namespace niwaki
