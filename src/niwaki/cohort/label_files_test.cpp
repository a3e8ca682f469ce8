#include "niwaki/cohort/label_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;
constexpr Label kOpen = Label::kUnknown;

class LabelFormats : public ::testing::Test {
 protected:
  Cohort read(const std::string& text, const LabelOptions& options = {}) {
    write_file(folder_ / "labels.csv", text);
    return read_labels(folder_ / "labels.csv", options);
  }
  std::string error_of(const std::function<void()>& act) {
    try {
      act();
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  static Cohort cohort() {
    return {.classes = {"Mass", "Pleural_Thickening"},
            .records = {{"a.png", "p1", "patient00001/a.png", ""}, {"b.png", "p2", "patient00002/b.png", ""}},
            .labels = {kYes, kYes, kNo, kNo}};
  }
  FolderForTests folder_{"formats"};
};

constexpr const char* kChexpert =
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Pleural Effusion\n"
    "CheXpert-v1.0/train/patient00007/study1/view1_frontal.jpg,Female,68,Frontal,AP,1.0,,0.0\n"
    "CheXpert-v1.0/train/patient00007/study1/view2_lateral.jpg,Female,68,Lateral,,,-1.0,1.0\n";

TEST_F(LabelFormats, chexpert_has_its_patients_in_the_path) {
  const Cohort cohort = read(kChexpert, {.uncertain = UncertainPolicy::kUnknown, .blank = BlankPolicy::kNegative});
  EXPECT_THAT(cohort.classes, ElementsAre("No Finding", "Edema", "Pleural Effusion"));
  EXPECT_EQ(cohort.records[1].patient, "patient00007");
  EXPECT_EQ(cohort.records[0].image, "CheXpert-v1.0/train/patient00007/study1/view1_frontal.jpg");
  EXPECT_THAT(cohort.labels, ElementsAre(kYes, kNo, kNo, kNo, kOpen, kYes));
  ASSERT_EQ(cohort.attributes.size(), 3U);
  EXPECT_THAT(cohort.attributes[0].values, ElementsAre("AP", "LATERAL"));
  EXPECT_THAT(cohort.attributes[1].values, ElementsAre("F", "F"));
  EXPECT_THAT(cohort.attributes[2].values, ElementsAre("60-79", "60-79"));
}

TEST_F(LabelFormats, uncertain_and_empty_labels_become_what_was_chosen_and_nothing_in_silence) {
  using U = UncertainPolicy;
  using B = BlankPolicy;
  EXPECT_EQ(read(kChexpert, {.uncertain = U::kPositive, .blank = B::kUnknown}).labels[4], kYes);
  EXPECT_EQ(read(kChexpert, {.uncertain = U::kNegative, .blank = B::kUnknown}).labels[4], kNo);
  EXPECT_EQ(read(kChexpert, {.uncertain = U::kNegative, .blank = B::kUnknown}).labels[1], kOpen);
  EXPECT_THAT(error_of([&] { read(kChexpert, {.blank = B::kNegative}); }), HasSubstr("--uncertain negative"));
  EXPECT_THAT(error_of([&] { read(kChexpert, {.uncertain = U::kNegative}); }), HasSubstr("--blank negative"));
  // In the project's own format empty is unknown, as documented, and -1 needs a policy too.
  EXPECT_EQ(read("id,patient_id,A\n1,p,\n").labels[0], kOpen);
  EXPECT_EQ(read("id,patient_id,A\n1,p,\n", {.blank = B::kNegative}).labels[0], kNo);
  EXPECT_EQ(read("id,patient_id,A\n1,p,-1\n", {.uncertain = U::kUnknown}).labels[0], kOpen);
}

TEST_F(LabelFormats, policies_read_back) {
  for (const char* name : {"refuse", "negative", "positive", "unknown"}) {
    EXPECT_STREQ(policy_name(parse_uncertain_policy(name)), name);
  }
  for (const char* name : {"auto", "negative", "unknown"}) {
    EXPECT_STREQ(policy_name(parse_blank_policy(name)), name);
  }
  EXPECT_THROW(parse_uncertain_policy("ones"), InputError);
  EXPECT_THROW(parse_blank_policy("positive"), InputError);
}

TEST_F(LabelFormats, a_chexpert_path_without_a_patient_is_refused) {
  EXPECT_THAT(error_of([&] { read("Path,No Finding\ntrain/patient/study1/x.jpg,1.0\n"); }), HasSubstr("no patient"));
  EXPECT_THAT(error_of([&] { read("Path,No Finding\ntrain/patient12b/x.jpg,1.0\n"); }), HasSubstr("no patient"));
}

TEST_F(LabelFormats, mimic_cxr_is_told_from_the_long_tailed_labels_and_from_studies) {
  const std::string classes = "Edema,Lung Opacity,Pleural Effusion,Pleural Other";
  const LabelOptions options{.uncertain = UncertainPolicy::kUnknown, .blank = BlankPolicy::kUnknown};
  const Cohort cohort =
      read("dicom_id,subject_id,study_id,ViewPosition," + classes + "\nd1,10,50,LATERAL,1.0,,-1.0,0.0\n", options);
  EXPECT_THAT(cohort.classes, ElementsAre("Edema", "Lung Opacity", "Pleural Effusion", "Pleural Other"));
  EXPECT_THAT(cohort.attributes[0].values, ElementsAre("LATERAL"));
  EXPECT_THAT(error_of([&] { read("subject_id,study_id," + classes + "\n10,50,1.0,,,\n", options); }),
              HasSubstr("of studies, not of images"));
}

TEST_F(LabelFormats, nih_says_view_sex_and_age_beside_labels) {
  const Cohort cohort = read(
      "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"
      "1.png,Mass,0,1,057Y,M,PA\n2.png,Mass,0,2,414,F,AP\n");
  EXPECT_THAT(cohort.attributes[2].values, ElementsAre("40-59", ""));
  const std::vector<std::size_t> second = {1};
  EXPECT_THAT(cohort.subset(second).attributes[0].values, ElementsAre("AP"));
}

TEST_F(LabelFormats, every_format_reads_back_what_was_written) {
  for (const LabelFormat format : {LabelFormat::kNiwaki, LabelFormat::kNih, LabelFormat::kNihCxrLt,
                                   LabelFormat::kMimicCxrLt, LabelFormat::kChexpert}) {
    Cohort written = cohort();
    if (format == LabelFormat::kChexpert) {
      written.records[0].patient = "patient00001";
      written.records[1].patient = "patient00002";
    }
    const fs::path path = folder_ / fmt::format("{}.csv", label_format_name(format));
    write_labels_as(written, format, path);
    const Cohort again = read_labels(path, {.format = format, .classes = {"Mass", "Pleural_Thickening"}});
    EXPECT_EQ(again.labels, written.labels) << label_format_name(format);
    EXPECT_EQ(again.records[1].patient, written.records[1].patient) << label_format_name(format);
  }
}

TEST_F(LabelFormats, what_a_format_cannot_say_is_refused) {
  Cohort unknown = cohort();
  unknown.labels[0] = kOpen;
  const auto write = [&](const Cohort& what, LabelFormat format) {
    return error_of([&] { write_labels_as(what, format, folder_ / "out.csv"); });
  };
  EXPECT_THAT(write(unknown, LabelFormat::kNih), HasSubstr("is unknown"));
  Cohort other = cohort();
  other.classes[0] = "Fracture";
  EXPECT_THAT(write(other, LabelFormat::kNih), HasSubstr("'Fracture' is no finding"));
  Cohort none = cohort();
  none.classes[1] = "No Finding";
  EXPECT_THAT(write(none, LabelFormat::kNih), HasSubstr("neither a finding nor No Finding"));
  EXPECT_THAT(write(cohort(), LabelFormat::kChexpert), HasSubstr("does not hold its patient"));
  EXPECT_FALSE(fs::exists(folder_ / "out.csv"));
}

TEST_F(LabelFormats, a_class_named_as_another_column_is_refused_and_not_lost) {
  const std::vector<std::pair<LabelFormat, std::string>> taken = {{LabelFormat::kNiwaki, "image"},
                                                                  {LabelFormat::kNihCxrLt, "subj_id"},
                                                                  {LabelFormat::kChexpert, "Sex"},
                                                                  {LabelFormat::kMimicCxr, "ViewPosition"}};
  for (const auto& [format, name] : taken) {
    Cohort named = cohort();
    named.classes[0] = name;
    for (Record& record : named.records) {
      record.image = "train/patient00001/study1/view1.jpg";
      record.patient = "patient00001";
    }
    EXPECT_THAT(error_of([&, written_as = format] { write_labels_as(named, written_as, folder_ / "out.csv"); }),
                AllOf(HasSubstr("'" + name + "'"), HasSubstr("class map")));
  }
  EXPECT_FALSE(fs::exists(folder_ / "out.csv"));
}

}  // namespace
}  // namespace niwaki
