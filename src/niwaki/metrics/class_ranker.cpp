#include "niwaki/metrics/class_ranker.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/class_ranker_kernel.hpp"

namespace niwaki {
namespace {

using class_ranker::Buckets;
using class_ranker::kAboveAll;
using class_ranker::Kernel;
using class_ranker::kPadding;

constexpr std::size_t kBucketsAPositive = 2;
constexpr std::size_t kFewestBuckets = 256;
constexpr std::size_t kMostBuckets = std::size_t{1} << 16;  // 16 bits number them
// From so many positive images in one bucket on, comparing with each of them costs more than bisection.
constexpr std::uint32_t kCrowded = 512;

const Kernel& kernel_for(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__)
    case InstructionSet::kAvx512:
      return class_ranker::avx512::kKernel;
    case InstructionSet::kAvx2:
      return class_ranker::avx2::kKernel;
#endif
    default:
      return class_ranker::baseline::kKernel;
  }
}

float score_of(std::uint32_t key) {
  return key < class_ranker::kHalf ? std::bit_cast<float>(key)
                                   : 1.0F - std::bit_cast<float>(class_ranker::kHighestKey - key);
}

/// Takes the positive images' keys, and cuts the range that they span into buckets.
Buckets cut_into_buckets(const std::vector<std::uint32_t>& rows, ClassRanker::Scratch& scratch) {
  scratch.positive_keys.resize(rows.size());
  Buckets buckets{kAboveAll, 0, 0};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t key = scratch.keys[rows[i]];
    scratch.positive_keys[i] = key;
    buckets.low = std::min(buckets.low, key);
    buckets.high = std::max(buckets.high, key);
  }
  const std::size_t wanted = std::clamp(std::bit_ceil(rows.size() * kBucketsAPositive), kFewestBuckets, kMostBuckets);
  while (((buckets.high - buckets.low) >> buckets.shift) >= wanted) {
    ++buckets.shift;
  }
  return buckets;
}

/// These images are not placed.
void leave_out(const std::vector<std::uint32_t>& rows, ClassRanker::Scratch& scratch) {
  for (const std::uint32_t image : rows) {
    scratch.keys[image] = class_ranker::kLeftOut;
  }
}

/// Puts the positive images' keys bucket by bucket, and writes where each bucket begins among them. Answers how many
/// keys the fullest bucket has.
std::uint32_t fill_buckets(const Buckets& buckets, ClassRanker::Scratch& scratch) {
  const std::size_t count = ((buckets.high - buckets.low) >> buckets.shift) + std::size_t{1};
  scratch.first.assign(count + 1, 0);
  std::uint32_t* next = scratch.first.data() + 1;
  for (const std::uint32_t key : scratch.positive_keys) {
    ++next[(key - buckets.low) >> buckets.shift];
  }
  std::uint32_t begin = 0;
  std::uint32_t fullest = 0;
  for (std::size_t bucket = 0; bucket < count; ++bucket) {
    const std::uint32_t keys = next[bucket];
    next[bucket] = begin;
    begin += keys;
    fullest = std::max(fullest, keys);
  }
  scratch.bucketed.resize(scratch.positive_keys.size() + kPadding);
  std::uint32_t* bucketed = scratch.bucketed.data();
  for (const std::uint32_t key : scratch.positive_keys) {
    bucketed[next[(key - buckets.low) >> buckets.shift]++] = key;
  }
  std::fill_n(bucketed + scratch.positive_keys.size(), kPadding, kAboveAll);
  return fullest;
}

/// Puts each negative image's place among the sorted keys, as class_ranker::Kernel has it, in place of its key.
void place_by_bucket(const Buckets& buckets, const Kernel& kernel, ClassRanker::Scratch& scratch) {
  const std::size_t images = scratch.keys.size();
  scratch.buckets.resize(images);
  kernel.write_buckets(scratch.keys.data(), images, buckets, scratch.buckets.data());
  kernel.place_keys(scratch.keys.data(), scratch.buckets.data(), images, scratch.first.data(), scratch.sorted.data(),
                    scratch.keys.data());
}

void place_by_bisection(ClassRanker::Scratch& scratch) {
  for (std::uint32_t& key : scratch.keys) {
    const auto place = std::lower_bound(scratch.sorted.begin(), scratch.sorted.end(), key);
    key = 2 * static_cast<std::uint32_t>(place - scratch.sorted.begin()) + (*place == key ? 1U : 0U);
  }
}

/// Counts the images at each place. Not while they are placed: then each count would wait for the one before, whose
/// address the processor knows late.
void count_places(std::size_t left_out, ClassRanker::Scratch& scratch) {
  scratch.counts.assign(2 * (scratch.positive_keys.size() + 1), 0);
  std::uint32_t* counts = scratch.counts.data();
  for (const std::uint32_t place : scratch.keys) {
    ++counts[place];
  }
  counts[2 * scratch.positive_keys.size()] -= static_cast<std::uint32_t>(left_out);  // they stand above all
}

