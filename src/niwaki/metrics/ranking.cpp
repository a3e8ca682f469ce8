#include "niwaki/metrics/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/score_keys.hpp"

namespace niwaki {

RankedScores::RankedScores(std::span<const float> scores, std::span<const std::int8_t> labels) {
  NIWAKI_CHECK(scores.size() == labels.size(), "{} scores, {} labels", scores.size(), labels.size());
  NIWAKI_CHECK(scores.size() < std::size_t{1} << 31, "{} images are more than counts hold", scores.size());
  std::vector<std::uint64_t> keys;
  keys.reserve(scores.size());
  for (std::size_t image = 0; image < scores.size(); ++image) {
    if (labels[image] >= 0) {
      NIWAKI_CHECK(!std::isnan(scores[image]), "the score of image {} is NaN", image);
      keys.push_back((std::uint64_t{ordered_bits(scores[image])} << 1) | (labels[image] > 0 ? 1U : 0U));
    }
  }
  sort_keys(keys, 0);
  groups_.reserve(keys.size());
  for (std::size_t i = keys.size(); i-- > 0;) {
    if (i + 1 == keys.size() || keys[i] >> 1 != keys[i + 1] >> 1) {
      groups_.emplace_back().score = score_of_bits(static_cast<std::uint32_t>(keys[i] >> 1));
    }
    const std::uint32_t positive = keys[i] & 1U;
    groups_.back().positives += positive;
    groups_.back().negatives += 1U - positive;
    positives_ += positive;
  }
  negatives_ = keys.size() - positives_;
}

std::optional<double> average_precision(const RankedScores& ranked) {
  if (ranked.positives() == 0) {
    return std::nullopt;
  }
  double sum = 0.0;
  std::size_t found = 0;   // positives at or above the threshold
  std::size_t called = 0;  // images at or above the threshold
  for (const RankedScores::Group& group : ranked.groups()) {
    found += group.positives;
    called += group.positives + group.negatives;
    const double precision = static_cast<double>(found) / static_cast<double>(called);
    sum += static_cast<double>(group.positives) * precision;
  }
  // Divided once, at the end: a faultless ranking then sums whole numbers and comes to exactly 1.
  return sum / static_cast<double>(ranked.positives());
}

std::optional<double> weighted_average_precision(std::span<const float> scores, std::span<const std::int8_t> labels,
                                                 std::span<const double> weights) {
  NIWAKI_CHECK(scores.size() == labels.size() && scores.size() == weights.size(), "{} scores, {} labels, {} weights",
               scores.size(), labels.size(), weights.size());
  std::vector<std::size_t> order;
  for (std::size_t image = 0; image < scores.size(); ++image) {
    if (labels[image] >= 0) {
      NIWAKI_CHECK(!std::isnan(scores[image]), "the score of image {} is NaN", image);
      order.push_back(image);
    }
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  double sum = 0;
  double found = 0;   // weight of positives at or above the threshold
  double called = 0;  // weight of images at or above the threshold
  for (std::size_t begin = 0; begin < order.size();) {
    const double found_above = found;
    std::size_t end = begin;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      called += weights[order[end]];
      found += labels[order[end]] > 0 ? weights[order[end]] : 0;
    }
    sum += found > found_above ? (found - found_above) * found / called : 0;
    begin = end;
  }
  return found > 0 ? std::optional(sum / found) : std::nullopt;
}

std::optional<double> auroc(const RankedScores& ranked) {
  if (ranked.positives() == 0 || ranked.negatives() == 0) {
    return std::nullopt;
  }
  // Twice the pairs that are in order, a tie being half: whole numbers, so exact.
  std::uint64_t doubled = 0;
  std::uint64_t negatives_below = ranked.negatives();
  for (const RankedScores::Group& group : ranked.groups()) {
    negatives_below -= group.negatives;
    doubled += std::uint64_t{group.positives} * (2 * negatives_below + group.negatives);
  }
  const double pairs = static_cast<double>(ranked.positives()) * static_cast<double>(ranked.negatives());
  return static_cast<double>(doubled) / (2.0 * pairs);
}

std::vector<double> average_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) {
      ++end;
    }
    // The mean of ranks begin + 1 ... end.
    const double rank = 0.5 * static_cast<double>(begin + 1 + end);
    for (std::size_t i = begin; i < end; ++i) {
      ranks[order[i]] = rank;
    }
    begin = end;
  }
  return ranks;
}

}  // namespace niwaki
