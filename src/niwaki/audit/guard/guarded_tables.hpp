#pragma once

#include <filesystem>

#include "niwaki/audit/guard/guard.hpp"

namespace niwaki {

/// Writes what the guarded system says of the test images, as a grid that `niwaki audit` and `niwaki certify` read:
///   labels.csv                the test images
///   scores/scores.csv         manifest: dense, the pruned method, and <method>@guard-<rate> for each rate
///   scores/dense/seed-S.npy, scores/pruned/..., scores/guard-0.10/...
/// and, where calibration and test images are of one label file, the same of the calibration images as
/// calibration-labels.csv and calibration-scores/. Each file appears whole or not at all, manifests last. File names
/// hold no name from the input.
void write_guarded_tables(const GuardData& data, const GuardResult& result, const std::filesystem::path& folder);

/// "guard-0.10": two decimals, more where needed.
std::string guard_rate_name(double rate);

}  // namespace niwaki
