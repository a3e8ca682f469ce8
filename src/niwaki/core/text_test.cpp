#include "niwaki/core/text.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

using ::testing::ElementsAre;

TEST(Text, splits_and_joins) {
  EXPECT_THAT(split("a||b", '|'), ElementsAre("a", "", "b"));
  EXPECT_THAT(split("", '|'), ElementsAre(""));
  EXPECT_EQ(joined(std::vector<std::string>{"a", "b"}, ", "), "a, b");
  EXPECT_EQ(trimmed(" \t x y\r\n"), "x y");
  EXPECT_EQ(lower_case("Pleural_X"), "pleural_x");
}

TEST(Text, a_number_is_the_whole_text_and_finite) {
  EXPECT_EQ(parse_number(" 1.5 "), 1.5);
  EXPECT_EQ(parse_number("+1e-3"), 1e-3);
  for (const char* wrong : {"", "1.5x", "nan", "inf", "-inf", "1e999", "0x10", "1,5", "+-1"}) {
    EXPECT_EQ(parse_number(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_EQ(parse_integer("1.0"), std::nullopt);
  EXPECT_EQ(parse_integer("99999999999999999999"), std::nullopt);
}

TEST(Text, shortest_reads_back_to_the_same_number) {
  EXPECT_EQ(shortest(0.1), "0.1");
  for (const double number : {1.0 / 3, 1e-300, 0.1 + 0.2, std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(parse_number(shortest(number)), number);
  }
}

TEST(NearestName, finds_a_slip_and_nothing_far_off) {
  const std::vector<std::string> names = {"train.epochs", "train.batch", "cohort.images"};
  EXPECT_EQ(nearest_name("train.epoch", names), "train.epochs");
  EXPECT_EQ(nearest_name("Train.Batch", names), "train.batch");
  EXPECT_EQ(nearest_name("zzz", names), std::nullopt);
  EXPECT_EQ(nearest_name("x", {}), std::nullopt);
  EXPECT_EQ(did_you_mean("zzz", names), "");
}

}  // namespace
}  // namespace niwaki
