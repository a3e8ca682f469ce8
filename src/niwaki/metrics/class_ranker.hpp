#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "niwaki/core/instruction_set.hpp"
#include "niwaki/metrics/class_ranker_kernel.hpp"
#include "niwaki/metrics/classification.hpp"

namespace niwaki {

/// A score that at least one positive image has, and who stands at it.
struct RankStep {
  float score = 0.0F;
  std::uint32_t positives = 0;        // images of this score
  std::uint32_t negatives = 0;        // that share it
  std::uint32_t negatives_above = 0;  // of any higher score
};

/// Where a class's positive images stand among its negative ones: all that average precision, AUROC, and sensitivity
/// against specificity depend on. A view into a ClassRanker::Scratch, good until that is used again.
struct PositiveRanks {
  std::span<const RankStep> steps;  // highest score first
  std::size_t positives = 0;
  std::size_t negatives = 0;
};

/// As the functions of the same names in ranking.hpp, and the same doubles to the bit.
std::optional<double> average_precision(const PositiveRanks& ranks);
std::optional<double> auroc(const PositiveRanks& ranks);

/// As the function of the same name in classification.hpp, and the same double.
std::optional<double> sensitivity_at_specificity(const PositiveRanks& ranks, double specificity);

/// Ranks many columns of probabilities (one network each) against the labels of one class: several times faster than
/// RankedScores, because it puts the images into small buckets of near scores and sorts none of them: what stands below
/// a positive image is all lower buckets, and in its own what is found to be below when compared, many images at once.
/// Immutable, so threads may share one.
class ClassRanker {
 public:
  /// `labels`: one an image, 1 positive, 0 negative; an image with a label below 0 (unknown) is left out.
  explicit ClassRanker(std::span<const std::int8_t> labels);

  /// Working memory that grows to what is needed and is used again; one a thread.
  struct Scratch {
    std::vector<std::uint16_t> buckets;              // one an image
    std::vector<std::uint16_t> within;               // one an image: class_ranker::within_bucket()
    std::vector<std::uint32_t> positive_keys;        // one a positive image
    std::vector<std::uint32_t> earlier;              // of each bucket, where the next image of the first half goes,
    std::vector<std::uint32_t> later;                // one of the second half,
    std::vector<std::uint32_t> positive;             // and a positive one
    std::vector<std::uint32_t> crowded;              // buckets of very many positive images
    std::vector<std::uint16_t> by_bucket;            // `within`, bucket by bucket, and padding
    std::vector<std::uint32_t> positives_by_bucket;  // the positive images' keys,
    std::vector<std::uint16_t> positives_within;     // and where within the bucket
    std::vector<class_ranker::Around> around;        // one a positive image, at the first of equal keys
    std::vector<RankStep> steps;
  };

  /// `scores`: one an image, from 0 to 1.
  [[nodiscard]] PositiveRanks rank(std::span<const float> scores, Scratch& scratch,
                                   InstructionSet set = instruction_set()) const;

  /// As the function of the same name with these labels. No score may be NaN.
  [[nodiscard]] Confusion confusion_at(std::span<const float> scores, double threshold,
                                       InstructionSet set = instruction_set()) const;

  [[nodiscard]] std::size_t images() const { return images_; }
  [[nodiscard]] std::size_t positives() const { return positives_.size(); }
  [[nodiscard]] std::size_t negatives() const { return images_ - positives_.size() - unknown_.size(); }

 private:
  std::size_t images_;
  std::vector<std::uint32_t> positives_;  // rows
  std::vector<std::uint32_t> unknown_;
};

}  // namespace niwaki
