#include "niwaki/cohort/split.hpp"

#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// `patients` of 1 to 4 images; class c is on a share 1 / 2^c of them.
Cohort random_cohort(std::size_t patients, std::size_t classes, std::uint64_t seed) {
  RandomStream random(seed, "test/cohort");
  Cohort cohort;
  for (std::size_t c = 0; c < classes; ++c) {
    cohort.classes.push_back(fmt::format("class {}", c));
  }
  for (std::size_t p = 0; p < patients; ++p) {
    const std::uint64_t images = 1 + random.below(4);
    for (std::uint64_t i = 0; i < images; ++i) {
      cohort.records.push_back({fmt::format("{}-{}", p, i), fmt::format("p{}", p), "", ""});
      for (std::size_t c = 0; c < classes; ++c) {
        cohort.labels.push_back(random.chance(1 / std::pow(2.0, static_cast<double>(c + 1))) ? Label::kPositive
                                                                                             : Label::kNegative);
      }
    }
  }
  return cohort;
}

std::size_t positive_patients(const Cohort& cohort, std::size_t column) {
  std::set<std::string> patients;
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    if (cohort.label_view()(row, column) == Label::kPositive) {
      patients.insert(cohort.records[row].patient);
    }
  }
  return patients.size();
}

/// The classes of three positive patients and more that some split lacks.
std::vector<std::string> missing_classes(const Cohort& cohort, const std::vector<Split>& splits) {
  std::vector<std::string> missing;
  for (const AbsentClass& absent : absent_classes(cohort, splits)) {
    for (std::size_t c = 0; c < cohort.classes.size(); ++c) {
      if (cohort.classes[c] == absent.name && positive_patients(cohort, c) >= 3) {
        missing.push_back(fmt::format("{} in {}", absent.name, split_name(absent.split)));
      }
    }
  }
  return missing;
}

TEST(SplitByPatient, keeps_patients_together_and_shares_near) {
  const Cohort cohort = random_cohort(400, 8, 1);
  const std::vector<Split> splits = split_by_patient(cohort, {0.6, 0.15, 0.25}, 7);
  EXPECT_NO_THROW(check_patients_apart(cohort, splits, "test"));
  const auto images = static_cast<double>(cohort.size());
  EXPECT_NEAR(static_cast<double>(rows_of(splits, Split::kTrain).size()) / images, 0.6, 0.02);
  EXPECT_NEAR(static_cast<double>(rows_of(splits, Split::kValidation).size()) / images, 0.15, 0.02);
  EXPECT_NEAR(static_cast<double>(rows_of(splits, Split::kTest).size()) / images, 0.25, 0.02);
}

TEST(SplitByPatient, no_split_lacks_a_class_of_three_patients) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Cohort cohort = random_cohort(60, 9, seed);
    EXPECT_THAT(missing_classes(cohort, split_by_patient(cohort, {0.7, 0.1, 0.2}, seed)), ::testing::IsEmpty()) << seed;
  }
}

TEST(SplitByPatient, is_stratified_closer_than_chance) {
  const Cohort cohort = random_cohort(500, 6, 3);
  const std::vector<Split> splits = split_by_patient(cohort, {0.7, 0.1, 0.2}, 1);
  const Cohort test = cohort.subset(rows_of(splits, Split::kTest));
  for (std::size_t c = 0; c < cohort.classes.size(); ++c) {
    EXPECT_NEAR(static_cast<double>(positive_patients(test, c)),
                0.2 * static_cast<double>(positive_patients(cohort, c)), 3.0)
        << c;
  }
}

TEST(SplitByPatient, is_the_same_for_a_seed_and_another_for_another) {
  const Cohort cohort = random_cohort(100, 5, 3);
  EXPECT_EQ(split_by_patient(cohort, {}, 1), split_by_patient(cohort, {}, 1));
  EXPECT_NE(split_by_patient(cohort, {}, 1), split_by_patient(cohort, {}, 2));
}

TEST(SplitByPatient, one_patient_goes_to_training) {
  Cohort cohort = random_cohort(1, 2, 1);
  EXPECT_THAT(split_by_patient(cohort, {}, 1), ::testing::Each(Split::kTrain));
}

