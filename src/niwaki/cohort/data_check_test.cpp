#include "niwaki/cohort/data_check.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class DataSetCheck : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "images"); }
  void labels(const std::string& text) { write_file(folder_ / "labels.csv", text); }
  void picture(const std::string& name, float first, float rest) {
    Image image{1, 4, 4, std::vector<float>(16, rest)};
    image.pixels[0] = first;
    write_file(folder_ / "images" / name, encode_png(image));
  }
  DataCheck check(bool images = false) {
    return check_data_set({.labels = folder_ / "labels.csv",
                           .label_options = {},
                           .images = images ? folder_ / "images" : fs::path(),
                           .read_pictures = true,
                           .splits = {},
                           .train_val_list = {},
                           .test_list = {},
                           .strata = {}});
  }
  static std::size_t count(const DataCheck& check, const std::string& kind) {
    const auto found = std::ranges::find(check.problems.kinds(), kind, &ProblemReport::Kind::name);
    return found == check.problems.kinds().end() ? 0 : found->count;
  }
  FolderForTests folder_{"check"};
};

TEST_F(DataSetCheck, everything_is_found_in_one_pass_and_counted) {
  labels(
      "id,patient_id,A,B\n1,p,0,1\n2,p,yes,1\n3,p,0\n,p,0,1\n5,,0,1\n1,p,1,1\n7,q,-1,0\n8,q,no,0\n9,q,maybe,0\n"
      "10,q,perhaps,0\n");
  const DataCheck checked = check();
  EXPECT_EQ(count(checked, "cells that are no label"), 4U);
  EXPECT_EQ(count(checked, "labels of -1 without a policy"), 1U);
  EXPECT_EQ(count(checked, "rows of another width than the header"), 1U);
  EXPECT_EQ(count(checked, "images without an id"), 1U);
  EXPECT_EQ(count(checked, "images without a patient"), 1U);
  EXPECT_EQ(count(checked, "images listed twice"), 1U);
  EXPECT_EQ(checked.problems.count(), 9U);
  EXPECT_EQ(checked.cohort.size(), 6U);
  const ProblemReport::Kind& cells = checked.problems.kinds().front();
  ASSERT_EQ(cells.examples.size(), ProblemReport::kExamples);
  EXPECT_THAT(cells.examples[0].where, HasSubstr("line 3, column 'A'"));
}

TEST_F(DataSetCheck, findings_that_contradict_are_found_in_nih_files) {
  labels(
      "Image Index,Finding Labels,Follow-up #,Patient ID\n1.png,Mas,0,1\n2.png,Mass|No "
      "Finding,0,1\n3.png\n4.png,Mass,0,\n"
      "5.png,Hernja|Hernia,0,2\n");
  const DataCheck checked = check();
  EXPECT_EQ(count(checked, "findings that are none of NIH ChestX-ray14's"), 2U);
  EXPECT_EQ(count(checked, "images with findings and No Finding"), 1U);
  EXPECT_EQ(count(checked, "rows that are too short"), 1U);
  EXPECT_EQ(count(checked, "images without a name or a patient"), 1U);
  EXPECT_EQ(checked.cohort.size(), 3U);
}

TEST_F(DataSetCheck, pictures_are_missed_read_and_compared) {
  labels(
      "id,patient_id,image,A\n1,p,1.png,0\n2,p,2.png,1\n3,q,3.png,1\n4,q,4.png,1\n5,q,gone.png,1\n6,q,../x.png,1\n"
      "7,q,broken.png,1\n8,q,grey.png,1\n9,q,1.png,1\n");
  picture("1.png", 1.0F, 0.0F);
  picture("2.png", 1.0F, 0.5F);
  picture("3.png", 1.0F, 0.5F);  // 2.png again, of another patient
  picture("4.png", 0.5F, 1.0F);
  picture("grey.png", 0.5F, 0.5F);
  write_file(folder_ / "images/broken.png", "\x89PNG\r\n\x1a\n");
  const DataCheck checked = check(true);
  EXPECT_EQ(count(checked, "pictures that are missing"), 1U);
  EXPECT_EQ(count(checked, "pictures whose file is not clear"), 1U);
  EXPECT_EQ(count(checked, "pictures that cannot be read"), 1U);
  EXPECT_EQ(count(checked, "pictures of one grey"), 1U);
  EXPECT_EQ(count(checked, "two images of one file"), 1U);
  EXPECT_EQ(count(checked, "one picture under two patients"), 2U);
  const int threads = thread_count();
  set_thread_count(1);
  const DataCheck alone = check(true);
  set_thread_count(threads);
  ASSERT_EQ(alone.problems.kinds().size(), checked.problems.kinds().size());
  for (std::size_t kind = 0; kind < alone.problems.kinds().size(); ++kind) {
    EXPECT_EQ(alone.problems.kinds()[kind].examples[0].where, checked.problems.kinds()[kind].examples[0].where);
  }
}

TEST_F(DataSetCheck, splits_and_strata_are_checked_too) {
  labels("id,patient_id,A\n1,p,0\n2,p,1\n3,q,1\n");
  write_file(folder_ / "splits.csv", "id,split\n1,train\n2,test\n3,validation\n");
  write_file(folder_ / "strata.csv", "id,kind\n1,a\n1,b\n");
  DataSet data;
  data.labels = folder_ / "labels.csv";
  data.splits = folder_ / "splits.csv";
  data.strata = folder_ / "strata.csv";
  const DataCheck checked = check_data_set(data);
  EXPECT_EQ(count(checked, "splits"), 1U);
  EXPECT_EQ(count(checked, "strata"), 1U);
}

TEST_F(DataSetCheck, classes_that_say_nothing_are_warned_of) {
  labels("id,patient_id,A,B,C\n1,p,0,1,\n2,p,0,1,\n");
  const DataCheck checked = check();
  EXPECT_EQ(checked.problems.count(), 0U);
  ASSERT_EQ(checked.warnings.size(), 3U);
  EXPECT_THAT(checked.warnings[0], HasSubstr("'A' has no positive"));
  EXPECT_THAT(checked.warnings[1], HasSubstr("'B' has no negative"));
  EXPECT_THAT(checked.warnings[2], HasSubstr("'C' is unknown"));
}

TEST_F(DataSetCheck, what_is_no_label_file_at_all_is_refused) {
  labels("a,b\n1,2\n");
  EXPECT_THROW(check(), InputError);
}

}  // namespace
}  // namespace niwaki
