#include "niwaki/audit/readers/analysis.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/metrics/kruskal_wallis.hpp"

namespace niwaki {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t kAgreement = 0, kQuality = 1, kDifficulty = 2;

std::vector<KeyEntry> key_of(std::size_t images, std::size_t repeats = 0) {
  std::vector<KeyEntry> key;
  for (std::size_t i = 0; i < images; ++i) {
    key.push_back({fmt::format("id-{}", i), fmt::format("image-{}", i), fmt::format("patient-{}", i), i % 2 == 0,
                   kEveryReader, "", ""});
  }
  for (std::size_t i = 0; i < repeats; ++i) {
    KeyEntry again = key[i];
    again.id = fmt::format("again-{}", i);
    again.repeat_of = key[i].id;
    key.push_back(again);
  }
  return key;
}

double scale(double value) {
  return std::clamp(std::round(value), 1.0, 5.0);
}

// Exemplars (even rows) are 1 harder. Readers differ, and images do.
std::vector<Reading> readings_of(const std::vector<KeyEntry>& key, std::size_t readers, double shift) {
  std::vector<Reading> readings;
  for (std::size_t reader = 0; reader < readers; ++reader) {
    for (std::size_t row = 0; row < key.size(); ++row) {
      RandomStream image(3, "image", {std::hash<std::string>{}(key[row].image)});
      RandomStream noise(3, "noise", {reader, row});
      const double habit = reader % 2 == 0 ? 0.4 : -0.4;
      const double hard = 3.0 + 0.7 * image.normal() + habit + 0.5 * noise.normal() + (key[row].exemplar ? shift : 0.0);
      readings.push_back({fmt::format("reader-{}", reader),
                          key[row].id,
                          {noise.chance(key[row].exemplar ? 0.6 : 0.9) ? 1.0 : 0.0, scale(6.0 - hard), scale(hard)},
                          fmt::format("reader-{}.csv, line {}", reader, row + 2)});
    }
  }
  return readings;
}

TEST(Analysis, is_joined_by_id_whatever_the_order_of_rows) {
  const std::vector<KeyEntry> key = key_of(20, 4);
  std::vector<Reading> readings = readings_of(key, 3, 1.0);
  const ReadingAnalysis straight = analyse_readings(key, readings);
  RandomStream(1, "shuffle").shuffle(std::span(readings));
  std::vector<KeyEntry> turned(key.rbegin(), key.rend());
  const ReadingAnalysis shuffled = analyse_readings(turned, readings);
  for (std::size_t question = 0; question < 3; ++question) {
    EXPECT_EQ(straight.questions[question].difference, shuffled.questions[question].difference);
    EXPECT_EQ(straight.questions[question].over_images.p, shuffled.questions[question].over_images.p);
    EXPECT_EQ(straight.questions[question].kruskal_p, shuffled.questions[question].kruskal_p);
  }
  EXPECT_GT(*straight.questions[kDifficulty].difference, 0.5);
}

TEST(Analysis, figures_are_the_plain_ones) {
  const std::vector<KeyEntry> key = key_of(4);
  const auto reading = [](const char* reader, const char* id, Figure difficulty) {
    return Reading{reader, id, {1.0, 3.0, difficulty}, "f.csv, line 2"};
  };
  const ReadingAnalysis result =
      analyse_readings(key, {reading("a", "id-0", 5), reading("a", "id-1", 2), reading("a", "id-2", 4),
                             reading("a", "id-3", 1), reading("b", "id-0", 3), reading("b", "id-1", 1),
                             reading("b", "id-2", std::nullopt), reading("b", "id-3", 2)});
  const QuestionResult& difficulty = result.questions[kDifficulty];
  EXPECT_EQ(difficulty.exemplars.readings, 3U);
  EXPECT_EQ(difficulty.exemplars.missing, 1U);
  EXPECT_EQ(difficulty.exemplars.images, 2U);
  EXPECT_DOUBLE_EQ(*difficulty.exemplars.mean, 4.0);
  EXPECT_DOUBLE_EQ(*difficulty.exemplars.deviation, 1.0);
  EXPECT_DOUBLE_EQ(*difficulty.others.mean, 1.5);
  EXPECT_DOUBLE_EQ(*difficulty.difference, 2.5);
  const std::vector<std::vector<double>> groups = {{5, 4, 3}, {2, 1, 1, 2}};
  EXPECT_DOUBLE_EQ(*difficulty.kruskal_p, kruskal_wallis(groups)->p);
  EXPECT_TRUE(difficulty.over_images.exact);
  EXPECT_EQ(difficulty.over_images.arrangements, 6U);      // 4 over 2
  EXPECT_EQ(difficulty.within_readers.arrangements, 18U);  // (4 over 2) (3 over 1)
  // Means of a: 3, of b: 2. Exemplars 2, 1, 1; others -1, -2, -1, 0.
  EXPECT_DOUBLE_EQ(*difficulty.centred_difference, 4.0 / 3.0 + 1.0);
  EXPECT_DOUBLE_EQ(*difficulty.over_images.p, 1.0 / 3.0);
  EXPECT_EQ(difficulty.agreement.images, 3U);
  EXPECT_EQ(result.readers[1].missing[kDifficulty], 1U);
  EXPECT_DOUBLE_EQ(*result.readers[0].means[kDifficulty], 3.0);
  // All gave quality 3: no test has an answer, and notes say so.
  EXPECT_FALSE(result.questions[kQuality].kruskal_p);
  EXPECT_EQ(*result.questions[kQuality].over_images.p, 1.0);
  EXPECT_FALSE(result.questions[kQuality].needed.readings);
  EXPECT_FALSE(result.questions[kAgreement].agreement.fleiss_kappa);
}

TEST(Analysis, repeats_count_for_themselves_alone) {
  const std::vector<KeyEntry> key = key_of(12, 4);
  std::vector<Reading> readings = readings_of(key, 2, 1.0);
  const ReadingAnalysis with = analyse_readings(key, readings);
  for (Reading& reading : readings) {
    if (reading.id.starts_with("again")) {
      reading.answers = {0.0, 1.0, 1.0};
    }
  }
  const ReadingAnalysis changed = analyse_readings(key, readings);
  for (std::size_t question = 0; question < 3; ++question) {
    EXPECT_EQ(with.questions[question].difference, changed.questions[question].difference);
    EXPECT_EQ(with.questions[question].exemplars.readings, 12U);
    EXPECT_EQ(with.questions[question].agreement.fleiss_kappa, changed.questions[question].agreement.fleiss_kappa);
    EXPECT_EQ(changed.questions[question].repeats.pairs, 8U);
  }
  EXPECT_NE(with.questions[kDifficulty].repeats.gap, changed.questions[kDifficulty].repeats.gap);
  EXPECT_EQ(changed.readers[0].repeats[kDifficulty].pairs, 4U);
  EXPECT_EQ(changed.readers[0].read, 16U);
}

TEST(Analysis, a_true_difference_is_found_and_what_it_needs_is_near) {
  const std::vector<KeyEntry> key = key_of(80);
  const QuestionResult result = analyse_readings(key, readings_of(key, 4, 1.0)).questions[kDifficulty];
  EXPECT_NEAR(*result.centred_difference, 1.0, 0.35);
  EXPECT_LT(*result.over_images.p, 0.001);
  EXPECT_FALSE(result.over_images.exact);
  EXPECT_GT(*result.agreement.alpha_interval, 0.3);
  // Variance between images 0.49, within 0.25 and rounding.
  EXPECT_NEAR(*result.needed.intraclass_correlation, 0.55, 0.15);
  EXPECT_NEAR(*result.needed.design_effect, 1.0 + 3.0 * *result.needed.intraclass_correlation, 1e-12);
  EXPECT_DOUBLE_EQ(*result.needed.readings_an_image, 4.0);
  EXPECT_DOUBLE_EQ(*result.needed.readings, *result.needed.images_a_group * 8.0);
  EXPECT_GT(*result.needed.images_a_group, 4.0);
  EXPECT_LT(*result.needed.images_a_group, 40.0);
}

TEST(Analysis, one_reader_an_image_needs_no_correlation) {
  std::vector<KeyEntry> key = key_of(40);
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i].set = i < 20 ? "reader-0" : "reader-1";
  }
  std::vector<Reading> readings;
  for (const Reading& reading : readings_of(key, 2, 1.0)) {
    const auto entry = std::find_if(key.begin(), key.end(), [&](const KeyEntry& e) { return e.id == reading.id; });
    if (entry->set == reading.reader) {
      readings.push_back(reading);
    }
  }
  const ReadingAnalysis result = analyse_readings(key, readings);
  const QuestionResult& difficulty = result.questions[kDifficulty];
  EXPECT_DOUBLE_EQ(*difficulty.needed.design_effect, 1.0);
  EXPECT_FALSE(difficulty.agreement.fleiss_kappa);
  EXPECT_EQ(result.readers[0].listed, 20U);
  // Each image is read once, so the two tests permute the same things.
  EXPECT_NEAR(*difficulty.over_images.p, *difficulty.within_readers.p, 0.01);
}

