#include "niwaki/core/csv.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Csv, reads_quotes_line_ends_and_a_byte_order_mark) {
  const CsvTable table =
      parse_csv("\xEF\xBB\xBFid,\"a, b\",c\r\n1,\"say \"\"hi\"\"\", x \r\n\r\n2,\"two\nlines\",\n", "t.csv");
  EXPECT_THAT(table.header, ElementsAre("id", "a, b", "c"));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_THAT(table.rows[0].cells, ElementsAre("1", "say \"hi\"", "x"));
  EXPECT_THAT(table.rows[1].cells, ElementsAre("2", "two\nlines", ""));
  EXPECT_EQ(table.rows[1].line, 4U);
}

TEST(Csv, a_last_line_without_an_end_is_a_row) {
  EXPECT_EQ(parse_csv("a,b\n1,2", "t.csv").rows.size(), 1U);
}

TEST(Csv, says_where_a_row_is_too_short) {
  try {
    parse_csv("a,b\n1,2\n3\n", "t.csv");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.where(), HasSubstr("t.csv, line 3"));
  }
  EXPECT_EQ(parse_csv("a,b\n1,2,3\n", "t.csv", {.same_width = false}).rows[0].cells.size(), 3U);
}

TEST(Csv, names_the_nearest_column) {
  const CsvTable table = parse_csv("id,patient_id\n", "t.csv");
  try {
    (void)table.column("pateint_id");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.problem(), HasSubstr("did you mean 'patient_id'"));
  }
}

TEST(Csv, refuses_an_open_quote_and_an_empty_file) {
  EXPECT_THROW(parse_csv("a\n\"open\n", "t.csv"), InputError);
  EXPECT_THROW(parse_csv("a\n\"shut\"x\n", "t.csv"), InputError);
  EXPECT_THROW(parse_csv("", "t.csv"), InputError);
  EXPECT_THROW(parse_csv("\n\n", "t.csv"), InputError);
}

TEST(Csv, what_is_written_reads_back) {
  CsvWriter writer({"text", "number", "nothing"});
  writer.cell("a,\"b\"\n").cell(0.1).cell(std::optional<double>());
  writer.end_row();
  const CsvTable table = parse_csv(writer.text(), "t.csv");
  EXPECT_THAT(table.rows.at(0).cells, ElementsAre("a,\"b\"\n", "0.1", ""));
}

TEST(Csv, numbers_are_the_shortest_however_often_they_come) {
  RandomStream random(2, "csv", {});
  CsvWriter writer({"a", "b", "c"});
  std::string wanted = "a,b,c\n";
  for (int row = 0; row < 5000; ++row) {
    const double number = random.chance(0.5) ? static_cast<double>(random.below(50)) / 7.0 - 3.0
                                             : std::ldexp(random.uniform(), static_cast<int>(random.below(600)) - 300);
    const std::size_t count = random.below(1'000'000'000'000);
    writer.cell(-number).cell(count).cell(-row).end_row();
    wanted += fmt::format("{},{},{}\n", shortest(-number), count, -row);
  }
  EXPECT_EQ(writer.text(), wanted);
}

TEST(Csv, cells_that_would_not_read_back_are_quoted) {
  CsvWriter writer({"a", " b", "c d"});
  writer.cell("x ").cell("\ty").cell("a\rb").end_row();
  EXPECT_EQ(writer.text(), "a,\" b\",c d\n\"x \",\"\ty\",\"a\rb\"\n");
}

TEST(Csv, a_row_of_another_width_cannot_be_written) {
  CsvWriter writer({"a", "b"});
  writer.cell(1);
  EXPECT_THROW(writer.end_row(), BrokenInvariant);
  writer.cell(2);
  EXPECT_THROW(writer.cell(3), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
