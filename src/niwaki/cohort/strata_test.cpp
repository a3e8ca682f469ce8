#include "niwaki/cohort/strata.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"

namespace niwaki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StrataFile : public ::testing::Test {
 protected:
  StrataColumns read(const std::string& text, const std::vector<std::string>& names = {}) {
    write_file(folder_ / "strata.csv", text);
    return read_strata(cohort(), folder_ / "strata.csv", names);
  }
  std::string error_of(const std::string& text, const std::vector<std::string>& names = {}) {
    try {
      read(text, names);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  static Cohort cohort() {
    return {.classes = {"A"},
            .records = {{"1", "p1", "one.png", "north"}, {"2", "p2", "two.png", "south"}, {"3", "p2", "three.png", ""}},
            .labels = {Label::kPositive, Label::kNegative, Label::kNegative},
            .given_splits = {},
            .attributes = {{"view", {"AP", "PA", "PA"}}}};
  }
  FolderForTests folder_{"strata"};
};

TEST_F(StrataFile, is_joined_by_id_whatever_its_order) {
  const StrataColumns strata = read("id,patient,manufacturer,model\n3,p2,GE,X\n9,p9,Agfa,Y\n1,p1,Fuji,X\n");
  ASSERT_EQ(strata.columns.size(), 1U);
  EXPECT_EQ(strata.columns[0].name, "manufacturer");
  EXPECT_THAT(strata.columns[0].values, ElementsAre("Fuji", "", "GE"));
  ASSERT_EQ(strata.notes.size(), 2U);
  EXPECT_THAT(strata.notes[0], HasSubstr("1 images are not listed"));
  EXPECT_THAT(strata.notes[1], HasSubstr("'model' of the file of strata is left out: it has 1 different value"));
}

TEST_F(StrataFile, is_joined_by_file_name_where_ids_are_others) {
  EXPECT_THAT(read("id,kind\ntwo.png,b\none.png,a\n").columns[0].values, ElementsAre("a", "b", ""));
}

TEST_F(StrataFile, columns_are_chosen_from_file_and_labels) {
  const StrataColumns strata = read("id,kind,more\n1,a,x\n2,b,x\n3,b,y\n", {"view", "more", "site"});
  ASSERT_EQ(strata.columns.size(), 3U);
  EXPECT_THAT(strata.columns[0].values, ElementsAre("AP", "PA", "PA"));
  EXPECT_THAT(strata.columns[1].values, ElementsAre("x", "x", "y"));
  EXPECT_THAT(strata.columns[2].values, ElementsAre("north", "south", ""));
  EXPECT_THAT(read_strata(cohort(), "", {"view"}).columns[0].values, ElementsAre("AP", "PA", "PA"));
}

TEST_F(StrataFile, what_is_wrong_is_named) {
  EXPECT_THAT(error_of("id,kind\n1,a\n1,b\n"), HasSubstr("line 3"));
  EXPECT_THAT(error_of("id,kind\n7,a\n8,b\n"), HasSubstr("no image of the labels is listed"));
  EXPECT_THAT(error_of("name,kind\n1,a\n"), HasSubstr("no column 'image'"));
  EXPECT_THAT(error_of("id,vieww\n1,a\n", {"vieew"}), HasSubstr("did you mean"));
  EXPECT_THAT(error_of("id,kind\n1,a\n", {"id"}), HasSubstr("no column 'id'"));
}

TEST_F(StrataFile, a_named_column_of_too_many_values_is_refused_an_unnamed_one_left_out) {
  Cohort large{.classes = {"A"}, .records = {}, .labels = {}, .given_splits = {}, .attributes = {}};
  std::string text = "id,age\n";
  for (std::size_t i = 0; i <= kMostStrata; ++i) {
    large.records.push_back({std::to_string(i), "p", "", ""});
    large.labels.push_back(Label::kNegative);
    text += fmt::format("{},{}\n", i, i);
  }
  write_file(folder_ / "strata.csv", text);
  EXPECT_TRUE(read_strata(large, folder_ / "strata.csv", {}).columns.empty());
  EXPECT_THROW(read_strata(large, folder_ / "strata.csv", {"age"}), InputError);
}

TEST_F(StrataFile, measures_are_numbers) {
  write_file(folder_ / "measures.csv", "id,noise\n3,0.5\n1,\n2,1e-3\n");
  const std::vector<ImageMeasure> measures = read_image_measures(cohort(), folder_ / "measures.csv");
  ASSERT_EQ(measures.size(), 1U);
  EXPECT_THAT(measures[0].values, ElementsAre(std::nullopt, 1e-3, 0.5));
  write_file(folder_ / "measures.csv", "id,noise\n1,high\n");
  EXPECT_THROW(read_image_measures(cohort(), folder_ / "measures.csv"), InputError);
  write_file(folder_ / "measures.csv", "id\n1\n");
  EXPECT_THROW(read_image_measures(cohort(), folder_ / "measures.csv"), InputError);
}

TEST_F(StrataFile, what_the_labels_say_is_written_and_reads_back) {
  write_attributes(cohort(), folder_ / "attributes.csv");
  const StrataColumns strata = read_strata(cohort(), folder_ / "attributes.csv", {"view", "site"});
  EXPECT_THAT(strata.columns[0].values, ElementsAre("AP", "PA", "PA"));
  EXPECT_THAT(strata.columns[1].values, ElementsAre("north", "south", ""));
}

}  // namespace
}  // namespace niwaki
