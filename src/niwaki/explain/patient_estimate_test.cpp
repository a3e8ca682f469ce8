#include "niwaki/explain/patient_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/metrics/patient_resamples.hpp"
#include "niwaki/metrics/quantile.hpp"

namespace niwaki {
namespace {

/// `patients` patients of one to four values each.
PatientValues some_values(std::size_t patients) {
  RandomStream random(1, "patient-values");
  PatientValues values;
  for (std::size_t patient = 0; patient < patients; ++patient) {
    for (std::size_t i = 0; i < 1 + patient % 4; ++i) {
      values.values.push_back(std::round(10 * random.normal()));
      values.patients.push_back(patient);
    }
  }
  return values;
}

TEST(PatientEstimate, of_the_median_is_that_of_values_written_out_once_a_draw) {
  const PatientValues values = some_values(25);
  const PatientEstimateOptions options{.resamples = 200};
  const Estimate estimate = median_over_patients(values, options);
  EXPECT_EQ(estimate.value, *median(values.values));
  const PatientResamples resamples(25, options.resamples, options.seed);
  std::vector<double> replicates;
  for (std::size_t resample = 0; resample < options.resamples; ++resample) {
    std::vector<double> drawn;
    for (std::size_t i = 0; i < values.values.size(); ++i) {
      const auto times = static_cast<std::size_t>(resamples.weight(resample, values.patients[i]));
      drawn.insert(drawn.end(), times, values.values[i]);
    }
    replicates.push_back(*median(drawn));
  }
  const auto expected =
      percentile_interval(replicates, {.effective_patients = effective_patients(values.values_of_patients())});
  ASSERT_TRUE(estimate.interval && expected);
  EXPECT_EQ(estimate.interval->low, expected->low);
  EXPECT_EQ(estimate.interval->high, expected->high);
}

TEST(PatientEstimate, interval_of_a_mean_is_wider_where_a_patients_values_are_alike) {
  RandomStream random(2, "alike");
  PatientValues alone;
  PatientValues together;
  for (std::size_t i = 0; i < 200; ++i) {
    alone.values.push_back(random.normal());
    alone.patients.push_back(i);
  }
  for (std::size_t i = 0; i < 200; ++i) {
    together.values.push_back(alone.values[i / 5]);
    together.patients.push_back(i / 5);
  }
  const auto width = [](const PatientValues& values) {
    const Estimate estimate = mean_over_patients(values, {});
    return estimate.interval->high - estimate.interval->low;
  };
  const auto by_student = [](std::span<const double> values, double quantile) {
    return 2 * quantile * standard_error(values) / std::sqrt(static_cast<double>(values.size()));
  };
  EXPECT_NEAR(width(alone), by_student(alone.values, 1.972), 0.03);
  EXPECT_NEAR(width(together), by_student(std::span(alone.values).first(40), 2.023), 0.08);
}

TEST(PatientEstimate, below_the_minimum_of_patients_nothing_is_said) {
  const PatientValues values = some_values(19);  // 46 values
  EXPECT_FALSE(median_over_patients(values, {}).value);
  EXPECT_FALSE(mean_over_patients(values, {}).value);
  EXPECT_FALSE(share_over_patients({std::vector<double>(30, 1.0), std::vector<std::size_t>(30, 0)}, {}).share.value);
  EXPECT_TRUE(mean_over_patients(values, {.minimum_patients = 19}).value);
  const Estimate without = mean_over_patients(values, {.resamples = 0, .minimum_patients = 19});
  EXPECT_TRUE(without.value);
  EXPECT_FALSE(without.interval);
}

TEST(PatientEstimate, share_of_one_value_a_patient_has_clopper_and_pearsons_interval) {
  PatientValues values;
  for (std::size_t i = 0; i < 20; ++i) {
    values.values.push_back(i < 4 ? 1.0 : 0.0);
    values.patients.push_back(i);
  }
  ShareEstimate estimate = share_over_patients(values, {});
  EXPECT_EQ(estimate.interval_by, "Clopper-Pearson");
  EXPECT_EQ(estimate.share.value, 0.2);
  EXPECT_NEAR(estimate.share.interval->low, 0.0573, 1e-4);  // scipy.stats.beta.ppf(0.025, 4, 17)
  EXPECT_NEAR(estimate.share.interval->high, 0.4366, 1e-4);
  values.values.push_back(1.0);
  values.patients.push_back(0);
  estimate = share_over_patients(values, {});
  EXPECT_EQ(estimate.interval_by, "patients resampled");
  EXPECT_NEAR(*estimate.share.value, 5.0 / 21, 1e-12);
}

TEST(PatientEstimate, share_of_all_counts_patients_and_not_values) {
  PatientValues values;
  for (std::size_t i = 0; i < 60; ++i) {
    values.values.push_back(1.0);
    values.patients.push_back(i / 3);
  }
  const ShareEstimate estimate = share_over_patients(values, {});
  EXPECT_EQ(estimate.share.value, 1.0);
  EXPECT_NEAR(estimate.share.interval->low, std::pow(0.025, 1.0 / 20), 1e-9);
  EXPECT_EQ(estimate.share.interval->high, 1.0);
}

}  // namespace
}  // namespace niwaki
