#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// The images that pruning is calibrated on: of patients in the order that the stream "prune/calibration" of `seed`
/// draws them, all images, until there are `images` of them (of the last patient as many as fit). Rising rows of
/// `training`; all where it has no more.
std::vector<std::size_t> calibration_rows(const Cohort& training, std::size_t images, std::uint64_t seed);

}  // namespace niwaki
