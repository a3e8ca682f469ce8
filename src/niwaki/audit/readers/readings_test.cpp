#include "niwaki/audit/readers/readings.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "niwaki/audit/readers/via.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Readings : public testing::Test {
 protected:
  Readings() {
    fs::remove_all(folder_);
    make_folder(folder_);
  }
  ~Readings() override { fs::remove_all(folder_); }

  std::vector<Reading> read(const std::string& text, const std::string& name = "reading-Ada.csv",
                            const ReadingOptions& options = {}) {
    write_file(folder_ / name, text);
    return read_readings(folder_ / name, options);
  }
  std::string refused(const std::string& text, const std::string& name = "reading-Ada.csv",
                      const ReadingOptions& options = {}) {
    try {
      read(text, name, options);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no InputError";
  }

  fs::path folder_ = fs::path(testing::TempDir()) /
                     (std::string("readings_test_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(Readings, of_the_projects_own_list) {
  const auto readings = read(
      "id,reader,picture,label,agrees,quality,difficulty\n"
      "b,Ben,p.png,\"Edema; Mass\",Yes,4,2\nc,Ada,q.png,none,n,5.0,\nd,Ada,r.png,none,,,\n");
  ASSERT_EQ(readings.size(), 3U);
  EXPECT_EQ(readings[0].reader, "Ben");
  EXPECT_EQ(readings[0].answers, (Answers{1.0, 4.0, 2.0}));
  EXPECT_EQ(readings[1].answers, (Answers{0.0, 5.0, std::nullopt}));
  EXPECT_EQ(readings[2].answers, (Answers{}));
}

TEST_F(Readings, a_reader_is_named_by_the_row_the_file_or_the_option) {
  const std::string text = "id,agrees,quality,difficulty\nb,yes,4,2\n";
  EXPECT_EQ(read(text, "reading-Ada.csv")[0].reader, "Ada");
  EXPECT_EQ(read(text, "via-Ben.csv")[0].reader, "Ben");
  EXPECT_EQ(read(text, "reading-Ben_csv.csv")[0].reader, "Ben");
  EXPECT_EQ(read(text, "answers.csv", {.reader = "Cy", .columns = {}})[0].reader, "Cy");
  EXPECT_THAT(refused(text, "answers.csv"), HasSubstr("a reading has no reader's name"));
  const std::string named = "id,reader,agrees,quality,difficulty\nb,,yes,4,2\n";
  EXPECT_THAT(refused(named), AllOf(HasSubstr("no reader's name"), HasSubstr("line 2, column 'reader'")));
  EXPECT_THAT(refused("id,reader,agrees,quality,difficulty\nb,Ben,yes,4,2\n", "x.csv", {.reader = "Cy", .columns = {}}),
              HasSubstr("'Ben' here and 'Cy' by --reader"));
}

TEST_F(Readings, answers_out_of_range_are_named_with_line_and_column) {
  const std::string header = "id,agrees,quality,difficulty\nb,yes,4,2\n";
  EXPECT_THAT(refused(header + "c,yes,6,2\n"),
              AllOf(HasSubstr("'6' is no answer"), HasSubstr("line 3, column 'quality'")));
  EXPECT_THAT(refused(header + "c,yes,3,0\n"), AllOf(HasSubstr("'0'"), HasSubstr("column 'difficulty'")));
  EXPECT_THAT(refused(header + "c,yes,3.5,1\n"), HasSubstr("'3.5'"));
  EXPECT_THAT(refused(header + "c,yes,good,1\n"), HasSubstr("'good'"));
  EXPECT_THAT(refused(header + "c,partly,3,1\n"), AllOf(HasSubstr("'partly'"), HasSubstr("column 'agrees'")));
}

TEST_F(Readings, columns_are_needed_and_can_be_renamed) {
  EXPECT_THAT(refused("id,agrees,quality\nb,yes,4\n"), HasSubstr("there is no column 'difficulty'"));
  EXPECT_THAT(refused("picture,agrees,quality,difficulty\nb,yes,4,1\n"), HasSubstr("there is no column 'id'"));
  const auto readings =
      read("id,Ja?,quality,difficulty\nb,yes,4,1\n", "reading-Ada.csv", {.reader = "", .columns = {"Ja?", "", ""}});
  EXPECT_EQ(readings[0].answers[0], 1.0);
}

const std::string kViaHeader =
    "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n";

std::string via_row(const std::string& file, const std::string& attributes, const std::string& region = "0,0,{},{}") {
  std::string quoted;
  for (const char letter : attributes) {
    quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  }
  return file + ",129855,\"" + quoted + "\"," + region + "\n";
}

TEST_F(Readings, of_the_image_annotator) {
  const auto readings = read(
      kViaHeader + via_row("b.png", R"({"reader":"Ben","label":"Edema","agrees":"yes","quality":"4","difficulty":2})") +
      via_row("pictures/c.jpeg", R"({"reader":"Ben","agrees":"","quality":null})"));
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0].id, "b");
  EXPECT_EQ(readings[0].reader, "Ben");
  EXPECT_EQ(readings[0].answers, (Answers{1.0, 4.0, 2.0}));
  EXPECT_EQ(readings[1].id, "c");
  EXPECT_EQ(readings[1].answers, (Answers{}));
}

