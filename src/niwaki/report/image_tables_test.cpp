#include "niwaki/report/image_tables.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/csv.hpp"
#include "niwaki/report/example_result.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kFindings = {"Edema", "Pneumothorax", "Hernia"};

std::string text(const CsvTable& table, std::size_t row, const std::string& column) {
  return std::string(table.rows.at(row).cells[table.column(column)]);
}

// The example, whose exemplars are rows 17 and 4, with all 20 images filled in for "l1"; "random" has none, and another
// sparsity between the two.
AuditResult with_images() {
  AuditResult result = example_result(kFindings);
  for (std::size_t row = 0; row < 20; ++row) {
    result.ids.push_back("image-" + std::to_string(row));
  }
  ImageResult& images = result.methods[0].exemplars.images;
  images.correlations.resize(2);
  for (std::size_t row = 0; row < 20; ++row) {
    const double figure = static_cast<double>(row) / 32.0;
    images.correlations[0].push_back(figure);
    images.correlations[1].push_back(row == 3 ? std::numeric_limits<double>::quiet_NaN() : -figure);
    images.fallen.push_back(row % 3);
    images.largest_fall.push_back(static_cast<double>(row) / 64.0 - 0.125);
    images.flips.emplace_back();
  }
  images.flips[17] = {{0, true, 3}, {2, false, 2}};
  images.flips[4] = {{1, false, 2}};
  result.methods[1].sparsities = {0.0, 0.7, 0.9};
  return result;
}

std::string image_text(const AuditResult& result) {
  std::string text;
  for (const auto& part : image_table(result)) {
    text += part();
  }
  return text;
}

TEST(FlipsText, says_what_flipped_and_how_many_seeds_agree) {
  EXPECT_EQ(flips_text({}, kFindings, 5), "");
  EXPECT_EQ(flips_text({{0, true, 5}, {2, false, 3}}, kFindings, 5), "Edema lost 5 of 5; Hernia gained 3 of 5");
}

TEST(ImageTable, has_a_row_an_image_with_its_curve) {
  const CsvTable table = parse_csv(image_text(with_images()), "images.csv");
  EXPECT_THAT(table.header, ElementsAre("method", "row", "id", "fallen", "largest_fall", "flips", "correlation at 0.5",
                                        "correlation at 0.7", "correlation at 0.9"));
  ASSERT_EQ(table.rows.size(), 20U);  // none of "random"
  for (std::size_t row = 0; row < 20; ++row) {
    EXPECT_EQ(text(table, row, "method"), "l1");
    EXPECT_EQ(text(table, row, "row"), std::to_string(row));
    EXPECT_EQ(text(table, row, "id"), "image-" + std::to_string(row));
    EXPECT_EQ(text(table, row, "fallen"), kFindings[row % 3]);
    EXPECT_EQ(std::stod(text(table, row, "largest_fall")), static_cast<double>(row) / 64.0 - 0.125);
    EXPECT_EQ(std::stod(text(table, row, "correlation at 0.5")), static_cast<double>(row) / 32.0);
    EXPECT_EQ(text(table, row, "correlation at 0.7"), "");
    if (row != 3) {
      EXPECT_EQ(std::stod(text(table, row, "correlation at 0.9")), -static_cast<double>(row) / 32.0);
    }
  }
  EXPECT_EQ(text(table, 3, "correlation at 0.9"), "");
  EXPECT_EQ(text(table, 5, "flips"), "");
  EXPECT_EQ(text(table, 17, "flips"), "Edema lost 3 of 3; Hernia gained 2 of 3");
}

TEST(ImageTable, of_an_audit_without_exemplars_has_a_header_only) {
  const CsvTable table = parse_csv(image_text(example_result()), "images.csv");
  EXPECT_TRUE(table.rows.empty());
  EXPECT_EQ(table.header.size(), 8U);
}

TEST(ExemplarTable, has_the_change_of_the_exemplars_own_row) {
  const CsvTable table = parse_csv(exemplar_table(with_images()), "exemplars.csv");
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(text(table, 0, "row"), "17");
  EXPECT_EQ(text(table, 0, "fallen"), "Hernia");  // 17 % 3
  EXPECT_EQ(std::stod(text(table, 0, "largest_fall")), 17.0 / 64.0 - 0.125);
  EXPECT_EQ(text(table, 0, "flips"), "Edema lost 3 of 3; Hernia gained 2 of 3");
  EXPECT_EQ(text(table, 1, "flips"), "Pneumothorax gained 2 of 3");
  EXPECT_EQ(std::stod(text(table, 1, "largest_fall")), 4.0 / 64.0 - 0.125);
  EXPECT_EQ(text(table, 2, "method"), "random");  // whose images are not there
  EXPECT_EQ(text(table, 2, "fallen"), "");
  EXPECT_EQ(text(table, 2, "flips"), "");
}

TEST(ExemplarTable, of_one_pair_of_tables_has_no_method) {
  AuditResult result = with_images();
  result.methods[0].exemplars.images.flips[17] = {{2, false, 1}};
  const CsvTable table = parse_csv(pair_exemplar_table(result), "exemplars.csv");
  EXPECT_EQ(table.header.front(), "rank");
  EXPECT_EQ(table.find_column("method"), std::nullopt);
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(text(table, 0, "against Pneumothorax"), "0.3");
  EXPECT_EQ(text(table, 0, "flips"), "Hernia gained 1 of 3");
}

}  // namespace
}  // namespace niwaki
