#include "niwaki/metrics/class_ranker.hpp"

#include <algorithm>
#include <bit>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/class_ranker_kernel.hpp"

namespace niwaki {
namespace {

using class_ranker::Around;
using class_ranker::Buckets;
using class_ranker::Kernel;
using class_ranker::kPadding;

constexpr std::size_t kBucketsAPositive = 1;
constexpr std::size_t kFewestBuckets = 256;
constexpr std::size_t kMostBuckets = std::size_t{1} << 15;  // 16 bits number them and the two outside
// From so many positive images in one bucket on, sorting it costs less than comparing all with all.
constexpr std::uint32_t kCrowded = 512;

const Kernel& kernel_for(InstructionSet set) {
  return kernel_of(set, class_ranker::baseline::kKernel, class_ranker::avx2::kKernel, class_ranker::avx512::kKernel);
}

std::uint32_t key_of(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);
  return bits < class_ranker::kHalf ? bits : class_ranker::kHighestKey - std::bit_cast<std::uint32_t>(1.0F - score);
}

float score_of(std::uint32_t key) {
  return key < class_ranker::kHalf ? std::bit_cast<float>(key)
                                   : 1.0F - std::bit_cast<float>(class_ranker::kHighestKey - key);
}

/// Takes the positive images' keys, and cuts the range that they span into buckets.
Buckets cut_into_buckets(std::span<const float> scores, const std::vector<std::uint32_t>& rows,
                         ClassRanker::Scratch& scratch) {
  scratch.positive_keys.resize(rows.size());
  Buckets buckets{class_ranker::kHighestKey, 0, 0};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t key = key_of(scores[rows[i]]);
    scratch.positive_keys[i] = key;
    buckets.low = std::min(buckets.low, key);
    buckets.high = std::max(buckets.high, key);
  }
  const std::size_t wanted = std::clamp(std::bit_ceil(rows.size() * kBucketsAPositive), kFewestBuckets, kMostBuckets);
  while (buckets.shift < class_ranker::kWidestShift && ((buckets.high - buckets.low) >> buckets.shift) >= wanted) {
    ++buckets.shift;
  }
  return buckets;
}

/// Counts the images and the positive images of each bucket, and writes where each of them would begin were all in
/// order.
void place_buckets(const Buckets& buckets, ClassRanker::Scratch& scratch) {
  const std::size_t count = class_ranker::count_of(buckets);
  for (std::vector<std::uint32_t>* const counts : {&scratch.earlier, &scratch.later, &scratch.positive}) {
    counts->assign(count, 0);
  }
  const std::size_t images = scratch.buckets.size();
  const std::uint16_t* const of_image = scratch.buckets.data();
  std::uint32_t* const earlier = scratch.earlier.data();
  std::uint32_t* const later = scratch.later.data();
  std::uint32_t* const positive = scratch.positive.data();
  for (std::size_t i = 0; i < images / 2; ++i) {
    ++earlier[of_image[i]];
    ++later[of_image[images / 2 + i]];
  }
  if (images % 2 == 1) {
    ++later[of_image[images - 1]];
  }
  for (const std::uint32_t key : scratch.positive_keys) {
    ++positive[class_ranker::bucket_of(key, buckets)];
  }
  scratch.crowded.clear();
  std::uint32_t before = 0;
  std::uint32_t positives_before = 0;
  for (std::size_t bucket = 0; bucket < count; ++bucket) {
    const std::uint32_t first = earlier[bucket];
    const std::uint32_t second = later[bucket];
    const std::uint32_t positives = positive[bucket];
    earlier[bucket] = before;
    later[bucket] = before + first;
    positive[bucket] = positives_before;
    before += first + second;
    positives_before += positives;
    if (positives >= kCrowded) {
      scratch.crowded.push_back(static_cast<std::uint32_t>(bucket));
    }
  }
}

/// Puts the keys of all images, and of the positive ones, bucket by bucket. Images of the first half and of the second
/// go side by side, because a place in a bucket of which one was just taken is known late. Afterwards scratch.later and
/// scratch.positive say where each bucket ends.
void put_by_bucket(const Buckets& buckets, ClassRanker::Scratch& scratch) {
  const std::size_t images = scratch.within.size();
  const std::size_t half = images / 2;
  scratch.by_bucket.resize(images + kPadding);
  scratch.positives_by_bucket.resize(scratch.positive_keys.size());
  scratch.positives_within.resize(scratch.positive_keys.size() + kPadding);
  const std::uint16_t* const within = scratch.within.data();
  const std::uint16_t* const of_image = scratch.buckets.data();
  std::uint16_t* const by_bucket = scratch.by_bucket.data();
  std::uint32_t* const positives_by_bucket = scratch.positives_by_bucket.data();
  std::uint16_t* const positives_within = scratch.positives_within.data();
  std::uint32_t* const earlier = scratch.earlier.data();
  std::uint32_t* const later = scratch.later.data();
  std::uint32_t* const positive = scratch.positive.data();
  for (std::size_t i = 0; i < half; ++i) {
    by_bucket[earlier[of_image[i]]++] = within[i];
    by_bucket[later[of_image[half + i]]++] = within[half + i];
  }
  if (images % 2 == 1) {
    by_bucket[later[of_image[images - 1]]++] = within[images - 1];
  }
  for (const std::uint32_t key : scratch.positive_keys) {
    const std::uint32_t place = positive[class_ranker::bucket_of(key, buckets)]++;
    positives_by_bucket[place] = key;
    positives_within[place] = class_ranker::within_bucket(key, buckets);
  }
}