TEST_F(Readings, of_the_image_annotator_by_the_published_wording) {
  const std::string row = R"({"Do you fully agree with the label?":"no","How would you rate the image quality?":"5",)"
                          R"("How difficult would you consider it to properly diagnose this image?":"1"})";
  const auto readings =
      read("#" + kViaHeader + via_row("b.png", row), "020523_csv.csv", {.reader = "v1", .columns = {}});
  EXPECT_EQ(readings[0].answers, (Answers{0.0, 5.0, 1.0}));
}

TEST_F(Readings, regions_of_one_picture_count_once) {
  const std::string row = R"({"agrees":"yes","quality":"4","difficulty":"2"})";
  const auto readings = read(kViaHeader + via_row("b.png", row, "2,0,{},{}") + via_row("b.png", row, "2,1,{},{}"));
  EXPECT_EQ(readings.size(), 1U);
  EXPECT_THAT(refused(kViaHeader + via_row("b.png", row) + via_row("b.png", R"({"agrees":"no"})")),
              AllOf(HasSubstr("differ from those of line 2"), HasSubstr("line 3")));
}

TEST_F(Readings, corrupt_json_is_named_with_line_and_column) {
  for (const char* attributes : {R"({"agrees":"yes")", "yes", "[1]", ""}) {
    EXPECT_THAT(refused(kViaHeader + via_row("b.png", attributes)),
                AllOf(HasSubstr("not a JSON object"), HasSubstr("line 2, column 'file_attributes'")))
        << attributes;
  }
  EXPECT_THAT(refused(kViaHeader + via_row("b.png", R"({"agrees":["yes"]})")), HasSubstr("no single answer"));
  EXPECT_THAT(refused(kViaHeader + via_row("b.png", R"({"quality":"7"})")),
              AllOf(HasSubstr("'7'"), HasSubstr("attribute 'quality'")));
}

TEST_F(Readings, an_export_that_answers_nothing_is_refused) {
  EXPECT_THAT(refused(kViaHeader + via_row("b.png", R"({"caption":"a chest"})")),
              AllOf(HasSubstr("no file attribute answers a question"), HasSubstr("caption")));
}

TEST(ViaProject, lists_pictures_in_order_and_asks_the_questions) {
  const auto project =
      nlohmann::json::parse(via_project("Ada", "pictures/", {{"c.png", 10, "Edema"}, {"b.png", 20, "none"}}));
  EXPECT_EQ(project["_via_image_id_list"], (std::vector<std::string>{"c.png10", "b.png20"}));
  EXPECT_EQ(project["_via_img_metadata"]["b.png20"]["file_attributes"]["label"], "none");
  EXPECT_EQ(project["_via_img_metadata"]["b.png20"]["size"], 20);
  EXPECT_EQ(project["_via_attributes"]["file"]["agrees"]["options"].size(), 2U);
  EXPECT_EQ(project["_via_attributes"]["file"]["difficulty"]["options"].size(), 5U);
  EXPECT_EQ(project["_via_settings"]["core"]["default_filepath"], "pictures/");
}

}  // namespace
}  // namespace niwaki
