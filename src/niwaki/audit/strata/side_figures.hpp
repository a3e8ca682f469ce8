#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/audit/companions.hpp"
#include "niwaki/audit/measured_grid.hpp"

namespace niwaki {

/// A figure and what it is in each resample; NaN where that cannot be had.
struct Resampled {
  double value = 0.0;
  std::vector<double> replicates;
};

/// a - b, resample by resample.
Resampled difference(const Resampled& a, const Resampled& b);
/// The mean of several. There is at least one.
Resampled mean(std::span<const Resampled* const> figures);

/// AUROC and AP of one class on some images (a group, or all others), means over seeds.
struct SideFigures {
  Resampled auroc_dense, auroc_pruned, ap_dense, ap_pruned;
};

/// How many images and patients of either kind some images show of a class.
struct SideCounts {
  std::size_t positives = 0, negatives = 0;
  std::size_t positive_patients = 0, negative_patients = 0;
  double effective_patients = 0.0;

  [[nodiscard]] bool enough(std::size_t patients) const {
    return positive_patients >= patients && negative_patients >= patients;
  }
};
SideCounts count_side(const ClassLabels& labels, std::span<const char> kept, std::span<const std::uint32_t> patients);

/// Of the images for which `kept` is not 0, one an entry of `sides`; those that are null are passed over and stay
/// empty.
std::vector<SideFigures> measure_sides(const ClassLabels& labels, std::size_t column, const PrunedPair& pair,
                                       std::span<const std::vector<char>* const> sides, const Resampling& resampling);

}  // namespace niwaki
