#include <algorithm>
#include <cmath>

#include "niwaki/cohort/phantom/anatomy.hpp"

namespace niwaki::phantom {
namespace {

/// Half a pixel on either side of an edge, so that edges are smooth at any size.
float softness(const Canvas& canvas, float least) {
  return std::max(least, canvas.pixel());
}

float side_of(float x) {
  return x < 0 ? -1.0F : 1.0F;
}

void paint_body(Canvas& canvas, const Anatomy& body) {
  const float edge = softness(canvas, 0.03F);
  canvas.paint(kEverywhere, [&](const Pixel& pixel) {
    const float inside = smooth_step(-edge, edge, body.outline(pixel.y) - std::abs(pixel.x));
    const float lower = std::max(body.lungs[0].dome_y, body.lungs[1].dome_y);
    const float tissue =
        kSoftTissueLight + (kAbdomenLight - kSoftTissueLight) * smooth_step(-0.15F, lower + 0.2F, pixel.y);
    pixel.light = 0.03F + (tissue - 0.03F) * inside;
  });
}

void paint_lungs(Canvas& canvas, const Anatomy& body) {
  const float edge = softness(canvas, 0.03F);
  const Lung& left = body.lungs[0];
  const Lung& right = body.lungs[1];
  const Box box = {-left.outer_x - 0.05F, std::min(left.apex_y, right.apex_y) - 0.05F, right.outer_x + 0.05F,
                   std::max(left.angle_y, right.angle_y) + 0.05F};
  canvas.paint(box, [&](const Pixel& pixel) {
    const float x = pixel.x - body.mediastinum_shift;
    const float depth = body.lung(side_of(x)).depth(std::abs(x), pixel.y);
    pixel.lung = smooth_step(-edge, edge, depth);
    // Towards its edges a lung is thinner, and brighter.
    const float light = body.lung_light + 0.1F * (1 - smooth_step(0, 0.18F, depth));
    pixel.blend(light, pixel.lung);
  });
}

void paint_vessel_branch(Canvas& canvas, const Anatomy& body, Point from, float angle, float length, float light,
                         RandomStream& random) {
  const float bend = static_cast<float>(random.uniform(-0.35, 0.35));
  const Point middle = {from.x + std::cos(angle) * length * 0.5F, from.y + std::sin(angle) * length * 0.5F};
  // Not all the way in: the roots of the branches would add up to one white spot.
  const Point root = {from.x + std::cos(angle) * length * 0.2F, from.y + std::sin(angle) * length * 0.2F};
  const Point end = {middle.x + std::cos(angle + bend) * length * 0.5F,
                     middle.y + std::sin(angle + bend) * length * 0.5F};
  const float fork = angle - bend * 1.5F;
  const Point twig = {middle.x + std::cos(fork) * length * 0.35F, middle.y + std::sin(fork) * length * 0.35F};
  paint_line(canvas, {root, middle, 0.026F, light * body.vessel_light / 0.16F, true});
  paint_line(canvas, {middle, end, 0.018F, light * 0.8F * body.vessel_light / 0.16F, true});
  paint_line(canvas, {middle, twig, 0.014F, light * 0.8F * body.vessel_light / 0.16F, true});
}

/// Hila and the vessels that fan out from them.
void paint_vessels(Canvas& canvas, const Anatomy& body, RandomStream& random) {
  constexpr int kBranches = 9;
  for (const float side : {-1.0F, 1.0F}) {
    const Point hilum = {side * 0.2F + body.mediastinum_shift, 0.0F - 0.04F * side};
    paint_blob(canvas, {hilum, 0.12F, 0.17F, 1.0F, 1.6F * body.vessel_light, true});
    for (int branch = 0; branch < kBranches; ++branch) {
      const float fan = -1.35F + 2.6F * (static_cast<float>(branch) + 0.5F) / kBranches;
      const float angle = fan + static_cast<float>(random.uniform(-0.12, 0.12));
      const float length = static_cast<float>(random.uniform(0.35, 0.6));
      const float light = static_cast<float>(random.uniform(0.08, 0.16));
      paint_vessel_branch(canvas, body, hilum, side < 0 ? 3.14159265F - angle : angle, length, light, random);
    }
  }
}

/// The rear ribs fall from the spine outwards; the front ribs rise, fainter.
void paint_ribs(Canvas& canvas, const Anatomy& body) {
  const auto ridge = [&](float height) {
    const float turn = height / body.rib_spacing + body.rib_phase;
    const float from_middle = std::abs(turn - std::floor(turn) - 0.5F);
    return bump(from_middle, 0.32F);
  };
  const float bottom = body.lungs[0].angle_y + 0.1F;
  canvas.paint({-0.9F, -0.85F, 0.9F, bottom}, [&](const Pixel& pixel) {
    const float across = std::abs(pixel.x);
    const Lung& lung = body.lung(pixel.x);
    const float within = smooth_step(0.05F, 0.12F, across) * smooth_step(-0.06F, 0.0F, lung.outer(pixel.y) - across) *
                         smooth_step(-0.12F, -0.02F, pixel.y - lung.apex_y);
    const float bow = across / lung.outer_x;
    const float rear = ridge(pixel.y - body.rib_slope * across * (1 + bow));
    const float front = ridge(pixel.y * 0.9F + body.rib_slope * 1.6F * across + 0.37F);
    const float seen = 0.4F + 0.6F * pixel.lung;
    pixel.add_tissue(body.rib_light * within * seen * (1.3F * rear + 0.5F * front * smooth_step(0.2F, 0.5F, bow)));
  });
}

void paint_clavicles(Canvas& canvas, const Anatomy& body) {
  for (const float side : {-1.0F, 1.0F}) {
    const Point inner = {side * 0.1F, body.clavicle_y + 0.1F};
    const Point middle = {side * 0.38F, body.clavicle_y + 0.02F};
    const Point outer = {side * 0.8F, body.clavicle_y - 0.12F};
    paint_line(canvas, {inner, middle, 0.05F, body.clavicle_light, false});
    paint_line(canvas, {middle, outer, 0.042F, body.clavicle_light, false});
  }
}

void paint_spine(Canvas& canvas, const Anatomy& body) {
  canvas.paint({-0.12F, -1.1F, 0.12F, 1.1F}, [&](const Pixel& pixel) {
    const float column = smooth_step(-0.09F, -0.06F, -std::abs(pixel.x));
    const float turn = pixel.y / 0.115F;
    const float disc = bump(turn - std::floor(turn) - 0.5F, 0.25F);
    const float trachea = pixel.y < -0.18F ? bump(pixel.x - body.mediastinum_shift, 0.06F) : 0.0F;
    pixel.add_tissue(0.14F * column * (1 - 0.5F * disc));
    pixel.light -= 0.16F * trachea;
  });
}

/// The right edge of the aorta on the film at this height: straight down, or winding.
float aorta_edge(const Anatomy& body, float y) {
  const float wave = std::sin((y - body.aortic_knob.y) * 6.0F);
  return body.mediastinum_half_width - 0.01F + body.aortic_unfolding * (0.07F + 0.05F * wave);
}

void paint_heart(Canvas& canvas, const Anatomy& body) {
  const float edge = softness(canvas, 0.035F);
  const float right_width = body.mediastinum_half_width * (1 + 0.35F * body.aortic_unfolding);
  canvas.paint({-1, -1.1F, 1, 1}, [&](const Pixel& pixel) {
    const float x = pixel.x - body.mediastinum_shift;
    // The heart lies aslant: its tip points down, to the picture's right.
    const float hx = (x - body.heart.x) / (body.heart_half_width * (x < body.heart.x ? 0.88F : 1.0F));
    const float hy = (pixel.y - body.heart.y - 0.2F * (x - body.heart.x)) / body.heart_half_height;
    const float heart = (1 - std::sqrt(hx * hx + hy * hy)) * body.heart_half_width;
    const float kx = x - body.aortic_knob.x;
    const float ky = pixel.y - body.aortic_knob.y;
    const float knob = body.aortic_knob_radius - std::sqrt(kx * kx + ky * ky);
    const float right = x < 0 ? right_width + x : aorta_edge(body, pixel.y) - x;
    const float column = pixel.y > body.aortic_knob.y - 0.06F ? right : 0.11F - std::abs(x);
    const float depth = std::max({heart, knob, column});
    const float dense = smooth_step(-edge, edge, depth);
    pixel.blend(kHeartLight, 0.9F * dense * smooth_step(-1.0F, -0.75F, pixel.y));
    // Some lung is behind the heart; its signs show through faintly.
    pixel.lung *= 1 - 0.7F * dense;
  });
}

void paint_breasts(Canvas& canvas, const Anatomy& body) {
  if (body.breast_light <= 0) {
    return;
  }
  for (const float side : {-1.0F, 1.0F}) {
    paint_blob(canvas, {{side * 0.45F, 0.3F}, 0.36F, 0.3F, 0.35F, body.breast_light, false});
  }
}

/// The stomach's air, under the dome at the picture's right.
void paint_stomach(Canvas& canvas, const Anatomy& body) {
  const float top = body.lungs[1].dome_y + 0.09F;
  paint_blob(canvas, {{0.34F, top + 0.1F}, 0.14F, 0.08F, 0.8F, -0.5F, false});
}

}  // namespace

void paint_anatomy(Canvas& canvas, const Anatomy& anatomy, RandomStream& vessels) {
  paint_body(canvas, anatomy);
  paint_lungs(canvas, anatomy);
  paint_vessels(canvas, anatomy, vessels);
  paint_ribs(canvas, anatomy);
  paint_clavicles(canvas, anatomy);
  paint_heart(canvas, anatomy);
  paint_spine(canvas, anatomy);
  paint_breasts(canvas, anatomy);
  paint_stomach(canvas, anatomy);
}

}  // namespace niwaki::phantom
