#include "niwaki/cohort/class_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"

namespace niwaki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;
constexpr Label kOpen = Label::kUnknown;

class ClassMapFile : public ::testing::Test {
 protected:
  ClassMap read(const std::string& text) {
    write_file(folder_ / "map.toml", text);
    return read_class_map(folder_ / "map.toml");
  }
  std::string error_of(const std::string& text) {
    try {
      with_class_map(cohort(), read(text), "labels.csv");
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  static Cohort cohort() {
    return {.classes = {"Pleural Effusion", "Nodule", "Mass", "Support Devices"},
            .records = {{"1", "p", "", ""}, {"2", "p", "", ""}, {"3", "p", "", ""}},
            .labels = {kYes, kNo, kYes, kNo, kNo, kOpen, kNo, kYes, kOpen, kNo, kNo, kNo}};
  }
  FolderForTests folder_{"map"};
};

TEST_F(ClassMapFile, renames_joins_and_leaves_out) {
  const ClassMap map = read("[names]\n\"Nodule\" = \"Lesion\"\nMass = \"Lesion\"\n\"Support_Devices\" = \"\"\n");
  const Cohort mapped = with_class_map(cohort(), map, "labels.csv");
  EXPECT_THAT(mapped.classes, ElementsAre("Pleural Effusion", "Lesion"));
  // Of two that become one: present where one is, else unknown where one is.
  EXPECT_THAT(mapped.labels, ElementsAre(kYes, kYes, kNo, kOpen, kOpen, kNo));
}

TEST_F(ClassMapFile, targets_order_classes_and_what_is_lacking_is_unknown) {
  const Cohort mapped =
      with_class_map(cohort(), read("targets = [\"Hernia\", \"effusion\", \"Mass\"]\n"), "labels.csv");
  EXPECT_THAT(mapped.classes, ElementsAre("Hernia", "effusion", "Mass"));
  EXPECT_THAT(mapped.labels, ElementsAre(kOpen, kYes, kYes, kOpen, kNo, kNo, kOpen, kOpen, kNo));
}

TEST_F(ClassMapFile, torchxrayvision_has_its_eighteen_outputs_in_order) {
  const ClassMap map = read_class_map("torchxrayvision");
  EXPECT_EQ(map.targets.size(), 18U);
  EXPECT_EQ(map.targets[7], "Effusion");
  EXPECT_EQ(map.targets[17], "Enlarged Cardiomediastinum");
  const Cohort mapped = with_class_map(cohort(), map, "labels.csv");
  EXPECT_EQ(mapped.classes.size(), 18U);
  EXPECT_EQ(mapped.label_view()(0, 7), kYes);    // Pleural Effusion
  EXPECT_EQ(mapped.label_view()(0, 13), kOpen);  // Hernia
}

TEST_F(ClassMapFile, what_is_wrong_in_it_is_named) {
  EXPECT_THAT(error_of("[names]\nNodul = \"Lesion\"\n"), HasSubstr("did you mean 'Nodule'"));
  EXPECT_THAT(error_of("[names]\nMass = 3\n"), HasSubstr("line 2"));
  EXPECT_THAT(error_of("[name]\nMass = \"x\"\n"), HasSubstr("no key 'name'"));
  EXPECT_THAT(error_of("names = 3\n"), HasSubstr("no table"));
  EXPECT_THAT(error_of("targets = 3\n"), HasSubstr("no list"));
  EXPECT_THAT(error_of("targets = [\n"), HasSubstr("not TOML"));
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_THAT(error_of("[names]\nMass=\"\"\nNodule=\"\"\n\"Pleural Effusion\"=\"\"\n\"Support Devices\"=\"\"\n"),
              HasSubstr("every class out"));
}

TEST(ClassNames, two_spellings_of_effusion_are_one_unless_both_are_there) {
  const std::vector<std::string> chexpert = {"Edema", "Pleural Effusion"};
  EXPECT_EQ(find_class("Effusion", chexpert), 1U);
  const std::vector<std::string> both = {"Pleural_Effusion", "Effusion"};
  EXPECT_EQ(find_class("effusion", both), 1U);
  EXPECT_EQ(find_class("pleural-effusion", both), 0U);
  EXPECT_EQ(find_class("Pleural Thickening", both), std::nullopt);
}

}  // namespace
}  // namespace niwaki
