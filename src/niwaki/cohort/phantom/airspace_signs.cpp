#include <algorithm>
#include <cmath>

#include "niwaki/cohort/phantom/signs.hpp"

namespace niwaki::phantom {
namespace {

/// A point of the lung on one side, in units of the body. `lateral` and `down` are shares, as Lung::inside takes them.
Point in_lung(const Anatomy& body, float side, float lateral, float down) {
  const Point inside = body.lung(side).inside(lateral, down);
  return {side * inside.x + body.mediastinum_shift, inside.y};
}

/// A patch whose density is broken up by a texture: cotton wool rather than a disc.
void paint_patch(Canvas& canvas, const Blob& blob, const Texture& texture, float grain) {
  const Box box = {blob.centre.x - blob.half_width, blob.centre.y - blob.half_height, blob.centre.x + blob.half_width,
                   blob.centre.y + blob.half_height};
  const float inner = std::max(0.0F, 1 - blob.edge);
  canvas.paint(box, [&](const Pixel& pixel) {
    const float x = (pixel.x - blob.centre.x) / blob.half_width;
    const float y = (pixel.y - blob.centre.y) / blob.half_height;
    const float radius = std::sqrt(x * x + y * y);
    if (radius < 1) {
      const float density = std::max(0.0F, 1 + grain * texture.at(pixel.x, pixel.y));
      pixel.add_tissue(blob.amount * density * (1 - smooth_step(inner, 1.0F, radius)) * pixel.lung);
    }
  });
}

}  // namespace

void collapse_lung(Anatomy& body, Sign sign) {
  Lung& lung = body.lung(sign.side);
  lung.dome_y -= sign.between(0.01F, 0.16F);
  lung.angle_y -= sign.between(0.0F, 0.04F);
  body.mediastinum_shift += sign.side * sign.between(0.0F, 0.05F);
}

/// Plates of airless lung just above the raised dome, and a haze about them.
void paint_atelectasis(Canvas& canvas, const Anatomy& body, Sign sign) {
  const float tilt = sign.placed(-0.12, 0.12);
  const int plates = 1 + static_cast<int>(sign.place.below(2));
  for (int plate = 0; plate < plates; ++plate) {
    const float down = 0.84F - 0.16F * static_cast<float>(plate) + sign.placed(-0.04, 0.04);
    Point inner = in_lung(body, sign.side, 0.15F, down);
    Point outer = in_lung(body, sign.side, sign.placed(0.75, 0.95), down);
    inner.y += tilt;
    outer.y -= tilt;
    paint_line(canvas, {inner, outer, 0.05F, sign.between(0.04F, 0.34F), true});
  }
  paint_blob(canvas, {in_lung(body, sign.side, 0.45F, 0.95F), 0.36F, 0.16F, 1.0F, sign.between(0.03F, 0.3F), true});
}

/// A dense lobe with a sharp edge at its fissure, air-filled bronchi running through it.
void paint_consolidation(Canvas& canvas, const Anatomy& body, Sign sign) {
  const bool upper = sign.place.chance(0.4);
  const Lung& lung = body.lung(sign.side);
  const float fissure = lung.apex_y + (lung.dome_y - lung.apex_y) * (upper ? 0.48F : 0.55F);
  const float slope = sign.placed(-0.25, 0.1);
  const float reach = 0.45F + 0.2F * sign.strength;
  const float amount = sign.between(0.06F, 0.6F);
  const float edge = std::max(0.03F, canvas.pixel());
  const Texture texture(sign.detail, 12);
  const float middle = sign.side * 0.44F;
  canvas.paint({middle - 0.4F, lung.apex_y, middle + 0.4F, lung.angle_y}, [&](const Pixel& pixel) {
    const float below = pixel.y - fissure - slope * (std::abs(pixel.x) - 0.42F);
    const float from_fissure = upper ? -below : below;
    const float lobe = smooth_step(-edge, edge, from_fissure) * (1 - smooth_step(0.2F * reach, reach, from_fissure));
    const float density = 1 + 0.3F * texture.at(pixel.x, pixel.y);
    pixel.add_tissue(amount * lobe * density * pixel.lung);
  });
  const Point hilum = in_lung(body, sign.side, 0.1F, 0.5F);
  for (int bronchus = 0; bronchus < 3; ++bronchus) {
    const Point end = in_lung(body, sign.side, sign.placed(0.5, 0.8), (upper ? 0.15F : 0.65F) + sign.placed(0.0, 0.2));
    paint_line(canvas, {hilum, end, 0.018F, -0.3F * amount, true});
  }
}

/// Ill-defined mottled shadows, of one lung or of both.
void paint_infiltration(Canvas& canvas, const Anatomy& body, Sign sign) {
  const Texture texture(sign.detail, 16);
  const bool both = sign.place.chance(0.5);
  const float amount = sign.between(0.04F, 0.3F);
  for (const float side : {-1.0F, 1.0F}) {
    const float share = side == sign.side || both ? 1.0F : 0.0F;
    for (int patch = 0; patch < 4; ++patch) {
      const Point centre = in_lung(body, side, sign.placed(0.2, 0.8), sign.placed(0.4, 0.95));
      const float radius = sign.placed(0.14, 0.24);
      paint_patch(canvas, {centre, radius, radius, 1.0F, amount * share, true}, texture, 1.6F);
    }
  }
}

/// One fluffy patch in a lower field.
void paint_pneumonia(Canvas& canvas, const Anatomy& body, Sign sign) {
  const Texture texture(sign.detail, 14);
  const Point centre = in_lung(body, sign.side, sign.placed(0.4, 0.65), sign.placed(0.62, 0.82));
  const float radius = sign.placed(0.2, 0.27);
  paint_patch(canvas, {centre, radius, 0.85F * radius, 0.7F, sign.between(0.12F, 0.6F), true}, texture, 0.7F);
}

/// Bat's wings of haze about both hila, and short lines at the chest wall (Kerley's B).
void paint_edema(Canvas& canvas, const Anatomy& body, Sign sign) {
  const Texture texture(sign.detail, 10);
  const float amount = sign.between(0.05F, 0.42F);
  for (const float side : {-1.0F, 1.0F}) {
    const Point hilum = in_lung(body, side, 0.25F, 0.55F);
    paint_patch(canvas, {hilum, 0.34F, 0.46F, 0.9F, amount, true}, texture, 0.35F);
    for (int line = 0; line < 5; ++line) {
      const float down = 0.7F + 0.06F * static_cast<float>(line);
      paint_line(canvas,
                 {in_lung(body, side, 0.78F, down), in_lung(body, side, 0.97F, down), 0.012F, 0.6F * amount, true});
    }
  }
}

}  // namespace niwaki::phantom
