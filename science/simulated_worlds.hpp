#pragma once

#include <cstddef>
#include <vector>

#include "niwaki/audit/certificate/certificate.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {

/// What is true of one class in a simulated world, for each candidate of the walk: shares of patients.
/// docs/certificate.md says how images follow.
struct TrueClass {
  std::size_t positive_patients = 0;
  std::vector<double> missed;        // of the patients whom the dense network detects
  std::vector<double> false_alarms;  // of the patients without the finding whom it does not call; none where empty
};

struct WorldModel {
  std::vector<TrueClass> classes;
  std::size_t healthy_patients = 0;  // without any finding
  double sensitivity = 0.8;          // of the dense network: patients whom it detects
  bool one_image = true;             // a patient; else 1, 2, ..., of mean 3, at most 20
  /// Of the images of a patient who keeps the finding: lost all the same, save one that is not.
  double images_lost = 0.0;

  [[nodiscard]] std::size_t candidates() const { return classes.front().missed.size(); }
};

/// A world's patients to certify; those that build and test are one image each of either kind, so that the threshold
/// lies where it should.
CertificateData draw_world(const WorldModel& model, RandomStream& random);

}  // namespace niwaki
