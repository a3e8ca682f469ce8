#pragma once

#include <array>
#include <cstddef>

#include "niwaki/cohort/phantom/canvas.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki::phantom {

/// The light of tissues on the film, before exposure: 0 black, 1 white.
inline constexpr float kLungLight = 0.27F;
inline constexpr float kFluidLight = 0.76F;
inline constexpr float kHeartLight = 0.77F;
inline constexpr float kAbdomenLight = 0.84F;
inline constexpr float kSoftTissueLight = 0.56F;
inline constexpr float kAirLight = 0.1F;

/// The outline of one lung. `across` is the distance from the body's midline, so both lungs have the same formulas.
struct Lung {
  float apex_x = 0.32F;  // across
  float apex_y = -0.74F;
  float inner_x = 0.12F;  // where it meets the mediastinum
  float outer_x = 0.72F;  // where the chest wall is widest
  float dome_y = 0.42F;   // the diaphragm's top
  float angle_y = 0.66F;  // the costophrenic angle: its lowest, outermost point

  /// The chest wall at this height, and the mediastinum's edge.
  [[nodiscard]] float outer(float y) const;
  [[nodiscard]] float inner(float y) const;
  /// The diaphragm's height at this distance from the midline.
  [[nodiscard]] float dome(float across) const;
  /// How far inside the lung a point is (roughly, in units of the body); below 0 outside.
  [[nodiscard]] float depth(float across, float y) const;
  /// The point at this share of the way from mediastinum to chest wall and from apex to diaphragm. across, y.
  [[nodiscard]] Point inside(float lateral, float down) const;
};

/// A body: what stays with a patient, as changed by findings and by how the film was taken.
struct Anatomy {
  std::array<Lung, 2> lungs;  // [0] at the picture's left (the patient's right)
  float body_half_width = 0.9F;
  float shoulder_y = -0.78F;
  float neck_half_width = 0.2F;

  Point heart = {0.1F, 0.24F};  // its middle
  float heart_half_width = 0.3F;
  float heart_half_height = 0.34F;
  float mediastinum_half_width = 0.13F;
  float mediastinum_shift = 0;  // towards the picture's right
  Point aortic_knob = {0.12F, -0.27F};
  float aortic_knob_radius = 0.1F;
  float aortic_unfolding = 0;  // 0: straight descending aorta; 1: winding

  float rib_spacing = 0.15F;
  float rib_slope = 0.25F;
  float rib_light = 0.07F;
  float rib_phase = 0;
  float clavicle_y = -0.62F;
  float clavicle_light = 0.12F;
  float breast_light = 0;  // 0 where not seen
  float lung_light = kLungLight;
  float vessel_light = 0.16F;

  [[nodiscard]] const Lung& lung(float side) const { return lungs[side < 0 ? 0 : 1]; }
  [[nodiscard]] Lung& lung(float side) { return lungs[side < 0 ? 0 : 1]; }
  /// Half the body's width at this height.
  [[nodiscard]] float outline(float y) const;
};

/// A patient's body, drawn at random.
Anatomy random_anatomy(RandomStream& random);

/// Draws the body: outline, lungs, ribs, clavicles, spine, heart and vessels. `vessels` draws the vessel tree, the same
/// for all images of a patient.
void paint_anatomy(Canvas& canvas, const Anatomy& anatomy, RandomStream& vessels);

}  // namespace niwaki::phantom
