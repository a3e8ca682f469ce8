#include "niwaki/cohort/phantom/canvas.hpp"

#include <limits>

namespace niwaki::phantom {

Canvas::Canvas(std::size_t size, const Projection& projection)
    : size_(size),
      film_step_(2.0F / static_cast<float>(size)),
      step_(film_step_ / projection.scale),
      cosine_(std::cos(projection.rotation) / projection.scale),
      sine_(std::sin(projection.rotation) / projection.scale),
      shift_(projection.shift),
      light_(size * size, 0.0F),
      lung_(size * size, 0.0F) {}

Canvas::Window Canvas::window_of(const Box& box) const {
  const float determinant = cosine_ * cosine_ + sine_ * sine_;
  float left = std::numeric_limits<float>::max();
  float top = left;
  float right = -left;
  float bottom = -left;
  for (const Point corner : {Point{box.left, box.top}, Point{box.right, box.top}, Point{box.left, box.bottom},
                             Point{box.right, box.bottom}}) {
    const float across = (cosine_ * corner.x - sine_ * corner.y) / determinant + shift_.x;
    const float down = (sine_ * corner.x + cosine_ * corner.y) / determinant + shift_.y;
    left = std::min(left, across);
    right = std::max(right, across);
    top = std::min(top, down);
    bottom = std::max(bottom, down);
  }
  const auto pixels = [this](float film) {
    return static_cast<int>(std::clamp((film + 1) / film_step_, 0.0F, static_cast<float>(size_)));
  };
  const int last = static_cast<int>(size_);
  return {pixels(left), pixels(top), std::min(last, pixels(right) + 1), std::min(last, pixels(bottom) + 1)};
}

void paint_line(Canvas& canvas, const Line& line) {
  const float width = std::max(line.width, canvas.pixel());
  const float amount = line.amount * std::min(1.0F, line.width / width);
  const float dx = line.to.x - line.from.x;
  const float dy = line.to.y - line.from.y;
  const float length_square = std::max(dx * dx + dy * dy, 1e-6F);
  const Box box = {std::min(line.from.x, line.to.x) - width, std::min(line.from.y, line.to.y) - width,
                   std::max(line.from.x, line.to.x) + width, std::max(line.from.y, line.to.y) + width};
  canvas.paint(box, [&](const Pixel& pixel) {
    const float px = pixel.x - line.from.x;
    const float py = pixel.y - line.from.y;
    const float along = std::clamp((px * dx + py * dy) / length_square, 0.0F, 1.0F);
    const float ex = px - along * dx;
    const float ey = py - along * dy;
    const float rest = std::max(0.0F, 1 - (ex * ex + ey * ey) / (width * width));
    const float share = rest * rest * (line.in_lung ? pixel.lung : 1.0F);
    if (line.dense) {
      pixel.light += amount * share;
    } else if (amount > 0) {
      pixel.add_tissue(1.5F * amount * share);
    } else {
      pixel.light += amount * share * std::min(1.0F, 2 * pixel.light);
    }
  });
}

void paint_blob(Canvas& canvas, const Blob& blob) {
  const float half_width = std::max(blob.half_width, canvas.pixel());
  const float half_height = std::max(blob.half_height, canvas.pixel());
  const float inner = std::max(0.0F, 1 - blob.edge);
  const Box box = {blob.centre.x - half_width, blob.centre.y - half_height, blob.centre.x + half_width,
                   blob.centre.y + half_height};
  canvas.paint(box, [&](const Pixel& pixel) {
    const float x = (pixel.x - blob.centre.x) / half_width;
    const float y = (pixel.y - blob.centre.y) / half_height;
    const float radius = std::sqrt(x * x + y * y);
    if (radius < 1) {
      pixel.add_tissue(blob.amount * (1 - smooth_step(inner, 1.0F, radius)) * (blob.in_lung ? pixel.lung : 1.0F));
    }
  });
}

Texture::Texture(RandomStream& random, std::size_t cells) : cells_(cells), values_(cells * cells) {
  for (float& value : values_) {
    value = static_cast<float>(random.uniform(-1, 1));
  }
}

float Texture::at(float x, float y) const {
  const float cells = static_cast<float>(cells_);
  const float column = (x + 5) * 0.5F * cells;  // + 5: never negative on the film
  const float row = (y + 5) * 0.5F * cells;
  const std::size_t left = static_cast<std::size_t>(column);
  const std::size_t top = static_cast<std::size_t>(row);
  const float across = column - static_cast<float>(left);
  const float down = row - static_cast<float>(top);
  const auto value = [this](std::size_t r, std::size_t c) { return values_[(r % cells_) * cells_ + c % cells_]; };
  const float upper = value(top, left) + (value(top, left + 1) - value(top, left)) * across;
  const float lower = value(top + 1, left) + (value(top + 1, left + 1) - value(top + 1, left)) * across;
  return upper + (lower - upper) * down;
}

}  // namespace niwaki::phantom
