#include "niwaki/metrics/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

struct Sample {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;
};

// Tied scores, with 0 and 1 among them, where `levels` is small.
Sample draw(std::uint64_t index, std::size_t images, std::uint64_t levels) {
  RandomStream random(7, "calibration_test", {index});
  Sample sample;
  for (std::size_t i = 0; i < images; ++i) {
    sample.scores.push_back(static_cast<float>(random.below(levels)) / static_cast<float>(levels - 1));
    sample.labels.push_back(random.chance(0.1) ? -1 : static_cast<std::int8_t>(random.chance(0.3)));
  }
  return sample;
}

std::optional<double> obvious_brier(const Sample& sample) {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < sample.scores.size(); ++i) {
    if (sample.labels[i] >= 0) {
      sum += std::pow(static_cast<double>(sample.scores[i]) - sample.labels[i], 2);
      count += 1.0;
    }
  }
  return count == 0.0 ? std::nullopt : std::optional(sum / count);
}

// The plain sum, one logarithm an image, in more digits than asked for.
std::optional<double> obvious_log_loss(const Sample& sample) {
  long double sum = 0.0;
  long double count = 0.0;
  for (std::size_t i = 0; i < sample.scores.size(); ++i) {
    if (sample.labels[i] >= 0) {
      const long double eps = std::pow(2.0L, -23);
      const long double clipped = std::min(std::max<long double>(sample.scores[i], eps), 1.0L - eps);
      sum -= sample.labels[i] == 1 ? std::log1p(clipped - 1.0L) : std::log1p(-clipped);
      count += 1.0;
    }
  }
  return count == 0.0 ? std::nullopt : std::optional(static_cast<double>(sum / count));
}

// Each bin asks each image whether it is in it.
std::optional<double> obvious_calibration_error(const std::vector<Sample>& columns) {
  double error = 0.0;
  double all = 0.0;
  for (int m = 0; m < 15; ++m) {
    double count = 0.0;
    double positives = 0.0;
    double probabilities = 0.0;
    for (const Sample& column : columns) {
      for (std::size_t i = 0; i < column.scores.size(); ++i) {
        const long double score = column.scores[i];
        const bool inside = (score > m / 15.0L && score <= (m + 1) / 15.0L) || (m == 0 && score == 0.0L);
        if (column.labels[i] >= 0 && inside) {
          count += 1.0;
          positives += column.labels[i];
          probabilities += static_cast<double>(score);
        }
      }
    }
    all += count;
    error += count == 0.0 ? 0.0 : count * std::abs(positives / count - probabilities / count);
  }
  return all == 0.0 ? std::nullopt : std::optional(error / all);
}

void expect_relative(std::optional<double> got, std::optional<double> wanted, double tolerance) {
  ASSERT_EQ(got.has_value(), wanted.has_value());
  if (wanted) {
    EXPECT_NEAR(*got, *wanted, tolerance * std::abs(*wanted));
  }
}

TEST(Calibration, agrees_with_the_obvious_sums) {
  std::uint64_t index = 0;
  for (const std::size_t images : {0U, 1U, 2U, 31U, 32U, 33U, 64U, 500U}) {
    for (const std::uint64_t levels : {std::uint64_t{2}, std::uint64_t{7}, std::uint64_t{16}, std::uint64_t{1} << 24}) {
      const Sample sample = draw(++index, images, levels);
      expect_relative(brier_score(sample.scores, sample.labels), obvious_brier(sample), 1e-13);
      expect_relative(log_loss(sample.scores, sample.labels), obvious_log_loss(sample), 1e-13);
      const auto error = expected_calibration_error(sample.scores, sample.labels);
      const auto wanted = obvious_calibration_error({sample});
      ASSERT_EQ(error.has_value(), wanted.has_value());
      if (wanted) {
        EXPECT_NEAR(*error, *wanted, 1e-14);
      }
    }
  }
}

// brier_score_loss(y, p) and log_loss(y, p, eps=2**-23, labels=[0, 1]) of scikit-learn 1.2, p being
// numpy.float32([...]).astype(float).
TEST(Calibration, agrees_with_scikit_learn) {
  const std::vector<float> scores = {0.9F, 0.1F, 0.4F, 0.35F, 0.0F, 1.0F, 1.0F, 0.02F};
  const std::vector<std::int8_t> labels = {1, 0, 0, 1, 0, 0, 1, 0};
  EXPECT_NEAR(*brier_score(scores, labels), 0.2003625021956862, 1e-15);
  EXPECT_NEAR(*log_loss(scores, labels), 2.2167446166062077, 1e-14);
  const std::vector<float> small = {1e-7F, 1e-4F};
  EXPECT_NEAR(*log_loss(small, std::vector<std::int8_t>{0, 0}), 5.006210355177471e-05, 1e-15);
}

// Products alone lose nine digits where every likelihood is near 1, and sums of what they lack where one is near 0.
TEST(LogLoss, is_right_to_twelve_digits_however_likely_or_unlikely_the_labels) {
  RandomStream random(8, "log_loss", {});
  for (int steepness = -24; steepness <= 24; ++steepness) {
    Sample sample;
    for (int i = 0; i < 2000; ++i) {
      const bool positive = random.chance(0.5);
      const double wrong = std::exp(0.7 * steepness * random.uniform());
      const double probability = positive ? 1.0 / (1.0 + wrong) : wrong / (1.0 + wrong);
      sample.scores.push_back(static_cast<float>(probability));
      sample.labels.push_back(positive ? 1 : 0);
    }
    expect_relative(log_loss(sample.scores, sample.labels), obvious_log_loss(sample), 1e-13);
  }
}

