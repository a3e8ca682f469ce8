#pragma once

#include <vector>

#include "niwaki/audit/guard/guard.hpp"

namespace niwaki {

/// Fills GuardResult::signals from its images: thresholds learnt on the calibration images, shares caught on the test
/// images, times.
void measure_deferral(const GuardData& data, const std::vector<SignalName>& names, GuardResult& result);

/// [seed][image] of the test images: whether it goes to the dense network.
std::vector<std::vector<char>> deferred_images(const GuardResult& result, const SignalResult& signal, std::size_t rate);

}  // namespace niwaki
