#include "niwaki/metrics/operating_point.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/metrics/classification.hpp"

namespace niwaki {
namespace {

using Kind = OperatingPointRule::Kind;
using ::testing::HasSubstr;
using ::testing::Not;

struct Sample {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;

  [[nodiscard]] RankedScores ranked() const { return {scores, labels}; }
  [[nodiscard]] Confusion at(double threshold) const { return confusion_at(scores, labels, threshold); }
  [[nodiscard]] bool has(int label) const { return std::count(labels.begin(), labels.end(), label) > 0; }

  // Distinct scores of images with a known label, highest first.
  [[nodiscard]] std::set<float, std::greater<>> thresholds() const {
    std::set<float, std::greater<>> distinct;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (labels[i] >= 0) {
        distinct.insert(scores[i]);
      }
    }
    return distinct;
  }
};

Sample draw(std::uint64_t index) {
  RandomStream random(7, "operating_point_test", {index});
  Sample sample;
  const std::size_t images = 1 + random.below(30);
  const std::uint64_t levels = 1 + random.below(15);
  for (std::size_t i = 0; i < images; ++i) {
    sample.scores.push_back(static_cast<float>(random.below(levels)) / 15.0F);
    sample.labels.push_back(random.chance(0.15) ? -1 : static_cast<std::int8_t>(random.chance(0.4)));
  }
  return sample;
}

// The J of a confusion, times positives x negatives: whole, so that ties are exact.
double whole_youden(const Confusion& c) {
  return static_cast<double>(c.true_positives * c.true_negatives) -
         static_cast<double>(c.false_positives * c.false_negatives);
}

// The highest threshold of the largest value.
std::optional<double> obvious_largest(const Sample& sample, const std::function<double(const Confusion&)>& value) {
  std::optional<double> best;
  for (const float threshold : sample.thresholds()) {
    if (!best || value(sample.at(threshold)) > value(sample.at(*best))) {
      best = threshold;
    }
  }
  return best;
}

std::optional<double> obvious_threshold(const Sample& sample, const OperatingPointRule& rule) {
  switch (rule.kind) {
    case Kind::kYouden:
      return sample.has(1) && sample.has(0) ? obvious_largest(sample, whole_youden) : std::nullopt;
    case Kind::kF1:
      return sample.has(1) ? obvious_largest(sample, f1) : std::nullopt;
    case Kind::kSensitivity:
      for (const float threshold : sample.thresholds()) {
        if (sample.has(1) && recall(sample.at(threshold)) >= rule.target) {
          return threshold;
        }
      }
      return std::nullopt;
    case Kind::kSpecificity:
      if (!sample.has(0)) {
        return std::nullopt;
      }
      std::optional<double> lowest = std::nextafter(*sample.thresholds().begin(), 2.0F);
      for (const float threshold : sample.thresholds()) {
        if (specificity(sample.at(threshold)) >= rule.target) {
          lowest = threshold;
        }
      }
      return lowest;
  }
  return std::nullopt;
}

TEST(ChooseThreshold, agrees_with_trying_every_score) {
  const std::vector<OperatingPointRule> rules = {{Kind::kYouden},           {Kind::kF1},
                                                 {Kind::kSensitivity, 0.5}, {Kind::kSensitivity, 0.9},
                                                 {Kind::kSensitivity, 1.0}, {Kind::kSensitivity, 0.001},
                                                 {Kind::kSpecificity, 0.5}, {Kind::kSpecificity, 0.9},
                                                 {Kind::kSpecificity, 1.0}, {Kind::kSpecificity, 0.001}};
  for (std::uint64_t index = 0; index < 400; ++index) {
    const Sample sample = draw(index);
    for (const OperatingPointRule& rule : rules) {
      EXPECT_EQ(choose_threshold(sample.ranked(), rule), obvious_threshold(sample, rule))
          << operating_point_text(rule) << " of sample " << index;
    }
  }
}

TEST(ChooseThreshold, of_equally_good_thresholds_the_highest_wins) {
  // J is 1/2 at 0.9 and at 0.7 (one of two found; both found with one false alarm of two).
  const Sample youden{{0.9F, 0.8F, 0.7F, 0.1F}, {1, 0, 1, 0}};
  EXPECT_EQ(choose_threshold(youden.ranked(), {Kind::kYouden}), static_cast<double>(0.9F));
  // F1 is 2/3 at 0.9 (one call, right, of two) and at 0.5 (four calls, two right).
  const Sample f1_tied{{0.9F, 0.8F, 0.7F, 0.5F}, {1, 0, 0, 1}};
  EXPECT_EQ(choose_threshold(f1_tied.ranked(), {Kind::kF1}), static_cast<double>(0.9F));
}

TEST(ChooseThreshold, a_target_met_to_the_last_image_is_met) {
  Sample sample;
  for (int i = 1; i <= 10; ++i) {
    sample.scores.insert(sample.scores.end(), {static_cast<float>(i) / 16.0F, static_cast<float>(i) / 32.0F});
    sample.labels.insert(sample.labels.end(), {1, 0});
  }
  // 9 of 10 positives are at or above 2/16, 9 of 10 negatives below 10/32.
  EXPECT_EQ(choose_threshold(sample.ranked(), {Kind::kSensitivity, 0.9}), 2.0 / 16.0);
  EXPECT_EQ(choose_threshold(sample.ranked(), {Kind::kSpecificity, 0.9}), 10.0 / 32.0);
}

TEST(ChooseThreshold, a_negative_image_at_the_top_puts_full_specificity_above_all_scores) {
  const Sample sample{{0.5F, 0.5F, 0.25F}, {1, 0, 1}};
  const double threshold = *choose_threshold(sample.ranked(), {Kind::kSpecificity, 1.0});
  EXPECT_EQ(static_cast<float>(threshold), std::nextafter(0.5F, 1.0F));
  EXPECT_EQ(sample.at(threshold).false_positives, 0U);
  const Sample certain{{1.0F, 0.25F}, {0, 1}};
  EXPECT_GT(*choose_threshold(certain.ranked(), {Kind::kSpecificity, 0.5}), 1.0);
}

TEST(ChooseThreshold, of_one_image_and_of_tied_ones_is_their_score) {
  const Sample one{{0.25F}, {1}};
  EXPECT_EQ(choose_threshold(one.ranked(), {Kind::kF1}), 0.25);
  EXPECT_EQ(choose_threshold(one.ranked(), {Kind::kSensitivity, 1.0}), 0.25);
  const Sample tied{{0.25F, 0.25F, 0.25F}, {1, 0, 0}};
  EXPECT_EQ(choose_threshold(tied.ranked(), {Kind::kYouden}), 0.25);
  EXPECT_EQ(choose_threshold(tied.ranked(), {Kind::kF1}), 0.25);
}

TEST(ChooseThreshold, is_nothing_without_the_images_that_the_rule_needs) {
  const Sample positive{{0.5F}, {1}};
  const Sample negative{{0.5F}, {0}};
  const Sample unknown{{0.5F}, {-1}};
  for (const Kind kind : {Kind::kYouden, Kind::kF1, Kind::kSensitivity, Kind::kSpecificity}) {
    const OperatingPointRule rule{kind, 0.9};
    EXPECT_FALSE(choose_threshold(unknown.ranked(), rule));
    EXPECT_EQ(choose_threshold(positive.ranked(), rule).has_value(), kind == Kind::kF1 || kind == Kind::kSensitivity);
    EXPECT_EQ(choose_threshold(negative.ranked(), rule).has_value(), kind == Kind::kSpecificity);
  }
}

TEST(ChooseThreshold, an_impossible_target_is_a_bug) {
  const Sample sample{{0.5F, 0.25F}, {1, 0}};
  for (const double target : {0.0, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW((void)choose_threshold(sample.ranked(), {Kind::kSensitivity, target}), BrokenInvariant);
    EXPECT_THROW((void)choose_threshold(sample.ranked(), {Kind::kSpecificity, target}), BrokenInvariant);
  }
}

TEST(ChooseThreshold, counts_of_large_cohorts_do_not_overflow) {
  // A billion and more positives x negatives.
  Sample sample;
  for (int i = 0; i < 200'000; ++i) {
    sample.scores.insert(sample.scores.end(), {0.75F, 0.25F});
    sample.labels.insert(sample.labels.end(), {1, 0});
  }
  EXPECT_EQ(choose_threshold(sample.ranked(), {Kind::kYouden}), 0.75);
  EXPECT_EQ(choose_threshold(sample.ranked(), {Kind::kF1}), 0.75);
}

TEST(ParseOperatingPoint, reads_what_its_text_says) {
  EXPECT_EQ(parse_operating_point("youden"), (OperatingPointRule{Kind::kYouden, 0.0}));
  EXPECT_EQ(parse_operating_point("f1"), (OperatingPointRule{Kind::kF1, 0.0}));
  EXPECT_EQ(parse_operating_point("sensitivity=0.9"), (OperatingPointRule{Kind::kSensitivity, 0.9}));
  EXPECT_EQ(parse_operating_point("specificity=1"), (OperatingPointRule{Kind::kSpecificity, 1.0}));
  for (const char* text :
       {"youden", "f1", "sensitivity=0.9", "specificity=0.95", "sensitivity=1", "specificity=1e-05"}) {
    EXPECT_EQ(operating_point_text(parse_operating_point(text)), text);
  }
}

std::string answer_to(std::string_view text) {
  try {
    const OperatingPointRule rule = parse_operating_point(text, "audit.operating_point");
    return "read as " + operating_point_text(rule);
  } catch (const InputError& error) {
    EXPECT_EQ(error.where(), "audit.operating_point");
    EXPECT_THAT(error.problem(), HasSubstr(text));
    return error.what();
  }
}

TEST(ParseOperatingPoint, names_the_nearest_right_spelling) {
  const std::vector<std::pair<std::string, std::string>> slips = {
      {"yuden", "youden"},
      {"Youden", "youden"},
      {"youden=0.5", "youden"},
      {"F1", "f1"},
      {"f1 ", "f1"},
      {"sensitivity", "sensitivity=0.9"},
      {"sensitivty=0.85", "sensitivity=0.85"},
      {"Specificity=0.95", "specificity=0.95"},
      {"specificity = 0.95", "specificity=0.95"},
      {"specificity:0.95", "specificity=0.95"},
      {"specificity=95", "specificity=0.95"},
      {"specificity=80%", "specificity=0.8"},
      {"spec=0.8", "specificity=0.8"},
      {"sensitivity=", "sensitivity=0.9"},
      {"sensitivity=0", "sensitivity=0.9"},
      {"sensitivity=-0.5", "sensitivity=0.9"},
      {"sensitivity=nan", "sensitivity=0.9"},
      {"sensitivity=0.9x", "sensitivity=0.9"},
      {"sensitivity=200", "sensitivity=0.9"},
  };
  for (const auto& [slip, right] : slips) {
    EXPECT_THAT(answer_to(slip), HasSubstr("did you mean '" + right + "'?"));
  }
}

TEST(ParseOperatingPoint, lists_the_spellings_where_none_is_near) {
  for (const char* text : {"", "=", "=0.9", "accuracy=0.9", "0.5"}) {
    EXPECT_THAT(answer_to(text), Not(HasSubstr("did you mean")));
    EXPECT_THAT(answer_to(text), HasSubstr("choose youden, f1, sensitivity=TARGET"));
  }
}

}  // namespace
}  // namespace niwaki
