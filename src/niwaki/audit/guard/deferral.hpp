#pragma once

#include <vector>

#include "niwaki/audit/guard/guard.hpp"

namespace niwaki {

/// Fills GuardResult::signals from its images: thresholds learnt on the calibration images, shares caught on the test
/// images, times.
void measure_deferral(const GuardData& data, const std::vector<SignalName>& names, GuardResult& result);

/// [seed][image]: whether it goes to the dense network by the signal in this column.
std::vector<std::vector<char>> deferred_images(const GuardImages& images, std::size_t column,
                                               const DeferralPoint& point);

}  // namespace niwaki
