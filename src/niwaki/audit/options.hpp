#pragma once

#include <cstddef>
#include <cstdint>

#include "niwaki/metrics/operating_point.hpp"

namespace niwaki {

/// What an audit is asked.
struct AuditOptions {
  double exemplar_sparsity =
      0.90;  // at which exemplars are sought, in (0, 1]; where a grid lacks it, none are chosen and a note says so
  double exemplar_fraction = 0.05;     // share of images that are exemplars, in (0, 1)
  double drop = 0.20;                  // relative loss of AP that counts as forgotten, in (0, 1)
  double threshold = 0.5;              // probability at which F1 calls a finding present
  double tolerance = 0.05;             // relative loss of macro AP that is put up with, in (0, 1)
  double target_specificity = 0.95;    // at which sensitivity_at_specificity is read, in (0, 1)
  OperatingPointRule operating_point;  // how thresholds are chosen on the validation table; Youden's J
  std::size_t minimum_patients = 20;   // with, and without, a class; below, it gets no verdict; 2 or more
  std::size_t resamples = 0;           // of the patient bootstrap; 0: no intervals; else 100 to 1,000,000
  std::uint64_t seed = 1;              // of the bootstrap
  void check() const;                  // throws InputError naming the field
};

}  // namespace niwaki
