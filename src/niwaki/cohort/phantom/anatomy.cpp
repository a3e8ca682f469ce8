#include "niwaki/cohort/phantom/anatomy.hpp"

#include <algorithm>
#include <cmath>

namespace niwaki::phantom {
namespace {

/// A quarter of a circle: 0 at 0, 1 from 1 on, upright at 0.
float quarter_circle(float t) {
  const float rest = 1 - std::clamp(t, 0.0F, 1.0F);
  return std::sqrt(1 - rest * rest);
}

float around(RandomStream& random, float middle, float deviation) {
  const double normal = std::clamp(random.normal(), -2.0, 2.0);
  return middle + deviation * static_cast<float>(normal);
}

}  // namespace

float Lung::outer(float y) const {
  const float down = (y - apex_y) / (angle_y - apex_y);
  const float widening = 0.62F * quarter_circle(down / 0.45F) + 0.38F * std::clamp(down, 0.0F, 1.0F);
  return apex_x + (outer_x - apex_x) * widening;
}

float Lung::inner(float y) const {
  return apex_x - (apex_x - inner_x) * quarter_circle((y - apex_y) / (0.3F * (angle_y - apex_y)));
}

float Lung::dome(float across) const {
  const float top_x = 0.5F * (inner_x + outer_x) - 0.04F;
  const float t = across > top_x ? (across - top_x) / (outer_x - top_x) : (top_x - across) / (top_x - inner_x) * 0.6F;
  return dome_y + (angle_y - dome_y) * t * t;
}

float Lung::depth(float across, float y) const {
  return std::min({outer(y) - across, across - inner(y), dome(across) - y, y - apex_y});
}

Point Lung::inside(float lateral, float down) const {
  const float y = apex_y + (dome_y - apex_y) * down;
  return {inner(y) + (outer(y) - inner(y)) * lateral, y};
}

float Anatomy::outline(float y) const {
  // The neck runs into the shoulders, and these into the flanks.
  const float neck = neck_half_width + 0.35F * smooth_step(shoulder_y - 0.3F, shoulder_y + 0.05F, y);
  const float shoulders = quarter_circle((y - shoulder_y) / 0.25F);
  const float flank = body_half_width * (1 - 0.1F * smooth_step(-0.5F, 0.1F, y));
  return y < shoulder_y ? neck : neck + (flank - neck) * shoulders;
}

Anatomy random_anatomy(RandomStream& random) {
  Anatomy body;
  const float width = around(random, 1, 0.06F);
  const float height = around(random, 1, 0.05F);
  for (Lung& lung : body.lungs) {
    lung.apex_x = around(random, 0.31F, 0.015F) * width;
    lung.apex_y = around(random, -0.76F, 0.012F) * height;
    lung.inner_x = around(random, 0.12F, 0.01F);
    lung.outer_x = around(random, 0.72F, 0.015F) * width;
    lung.dome_y = around(random, 0.44F, 0.015F) * height;
    lung.angle_y = lung.dome_y + around(random, 0.22F, 0.025F);
  }
  // The liver holds the right dome higher.
  body.lungs[0].dome_y -= 0.05F;
  body.body_half_width = std::clamp(around(random, 1.0F, 0.07F) * width, body.lungs[0].outer_x + 0.1F, 1.2F);
  body.shoulder_y = around(random, -0.84F, 0.04F);
  body.neck_half_width = around(random, 0.24F, 0.03F);
  body.heart = {around(random, 0.12F, 0.02F), around(random, 0.27F, 0.025F) * height};
  body.heart_half_width = around(random, 0.32F, 0.022F) * width;
  body.heart_half_height = around(random, 0.29F, 0.018F);
  body.mediastinum_half_width = around(random, 0.135F, 0.012F);
  body.aortic_knob = {around(random, 0.085F, 0.01F), around(random, -0.28F, 0.02F)};
  body.aortic_knob_radius = around(random, 0.095F, 0.008F);
  body.rib_spacing = around(random, 0.155F, 0.008F);
  body.rib_slope = around(random, 0.28F, 0.05F);
  body.rib_light = around(random, 0.1F, 0.02F);
  body.rib_phase = static_cast<float>(random.uniform(0, 1));
  body.clavicle_y = around(random, -0.62F, 0.03F);
  body.clavicle_light = around(random, 0.11F, 0.02F);
  body.breast_light = random.chance(0.5) ? static_cast<float>(random.uniform(0.03, 0.1)) : 0;
  body.lung_light = around(random, kLungLight, 0.02F);
  body.vessel_light = around(random, 0.16F, 0.025F);
  return body;
}

}  // namespace niwaki::phantom
