#include "niwaki/metrics/student.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using Values = std::vector<double>;

// Student's density between -t and t by Simpson's rule.
double obvious_inside(double t, double freedom) {
  const double scale =
      std::exp(std::lgamma(0.5 * (freedom + 1.0)) - std::lgamma(0.5 * freedom)) / std::sqrt(freedom * std::numbers::pi);
  const auto density = [&](double x) { return scale * std::pow(1.0 + x * x / freedom, -0.5 * (freedom + 1.0)); };
  const int steps = 20'000;
  const double step = t / steps;
  double sum = density(0.0) + density(t);
  for (int i = 1; i < steps; ++i) {
    sum += (i % 2 == 1 ? 4.0 : 2.0) * density(i * step);
  }
  return 2.0 * sum * step / 3.0;
}

double obvious_mean(const Values& values) {
  double sum = 0.0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

// Half the mean squared difference of two values.
double obvious_variance(const Values& values) {
  double sum = 0.0;
  for (const double one : values) {
    for (const double other : values) {
      sum += (one - other) * (one - other);
    }
  }
  const auto n = static_cast<double>(values.size());
  return sum / (2.0 * n * (n - 1.0));
}

Values draw(RandomStream& random, double mean) {
  Values values(2 + random.below(10));
  for (double& value : values) {
    value = mean + static_cast<double>(random.below(5));
  }
  return values;
}

TEST(WelchTest, agrees_with_the_obvious_sums_and_integral) {
  RandomStream random(9, "welch", {});
  int tested = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const Values first = draw(random, 0.0);
    const Values second = draw(random, 1.0);
    const double error_one = obvious_variance(first) / static_cast<double>(first.size());
    const double error_other = obvious_variance(second) / static_cast<double>(second.size());
    const auto test = welch_test(first, second);
    ASSERT_EQ(test.has_value(), error_one + error_other > 0.0);
    if (test) {
      ++tested;
      const double t = (obvious_mean(first) - obvious_mean(second)) / std::sqrt(error_one + error_other);
      const double freedom =
          std::pow(error_one + error_other, 2) / (error_one * error_one / static_cast<double>(first.size() - 1) +
                                                  error_other * error_other / static_cast<double>(second.size() - 1));
      EXPECT_NEAR(test->t, t, 1e-12);
      EXPECT_NEAR(test->degrees_of_freedom, freedom, 1e-11);
      EXPECT_NEAR(test->p, 1.0 - obvious_inside(std::abs(t), freedom), 1e-9);
    }
  }
  EXPECT_GT(tested, 50);
}

// scipy 1.10: ttest_ind(first, second, equal_var=False); the degrees of freedom by numpy.var(ddof=1).
TEST(WelchTest, agrees_with_scipy) {
  const WelchTest test = *welch_test(Values{0.81, 0.79, 0.84, 0.80}, Values{0.75, 0.78, 0.70});
  EXPECT_NEAR(test.t, 2.59281489420866, 1e-12);
  EXPECT_NEAR(test.degrees_of_freedom, 2.8613861386138573, 1e-12);
  EXPECT_NEAR(test.p, 0.08487320656243166, 1e-13);
  const WelchTest one_constant = *welch_test(Values{1, 2}, Values{5, 5, 5});
  EXPECT_DOUBLE_EQ(one_constant.t, -7.0);
  EXPECT_DOUBLE_EQ(one_constant.degrees_of_freedom, 1.0);
  EXPECT_NEAR(one_constant.p, 0.0903344706017331, 1e-14);
}

TEST(WelchTest, equal_means_are_no_evidence) {
  EXPECT_EQ(welch_test(Values{1, 3}, Values{0, 4})->p, 1.0);
}

TEST(WelchTest, needs_two_values_each_and_some_variance) {
  EXPECT_FALSE(welch_test(Values{1}, Values{2, 3}));
  EXPECT_FALSE(welch_test(Values{2, 3}, Values{1}));
  EXPECT_FALSE(welch_test(Values{}, Values{}));
  // The mean of three times 0.1 is not exactly 0.1 by its sum.
  EXPECT_FALSE(welch_test(Values{0.1, 0.1, 0.1}, Values{0.7, 0.7, 0.7}));
  EXPECT_FALSE(welch_test(Values{0, 1e-200}, Values{0, 2e-200}));
  EXPECT_FALSE(welch_test(Values{0, 1e200}, Values{0, 2e200}));
}