/// As Kernel::look_around, for the positive keys of one bucket.
void look_around_sorted(std::size_t bucket, const Buckets& buckets, ClassRanker::Scratch& scratch) {
  const auto slice = [bucket](auto& keys, const std::vector<std::uint32_t>& ends) {
    const std::span all(keys.data() + ends[bucket - 1], ends[bucket] - ends[bucket - 1]);
    std::sort(all.begin(), all.end());
    return all;
  };
  const std::span<std::uint16_t> all = slice(scratch.by_bucket, scratch.later);
  const std::span<std::uint32_t> positives = slice(scratch.positives_by_bucket, scratch.positive);
  Around* const around = scratch.around.data() + scratch.positive[bucket - 1];
  for (std::size_t i = 0; i < positives.size(); i += around[i].positives) {
    const auto [low, high] =
        std::equal_range(all.begin(), all.end(), class_ranker::within_bucket(positives[i], buckets));
    const auto end = std::upper_bound(positives.begin() + i, positives.end(), positives[i]);
    around[i].key = positives[i];
    around[i].positives = static_cast<std::uint32_t>(end - positives.begin() - i);
    around[i].below = static_cast<std::uint32_t>(low - all.begin()) + scratch.later[bucket - 1];
    around[i].equal = static_cast<std::uint32_t>(high - low);
  }
}

void look_around(const Buckets& buckets, const Kernel& kernel, ClassRanker::Scratch& scratch) {
  scratch.around.resize(scratch.positive_keys.size());
  const class_ranker::ByBucket by_bucket = {scratch.by_bucket.data(), scratch.later.data(),
                                            scratch.positives_by_bucket.data(), scratch.positives_within.data(),
                                            scratch.positive.data()};
  std::size_t begin = 0;
  for (const std::size_t bucket : scratch.crowded) {
    kernel.look_around(begin, scratch.positive[bucket - 1], buckets, by_bucket, scratch.around.data());
    look_around_sorted(bucket, buckets, scratch);
    begin = scratch.positive[bucket];
  }
  kernel.look_around(begin, scratch.positive_keys.size(), buckets, by_bucket, scratch.around.data());
}

/// `known`: images whose label is. The steps stand at the end of scratch.steps; answers how many there are.
std::size_t write_steps(std::size_t known, ClassRanker::Scratch& scratch) {
  const auto positives = static_cast<std::uint32_t>(scratch.positive_keys.size());
  scratch.steps.resize(std::max<std::size_t>(scratch.steps.size(), positives));
  RankStep* const end = scratch.steps.data() + scratch.steps.size();
  RankStep* step = end;
  for (std::uint32_t i = 0; i < positives; i += scratch.around[i].positives) {
    const Around& around = scratch.around[i];
    const std::uint32_t above = static_cast<std::uint32_t>(known) - around.below - around.equal;
    const std::uint32_t positives_above = positives - i - around.positives;
    *--step = {score_of(around.key), around.positives, around.equal - around.positives, above - positives_above};
  }
  return static_cast<std::size_t>(end - step);
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
  scratch.within.resize(images_);
  scratch.buckets.resize(images_);
  const Buckets buckets = cut_into_buckets(scores, positives_, scratch);
  NIWAKI_CHECK(kernel.write_places(scores.data(), images_, buckets, scratch.within.data(), scratch.buckets.data()),
               "a score is no probability");
  if (positives_.empty()) {
    return {{}, 0, negatives()};
  }
  for (const std::uint32_t image : unknown_) {
    scratch.buckets[image] =
        static_cast<std::uint16_t>(class_ranker::count_of(buckets) - 1);  // above all that is counted
  }
  place_buckets(buckets, scratch);
  put_by_bucket(buckets, scratch);
  look_around(buckets, kernel, scratch);
  const std::size_t steps = write_steps(positives() + negatives(), scratch);
  return {std::span(scratch.steps).last(steps), positives(), negatives()};
}

Confusion ClassRanker::confusion_at(std::span<const float> scores, double threshold, InstructionSet set) const {
  NIWAKI_CHECK(scores.size() == images_, "{} scores, {} labels", scores.size(), images_);
  const float lowest = lowest_called(threshold);
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
