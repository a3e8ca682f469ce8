#pragma once

#include "niwaki/audit/guard/guard.hpp"

namespace niwaki {

/// Fills GuardResult::guarded: what the dense, the pruned and, at each rate, the guarded system by `signal` say of each
/// class of the test images.
void measure_guarded_classes(const GuardData& data, const SignalResult& signal, GuardResult& result);

/// The scores of the guarded system of one seed: the dense network's rows where an image was deferred, else `kept`.
std::vector<float> guarded_scores(const GuardTables& tables, const std::vector<float>& kept,
                                  const std::vector<char>& deferred);

}  // namespace niwaki
