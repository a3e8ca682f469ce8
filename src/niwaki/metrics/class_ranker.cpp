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

Buckets cut_into_buckets(const std::vector<std::uint32_t>& keys) {
  const auto [least, most] = std::minmax_element(keys.begin(), keys.end());
  const std::size_t wanted = std::clamp(std::bit_ceil(keys.size() * kBucketsAPositive), kFewestBuckets, kMostBuckets);
  Buckets buckets{*least, *most, 0};
  while (((buckets.high - buckets.low) >> buckets.shift) >= wanted) {
    ++buckets.shift;
  }
  return buckets;
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

/// Where an image is counted: below (even) or at (odd) the first of equal keys.
std::size_t bisected(const ClassRanker::Scratch& scratch, std::uint32_t key) {
  const auto place = std::lower_bound(scratch.sorted.begin(), scratch.sorted.end(), key);
  return 2 * static_cast<std::size_t>(place - scratch.sorted.begin()) + (*place == key ? 1 : 0);
}

/// Counts every image, whatever its label.
void count_by_bucket(const Buckets& buckets, const Kernel& kernel, ClassRanker::Scratch& scratch) {
  const std::size_t images = scratch.keys.size();
  scratch.buckets.resize(images);
  kernel.write_buckets(scratch.keys.data(), images, buckets, scratch.buckets.data());
  kernel.count_keys(scratch.keys.data(), scratch.buckets.data(), images, scratch.first.data(), scratch.sorted.data(),
                    scratch.counts.data());
}

void count_by_bisection(ClassRanker::Scratch& scratch) {
  for (const std::uint32_t key : scratch.keys) {
    ++scratch.counts[bisected(scratch, key)];
  }
}

/// From the counts, which hold the positive images too.
void write_steps(ClassRanker::Scratch& scratch) {
  scratch.steps.clear();
  std::size_t end = scratch.positive_keys.size();
  std::uint32_t above = scratch.counts[2 * end];
  while (end > 0) {
    const std::uint32_t key = scratch.sorted[end - 1];
    std::size_t begin = end - 1;
    while (begin > 0 && scratch.sorted[begin - 1] == key) {
      --begin;
    }
    const auto positives = static_cast<std::uint32_t>(end - begin);
    const std::uint32_t negatives = scratch.counts[2 * begin + 1] - positives;
    scratch.steps.push_back({score_of(key), positives, negatives, above});
    above += negatives + scratch.counts[2 * begin];
    end = begin;
  }
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
  scratch.positive_keys.resize(positives_.size());
  std::transform(positives_.begin(), positives_.end(), scratch.positive_keys.begin(),
                 [&](std::uint32_t image) { return scratch.keys[image]; });
  const Buckets buckets = cut_into_buckets(scratch.positive_keys);
  const bool crowded = fill_buckets(buckets, scratch) >= kCrowded;
  scratch.sorted.assign(positives_.size() + kPadding, kAboveAll);
  scratch.counts.assign(2 * (positives_.size() + 1), 0);
  if (crowded) {
    std::partial_sort_copy(scratch.positive_keys.begin(), scratch.positive_keys.end(), scratch.sorted.begin(),
                           scratch.sorted.begin() + static_cast<std::ptrdiff_t>(positives_.size()));
    count_by_bisection(scratch);
  } else {
    kernel.sort_within(scratch.bucketed.data(), positives_.size(), buckets, scratch.first.data(),
                       scratch.sorted.data());
    count_by_bucket(buckets, kernel, scratch);
  }
  for (const std::uint32_t image : unknown_) {
    --scratch.counts[bisected(scratch, scratch.keys[image])];
  }
  write_steps(scratch);
  return {scratch.steps, positives(), negatives()};
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
