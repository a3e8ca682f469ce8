#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "niwaki/metrics/ranking.hpp"

namespace niwaki {

/// How the threshold from which on a finding is called (score >= threshold) is chosen from validation images.
struct OperatingPointRule {
  enum class Kind {
    kYouden,       // the largest Youden's J, sensitivity + specificity - 1 (Youden 1950)
    kF1,           // the largest F1, 2 TP / (2 TP + FP + FN)
    kSensitivity,  // the highest threshold whose sensitivity is at least the target
    kSpecificity,  // the lowest threshold whose specificity is at least the target
  };
  Kind kind = Kind::kYouden;
  double target = 0.0;  // above 0 and at most 1; 0 for the two kinds that have none

  friend bool operator==(const OperatingPointRule&, const OperatingPointRule&) = default;
};

/// Reads "youden", "f1", "sensitivity=0.9" or "specificity=0.95". Throws InputError naming `where` and the nearest
/// right spelling.
OperatingPointRule parse_operating_point(std::string_view text, std::string_view where = "operating point");

/// What parse_operating_point() reads back to the same rule.
std::string operating_point_text(const OperatingPointRule& rule);

/// The threshold that the rule chooses among the distinct scores of `ranked`. Where several are equally good (by the
/// exact counts), the highest wins, except for a target specificity, whose rule is to take the lowest.
///
/// Only a target specificity may be out of reach of all of them, when negative images share the highest score; the
/// threshold is then the next float above the highest score, which calls none of these images.
///
/// Sensitivities and specificities are the nearest doubles to their ratios: 9 images of 10 are at least 0.9. Nothing
/// where what the rule needs is not there: a positive image (all but target specificity), a negative one (Youden,
/// target specificity).
std::optional<double> choose_threshold(const RankedScores& ranked, const OperatingPointRule& rule);

}  // namespace niwaki
