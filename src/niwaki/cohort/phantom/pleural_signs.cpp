#include <algorithm>
#include <cmath>

#include "niwaki/cohort/phantom/signs.hpp"

namespace niwaki::phantom {
namespace {

/// The part of the picture where a lung, its wall and what is under it can be.
Box around_lung(const Anatomy& body, float side) {
  const Lung& lung = body.lung(side);
  const float inner = side * 0.02F;
  const float outer = side * (lung.outer_x + 0.1F) + body.mediastinum_shift;
  return {std::min(inner, outer), lung.apex_y - 0.1F, std::max(inner, outer), lung.angle_y + 0.1F};
}

float across(const Anatomy& body, float side, const Pixel& pixel) {
  return side * (pixel.x - body.mediastinum_shift);
}

}  // namespace

/// Fluid in the pleural space: the costophrenic angle is filled, its surface a meniscus that climbs the chest wall.
void paint_effusion(Canvas& canvas, const Anatomy& body, Sign sign) {
  const Lung& lung = body.lung(sign.side);
  const float depth = sign.between(0.02F, 0.46F);
  const float level = lung.angle_y - 0.02F - depth;
  const float edge = std::max(0.035F, canvas.pixel());
  const float share = sign.between(0.4F, 0.95F);
  canvas.paint(around_lung(body, sign.side), [&](const Pixel& pixel) {
    const float x = across(body, sign.side, pixel);
    const float lateral = std::clamp((x - lung.inner_x) / (lung.outer_x - lung.inner_x), 0.0F, 1.0F);
    const float surface = level + 0.13F * (1 - lateral) - (0.1F + 0.3F * depth) * lateral * lateral * lateral;
    const float filled = smooth_step(-edge, edge, pixel.y - surface);
    pixel.blend(kFluidLight, share * filled * pixel.lung);
  });
}

/// A white rind along the chest wall, sometimes capping the apex.
void paint_pleural_thickening(Canvas& canvas, const Anatomy& body, Sign sign) {
  const float width = sign.between(0.05F, 0.1F);
  const float amount = sign.between(0.14F, 0.6F);
  const bool both = sign.place.chance(0.4);
  const float from = sign.placed(-0.75, -0.3);
  for (const float side : {-1.0F, 1.0F}) {
    if (side != sign.side && !both) {
      continue;
    }
    const Lung& lung = body.lung(side);
    canvas.paint(around_lung(body, side), [&](const Pixel& pixel) {
      const float x = across(body, side, pixel);
      const float from_wall = lung.outer(pixel.y) - x;
      const float from_apex = pixel.y - lung.apex_y;
      const float rind = 1 - smooth_step(0.6F * width, width + canvas.pixel(), from_wall);
      const float cap = 1 - smooth_step(0.8F * width, 1.6F * width + canvas.pixel(), from_apex);
      const float along = smooth_step(from, from + 0.1F, pixel.y);
      pixel.add_tissue(amount * std::max(rind * along, cap) * pixel.lung);
    });
  }
}

/// Air between lung and chest wall: a black rim without vessels, bounded by the white line of the visceral pleura.
void paint_pneumothorax(Canvas& canvas, const Anatomy& body, Sign sign) {
  const Lung& lung = body.lung(sign.side);
  const float width = sign.between(0.03F, 0.28F);
  const float line_width = std::max(0.018F, canvas.pixel());
  const float share = sign.between(0.25F, 0.9F);
  Lung fallen = lung;
  fallen.apex_y += 1.3F * width;
  fallen.apex_x -= 0.4F * width;
  fallen.outer_x -= 0.6F * width;
  canvas.paint(around_lung(body, sign.side), [&](const Pixel& pixel) {
    const float x = across(body, sign.side, pixel);
    // Above 0 in the air, below 0 in the fallen lung.
    const float in_air = std::max({x - fallen.outer(pixel.y), fallen.inner(pixel.y) - x, fallen.apex_y - pixel.y});
    pixel.blend(kAirLight, share * smooth_step(0, 0.03F, in_air) * pixel.lung);
    pixel.light += 0.2F * share * bump(in_air, line_width) * pixel.lung;
    // The lung that has fallen together is denser.
    pixel.add_tissue(0.35F * width * (in_air < 0 ? pixel.lung : 0.0F));
  });
}

/// A crescent of air under the domes, which stand out as thin white lines.
void paint_pneumoperitoneum(Canvas& canvas, const Anatomy& body, Sign sign) {
  const bool both = sign.place.chance(0.5);
  const float thickness = sign.between(0.06F, 0.15F);
  const float share = sign.between(0.55F, 0.95F);
  const float line = std::max(0.02F, canvas.pixel());
  for (const float side : {-1.0F, 1.0F}) {
    // Where the liver is, at the picture's left, free air is seen best; the stomach hides it at the right.
    if (side > 0 && !both) {
      continue;
    }
    const Lung& lung = body.lung(side);
    const float middle = 0.5F * (lung.inner_x + lung.outer_x) - 0.04F;
    canvas.paint(around_lung(body, side), [&](const Pixel& pixel) {
      const float x = across(body, side, pixel);
      const float below = pixel.y - lung.dome(x) - 1.2F * line;
      const float here = thickness * bump(x - middle, 0.3F);
      const float air = smooth_step(0, 0.02F, below) * (1 - smooth_step(here - 0.02F, here + 0.02F, below));
      pixel.blend(kAirLight, share * air * smooth_step(0.01F, 0.03F, here));
      pixel.light += 0.15F * bump(below + line, line) * smooth_step(0.01F, 0.03F, here);
    });
  }
}

/// Gas between the muscles: dark streaks in the chest wall and the neck.
void paint_subcutaneous_emphysema(Canvas& canvas, const Anatomy& body, Sign sign) {
  constexpr int kStreaks = 20;
  const float amount = -sign.between(0.05F, 0.32F);
  const bool both = sign.place.chance(0.5);
  for (const float side : {-1.0F, 1.0F}) {
    const float share = side == sign.side || both ? 1.0F : 0.3F;
    for (int streak = 0; streak < kStreaks; ++streak) {
      const float y = sign.placed(-0.7, 0.5);
      const float wall = body.lung(side).outer(y);
      const float x = wall + (body.outline(y) - wall) * sign.detailed(0.2, 0.9);
      const float lean = sign.detailed(-0.05, 0.05);
      paint_line(canvas, {{side * (x - lean), y - 0.1F}, {side * (x + lean), y + 0.1F}, 0.024F, amount * share, false});
    }
    for (int streak = 0; streak < 5; ++streak) {
      const float x = sign.detailed(0.1, 0.55);
      const float y = sign.detailed(-0.95, -0.78);
      paint_line(canvas, {{side * x, y}, {side * (x + 0.12F), y + 0.08F}, 0.024F, amount * share, false});
    }
  }
}

}  // namespace niwaki::phantom
