#include "niwaki/imaging/grey_transform.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

TEST(Windowed, is_the_standards_pseudo_code) {
  // PS3.3 C.11.2.1.2.1, its own examples with output 0 to 255: centre 2048, width 4096 becomes (x / 4095) * 255.
  const Window window{.centre = 2048, .width = 4096};
  for (const int value : {0, 1, 1000, 4095}) {
    EXPECT_NEAR(windowed(value, window) * 255, value / 4095.0 * 255, 1e-9);
  }
  EXPECT_EQ(windowed(-5, window), 0);
  EXPECT_EQ(windowed(5000, window), 1);
  // Centre 0, width 1: a threshold.
  EXPECT_EQ(windowed(-1, {.centre = 0, .width = 1}), 0);
  EXPECT_EQ(windowed(0, {.centre = 0, .width = 1}), 1);
}

TEST(Windowed, exact_and_sigmoid_are_their_formulas) {
  const Window exact{.centre = 10, .width = 4, .function = Window::Function::kLinearExact};
  EXPECT_EQ(windowed(8, exact), 0);
  EXPECT_EQ(windowed(11, exact), 0.75);
  const Window sigmoid{.centre = 10, .width = 4, .function = Window::Function::kSigmoid};
  EXPECT_EQ(windowed(10, sigmoid), 0.5);
  EXPECT_NEAR(windowed(12, sigmoid), 1 / (1 + std::exp(-2.0)), 1e-12);
}

TEST(WindowOver, goes_from_black_to_white_and_one_value_is_black) {
  EXPECT_EQ(windowed(-3, window_over(-3, 7)), 0);
  EXPECT_EQ(windowed(2, window_over(-3, 7)), 0.5);
  EXPECT_EQ(windowed(7, window_over(-3, 7)), 1);
  EXPECT_EQ(windowed(5, window_over(5, 5)), 0);
}

TEST(ShownValues, full_range_of_signed_bits) {
  GreyTransform transform{.bits_stored = 10, .is_signed = true};
  const std::vector<float> shown = shown_values(transform);
  ASSERT_EQ(shown.size(), 1024U);
  EXPECT_FLOAT_EQ(shown[0], 512 / 1023.0F);
  EXPECT_FLOAT_EQ(shown[511], 1);
  EXPECT_FLOAT_EQ(shown[512], 0);  // -512
  EXPECT_FLOAT_EQ(shown[1023], 511 / 1023.0F);
}

TEST(ShownValues, padding_is_black_in_both_polarities) {
  GreyTransform transform{.bits_stored = 8, .padding = std::pair{250, 255}, .inverted = true};
  const std::vector<float> shown = shown_values(transform);
  EXPECT_FLOAT_EQ(shown[0], 1);
  EXPECT_FLOAT_EQ(shown[249], 1 - 249 / 255.0F);
  EXPECT_EQ(shown[250], 0);
  EXPECT_EQ(shown[255], 0);
  transform.inverted = false;
  EXPECT_EQ(shown_values(transform)[255], 0);
}

TEST(ShownValues, a_table_gives_its_ends_outside) {
  const LookUpTable table{.first = 2, .bits = 10, .entries = {1023, 500, 0}};
  const GreyTransform transform{.bits_stored = 3, .modality = Rescale{.slope = 1, .intercept = 0}, .interest = table};
  EXPECT_THAT(shown_values(transform), ::testing::ElementsAre(1, 1, 1, 500 / 1023.0F, 0, 0, 0, 0));
}

TEST(ShownValues, a_falling_slope_inverts) {
  const GreyTransform transform{.bits_stored = 2, .modality = Rescale{.slope = -2, .intercept = 6}};
  EXPECT_THAT(shown_values(transform),
              ::testing::Pointwise(::testing::FloatNear(1e-7F), std::vector<float>{1, 2 / 3.0F, 1 / 3.0F, 0}));
}

TEST(ShownValues, is_never_outside_and_never_nan) {
  for (const double width : {1.0, 1e12}) {
    for (const double centre : {-1e12, 0.0, 1e12}) {
      for (const auto function :
           {Window::Function::kLinear, Window::Function::kLinearExact, Window::Function::kSigmoid}) {
        const GreyTransform transform{.bits_stored = 16,
                                      .modality = Rescale{.slope = 1e12, .intercept = -1e12},
                                      .interest = Window{centre, width, function}};
        for (const float value : shown_values(transform)) {
          ASSERT_TRUE(value >= 0 && value <= 1);
        }
      }
    }
  }
}

}  // namespace
}  // namespace niwaki