TEST(Analysis, what_was_not_read_is_counted) {
  const std::vector<KeyEntry> key = key_of(10);
  std::vector<Reading> readings = readings_of(key, 2, 1.0);
  readings.erase(readings.begin() + 3, readings.begin() + 6);
  const ReadingAnalysis result = analyse_readings(key, readings);
  EXPECT_EQ(result.readers[0].read, 7U);
  EXPECT_EQ(result.readers[0].listed, 10U);
  EXPECT_EQ(result.notes[0].where, "readers.reader-0");
  EXPECT_EQ(result.notes[0].reason, "3 of 10 showings were not read");
}

TEST(Analysis, several_images_of_a_patient_are_said) {
  std::vector<KeyEntry> key = key_of(10);
  key[1].patient = key[0].patient;
  const ReadingAnalysis result = analyse_readings(key, readings_of(key, 2, 1.0));
  EXPECT_EQ(result.patients, 9U);
  EXPECT_THAT(result.notes[0].reason, HasSubstr("10 images are of 9 patients"));
}

std::string refused(const std::vector<KeyEntry>& key, const std::vector<Reading>& readings) {
  try {
    analyse_readings(key, readings);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

TEST(Analysis, ids_that_do_not_fit_are_refused) {
  std::vector<KeyEntry> key = key_of(6);
  const std::vector<Reading> good = readings_of(key, 2, 0.0);
  std::vector<Reading> readings = good;
  readings[2].id = "id-22";
  EXPECT_THAT(refused(key, readings), AllOf(HasSubstr("'id-22' is not in the key"), HasSubstr("reader-0.csv, line 4")));
  readings = good;
  readings.push_back(good[3]);
  readings.back().where = "more.csv, line 9";
  EXPECT_THAT(refused(key, readings),
              AllOf(HasSubstr("reader 'reader-0' read 'id-3' twice"), HasSubstr("more.csv, line 9")));
  readings = good;
  for (std::size_t i = 0; i < 6; ++i) {
    readings[i].id = fmt::format("other-{}", i);
  }
  EXPECT_THAT(refused(key, readings),
              AllOf(HasSubstr("none of its 6 ids"), HasSubstr("another study"), HasSubstr("reader-0.csv")));
  key[0].set = "reader-1";
  EXPECT_THAT(refused(key, good), HasSubstr("'id-0' is on the list of reader 'reader-1', not of 'reader-0'"));
  EXPECT_THAT(refused(key, {}), HasSubstr("there is no reading"));
  key = key_of(6, 1);
  key.back().exemplar = false;
  EXPECT_THAT(refused(key, good), HasSubstr("both an exemplar and one of the others"));
}

}  // namespace
}  // namespace niwaki
