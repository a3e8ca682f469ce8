#include "niwaki/core/matrix_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace niwaki {
namespace {

TEST(MatrixView, is_row_major) {
  std::vector<int> values = {1, 2, 3, 4, 5, 6};
  const MatrixView<int> view(values, 2, 3);
  EXPECT_EQ(view(1, 0), 4);
  EXPECT_THAT(view.row(0), ::testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(view.column(2), ::testing::ElementsAre(3, 6));
  view(0, 0) = 9;
  EXPECT_EQ(MatrixView<const int>(view)(0, 0), 9);
}

TEST(MatrixView, refuses_a_shape_that_does_not_fit) {
  std::vector<int> values(5);
  EXPECT_THROW(MatrixView<int>(values, 2, 3), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
