#include "niwaki/metrics/bootstrap_interval.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// So many patients that nothing is widened.
const BootstrapOptions kMany = {.confidence = 0.95, .effective_patients = 1e9};

std::vector<double> normals(std::size_t count, double mean, double deviation, std::uint64_t seed) {
  RandomStream random(seed, "test");
  std::vector<double> values(count);
  for (double& value : values) {
    value = mean + deviation * random.normal();
  }
  return values;
}

TEST(EffectivePatients, PatientsOfOneSizeAllCount) {
  EXPECT_DOUBLE_EQ(effective_patients(std::vector<std::size_t>{3, 3, 3, 3}), 4.0);
  EXPECT_DOUBLE_EQ(effective_patients(std::vector<std::size_t>{3, 0, 3}), 2.0);
  EXPECT_DOUBLE_EQ(effective_patients(std::vector<std::size_t>{9, 1}), 100.0 / 82.0);
  EXPECT_EQ(effective_patients(std::vector<std::size_t>{0, 0}), 0.0);
}

TEST(PercentileInterval, TakesTheQuantiles) {
  std::vector<double> values;
  for (int i = 0; i <= 1000; ++i) {
    values.push_back(i);
  }
  const Interval interval = percentile_interval(values, kMany).value();
  EXPECT_NEAR(interval.low, 25.0, 1e-4);
  EXPECT_NEAR(interval.high, 975.0, 1e-4);
}

TEST(PercentileInterval, IsWiderForFewPatients) {
  // n = 10: z' = sqrt(10 / 9) x t(9) = 2.38452; Phi(-z') = 0.00855064 (scipy.stats: t.ppf(0.975, 9), norm.cdf).
  std::vector<double> values;
  for (int i = 0; i <= 10'000; ++i) {
    values.push_back(i);
  }
  const Interval interval = percentile_interval(values, {.confidence = 0.95, .effective_patients = 10}).value();
  EXPECT_NEAR(interval.low, 85.5064, 0.01);
  EXPECT_NEAR(interval.high, 10'000 - 85.5064, 0.01);
}

TEST(PercentileInterval, AFewReplicatesMayBeMissing) {
  std::vector<double> values = normals(1000, 0, 1, 1);
  for (std::size_t i = 0; i < 50; ++i) {
    values[i] = kNone;
  }
  EXPECT_TRUE(percentile_interval(values, kMany));
  values[50] = kNone;
  EXPECT_FALSE(percentile_interval(values, kMany));
  EXPECT_FALSE(percentile_interval(normals(1000, 0, 1, 1), {.confidence = 0.95, .effective_patients = 1.9}));
}

TEST(LogitInterval, LiesLowerThanAnEvenOneAndNeverBeyondOne) {
  const std::vector<double> values = normals(4000, 0.97, 0.012, 2);
  const Interval interval = logit_interval(0.97, values, 1e-4, kMany).value();
  EXPECT_LT(interval.high, 1.0);
  EXPECT_GT(0.97 - interval.low, interval.high - 0.97);
  // On the logit scale it is even.
  const auto logit = [](double value) { return std::log(value / (1 - value)); };
  EXPECT_NEAR(logit(0.97) - logit(interval.low), logit(interval.high) - logit(0.97), 1e-9);
}

TEST(LogitInterval, FaultlessRankingsSayNothingOfOtherPatients) {
  EXPECT_FALSE(logit_interval(1.0, std::vector<double>(1000, 1.0), 1e-4, kMany));
  // A few faultless resamples count as half a step from 1, and the interval stays finite.
  std::vector<double> values = normals(1000, 0.9, 0.01, 3);
  values[0] = 1.0;
  const Interval interval = logit_interval(0.9, values, 1e-3, kMany).value();
  EXPECT_GT(interval.low, 0.8);
  EXPECT_LT(interval.high, 0.95);
}

TEST(SimultaneousBand, OfIndependentFiguresIsSidakWide) {
  // Five independent normal figures: c = Phi^-1((1 + 0.95^(1/5)) / 2) = 2.569 (scipy.stats.norm.ppf).
  constexpr std::size_t kResamples = 40'000;
  const std::vector<double> values = normals(5 * kResamples, 0, 2, 4);
  const std::vector<double> estimates(5, 0.0);
  const auto band = simultaneous_band(estimates, {values.data(), 5, kResamples}, kMany).value();
  for (const Interval& interval : band) {
    EXPECT_NEAR(interval.high, 2 * 2.569, 0.08);
    EXPECT_DOUBLE_EQ(interval.low, -interval.high);
  }
}

TEST(SimultaneousBand, OfOneFigureRepeatedIsNoWider) {
  const std::vector<double> once = normals(20'000, 0, 1, 5);
  std::vector<double> values;
  for (int i = 0; i < 3; ++i) {
    values.insert(values.end(), once.begin(), once.end());
  }
  const auto band = simultaneous_band(std::vector<double>(3, 0.0), {values.data(), 3, once.size()}, kMany).value();
  EXPECT_NEAR(band[0].high, 1.96, 0.05);
}

TEST(SimultaneousBand, AFigureThatNeverMovesTakesNoPart) {
  std::vector<double> values(1000, 0.0);
  const std::vector<double> moving = normals(1000, 0, 1, 6);
  values.insert(values.end(), moving.begin(), moving.end());
  const auto band = simultaneous_band(std::vector<double>(2, 0.0), {values.data(), 2, 1000}, kMany).value();
  EXPECT_EQ(band[0].low, 0.0);
  EXPECT_EQ(band[0].high, 0.0);
  EXPECT_NEAR(band[1].high, 1.96, 0.15);
}

TEST(BootstrapP, IsThatOfStudentsT) {
  const std::vector<double> values = normals(100'000, 3, 1, 7);
  // 3 / sqrt(20 / 19) at 19 degrees of freedom: p = 0.008706 (scipy.stats.t.sf x 2).
  EXPECT_NEAR(bootstrap_p(3, values, {.confidence = 0.95, .effective_patients = 20}).value(), 0.008706, 3e-4);
  EXPECT_NEAR(bootstrap_p(0, values, kMany).value(), 1.0, 1e-12);
  EXPECT_FALSE(bootstrap_p(3, std::vector<double>(100, 3.0), kMany));
}

}  // namespace
}  // namespace niwaki
