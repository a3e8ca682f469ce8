#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "niwaki/core/instruction_set.hpp"
#include "niwaki/metrics/patient_resamples.hpp"
#include "niwaki/metrics/weighted_ranking_kernel.hpp"

namespace niwaki {

/// The images of one column from the highest score to the lowest, those of unknown label left out: sorted once, and
/// used for any part of the cohort.
class ScoreOrder {
 public:
  /// `scores`: one an image, never NaN. `labels`: 1 positive, 0 negative, below 0 unknown.
  ScoreOrder(std::span<const float> scores, std::span<const std::int8_t> labels);

  struct Entry {
    std::uint32_t image : 30;
    std::uint32_t positive : 1;
    std::uint32_t last : 1;  // of its score; of one score, negatives come first
  };
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

/// Average precision and AUROC of one class over many resamples of the patients. The images are sorted once; a resample
/// then only weighs them, since drawing a patient twice puts each of his images there twice, at one score.
/// average_precision() and auroc() of the images copied out as often as they weigh give the same figures (AUROC to the
/// bit, AP to rounding).
class WeightedRanking {
 public:
  /// `scores`: one an image, never NaN. `labels`: 1 positive, 0 negative, below 0 unknown (left out). `patients`: of
  /// each image, an index into the resamples.
  WeightedRanking(std::span<const float> scores, std::span<const std::int8_t> labels,
                  std::span<const std::uint32_t> patients);
  /// Of the images for which `kept` (one an image) is not 0.
  WeightedRanking(const ScoreOrder& order, std::span<const std::uint32_t> patients, std::span<const char> kept);

  /// Of one block of `resamples`: PatientResamples::kLanes figures each, NaN where a resample drew no positive image
  /// or (AUROC) no negative one.
  void evaluate(const PatientResamples& resamples, std::size_t block, std::span<double> average_precision,
                std::span<double> auroc, InstructionSet set = instruction_set()) const;

 private:
  template <typename Kept>
  void take(const ScoreOrder& order, std::span<const std::uint32_t> patients, const Kept& kept);

  std::vector<std::uint32_t> patients_;  // in the order that weighted_ranking::Step says
  std::vector<weighted_ranking::Step> steps_;
};

/// How many of some images each resample holds: their weights, summed.
class WeightedCount {
 public:
  /// The patients of these images, one an image.
  explicit WeightedCount(std::vector<std::uint32_t> patients) : patients_(std::move(patients)) {}

  /// PatientResamples::kLanes counts of one block of `resamples`.
  void evaluate(const PatientResamples& resamples, std::size_t block, std::span<double> counts,
                InstructionSet set = instruction_set()) const;
  /// One count a resample.
  [[nodiscard]] std::vector<double> evaluate(const PatientResamples& resamples) const;

 private:
  std::vector<std::uint32_t> patients_;
};

/// The sum of some values in each resample, each counting as often as its patient was drawn.
class WeightedSum {
 public:
  struct Term {
    std::uint32_t patient = 0;
    double value = 0.0;
  };

  /// Terms of one patient are added up first, in the order given.
  explicit WeightedSum(std::vector<Term> terms);

  /// One sum a resample.
  [[nodiscard]] std::vector<double> evaluate(const PatientResamples& resamples) const;

 private:
  std::vector<Term> terms_;  // one a patient, by patient
};

}  // namespace niwaki
