#include "niwaki/metrics/ranking.hpp"

#include <cmath>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

struct Sample {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;
};

// Scores on a coarse grid where `levels` is small, so that most are tied.
Sample draw(std::uint64_t index, std::size_t images, std::uint64_t levels, double prevalence) {
  RandomStream random(7, "ranking_test", {index});
  Sample sample;
  for (std::size_t i = 0; i < images; ++i) {
    sample.scores.push_back(static_cast<float>(random.below(levels)) / static_cast<float>(levels) - 0.25F);
    sample.labels.push_back(random.chance(0.1) ? -1 : static_cast<std::int8_t>(random.chance(prevalence)));
  }
  return sample;
}

// Every pair of a positive and a negative image.
std::optional<double> obvious_auroc(const Sample& sample) {
  double won = 0.0;
  double pairs = 0.0;
  for (std::size_t i = 0; i < sample.scores.size(); ++i) {
    for (std::size_t j = 0; j < sample.scores.size(); ++j) {
      if (sample.labels[i] == 1 && sample.labels[j] == 0) {
        pairs += 1.0;
        won += sample.scores[i] > sample.scores[j] ? 1.0 : sample.scores[i] == sample.scores[j] ? 0.5 : 0.0;
      }
    }
  }
  return pairs == 0.0 ? std::nullopt : std::optional(won / pairs);
}

// Every distinct score as a threshold, counted anew.
std::optional<double> obvious_average_precision(const Sample& sample) {
  std::set<float, std::greater<>> thresholds(sample.scores.begin(), sample.scores.end());
  const auto count = [&](float threshold, int label) {
    double n = 0.0;
    for (std::size_t i = 0; i < sample.scores.size(); ++i) {
      n += sample.scores[i] >= threshold && sample.labels[i] == label ? 1.0 : 0.0;
    }
    return n;
  };
  const double all = count(-std::numeric_limits<float>::infinity(), 1);
  if (all == 0.0) {
    return std::nullopt;
  }
  double sum = 0.0;
  double recall = 0.0;
  for (const float threshold : thresholds) {
    const double found = count(threshold, 1);
    const double called = found + count(threshold, 0);
    if (called > 0.0) {
      sum += (found / all - recall) * found / called;
      recall = found / all;
    }
  }
  return sum;
}

TEST(Ranking, values_calculated_by_hand_with_ties) {
  const std::vector<float> scores = {0.9F, 0.8F, 0.8F, 0.7F, 0.3F, 0.3F, 0.3F, 0.1F};
  const std::vector<std::int8_t> labels = {1, 0, 1, 1, 0, 0, 1, 0};
  const RankedScores ranked(scores, labels);
  // Thresholds 0.9, 0.8, 0.7, 0.3: recall grows by a quarter at each.
  EXPECT_NEAR(*average_precision(ranked), (1.0 + 2.0 / 3.0 + 3.0 / 4.0 + 4.0 / 7.0) / 4.0, 1e-15);
  // Of 16 pairs: 4 + 3.5 + 3 + 2 are won.
  EXPECT_DOUBLE_EQ(*auroc(ranked), 12.5 / 16.0);
  ASSERT_EQ(ranked.groups().size(), 5U);
  EXPECT_EQ(ranked.groups()[3].positives, 1U);
  EXPECT_EQ(ranked.groups()[3].negatives, 2U);
  EXPECT_EQ(ranked.groups()[3].score, 0.3F);
}

