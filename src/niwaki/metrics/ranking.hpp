#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace niwaki {

/// The images of one class in falling order of score, from one sort. Images with the same score form
/// one group, because no threshold can part them; average precision and AUROC both follow from
/// the groups, so one sort serves the two.
class RankedScores {
 public:
  /// Images that share one score.
  struct Group {
    std::uint32_t positives = 0;
    std::uint32_t negatives = 0;
    float score = 0.0F;  // which they share; -0 reads 0
  };

  /// `scores`: one an image, never NaN. `labels`: one an image, 1 positive, 0 negative; an image with a label below 0
  /// (unknown) is left out.
  RankedScores(std::span<const float> scores, std::span<const std::int8_t> labels);

  [[nodiscard]] const std::vector<Group>& groups() const { return groups_; }  // highest score first
  [[nodiscard]] std::size_t positives() const { return positives_; }
  [[nodiscard]] std::size_t negatives() const { return negatives_; }

 private:
  std::vector<Group> groups_;
  std::size_t positives_ = 0;
  std::size_t negatives_ = 0;
};

/// Average precision, sum over thresholds n of (R_n - R_{n-1}) P_n, one threshold a group of tied scores: the step sum
/// of scikit-learn's average_precision_score, without interpolation. Nothing where no image is positive.
std::optional<double> average_precision(const RankedScores& ranked);

/// Average precision of images that each stand for `weights[i]` images (scikit-learn's sample_weight), 0 or more; the
/// other arguments as those of RankedScores. Nothing where the positive images weigh nothing.
std::optional<double> weighted_average_precision(std::span<const float> scores, std::span<const std::int8_t> labels,
                                                 std::span<const double> weights);

/// Area under the ROC curve: the chance that a positive image scores above a negative one, ties counting half
/// (Mann-Whitney's U over positives x negatives; equal to the trapezoids of scikit-learn's roc_auc_score).
/// Nothing where no image is positive, or none negative.
std::optional<double> auroc(const RankedScores& ranked);

/// Ranks 1 ... n of rising values; tied values share the mean of their ranks (scipy's rankdata, "average"). No value
/// may be NaN.
std::vector<double> average_ranks(std::span<const double> values);

}  // namespace niwaki
