#include <algorithm>
#include <cmath>

#include "niwaki/cohort/phantom/signs.hpp"

namespace niwaki::phantom {
namespace {

Point lesion_place(const Anatomy& body, Sign& sign) {
  const float lateral = sign.placed(0.25, 0.75);
  const Point inside = body.lung(sign.side).inside(lateral, sign.placed(0.18, 0.85));
  return {sign.side * inside.x + body.mediastinum_shift, inside.y};
}

}  // namespace

/// Too much air: the domes low and flat, the heart narrow, the vessels few.
void hyperinflate(Anatomy& body, Sign sign) {
  for (Lung& lung : body.lungs) {
    const float lower = sign.between(0.01F, 0.13F);
    lung.dome_y += lower;
    lung.angle_y = std::max(lung.dome_y + 0.05F, lung.angle_y + 0.3F * lower - sign.between(0.02F, 0.08F));
    lung.outer_x += sign.between(0.0F, 0.04F);
  }
  body.heart_half_width *= 1 - sign.between(0.0F, 0.14F);
  body.lung_light -= sign.between(0.0F, 0.07F);
  body.vessel_light *= 1 - sign.between(0.0F, 0.45F);
  body.rib_spacing *= 1 + sign.between(0.0F, 0.08F);
}

/// Bullae: thin-walled dark bubbles in the upper fields.
void paint_emphysema(Canvas& canvas, const Anatomy& body, Sign sign) {
  for (int bulla = 0; bulla < 4; ++bulla) {
    const float side = bulla % 2 == 0 ? -1.0F : 1.0F;
    const Point inside = body.lung(side).inside(sign.placed(0.3, 0.8), sign.placed(0.1, 0.45));
    const float radius = sign.placed(0.06, 0.12);
    const Point centre = {side * inside.x + body.mediastinum_shift, inside.y};
    paint_blob(canvas, {centre, radius, radius, 0.4F, -sign.between(0.0F, 0.08F), true});
  }
}

void shrink_bases(Anatomy& body, Sign sign) {
  for (Lung& lung : body.lungs) {
    lung.dome_y -= sign.between(0.0F, 0.07F);
    lung.angle_y -= sign.between(0.0F, 0.05F);
  }
}

/// A net of fine lines, thickest at the bases and the chest wall.
void paint_fibrosis(Canvas& canvas, const Anatomy& body, Sign sign) {
  constexpr int kLines = 30;
  const float amount = sign.between(0.06F, 0.32F);
  for (const float side : {-1.0F, 1.0F}) {
    for (int line = 0; line < kLines; ++line) {
      const float down = 1 - 0.5F * sign.placed(0, 1) * sign.placed(0, 1);
      const Point inside = body.lung(side).inside(sign.placed(0.1, 1.0), down);
      const float angle = sign.placed(0, 3.1416);
      const float length = sign.placed(0.05, 0.1);
      const Point from = {side * inside.x - length * std::cos(angle), inside.y - length * std::sin(angle)};
      const Point to = {side * inside.x + length * std::cos(angle), inside.y + length * std::sin(angle)};
      paint_line(canvas, {from, to, 0.022F, amount, true});
    }
  }
}

void paint_mass(Canvas& canvas, const Anatomy& body, Sign sign) {
  const Point centre = lesion_place(body, sign);
  const float radius = sign.between(0.12F, 0.21F);
  const float stretch = sign.placed(0.85, 1.15);
  paint_blob(canvas, {centre, radius * stretch, radius / stretch, 0.45F, sign.between(0.3F, 0.72F), true});
}

void paint_nodule(Canvas& canvas, const Anatomy& body, Sign sign) {
  const Point centre = lesion_place(body, sign);
  const float radius = sign.between(0.055F, 0.085F);
  paint_blob(canvas, {centre, radius, radius, 0.5F, sign.between(0.3F, 0.8F), true});
}

}  // namespace niwaki::phantom