TEST(WelchTest, nan_and_infinity_are_bugs) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_THROW((void)welch_test(Values{1, std::nan("")}, Values{2, 3}), BrokenInvariant);
  EXPECT_THROW((void)welch_test(Values{1, 2}, Values{inf, 3}), BrokenInvariant);
}

// scipy 1.10: t.interval(confidence, 3, loc=mean, scale=sem(values)).
TEST(MeanInterval, agrees_with_scipy) {
  const Values values = {0.81, 0.79, 0.84, 0.80};
  const MeanInterval usual = *mean_interval(values);
  EXPECT_NEAR(usual.mean, 0.81, 1e-15);
  EXPECT_NEAR(usual.standard_deviation, 0.021602468994692835, 1e-15);
  EXPECT_NEAR(usual.low, 0.775625651181411, 1e-13);
  EXPECT_NEAR(usual.high, 0.8443743488185891, 1e-13);
  const MeanInterval narrower = *mean_interval(values, 0.9);
  EXPECT_NEAR(narrower.low, 0.7845807696832249, 1e-13);
  EXPECT_NEAR(narrower.high, 0.8354192303167752, 1e-13);
}

TEST(MeanInterval, holds_as_much_of_the_density_as_it_says) {
  RandomStream random(10, "mean_interval", {});
  for (const double confidence : {0.5, 0.9, 0.95}) {
    for (int trial = 0; trial < 20; ++trial) {
      Values values = draw(random, 2.0);
      values.push_back(9.0);  // so that they are not all the same
      const MeanInterval interval = *mean_interval(values, confidence);
      EXPECT_NEAR(interval.mean, obvious_mean(values), 1e-13);
      EXPECT_NEAR(interval.standard_deviation, std::sqrt(obvious_variance(values)), 1e-13);
      EXPECT_NEAR(interval.mean - interval.low, interval.high - interval.mean, 1e-12);
      const auto n = static_cast<double>(values.size());
      const double t = (interval.high - interval.mean) / std::sqrt(obvious_variance(values) / n);
      EXPECT_NEAR(obvious_inside(t, n - 1.0), confidence, 1e-9);
    }
  }
}

TEST(MeanInterval, of_two_values_follows_cauchy) {
  const MeanInterval interval = *mean_interval(Values{1, 3});
  EXPECT_NEAR(interval.high, 2.0 + std::tan(0.475 * std::numbers::pi), 1e-11);
}

TEST(MeanInterval, of_the_same_value_is_that_value) {
  const MeanInterval interval = *mean_interval(Values{0.1, 0.1, 0.1});
  EXPECT_EQ(interval.mean, 0.1);
  EXPECT_EQ(interval.standard_deviation, 0.0);
  EXPECT_EQ(interval.low, 0.1);
  EXPECT_EQ(interval.high, 0.1);
}

TEST(MeanInterval, needs_two_values_and_a_confidence) {
  EXPECT_FALSE(mean_interval(Values{4}));
  EXPECT_FALSE(mean_interval(Values{}));
  EXPECT_THROW((void)mean_interval(Values{1, 2}, 1.0), BrokenInvariant);
  EXPECT_THROW((void)mean_interval(Values{1, 2}, 0.0), BrokenInvariant);
}

TEST(PairedTest, IsThatOfTheDifferences) {
  // scipy.stats.ttest_rel([0.61, 0.64, 0.60, 0.66], [0.63, 0.65, 0.63, 0.665]): -2.9314195092110324,
  // 0.06093074307057996
  const std::vector<double> first = {0.61, 0.64, 0.60, 0.66};
  const std::vector<double> second = {0.63, 0.65, 0.63, 0.665};
  const PairedTest test = paired_test(first, second).value();
  EXPECT_NEAR(test.t, -2.9314195092110324, 1e-10);
  EXPECT_NEAR(test.p, 0.06093074307057996, 1e-10);
  EXPECT_FALSE(paired_test(std::vector<double>{1.0}, std::vector<double>{2.0}));
  EXPECT_FALSE(paired_test(std::vector<double>{1.0, 2.0}, std::vector<double>{2.0, 3.0}));
}

}  // namespace
}  // namespace niwaki
