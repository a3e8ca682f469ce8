#include "niwaki/cohort/labels.hpp"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kNihHeader =
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View "
    "Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]";

class LabelFile : public ::testing::Test {
 protected:
  fs::path file(const std::string& text, const std::string& name = "labels.csv") {
    write_file(folder_ / name, text);
    return folder_ / name;
  }
  Cohort read(const std::string& text, const LabelOptions& options = {}) { return read_labels(file(text), options); }
  std::string error_of(const std::string& text, const LabelOptions& options = {}) {
    try {
      read(text, options);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  FolderForTests folder_{"labels"};
};

TEST_F(LabelFile, the_projects_own_format) {
  const Cohort cohort = read("id,patient_id,image,site,A,B\n1,p1,one.png,north,0,1\n2,p1,,south,,0\n");
  EXPECT_THAT(cohort.classes, ElementsAre("A", "B"));
  EXPECT_EQ(cohort.records[0].image, "one.png");
  EXPECT_EQ(cohort.records[1].image, "2");
  EXPECT_EQ(cohort.records[1].site, "south");
  EXPECT_THAT(cohort.labels, ElementsAre(Label::kNegative, Label::kPositive, Label::kUnknown, Label::kNegative));
  EXPECT_EQ(cohort.patients(), 1U);
  EXPECT_THAT(cohort.unknowns(), ElementsAre(1, 0));
}

TEST_F(LabelFile, nih_of_2020_has_more_cells_than_names) {
  const Cohort cohort = read(std::string(kNihHeader) +
                             "\n1_0.png,Cardiomegaly|Pleural_Thickening,0,1,57,M,PA,2682,2749,0.143,0.143\n2_0.png,No "
                             "Finding,0,2,80,M,PA,2500,2048,0.171,0.171\n");
  EXPECT_EQ(cohort.classes.size(), 15U);
  EXPECT_EQ(cohort.records[0].patient, "1");
  EXPECT_EQ(cohort.positives()[1], 1U);   // Cardiomegaly
  EXPECT_EQ(cohort.positives()[12], 1U);  // Pleural_Thickening
  EXPECT_EQ(cohort.positives()[10], 1U);  // No Finding
}

TEST_F(LabelFile, nih_of_2017_has_a_trailing_comma) {
  const std::string header = std::string(kNihHeader) + ",";
  EXPECT_EQ(read(header + "\n1_0.png,Hernia,0,1,057Y,M,PA,2682,2749,0.143,0.143,\n").positives()[7], 1U);
}

TEST_F(LabelFile, nih_cxr_lt_matches_columns_by_name) {
  const Cohort cohort = read("id,Hernia,No Finding,subj_id\n1.png,1,0,0001\n");
  EXPECT_THAT(cohort.classes, ElementsAre("Hernia", "No Finding"));
  EXPECT_EQ(cohort.records[0].patient, "0001");
}

TEST_F(LabelFile, mimic_cxr_lt_has_paths) {
  const Cohort cohort = read("path,Hernia,subject_id,study_id\nfiles/p10/p1/s1/x.jpg,1,1,50\n");
  EXPECT_THAT(cohort.classes, ElementsAre("Hernia"));
  EXPECT_EQ(cohort.records[0].image, "files/p10/p1/s1/x.jpg");
  EXPECT_EQ(read("dicom_id,path,Hernia,subject_id\nd1,files/x.jpg,1,1\n").records[0].id, "d1");
}

TEST_F(LabelFile, classes_can_be_chosen_and_ordered) {
  const Cohort cohort = read("id,patient_id,A,Pleural Thickening\n1,p,0,1\n", {.classes = {"pleural_thickening", "A"}});
  EXPECT_THAT(cohort.labels, ElementsAre(Label::kPositive, Label::kNegative));
  EXPECT_THAT(error_of("id,patient_id,Hernia\n1,p,0\n", {.classes = {"Hernja"}}), HasSubstr("did you mean 'Hernia'"));
}

TEST_F(LabelFile, a_missing_column_is_named) {
  EXPECT_THAT(error_of("id,patient,A\n1,p,0\n"), HasSubstr("not recognised"));
  EXPECT_THAT(error_of("id,patient,A\n1,p,0\n", {.format = LabelFormat::kNiwaki}), HasSubstr("no column 'patient_id'"));
  EXPECT_THAT(error_of("id,patient_id\n1,p\n"), HasSubstr("no class"));
  EXPECT_THAT(error_of("Image Index,Finding Labels\n1,Mass\n"), HasSubstr("no column 'Patient ID'"));
}

TEST_F(LabelFile, a_cell_that_is_no_label_is_named_by_line_and_column) {
  const std::string error = error_of("id,patient_id,A\n1,p,0\n2,p,yes\n");
  EXPECT_THAT(error, HasSubstr("'yes' is no label"));
  EXPECT_THAT(error, HasSubstr("line 3, column 'A'"));
  EXPECT_THAT(error_of("id,patient_id,A\n1,p,-1\n"), HasSubstr("no label"));
  EXPECT_THAT(error_of(std::string(kNihHeader) + "\n1.png,Hernja,0,1,5,M,PA,1,1,1,1\n"),
              HasSubstr("did you mean 'Hernia'"));
  EXPECT_THAT(error_of(std::string(kNihHeader) + "\n1.png,,0,1,5,M,PA,1,1,1,1\n"), HasSubstr("line 2"));
  EXPECT_THAT(error_of(std::string(kNihHeader) + "\n1.png,Mass|No Finding,0,1,5,M,PA,1,1,1,1\n"),
              HasSubstr("findings and No Finding"));
}

TEST_F(LabelFile, an_image_listed_twice_is_named_by_both_lines) {
  const std::string error = error_of("id,patient_id,A\n1,p,0\n2,p,0\n1,p,1\n");
  EXPECT_THAT(error, HasSubstr("first in line 2"));
  EXPECT_THAT(error, HasSubstr("line 4"));
}

TEST_F(LabelFile, empty_and_ragged_files_are_refused) {
  EXPECT_THAT(error_of("id,patient_id,A\n"), HasSubstr("no image"));
  EXPECT_THAT(error_of("id,patient_id,A\n1,p\n"), HasSubstr("2 cells under 3"));
  EXPECT_THAT(error_of("id,patient_id,A\n,p,0\n"), HasSubstr("no id"));
  EXPECT_THAT(error_of("id,patient_id,A\n1,,0\n"), HasSubstr("no patient"));
  EXPECT_THAT(error_of("id,patient_id,A,A\n1,p,0,0\n"), HasSubstr("named twice"));
}

TEST_F(LabelFile, what_is_written_reads_back) {
  const Cohort cohort = read("id,patient_id,image,site,\"A, b\",B\n1,p1,one.png,north,0,1\n2,p1,,south,,0\n");
  write_labels(cohort, folder_ / "again.csv");
  const Cohort again = read_labels(folder_ / "again.csv");
  EXPECT_EQ(again.classes, cohort.classes);
  EXPECT_EQ(again.labels, cohort.labels);
  EXPECT_EQ(again.records[1].image, "2");
}

TEST_F(LabelFile, one_file_a_split_sets_the_splits) {
  const fs::path train = file("id,A,B,subj_id\n1,1,0,p1\n", "train.csv");
  const fs::path test = file("id,B,A,subj_id\n2,1,0,p2\n", "test.csv");
  const Cohort cohort = read_split_labels({.train = train, .validation = {}, .test = test});
  EXPECT_THAT(cohort.given_splits, ElementsAre(Split::kTrain, Split::kTest));
  EXPECT_THAT(cohort.labels, ElementsAre(Label::kPositive, Label::kNegative, Label::kNegative, Label::kPositive));
  const fs::path again = file("id,B,A,subj_id\n1,1,0,p2\n", "again.csv");
  EXPECT_THROW(read_split_labels({.train = train, .validation = {}, .test = again}), InputError);
}

TEST(LabelFormat, names_read_back) {
  for (const char* name : {"auto", "niwaki", "nih", "nih-cxr-lt", "mimic-cxr-lt", "chexpert", "mimic-cxr"}) {
    EXPECT_STREQ(label_format_name(parse_label_format(name)), name);
  }
  EXPECT_THROW(parse_label_format("nhi"), InputError);
}

TEST(RealLabels, of_the_nih_are_read_whole) {
  const char* set = std::getenv("NIWAKI_SHARED");
  const fs::path data = fs::path(set != nullptr ? set : NIWAKI_SOURCE_DIR "/../shared") / "data";
  if (!fs::exists(data)) {
    GTEST_SKIP() << "the real label files are not here";
  }
  const Cohort thousand = read_labels(data / "nih-1000/Data_Entry_2017_v2020.csv");
  EXPECT_EQ(thousand.size(), 1000U);
  EXPECT_EQ(thousand.patients(), 264U);
  EXPECT_EQ(thousand.positives()[7], 9U);     // Hernia
  EXPECT_EQ(thousand.positives()[10], 499U);  // No Finding
  const Cohort long_tailed = read_labels(data / "nih-cxr-lt/miccai2023_nih-cxr-lt_labels_test.csv");
  EXPECT_EQ(long_tailed.size(), 21081U);
  EXPECT_EQ(long_tailed.classes.size(), 20U);
}

}  // namespace
}  // namespace niwaki