fs::path shared_data() {
  const char* set = std::getenv("NIWAKI_SHARED");
  return fs::path(set != nullptr ? set : NIWAKI_SOURCE_DIR "/../shared") / "data";
}

TEST(SplitByPatient, no_split_of_the_real_files_lacks_a_class_that_can_be_had) {
  for (const char* file : {"nih-1000/Data_Entry_2017_v2020.csv", "nih-cxr-lt/miccai2023_nih-cxr-lt_labels_val.csv",
                           "nih-cxr-lt/miccai2023_nih-cxr-lt_labels_test.csv"}) {
    if (!fs::exists(shared_data() / file)) {
      GTEST_SKIP() << "the real label files are not here";
    }
    const Cohort cohort = read_labels(shared_data() / file);
    EXPECT_THAT(missing_classes(cohort, split_by_patient(cohort, {0.6, 0.15, 0.25}, 1)), ::testing::IsEmpty()) << file;
  }
}

/// The splits that the images of each value are in.
std::map<std::string, std::set<Split>> splits_of_values(const ImageAttribute& attribute,
                                                        const std::vector<Split>& splits) {
  std::map<std::string, std::set<Split>> found;
  for (std::size_t row = 0; row < splits.size(); ++row) {
    found[attribute.values[row]].insert(splits[row]);
  }
  found.erase("");
  return found;
}

TEST(SplitByPatient, holds_sites_together_where_asked) {
  const Cohort cohort = random_cohort(300, 5, 4);
  ImageAttribute site{"site", {}};
  for (const Record& record : cohort.records) {
    const int patient = std::stoi(record.patient.substr(1));
    site.values.push_back(patient % 13 == 12 ? "" : fmt::format("site {}", patient % 13));
  }
  const std::vector<Split> splits = split_by_patient(cohort, {0.6, 0.2, 0.2}, 3, &site);
  EXPECT_NO_THROW(check_patients_apart(cohort, splits, "test"));
  for (const auto& [name, parts] : splits_of_values(site, splits)) {
    EXPECT_EQ(parts.size(), 1U) << name;
  }
  // Without it they are torn.
  std::size_t torn = 0;
  for (const auto& [name, parts] : splits_of_values(site, split_by_patient(cohort, {0.6, 0.2, 0.2}, 3))) {
    torn += parts.size() > 1 ? 1 : 0;
  }
  EXPECT_EQ(torn, 12U);
}

TEST(SplitByPatient, sites_that_share_a_patient_stay_together_and_two_sites_cannot_be_split) {
  Cohort cohort = random_cohort(60, 3, 5);
  ImageAttribute site{"site", {}};
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    site.values.push_back(fmt::format("site {}", std::stoi(cohort.records[row].patient.substr(1)) % 6));
  }
  std::size_t seen_at_two = 0;  // a patient of site 0 who was at site 1 once
  while (cohort.records[seen_at_two].patient != "p6" || cohort.records[seen_at_two + 1].patient != "p6") {
    ++seen_at_two;
  }
  site.values[seen_at_two] = "site 1";
  const std::vector<Split> splits = split_by_patient(cohort, {0.6, 0.2, 0.2}, 3, &site);
  EXPECT_NO_THROW(check_patients_apart(cohort, splits, "test"));
  auto parts = splits_of_values(site, splits);
  EXPECT_EQ(parts["site 0"], parts["site 1"]);
  for (std::string& value : site.values) {
    value = value == "site 0" ? "a" : "b";
  }
  EXPECT_THROW(split_by_patient(cohort, {0.6, 0.2, 0.2}, 3, &site), InputError);
}

TEST(SplitOptions, shares_must_be_shares) {
  EXPECT_NO_THROW((SplitOptions{0.6, 0.2, 0.2}.check()));
  EXPECT_THROW((SplitOptions{0.6, 0.2, 0.3}.check()), InputError);
  EXPECT_THROW((SplitOptions{1.0, 0.0, 0.0}.check()), InputError);
  EXPECT_THROW((SplitOptions{NAN, 0.5, 0.5}.check()), InputError);
}

class SplitFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("niwaki-split-{}", ::getpid());
    fs::create_directories(folder_);
    cohort_.classes = {"A"};
    cohort_.records = {
        {"1.png", "p1", "", ""}, {"2.png", "p1", "", ""}, {"3.png", "p2", "", ""}, {"4.png", "p3", "", ""}};
    cohort_.labels.assign(4, Label::kPositive);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path file(const std::string& name, const std::string& text) {
    write_file(folder_ / name, text);
    return folder_ / name;
  }
  std::string csv_error(const std::string& text) {
    try {
      read_split_csv(cohort_, file("splits.csv", text));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  fs::path folder_;
  Cohort cohort_;
};

TEST_F(SplitFiles, a_csv_is_kept_as_it_is) {
  const auto splits = read_split_csv(
      cohort_, file("s.csv", "id,split\n1.png,train\n2.png,train\n3.png,val\n4.png,test\nmore.png,test\n"));
  EXPECT_THAT(splits, ::testing::ElementsAre(Split::kTrain, Split::kTrain, Split::kValidation, Split::kTest));
}

TEST_F(SplitFiles, a_patient_in_two_splits_is_refused_without_a_name) {
  const std::string error = csv_error("id,split\n1.png,train\n2.png,test\n3.png,val\n4.png,test\n");
  EXPECT_THAT(error, HasSubstr("1 patients have images in two splits, the first at row 2"));
  EXPECT_THAT(error, ::testing::Not(HasSubstr("p1")));
}

TEST_F(SplitFiles, an_image_without_or_with_two_or_with_no_split_is_refused) {
  EXPECT_THAT(csv_error("id,split\n1.png,train\n"), HasSubstr("has no split"));
  EXPECT_THAT(csv_error("id,split\n1.png,train\n1.png,train\n"), HasSubstr("listed twice"));
  EXPECT_THAT(csv_error("id,split\n1.png,training\n"), HasSubstr("is no split"));
  EXPECT_THAT(csv_error("id,part\n1.png,train\n"), HasSubstr("no column 'split'"));
}

TEST_F(SplitFiles, nih_lists_keep_the_test_images_and_divide_the_rest) {
  const auto splits = read_nih_lists(cohort_, file("tv.txt", "1.png\n2.png\n3.png\nother.png\n"),
                                     file("t.txt", "4.png\r\n"), {0.5, 0.25, 0.25}, 1);
  EXPECT_EQ(splits[3], Split::kTest);
  EXPECT_EQ(splits[0], splits[1]);
  EXPECT_NE(splits[0], Split::kTest);
  EXPECT_NE(splits[2], splits[0]);
}

TEST_F(SplitFiles, nih_lists_that_contradict_are_refused) {
  EXPECT_THROW(read_nih_lists(cohort_, file("tv.txt", "1.png\n2.png\n"), file("t.txt", "4.png\n"), {}, 1), InputError);
  EXPECT_THROW(read_nih_lists(cohort_, file("tv.txt", "1.png\n2.png\n3.png\n4.png\n"), file("t.txt", "4.png\n"), {}, 1),
               InputError);
  EXPECT_THROW(read_nih_lists(cohort_, file("tv.txt", "1.png\n3.png\n"), file("t.txt", "2.png\n4.png\n"), {}, 1),
               InputError);
  EXPECT_THROW(read_nih_lists(cohort_, file("tv.txt", "1.png\n1.png\n"), file("t.txt", "4.png\n"), {}, 1), InputError);
  EXPECT_THROW(read_nih_lists(cohort_, file("tv.txt", "\n"), file("t.txt", "4.png\n"), {}, 1), InputError);
}

TEST_F(SplitFiles, a_class_without_a_positive_in_a_split_is_told) {
  const auto absent = absent_classes(cohort_, {Split::kTrain, Split::kTrain, Split::kTest, Split::kTest});
  ASSERT_EQ(absent.size(), 1U);
  EXPECT_EQ(absent[0].name, "A");
  EXPECT_EQ(absent[0].split, Split::kValidation);
}

}  // namespace
}  // namespace niwaki
