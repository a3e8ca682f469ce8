#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "niwaki/core/random.hpp"

namespace niwaki::phantom {

/// A place in the body as the film shows it: x from -1 (left edge of the picture, the patient's right) to 1, y from -1
/// (top) to 1 (bottom).
struct Point {
  float x = 0;
  float y = 0;
};

struct Box {
  float left = -1;
  float top = -1;
  float right = 1;
  float bottom = 1;
};
inline constexpr Box kEverywhere = {-4, -4, 4, 4};

/// How the body lies on the film: rotated, shifted and scaled.
struct Projection {
  float rotation = 0;  // radians
  float scale = 1;     // above 1: the body appears larger
  Point shift;         // where the body's (0, 0) lands
};

/// 0 below `from`, 1 above `to`, smooth between; `from` is less than `to`.
inline float smooth_step(float from, float to, float value) {
  const float t = std::clamp((value - from) / (to - from), 0.0F, 1.0F);
  return t * t * (3 - 2 * t);
}

/// 1 at distance 0, falling smoothly to 0 at `width` and beyond.
inline float bump(float distance, float width) {
  const float t = distance / width;
  const float rest = std::max(0.0F, 1 - t * t);
  return rest * rest;
}

/// One pixel as a painter sees it.
struct Pixel {
  float x;  // in the body
  float y;
  float& light;  // 0: black, nothing in the beam's way; 1: white
  float& lung;   // share of lung, 0 to 1

  /// Moves the light towards `target` by `share`.
  void blend(float target, float share) const { light += (target - light) * share; }
  /// Brightens towards white tissue as one more layer in the beam does: the brighter it was, the less it gains.
  void add_tissue(float amount) const { light += amount * std::max(0.0F, 1 - light); }
};

/// The picture being drawn, before noise: light and lung share of each pixel, row-major.
class Canvas {
 public:
  Canvas(std::size_t size, const Projection& projection);

  [[nodiscard]] std::size_t size() const { return size_; }
  /// One pixel's side in units of the body: nothing thinner can be drawn.
  [[nodiscard]] float pixel() const { return step_; }
  [[nodiscard]] const std::vector<float>& light() const { return light_; }
  [[nodiscard]] std::vector<float>& light() { return light_; }

  /// Calls painter(Pixel) for every pixel that lies in `box` of the body (and for some around it).
  template <typename Painter>
  void paint(const Box& box, const Painter& painter) {
    const Window window = window_of(box);
    for (int row = window.top; row < window.bottom; ++row) {
      const float down = (static_cast<float>(row) + 0.5F) * film_step_ - 1 - shift_.y;
      for (int column = window.left; column < window.right; ++column) {
        const float across = (static_cast<float>(column) + 0.5F) * film_step_ - 1 - shift_.x;
        const std::size_t index = static_cast<std::size_t>(row) * size_ + static_cast<std::size_t>(column);
        painter(Pixel{cosine_ * across + sine_ * down, cosine_ * down - sine_ * across, light_[index], lung_[index]});
      }
    }
  }

 private:
  struct Window {
    int left, top, right, bottom;
  };
  [[nodiscard]] Window window_of(const Box& box) const;

  std::size_t size_;
  float film_step_;
  float step_;
  float cosine_;  // of the inverse map, scale included
  float sine_;
  Point shift_;
  std::vector<float> light_;
  std::vector<float> lung_;
};

/// A line with soft edges that brightens (amount above 0) or darkens by up to `amount`, in lung only if `in_lung`.
/// A line thinner than a pixel is drawn a pixel wide and as much fainter.
struct Line {
  Point from;
  Point to;
  float width = 0.02F;  // from its middle to where it ends
  float amount = 0.1F;
  bool in_lung = true;
  bool dense = false;  // chalk: adds its light in full, however bright the place was
};
void paint_line(Canvas& canvas, const Line& line);

/// A soft or sharp ellipse that brightens by up to `amount`.
struct Blob {
  Point centre;
  float half_width = 0.1F;
  float half_height = 0.1F;
  float edge = 1;  // share of the radius over which it fades: near 0 sharp, 1 soft from its centre
  float amount = 0.1F;
  bool in_lung = true;
};
void paint_blob(Canvas& canvas, const Blob& blob);

/// A smooth random surface over the body with values in [-1, 1]: random values on a grid, bilinear between.
class Texture {
 public:
  /// `cells` grid cells over the picture's side; repeats beyond it.
  Texture(RandomStream& random, std::size_t cells);
  [[nodiscard]] float at(float x, float y) const;

 private:
  std::size_t cells_;
  std::vector<float> values_;
};

}  // namespace niwaki::phantom
