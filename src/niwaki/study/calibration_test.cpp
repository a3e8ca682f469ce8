#include "niwaki/study/calibration.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

/// 40 patients of 1 to 4 images each, in 2 classes.
Cohort cohort() {
  Cohort result;
  result.classes = {"a", "b"};
  for (std::size_t patient = 0; patient < 40; ++patient) {
    for (std::size_t image = 0; image <= patient % 4; ++image) {
      result.records.push_back({fmt::format("{}-{}", patient, image), fmt::format("p{}", patient), "", ""});
      result.labels.push_back(Label::kPositive);
      result.labels.push_back(Label::kNegative);
    }
  }
  return result;
}

TEST(CalibrationRows, are_as_many_as_asked_rising_and_each_once) {
  const Cohort training = cohort();
  for (const std::size_t images : {1U, 10U, 50U, 99U}) {
    const std::vector<std::size_t> rows = calibration_rows(training, images, 1);
    EXPECT_EQ(rows.size(), images);
    EXPECT_TRUE(std::ranges::is_sorted(rows));
    EXPECT_EQ(std::set<std::size_t>(rows.begin(), rows.end()).size(), images);
  }
  EXPECT_EQ(calibration_rows(training, 1000, 1).size(), training.size());
}

TEST(CalibrationRows, take_patients_whole_but_for_the_last) {
  const Cohort training = cohort();
  const std::vector<std::size_t> rows = calibration_rows(training, 50, 1);
  std::set<std::string> patients;
  for (const std::size_t row : rows) {
    patients.insert(training.records[row].patient);
  }
  std::size_t incomplete = 0;
  for (const std::string& patient : patients) {
    const auto all =
        std::ranges::count_if(training.records, [&](const Record& record) { return record.patient == patient; });
    const auto taken =
        std::ranges::count_if(rows, [&](std::size_t row) { return training.records[row].patient == patient; });
    incomplete += taken < all ? 1 : 0;
  }
  EXPECT_LE(incomplete, 1U);
  EXPECT_NE(rows, calibration_rows(training, 50, 2));
  EXPECT_EQ(rows, calibration_rows(training, 50, 1));
}

}  // namespace
}  // namespace niwaki
