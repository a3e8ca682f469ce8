#include "niwaki/metrics/patient_resamples.hpp"

#include <algorithm>
#include <limits>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {

PatientResamples::PatientResamples(std::size_t patients, std::size_t resamples, std::uint64_t seed)
    : patients_(patients), resamples_(resamples) {
  NIWAKI_CHECK(patients >= 1 && resamples >= 1, "{} resamples of {} patients", resamples, patients);
  weights_.resize(blocks() * patients * kLanes);
  parallel_for(blocks(), [&](std::size_t block) {
    std::uint8_t* weights = weights_.data() + block * patients * kLanes;
    const std::size_t lanes = std::min(kLanes, resamples - block * kLanes);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      RandomStream random(seed, "metrics/patient-resamples", {block * kLanes + lane});
      for (std::size_t drawn = 0; drawn < patients; ++drawn) {
        std::uint8_t& weight = weights[random.below(patients) * kLanes + lane];
        // One patient drawn 255 times of n draws from n: the chance is below 1e-500.
        NIWAKI_CHECK(weight < std::numeric_limits<std::uint8_t>::max(), "a patient was drawn too often");
        ++weight;
      }
    }
  });
  largest_weight_ = *std::max_element(weights_.begin(), weights_.end());
}

}  // namespace niwaki
