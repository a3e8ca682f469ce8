#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/companions.hpp"
#include "niwaki/audit/measured_grid.hpp"
#include "niwaki/audit/strata/side_figures.hpp"
#include "niwaki/audit/strata/strata_result.hpp"

namespace niwaki {

/// Which half of a group each image belongs to (0 or 1), by patient, drawn from the stream "audit/strata/halves" of
/// `seed`; -1 for images outside the group.
std::vector<int> halves_of(std::span<const char> kept, std::span<const std::uint32_t> patients, std::uint64_t seed);

/// What one class's thresholds come to in a group, and the gains in each resample (empty where nothing can be had).
struct RetunedClass {
  StratumThresholds thresholds;
  Resampled dense_gain, pruned_gain;
  [[nodiscard]] bool there() const { return !pruned_gain.replicates.empty(); }
};

/// `halves`: of halves_of(). Nothing where a seed has no carried threshold, or a half cannot choose one.
RetunedClass retune_class(const ClassLabels& labels, std::size_t column, const PrunedPair& pair,
                          std::span<const int> halves, double effective_patients, const Resampling& resampling,
                          const OperatingPointRule& rule);

}  // namespace niwaki
