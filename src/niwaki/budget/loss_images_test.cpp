#include "niwaki/budget/loss_images.hpp"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

using testing::Each;
using testing::SizeIs;

/// 1,000 images of three classes: 10 show class 0 (and class 1 too), 200 more class 1, 100 class 2, the others none.
class LossImagesTest : public testing::Test {
 protected:
  LossImagesTest() : labels_(3000, Label::kNegative) {
    for (std::size_t row = 0; row < 310; ++row) {
      labels_[3 * row + (row < 210 ? 1 : 2)] = Label::kPositive;
      labels_[3 * row] = row < 10 ? Label::kPositive : Label::kUnknown;
    }
  }
  [[nodiscard]] LossImages drawn(std::size_t images, std::uint64_t seed = 1) const {
    return loss_images({labels_.data(), 1000, 3}, images, seed);
  }
  static std::size_t between(const LossImages& found, std::size_t begin, std::size_t end) {
    return static_cast<std::size_t>(
        std::ranges::count_if(found.rows, [&](std::size_t row) { return row >= begin && row < end; }));
  }

  std::vector<Label> labels_;
};

TEST_F(LossImagesTest, rare_findings_are_taken_whole_and_the_others_alike) {
  const LossImages found = drawn(100);
  EXPECT_THAT(found.rows, SizeIs(100));
  EXPECT_EQ(between(found, 0, 10), 10);
  EXPECT_EQ(between(found, 10, 210), 30);
  EXPECT_EQ(between(found, 210, 310), 30);
  EXPECT_EQ(between(found, 310, 1000), 30);
}

TEST_F(LossImagesTest, an_image_stands_for_those_of_its_stratum_that_were_not_drawn) {
  const LossImages found = drawn(100);
  EXPECT_NEAR(std::accumulate(found.weights.begin(), found.weights.end(), 0.0), 1000, 1e-9);
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    const std::size_t row = found.rows[i];
    EXPECT_DOUBLE_EQ(found.weights[i], row < 10 ? 1 : row < 210 ? 200.0 / 30 : row < 310 ? 100.0 / 30 : 690.0 / 30);
  }
}

TEST_F(LossImagesTest, all_images_stand_for_themselves) {
  for (const std::size_t images : {1000UL, 5000UL}) {
    const LossImages found = drawn(images);
    EXPECT_THAT(found.rows, SizeIs(1000));
    EXPECT_THAT(found.weights, Each(1.0));
  }
}

TEST_F(LossImagesTest, every_stratum_is_there_however_few_are_wanted) {
  EXPECT_THAT(drawn(0).rows, SizeIs(4));
  EXPECT_THAT(drawn(5).rows, SizeIs(4));
}

TEST_F(LossImagesTest, another_seed_draws_others_and_the_same_seed_the_same) {
  EXPECT_EQ(drawn(100).rows, drawn(100).rows);
  EXPECT_NE(drawn(100).rows, drawn(100, 2).rows);
  EXPECT_TRUE(std::ranges::is_sorted(drawn(100).rows));
}

}  // namespace
}  // namespace niwaki