TEST(LogLoss, of_a_million_images_is_still_right) {
  for (const float score : {0.0F, 1e-6F, 0.2F, 0.4999F, 0.5F, 0.5001F, 0.9F, 1.0F}) {
    const std::vector<float> scores(1'000'000, score);
    const std::vector<std::int8_t> labels(scores.size(), 0);
    expect_relative(log_loss(scores, labels), obvious_log_loss({{score}, {0}}), 1e-13);
  }
}

TEST(LogLoss, of_certain_answers_is_clipped) {
  const std::vector<float> scores(100, 1.0F);
  EXPECT_DOUBLE_EQ(*log_loss(scores, std::vector<std::int8_t>(100, 1)), -std::log1p(-kLogLossClip));
  EXPECT_DOUBLE_EQ(*log_loss(scores, std::vector<std::int8_t>(100, 0)), 23.0 * std::log(2.0));
  EXPECT_EQ(*brier_score(scores, std::vector<std::int8_t>(100, 1)), 0.0);
  EXPECT_EQ(*brier_score(scores, std::vector<std::int8_t>(100, 0)), 1.0);
}

TEST(CalibrationBins, upper_edges_belong_to_their_bin_and_zero_to_the_first) {
  CalibrationBins bins;
  const float third = 1.0F / 3.0F;  // a little above 5/15
  const std::vector<float> scores = {0.0F, std::nextafter(0.0F, 1.0F), std::nextafter(third, 0.0F), third, 1.0F, 0.95F};
  bins.add(scores, std::vector<std::int8_t>{1, 0, 0, 1, 1, -1});
  std::vector<std::size_t> images;
  for (const CalibrationBins::Bin& bin : bins.bins()) {
    images.push_back(bin.images);
  }
  EXPECT_EQ(images, (std::vector<std::size_t>{2, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(bins.bins()[0].positives, 1U);
  EXPECT_EQ(bins.bins()[4].positives, 0U);
  EXPECT_EQ(bins.bins()[14].probabilities, 1.0);
}

TEST(CalibrationBins, error_calculated_by_hand) {
  // Three images at 1/4 of which two have it, one at 3/4 that has it.
  const std::vector<float> scores = {0.25F, 0.25F, 0.25F, 0.75F};
  const std::vector<std::int8_t> labels = {1, 1, 0, 1};
  EXPECT_DOUBLE_EQ(*expected_calibration_error(scores, labels), 0.75 * (2.0 / 3.0 - 0.25) + 0.25 * (1.0 - 0.75));
}

TEST(CalibrationBins, columns_are_pooled_and_not_averaged) {
  const std::vector<Sample> columns = {draw(101, 50, 9), draw(102, 400, 33), draw(103, 1, 2)};
  CalibrationBins added;
  CalibrationBins merged;
  double sum = 0.0;
  for (const Sample& column : columns) {
    added.add(column.scores, column.labels);
    CalibrationBins own;
    own.add(column.scores, column.labels);
    merged.merge(own);
    sum += own.expected_calibration_error().value_or(0.0);
  }
  const double wanted = *obvious_calibration_error(columns);
  EXPECT_NEAR(*added.expected_calibration_error(), wanted, 1e-14);
  EXPECT_NEAR(*merged.expected_calibration_error(), wanted, 1e-14);
  EXPECT_GT(std::abs(sum / 3.0 - wanted), 1e-3);
}

TEST(CalibrationBins, errors_of_two_classes_may_cancel_in_the_pool) {
  CalibrationBins bins;
  const std::vector<float> half = {0.5F, 0.5F};
  bins.add(half, std::vector<std::int8_t>{1, 1});
  EXPECT_EQ(bins.expected_calibration_error(), 0.5);
  bins.add(half, std::vector<std::int8_t>{0, 0});
  EXPECT_EQ(bins.expected_calibration_error(), 0.0);
}

TEST(Calibration, is_undefined_where_no_label_is_known) {
  const std::vector<float> scores = {0.5F, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<std::int8_t> unknown = {-1, -1};
  EXPECT_FALSE(brier_score(scores, unknown));
  EXPECT_FALSE(log_loss(scores, unknown));
  EXPECT_FALSE(expected_calibration_error(scores, unknown));
  EXPECT_FALSE(CalibrationBins().expected_calibration_error());
}

TEST(Calibration, what_is_no_probability_is_a_bug) {
  const std::vector<std::int8_t> label = {1};
  for (const float score : {-0.1F, 1.1F, std::numeric_limits<float>::quiet_NaN()}) {
    const std::vector<float> scores = {score};
    EXPECT_THROW((void)brier_score(scores, label), BrokenInvariant);
    EXPECT_THROW((void)log_loss(scores, label), BrokenInvariant);
    EXPECT_THROW((void)expected_calibration_error(scores, label), BrokenInvariant);
  }
  EXPECT_THROW((void)brier_score(std::vector<float>{0.5F, 0.5F}, label), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
