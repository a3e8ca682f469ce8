#include "niwaki/cohort/image_batches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// Pictures of two values: 0.25 and a tenth of their number.
class TwoValues : public ImageSource {
 public:
  explicit TwoValues(std::size_t size, std::size_t broken = 1000) : size_(size), broken_(broken) {
    preprocessing_ = {.channels = 1, .height = 1, .width = 2, .mean = {0.5F}, .deviation = {0.5F}};
  }
  [[nodiscard]] std::size_t size() const override { return size_; }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return preprocessing_; }
  void read(std::size_t index, std::span<float> pixels) const override {
    if (index == broken_) {
      throw InputError("not a picture", "broken.png", "look");
    }
    pixels[0] = 0.25F;
    pixels[1] = static_cast<float>(index) * 0.1F;
  }

 private:
  std::size_t size_;
  std::size_t broken_;
  Preprocessing preprocessing_;
};

TEST(ImageBatches, all_pictures_come_in_order_and_normalised) {
  std::vector<std::size_t> rows;
  std::vector<std::size_t> sizes;
  for_each_batch(TwoValues(7), 3, [&](ImageBatch& batch) {
    sizes.push_back(batch.rows.size());
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      rows.push_back(batch.rows[i]);
      EXPECT_FLOAT_EQ(batch.pixels[2 * i], -0.5F);
      EXPECT_NEAR(batch.pixels[2 * i + 1], (static_cast<float>(batch.rows[i]) * 0.1F - 0.5F) / 0.5F, 1e-6);
    }
    batch.pixels.resize(100, 9.0F);  // may be changed
  });
  EXPECT_THAT(rows, ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(sizes, ::testing::ElementsAre(3, 3, 1));
}

TEST(ImageBatches, no_pictures_are_no_batch) {
  for_each_batch(TwoValues(0), 3, [](ImageBatch&) { FAIL() << "a batch"; });
}

TEST(ImageBatches, a_picture_that_cannot_be_read_is_said) {
  std::size_t batches = 0;
  EXPECT_THROW(for_each_batch(TwoValues(9, 6), 2, [&](ImageBatch&) { ++batches; }), InputError);
  EXPECT_EQ(batches, 3U);
}

TEST(ImageBatches, stops_where_cancellation_was_asked_for) {
  std::size_t batches = 0;
  const auto use = [&](ImageBatch&) {
    ++batches;
    request_cancellation();
  };
  EXPECT_THROW(for_each_batch(TwoValues(6), 2, use), Interrupted);
  clear_cancellation();
  EXPECT_EQ(batches, 1U);
}

}  // namespace
}  // namespace niwaki
