#pragma once

#include <optional>
#include <span>
#include <vector>

namespace niwaki {

/// What several raters said of one item, in any order; an answer that is missing is simply not there.
using ItemRatings = std::vector<double>;

/// Fleiss' kappa (Psychological Bulletin 76, 1971): agreement beyond chance, every distinct value a category. Where all
/// items have the same number of ratings it is Fleiss' own; where they differ, the general form of Gwet (Handbook
/// of Inter-Rater Reliability, 4th ed., 2014, chapter 2): observed agreement is the mean over items with two or more
/// ratings of the share of equal pairs, and a category's chance is the mean over items with any rating of its share
/// there. Nothing where no item has two ratings, or where all ratings are the same. No value may be NaN.
std::optional<double> fleiss_kappa(std::span<const ItemRatings> items);

/// How far apart two values are, squared (Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011).
enum class MeasurementLevel {
  kNominal,   // 1 where they differ
  kOrdinal,   // (ratings from one to the other, each end counting half)^2
  kInterval,  // (a - b)^2
};

/// Krippendorff's alpha, 1 - observed / expected disagreement, from coincidences; items with fewer than two
/// ratings have no pair and are left out, so ratings may be missing anywhere. Nothing where there is no pair, or where
/// all ratings in pairs are the same. No value may be NaN.
std::optional<double> krippendorff_alpha(std::span<const ItemRatings> items, MeasurementLevel level);

}  // namespace niwaki
