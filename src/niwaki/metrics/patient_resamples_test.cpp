#include "niwaki/metrics/patient_resamples.hpp"

#include <numeric>

#include <gtest/gtest.h>

namespace niwaki {
namespace {

TEST(PatientResamples, EachDrawsAsManyPatientsAsThereAre) {
  const PatientResamples resamples(57, 70, 3);
  for (std::size_t resample = 0; resample < resamples.resamples(); ++resample) {
    std::size_t drawn = 0;
    for (std::size_t patient = 0; patient < resamples.patients(); ++patient) {
      drawn += resamples.weight(resample, patient);
      EXPECT_LE(resamples.weight(resample, patient), resamples.largest_weight());
    }
    EXPECT_EQ(drawn, 57U);
  }
}

TEST(PatientResamples, LanesBeyondTheLastResampleAreEmpty) {
  const PatientResamples resamples(5, 33, 3);
  ASSERT_EQ(resamples.blocks(), 2U);
  const std::span<const std::uint8_t> last = resamples.block(1);
  EXPECT_EQ(std::accumulate(last.begin(), last.end(), 0), 5);
}

TEST(PatientResamples, AResampleDoesNotDependOnHowManyThereAre) {
  const PatientResamples few(40, 10, 8);
  const PatientResamples many(40, 100, 8);
  const PatientResamples other(40, 10, 9);
  bool differs = false;
  for (std::size_t patient = 0; patient < 40; ++patient) {
    EXPECT_EQ(few.weight(9, patient), many.weight(9, patient));
    differs = differs || few.weight(9, patient) != other.weight(9, patient);
  }
  EXPECT_TRUE(differs);
}

TEST(PatientResamples, EveryPatientIsDrawnOnceOnAverage) {
  const PatientResamples resamples(20, 4000, 1);
  for (std::size_t patient = 0; patient < 20; ++patient) {
    double drawn = 0;
    double squares = 0;
    for (std::size_t resample = 0; resample < 4000; ++resample) {
      const double weight = resamples.weight(resample, patient);
      drawn += weight;
      squares += weight * weight;
    }
    // Binomial(20, 1/20): mean 1, variance 0.95. Five standard errors.
    EXPECT_NEAR(drawn / 4000, 1.0, 0.08);
    EXPECT_NEAR(squares / 4000 - 1.0, 0.95, 0.2);
  }
}

}  // namespace
}  // namespace niwaki
