#include "niwaki/explain/explain_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "niwaki/core/csv.hpp"
#include "niwaki/explain/explanation_for_tests.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::json;

constexpr Label kYes = Label::kPositive;
constexpr Label kNo = Label::kNegative;

class ExplanationFiles : public testing::Test {
 protected:
  ExplanationFiles() {
    pictures_.add(3, 1, kYes, kNo);  // on the left: nothing moves
    pictures_.add(0, 3, kYes, Label::kUnknown);
    pictures_.add(1, 0, kNo, kYes);
  }
  [[nodiscard]] Explanation explanation(const std::filesystem::path& boxes = {}, std::size_t minimum = 20) const {
    ExplainOptions options{.maps = {}, .classes = {"Edema"}};
    options.estimates.minimum_patients = minimum;
    return pictures_.explained({bright_or_dark("dense.onnx"), half_blind("pruned.onnx")}, options, boxes);
  }
  [[nodiscard]] Json json_of(const Explanation& explanation) const {
    return Json::parse(explanation_json(explanation, pairs_to_draw(explanation, 1)));
  }

  SpottedPictures pictures_;
  FolderForTests out_{"explanation-files"};
};

TEST_F(ExplanationFiles, maps_stand_in_an_array_a_network_and_a_row_a_map) {
  const Explanation written = explanation();
  write_explanation(written, out_ / "", 2);
  const FloatArray maps = read_npy(out_ / "maps/network-1.npy");
  EXPECT_THAT(maps.shape, ElementsAre(3, 4, 4));
  EXPECT_EQ(std::vector<float>(maps.values.begin() + 16, maps.values.begin() + 32), written.networks[1].maps[1]);
  const CsvTable table = read_csv(out_ / "maps.csv");
  ASSERT_EQ(table.rows.size(), 6U);
  const auto cell = [&](std::size_t row, const char* column) {
    return std::string(table.rows[row].cells[table.column(column)]);
  };
  EXPECT_EQ(cell(3, "id"), "i1");
  EXPECT_EQ(cell(3, "network"), "pruned.onnx");
  EXPECT_EQ(cell(3, "label"), "1");
  EXPECT_EQ(cell(5, "label"), "0");
  EXPECT_EQ(cell(3, "method"), "occlusion");
  EXPECT_EQ(cell(2, "peak_x"), "14");
  EXPECT_EQ(cell(2, "rank_correlation"), "");
  EXPECT_EQ(cell(1, "top_overlap").substr(0, 6), "0.6666");
  EXPECT_EQ(cell(1, "boxes"), "");
  EXPECT_EQ(cell(1, "hit"), "");
  EXPECT_EQ(cell(3, "picture"), "pictures/0000.png");  // it moved most
}

TEST_F(ExplanationFiles, pictures_are_of_what_moved_most_a_panel_a_network) {
  const Explanation written = explanation();
  EXPECT_EQ(pairs_to_draw(written, 9).size(), 3U);
  EXPECT_EQ(pairs_to_draw(written, 9).front(), 1U);
  write_explanation(written, out_ / "", 1);
  EXPECT_FALSE(std::filesystem::exists(out_ / "pictures/0001.png"));
  const Image sheet = read_image(out_ / "pictures/0000.png");
  EXPECT_EQ(sheet.channels, 3U);
  EXPECT_GE(sheet.width, 3 * sheet.height / 2);  // three panels, a caption above each
  // The first network's panel is warm at the spot, the second's, which does not see it, is not.
  const auto blue_less_red = [&](std::size_t panel) {
    const std::size_t side = (sheet.width - 8) / 3;
    const std::size_t row = sheet.height - side + side / 8;
    const std::size_t column = panel * (side + 4) + side * 15 / 16;
    const std::size_t plane = sheet.height * sheet.width;
    return sheet.pixels[2 * plane + row * sheet.width + column] - sheet.pixels[row * sheet.width + column];
  };
  EXPECT_NEAR(blue_less_red(0), 0.0F, 0.01F);
  EXPECT_LT(blue_less_red(1), -0.2F);
  EXPECT_NEAR(blue_less_red(2), 0.0F, 0.01F);
}