/// Answers how many steps there are.
std::size_t write_steps(ClassRanker::Scratch& scratch) {
  const std::size_t positives = scratch.positive_keys.size();
  scratch.steps.resize(std::max(scratch.steps.size(), positives));
  RankStep* const steps = scratch.steps.data();
  const std::uint32_t* sorted = scratch.sorted.data();
  const std::uint32_t* counts = scratch.counts.data();
  std::size_t written = 0;
  std::uint32_t above = counts[2 * positives];
  for (std::size_t end = positives; end > 0; ++written) {
    std::size_t begin = end - 1;
    while (begin > 0 && sorted[begin - 1] == sorted[end - 1]) {
      --begin;
    }
    const std::uint32_t negatives = counts[2 * begin + 1];
    steps[written] = {score_of(sorted[begin]), static_cast<std::uint32_t>(end - begin), negatives, above};
    above += negatives + counts[2 * begin];
    end = begin;
  }
  return written;
}

}  // namespace

ClassRanker::ClassRanker(std::span<const std::int8_t> labels) : images_(labels.size()) {
  NIWAKI_CHECK(labels.size() < std::size_t{1} << 31, "{} images are more than counts hold", labels.size());
  for (std::size_t image = 0; image < labels.size(); ++image) {
    if (labels[image] != 0) {
      (labels[image] > 0 ? positives_ : unknown_).push_back(static_cast<std::uint32_t>(image));
    }
  }
}

PositiveRanks ClassRanker::rank(std::span<const float> scores, Scratch& scratch, InstructionSet set) const {
  NIWAKI_CHECK(scores.size() == images_, "{} scores, {} labels", scores.size(), images_);
  const Kernel& kernel = kernel_for(set);
  scratch.keys.resize(images_);
  NIWAKI_CHECK(kernel.write_keys(scores.data(), images_, scratch.keys.data()), "a score is no probability");
  if (positives_.empty()) {
    return {{}, 0, negatives()};
  }
  const Buckets buckets = cut_into_buckets(positives_, scratch);
  leave_out(positives_, scratch);
  leave_out(unknown_, scratch);
  const bool crowded = fill_buckets(buckets, scratch) >= kCrowded;
  scratch.sorted.assign(positives_.size() + kPadding, kAboveAll);
  if (crowded) {
    std::partial_sort_copy(scratch.positive_keys.begin(), scratch.positive_keys.end(), scratch.sorted.begin(),
                           scratch.sorted.begin() + static_cast<std::ptrdiff_t>(positives_.size()));
    place_by_bisection(scratch);
  } else {
    kernel.sort_within(scratch.bucketed.data(), positives_.size(), buckets, scratch.first.data(),
                       scratch.sorted.data());
    place_by_bucket(buckets, kernel, scratch);
  }
  count_places(positives_.size() + unknown_.size(), scratch);
  const std::size_t steps = write_steps(scratch);
  return {std::span(scratch.steps).first(steps), positives(), negatives()};
}

Confusion ClassRanker::confusion_at(std::span<const float> scores, double threshold, InstructionSet set) const {
  NIWAKI_CHECK(scores.size() == images_, "{} scores, {} labels", scores.size(), images_);
  // The lowest float32 that is not below it: then comparing in float32 says the same.
  auto lowest = static_cast<float>(threshold);
  if (static_cast<double>(lowest) < threshold) {
    lowest = std::nextafter(lowest, std::numeric_limits<float>::infinity());
  }
  const auto called = [&](std::uint32_t image) { return scores[image] >= lowest; };
  const auto found = static_cast<std::size_t>(std::count_if(positives_.begin(), positives_.end(), called));
  const auto left_out = static_cast<std::size_t>(std::count_if(unknown_.begin(), unknown_.end(), called));
  const std::size_t alarms = kernel_for(set).count_from(scores.data(), images_, lowest) - found - left_out;
  return {found, alarms, positives() - found, negatives() - alarms};
}

std::optional<double> average_precision(const PositiveRanks& ranks) {
  if (ranks.positives == 0) {
    return std::nullopt;
  }
  double sum = 0.0;
  std::size_t found = 0;  // positives at or above the threshold
  for (const RankStep& step : ranks.steps) {
    found += step.positives;
    const std::size_t called = found + step.negatives_above + step.negatives;
    sum += static_cast<double>(step.positives) * (static_cast<double>(found) / static_cast<double>(called));
  }
  return sum / static_cast<double>(ranks.positives);
}

std::optional<double> auroc(const PositiveRanks& ranks) {
  if (ranks.positives == 0 || ranks.negatives == 0) {
    return std::nullopt;
  }
  std::uint64_t doubled = 0;
  for (const RankStep& step : ranks.steps) {
    const std::uint64_t negatives_below = ranks.negatives - step.negatives_above - step.negatives;
    doubled += std::uint64_t{step.positives} * (2 * negatives_below + step.negatives);
  }
  const double pairs = static_cast<double>(ranks.positives) * static_cast<double>(ranks.negatives);
  return static_cast<double>(doubled) / (2.0 * pairs);
}

std::optional<double> sensitivity_at_specificity(const PositiveRanks& ranks, double specificity) {
  NIWAKI_CHECK(specificity >= 0.0 && specificity <= 1.0, "a specificity of {}", specificity);
  if (ranks.positives == 0 || ranks.negatives == 0) {
    return std::nullopt;
  }
  std::size_t found = 0;
  // A threshold between two scores that positives have is no better than the higher of them.
  for (const RankStep& step : ranks.steps) {
    const std::size_t left_alone = ranks.negatives - step.negatives_above - step.negatives;
    if (static_cast<double>(left_alone) / static_cast<double>(ranks.negatives) < specificity) {
      break;
    }
    found += step.positives;
  }
  return static_cast<double>(found) / static_cast<double>(ranks.positives);
}

}  // namespace niwaki
