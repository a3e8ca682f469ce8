#pragma once

#include <vector>

#include "niwaki/audit/readers/analysis.hpp"

namespace niwaki {

/// Finds each reading's entry in the key by its opaque id, whatever the order of rows; by reader and id. Throws
/// InputError as analyse_readings() does.
std::vector<JoinedReading> join_readings(const std::vector<KeyEntry>& key, const std::vector<Reading>& readings);

}  // namespace niwaki
