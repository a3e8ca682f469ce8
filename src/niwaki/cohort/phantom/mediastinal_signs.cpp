#include <algorithm>
#include <cmath>

#include "niwaki/cohort/phantom/signs.hpp"

namespace niwaki::phantom {

void enlarge_heart(Anatomy& body, Sign sign) {
  const float growth = sign.between(1.05F, 1.6F);
  body.heart.x += 0.25F * body.heart_half_width * (growth - 1);
  body.heart_half_width *= growth;
  body.heart_half_height *= 1 + 0.25F * (growth - 1);
}

/// The aortic arch bulges and the descending aorta winds out of the middle.
void unfold_aorta(Anatomy& body, Sign sign) {
  body.aortic_unfolding = sign.between(0.6F, 1.4F);
  body.aortic_knob_radius *= sign.between(1.1F, 1.35F);
  body.aortic_knob.x += sign.between(0.04F, 0.09F);
  body.aortic_knob.y -= sign.between(0.01F, 0.05F);
}

/// The stomach slid through the diaphragm: a bubble with a fluid level behind the heart.
void paint_hernia(Canvas& canvas, const Anatomy& body, Sign sign) {
  const Point centre = {body.mediastinum_shift + sign.placed(0.0, 0.16), body.heart.y + sign.placed(0.0, 0.12)};
  const float radius = sign.between(0.13F, 0.19F);
  const float share = sign.between(0.3F, 0.75F);
  const float wall = std::max(0.03F, canvas.pixel());
  const float edge = std::max(0.02F, 0.7F * canvas.pixel());
  const float level = centre.y + radius * 0.25F;
  const float reach = radius + wall;
  canvas.paint({centre.x - reach, centre.y - reach, centre.x + reach, centre.y + reach}, [&](const Pixel& pixel) {
    const float dx = pixel.x - centre.x;
    const float dy = pixel.y - centre.y;
    const float distance = std::sqrt(dx * dx + dy * dy);
    const float inside = 1 - smooth_step(radius - wall - edge, radius - wall + edge, distance);
    const float gas = inside * (1 - smooth_step(level - edge, level + edge, pixel.y));
    pixel.blend(kAirLight + 0.12F, share * gas);
    pixel.light += 0.16F * share * bump(distance - radius, wall) + 0.1F * share * (inside - gas);
  });
}

/// Dark lines of air along both edges of the mediastinum, up into the neck.
void paint_pneumomediastinum(Canvas& canvas, const Anatomy& body, Sign sign) {
  const float dark = -sign.between(0.16F, 0.42F);
  const float bottom = body.heart.y - 0.05F;
  for (const float side : {-1.0F, 1.0F}) {
    const float share = side == sign.side ? 1.0F : 0.6F;
    const float middle = body.mediastinum_shift;
    const float edge = body.mediastinum_half_width;
    const Point top = {middle + side * 0.09F, -1.0F};
    const Point knob = {middle + side * 0.1F, body.aortic_knob.y - 0.1F};
    const Point waist = {middle + side * (edge - 0.01F), body.aortic_knob.y + 0.16F};
    const Point end = {middle + (side > 0 ? 0.75F : 0.5F) * side * body.heart_half_width, bottom};
    for (const auto& [from, to] : {std::pair{top, knob}, std::pair{knob, waist}, std::pair{waist, end}}) {
      paint_line(canvas, {from, to, 0.034F, dark * share, false});
      // The pleura that the air lifts off.
      const Point shift = {side * 0.045F, 0};
      paint_line(canvas, {{from.x + shift.x, from.y}, {to.x + shift.x, to.y}, 0.018F, -0.35F * dark * share, false});
    }
  }
}

/// Chalk in the wall of the arch: a bright arc round the aortic knob.
void paint_aortic_calcification(Canvas& canvas, const Anatomy& body, Sign sign) {
  constexpr int kPieces = 5;
  const float radius = body.aortic_knob_radius * 0.85F;
  const Point middle = {body.aortic_knob.x + body.mediastinum_shift, body.aortic_knob.y};
  const float from = sign.placed(-2.6, -2.0);
  const float to = sign.placed(0.4, 1.0);
  const auto on_arc = [&](int piece) {
    const float angle = from + (to - from) * static_cast<float>(piece) / kPieces;
    return Point{middle.x + radius * std::cos(angle), middle.y + radius * std::sin(angle)};
  };
  for (int piece = 0; piece < kPieces; ++piece) {
    paint_line(canvas, {on_arc(piece), on_arc(piece + 1), 0.028F, sign.between(0.14F, 0.34F), false, true});
  }
}

}  // namespace niwaki::phantom
