#include "niwaki/imaging/heat_overlay.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace niwaki {
namespace {

constexpr std::size_t kCaption = 20;
constexpr std::size_t kGap = 4;

Image flat(std::size_t height, std::size_t width, float value) {
  return {1, height, width, std::vector<float>(height * width, value)};
}

/// Red, green and blue of a pixel below the captions.
std::vector<int> colour(const Image& sheet, std::size_t row, std::size_t column) {
  std::vector<int> values;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::size_t at = (channel * sheet.height + row + kCaption) * sheet.width + column;
    values.push_back(static_cast<int>(std::lround(sheet.pixels[at] * 255.0F)));
  }
  return values;
}

TEST(HeatOverlay, panels_stand_side_by_side) {
  const std::vector<OverlayPanel> panels(3);
  const Image sheet = decode_image(encode_overlays(flat(50, 100, 0.5F), panels, 60), "sheet");
  EXPECT_EQ(sheet.width, 3 * 60 + 2 * kGap);
  EXPECT_EQ(sheet.height, 30 + kCaption);
}

TEST(HeatOverlay, without_heat_the_picture_is_bare_and_with_it_blue_or_yellow) {
  OverlayPanel bare;
  bare.heat = flat(2, 2, 0.0F);
  OverlayPanel hot;
  hot.heat = flat(2, 2, 1.0F);
  OverlayPanel warm;
  warm.heat = flat(2, 2, 0.3F);
  const std::vector<OverlayPanel> panels = {bare, hot, warm};
  const Image sheet = decode_image(encode_overlays(flat(40, 40, 0.4F), panels, 40), "sheet");
  EXPECT_EQ(colour(sheet, 20, 20), std::vector<int>(3, 102));
  // Cividis ends in yellow, (253, 234, 69), which covers 0.7 of the picture.
  const std::vector<int> yellow = colour(sheet, 20, 40 + kGap + 20);
  EXPECT_NEAR(yellow[0], 0.7 * 253 + 0.3 * 102, 6);
  EXPECT_NEAR(yellow[1], 0.7 * 234 + 0.3 * 102, 6);
  EXPECT_NEAR(yellow[2], 0.7 * 69 + 0.3 * 102, 10);
  const std::vector<int> blue = colour(sheet, 20, 2 * (40 + kGap) + 20);
  EXPECT_GT(blue[2], blue[0]);
}

TEST(HeatOverlay, alone_it_is_a_jpeg_without_a_caption) {
  const std::string jpeg = encode_overlay_jpeg(flat(50, 100, 0.4F), flat(2, 2, 1.0F), 64, 90);
  EXPECT_TRUE(jpeg.starts_with("\xFF\xD8\xFF"));
  const Image view = decode_image(jpeg, "view");
  EXPECT_EQ(view.width, 64U);
  EXPECT_EQ(view.height, 32U);
  EXPECT_NEAR(view.pixels[0] * 255, 0.7 * 253 + 0.3 * 102, 8);  // red, of the yellow above
}

TEST(HeatOverlay, a_frame_and_a_mark_are_where_they_belong) {
  OverlayPanel panel;
  panel.frames = {{.left = 0.25, .top = 0.5, .right = 0.75, .bottom = 0.9}};
  panel.mark = OverlayMark{.x = 0.5, .y = 0.2};
  const Image sheet = decode_image(encode_overlays(flat(100, 100, 0.4F), std::span(&panel, 1), 100), "sheet");
  const std::vector<int> white(3, 255);
  EXPECT_EQ(colour(sheet, 70, 25), white);
  EXPECT_EQ(colour(sheet, 70, 75), white);
  EXPECT_EQ(colour(sheet, 50, 50), white);
  EXPECT_EQ(colour(sheet, 90, 50), white);
  EXPECT_EQ(colour(sheet, 20, 50), white);
  EXPECT_EQ(colour(sheet, 70, 50), std::vector<int>(3, 102));  // within
  EXPECT_EQ(colour(sheet, 5, 5), std::vector<int>(3, 102));
}

}  // namespace
}  // namespace niwaki
