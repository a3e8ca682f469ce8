#include "niwaki/metrics/quantile.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

TEST(Quantile, lies_on_the_line_between_order_statistics) {
  const std::vector<double> values = {7, 1, 3, 10};
  EXPECT_DOUBLE_EQ(*quantile(values, 0.25), 2.5);
  EXPECT_DOUBLE_EQ(*quantile(values, 0.75), 7.75);
  EXPECT_DOUBLE_EQ(*median(values), 5.0);
  EXPECT_DOUBLE_EQ(*quantile(values, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(*quantile(values, 1.0), 10.0);
}

TEST(Quantile, of_odd_numbers_of_values_is_one_of_them) {
  EXPECT_DOUBLE_EQ(*median(std::vector<double>{5, -2, 9}), 5.0);
  EXPECT_DOUBLE_EQ(*quantile(std::vector<double>{5, 4, 3, 2, 1}, 0.75), 4.0);
}

TEST(Quantile, of_one_value_is_that_value_and_of_none_is_nothing) {
  EXPECT_DOUBLE_EQ(*quantile(std::vector<double>{4}, 0.25), 4.0);
  EXPECT_FALSE(median(std::vector<double>{}));
}

TEST(Quantile, outside_of_all_values_is_a_bug) {
  EXPECT_THROW((void)quantile(std::vector<double>{1}, 1.5), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