TEST(Ranking, agrees_with_the_obvious_count_of_all_pairs) {
  std::uint64_t index = 0;
  for (const std::size_t images : {1U, 2U, 3U, 10U, 60U, 300U}) {
    for (const std::uint64_t levels : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{20}, std::uint64_t{1} << 30}) {
      for (const double prevalence : {0.05, 0.5}) {
        const Sample sample = draw(++index, images, levels, prevalence);
        const RankedScores ranked(sample.scores, sample.labels);
        const std::optional<double> expected_auroc = obvious_auroc(sample);
        const std::optional<double> expected_precision = obvious_average_precision(sample);
        ASSERT_EQ(auroc(ranked).has_value(), expected_auroc.has_value());
        ASSERT_EQ(average_precision(ranked).has_value(), expected_precision.has_value());
        if (expected_auroc) {
          EXPECT_NEAR(*auroc(ranked), *expected_auroc, 1e-12) << images << " images, " << levels << " levels";
        }
        if (expected_precision) {
          EXPECT_NEAR(*average_precision(ranked), *expected_precision, 1e-12) << images << " images, " << levels;
        }
      }
    }
  }
}

TEST(Ranking, many_images_are_sorted_as_few_are) {
  // Above the size at which the sort changes its way.
  const Sample sample = draw(99, 3000, std::uint64_t{1} << 12, 0.2);
  const RankedScores ranked(sample.scores, sample.labels);
  EXPECT_NEAR(*auroc(ranked), *obvious_auroc(sample), 1e-12);
  EXPECT_NEAR(*average_precision(ranked), *obvious_average_precision(sample), 1e-12);
}

TEST(Ranking, a_faultless_ranking_is_exactly_one) {
  for (std::size_t positives = 1; positives < 200; ++positives) {
    std::vector<float> scores(positives + 1);
    std::vector<std::int8_t> labels(positives + 1, 1);
    for (std::size_t image = 0; image < scores.size(); ++image) {
      scores[image] = static_cast<float>(image);
    }
    labels[0] = 0;
    EXPECT_EQ(*average_precision(RankedScores(scores, labels)), 1.0) << positives << " positives";
  }
}

TEST(Ranking, negative_scores_and_both_zeros_are_ordered_as_numbers) {
  const std::vector<float> scores = {-3.0F, -0.5F, -0.0F, 0.0F, 2.0F};
  const std::vector<std::int8_t> labels = {0, 1, 0, 1, 1};
  const RankedScores ranked(scores, labels);
  ASSERT_EQ(ranked.groups().size(), 4U);  // -0 and 0 are one
  EXPECT_DOUBLE_EQ(*auroc(ranked), (2.0 + 1.5 + 1.0) / 6.0);
}

TEST(Ranking, groups_tell_the_score_that_their_images_share) {
  const float inf = std::numeric_limits<float>::infinity();
  const float tiny = std::numeric_limits<float>::denorm_min();
  const std::vector<float> falling = {inf, 3.5F, 1.0F, tiny, 0.0F, -tiny, -0.25F, -7.0F, -inf};
  const RankedScores ranked(falling, std::vector<std::int8_t>(falling.size(), 1));
  ASSERT_EQ(ranked.groups().size(), falling.size());
  for (std::size_t i = 0; i < falling.size(); ++i) {
    EXPECT_EQ(ranked.groups()[i].score, falling[i]);
  }
  const RankedScores zero(std::vector<float>{-0.0F}, std::vector<std::int8_t>{1});
  EXPECT_FALSE(std::signbit(zero.groups()[0].score));
  // Sorted the other way, by radix.
  const Sample sample = draw(98, 3000, 500, 0.2);
  std::set<float, std::greater<>> known;
  for (std::size_t i = 0; i < sample.scores.size(); ++i) {
    if (sample.labels[i] >= 0) {
      known.insert(sample.scores[i]);
    }
  }
  const RankedScores many(sample.scores, sample.labels);
  std::vector<float> scores;
  for (const RankedScores::Group& group : many.groups()) {
    scores.push_back(group.score);
  }
  EXPECT_EQ(scores, std::vector<float>(known.begin(), known.end()));
}