TEST_F(ExplanationFiles, an_overlay_is_one_map_as_a_jpeg_and_none_where_it_is_flat) {
  const Explanation written = explanation();
  const std::string jpeg = map_overlay(written, 1, 0, written.read(written.pairs[1].row), 48);
  EXPECT_TRUE(jpeg.starts_with("\xFF\xD8\xFF"));
  const Image overlay = decode_image(jpeg, "overlay");
  EXPECT_EQ(overlay.height, 48U);
  EXPECT_EQ(overlay.width, 48U);
  const std::size_t spot = 6 * 48 + 42;  // in the upper right: yellow
  EXPECT_GT(overlay.pixels[spot] - overlay.pixels[2 * 48 * 48 + spot], 0.2F);
  const Explanation dark = pictures_.explained({bright_or_dark("dense.onnx")}, {.maps = {}, .classes = {"Mass"}});
  ASSERT_TRUE(dark.networks[0].figures[0].flat);
  EXPECT_EQ(map_overlay(dark, 0, 0, dark.read(dark.pairs[0].row), 48), "");
}

TEST_F(ExplanationFiles, of_few_patients_say_so) {
  const Json document = json_of(explanation(pictures_.boxes("i0,Edema,4,12,4,4,16,16\ni1,Edema,12,0,4,4,16,16\n")));
  const Json& pruned = document["all"]["networks"][1];
  EXPECT_EQ(pruned["moved"]["verdict"], "insufficient evidence");
  EXPECT_TRUE(pruned["moved"]["correlation"].is_null());
  EXPECT_EQ(pruned["pointing"]["hits"], 1);
  EXPECT_TRUE(pruned["pointing"]["rate"].is_null());
  EXPECT_EQ(pruned["pointing"]["verdict"], "insufficient evidence");
  EXPECT_EQ(pruned["change"]["verdict"], "insufficient evidence");
  EXPECT_TRUE(document["all"]["rate_by_chance"].is_null());
}

TEST_F(ExplanationFiles, hold_figures_where_there_are_patients_enough) {
  const auto boxes = pictures_.boxes("i0,Edema,4,12,4,4,16,16\ni1,Edema,12,0,4,4,16,16\ni2,Edema,0,4,4,4,16,16\n");
  const Json document = json_of(explanation(boxes, 2));
  const Json& all = document["all"];
  EXPECT_EQ(all["rate_by_chance"], 1.0 / 16);
  EXPECT_EQ(all["rate_of_centre"], 0.0);
  EXPECT_EQ(all["networks"][0]["pointing"]["rate"], 1.0);
  EXPECT_NEAR(all["networks"][1]["pointing"]["rate"], 2.0 / 3, 1e-12);
  EXPECT_EQ(all["networks"][1]["change"]["lost"], 1);
  EXPECT_EQ(all["networks"][1]["change"]["p"], 1.0);
  EXPECT_EQ(all["networks"][1]["change"]["verdict"], "not shown");
  EXPECT_FALSE(all["networks"][1]["change"].contains("holm"));
  EXPECT_EQ(document["classes"][0]["name"], "Edema");
  EXPECT_EQ(document["classes"][0]["networks"][1]["change"]["holm"], 1.0);
  EXPECT_EQ(document["boxes"]["without_image"], 0);
  EXPECT_EQ(document["pictures"][0]["id"], "i1");
  EXPECT_EQ(document["images"], 3);
  EXPECT_EQ(document["patients"], 2);
  EXPECT_THAT(document["notes"][0].get<std::string>(), HasSubstr("a map has 4 x 4 cells"));
}

}  // namespace
}  // namespace niwaki