TEST(Ranking, is_undefined_without_positives_or_negatives) {
  const std::vector<float> scores = {0.1F, 0.2F, 0.3F};
  const RankedScores none(scores, std::vector<std::int8_t>{0, 0, -1});
  EXPECT_FALSE(average_precision(none));
  EXPECT_FALSE(auroc(none));
  const RankedScores all(scores, std::vector<std::int8_t>{1, 1, -1});
  EXPECT_DOUBLE_EQ(*average_precision(all), 1.0);
  EXPECT_FALSE(auroc(all));
  const RankedScores nobody(std::vector<float>{}, std::vector<std::int8_t>{});
  EXPECT_FALSE(average_precision(nobody));
}

TEST(Ranking, constant_scores_say_as_much_as_chance) {
  const std::vector<float> scores(10, 0.4F);
  const std::vector<std::int8_t> labels = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0};
  const RankedScores ranked(scores, labels);
  EXPECT_DOUBLE_EQ(*average_precision(ranked), 0.2);
  EXPECT_DOUBLE_EQ(*auroc(ranked), 0.5);
}

TEST(Ranking, unknown_labels_are_left_out_even_where_their_score_is_nan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const RankedScores ranked(std::vector<float>{0.9F, nan, 0.1F}, std::vector<std::int8_t>{1, -1, 0});
  EXPECT_DOUBLE_EQ(*auroc(ranked), 1.0);
  EXPECT_EQ(ranked.positives() + ranked.negatives(), 2U);
}

TEST(Ranking, nan_and_lengths_that_differ_are_bugs) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(RankedScores(std::vector<float>{nan}, std::vector<std::int8_t>{1}), BrokenInvariant);
  EXPECT_THROW(RankedScores(std::vector<float>{0.5F}, std::vector<std::int8_t>{1, 0}), BrokenInvariant);
}

TEST(AverageRanks, ties_share_their_mean_rank) {
  EXPECT_EQ(average_ranks(std::vector<double>{30, 10, 20, 20, 5, 20}), (std::vector<double>{6, 2, 4, 4, 1, 4}));
  EXPECT_EQ(average_ranks(std::vector<double>{2, 2}), (std::vector<double>{1.5, 1.5}));
  EXPECT_TRUE(average_ranks(std::vector<double>{}).empty());
}

TEST(AverageRanks, agree_with_counting_what_is_below) {
  RandomStream random(3, "ranks", {});
  std::vector<double> values(200);
  for (double& value : values) {
    value = static_cast<double>(random.below(40));
  }
  const std::vector<double> ranks = average_ranks(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double below = 0.0;
    double same = 0.0;
    for (const double other : values) {
      below += other < values[i] ? 1.0 : 0.0;
      same += other == values[i] ? 1.0 : 0.0;
    }
    EXPECT_DOUBLE_EQ(ranks[i], below + (same + 1.0) / 2.0);
  }
}

TEST(WeightedAveragePrecision, an_image_of_weight_three_is_three_images) {
  const std::vector<float> scores = {0.9F, 0.8F, 0.8F, 0.4F, 0.4F, 0.1F};
  const std::vector<std::int8_t> labels = {0, 1, 0, 1, -1, 0};
  const std::vector<double> weights = {2, 3, 1, 1, 5, 0};
  std::vector<float> repeated_scores;
  std::vector<std::int8_t> repeated_labels;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    repeated_scores.insert(repeated_scores.end(), static_cast<std::size_t>(weights[i]), scores[i]);
    repeated_labels.insert(repeated_labels.end(), static_cast<std::size_t>(weights[i]), labels[i]);
  }
  EXPECT_DOUBLE_EQ(weighted_average_precision(scores, labels, weights).value(),
                   average_precision({repeated_scores, repeated_labels}).value());
}

TEST(WeightedAveragePrecision, is_nothing_without_a_positive_that_weighs_something) {
  const std::vector<float> scores = {0.5F, 0.4F};
  EXPECT_FALSE(weighted_average_precision(scores, std::vector<std::int8_t>{0, -1}, std::vector<double>{1, 1}));
  EXPECT_FALSE(weighted_average_precision(scores, std::vector<std::int8_t>{1, 0}, std::vector<double>{0, 1}));
}

}  // namespace
}  // namespace niwaki
