#pragma once

#include <array>
#include <cstdint>

#include "niwaki/cohort/phantom/anatomy.hpp"
#include "niwaki/cohort/phantom/canvas.hpp"
#include "niwaki/cohort/phantom/frequencies.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki::phantom {

/// One finding of one image.
struct Sign {
  Finding finding = Finding::kAtelectasis;
  float strength = 0.5F;  // 0: hardly to be seen, 1: obvious
  float side = 1;         // -1: the picture's left, 1: its right
  RandomStream place;     // where it is: the same for all images of a patient
  RandomStream detail;    // what is the image's own

  /// `faint` at strength 0, `strong` at strength 1.
  [[nodiscard]] float between(float faint, float strong) const { return faint + (strong - faint) * strength; }
  float placed(double low, double high) { return static_cast<float>(place.uniform(low, high)); }
  float detailed(double low, double high) { return static_cast<float>(detail.uniform(low, high)); }
};

/// How the phantom shows one finding. Both steps must draw the same random numbers each time they are called with a
/// fresh copy of the sign.
struct SignPainter {
  Finding finding;
  /// How much of the disposition stays with the patient: high for the chronic, low for the acute.
  double persistence;
  /// Middle of the strength, in [0, 1]: what makes a finding easy or hard.
  float usual_strength;
  /// Changes the body before it is drawn (a larger heart); null where nothing is changed.
  void (*reshape)(Anatomy& body, Sign sign);
  /// Draws over the body; null where reshaping says it all.
  void (*paint)(Canvas& canvas, const Anatomy& body, Sign sign);
};

/// One painter a finding, in the order of Finding.
const std::array<SignPainter, kFindings>& sign_painters();

// Opacities of the lung (airspace_signs.cpp).
void collapse_lung(Anatomy& body, Sign sign);
void paint_atelectasis(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_consolidation(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_infiltration(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_pneumonia(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_edema(Canvas& canvas, const Anatomy& body, Sign sign);

// Shape and texture of the lung, round lesions (lung_signs.cpp).
void hyperinflate(Anatomy& body, Sign sign);
void paint_emphysema(Canvas& canvas, const Anatomy& body, Sign sign);
void shrink_bases(Anatomy& body, Sign sign);
void paint_fibrosis(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_mass(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_nodule(Canvas& canvas, const Anatomy& body, Sign sign);

// Pleura, diaphragm and chest wall (pleural_signs.cpp).
void paint_effusion(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_pleural_thickening(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_pneumothorax(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_pneumoperitoneum(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_subcutaneous_emphysema(Canvas& canvas, const Anatomy& body, Sign sign);

// Heart, aorta and mediastinum (mediastinal_signs.cpp).
void enlarge_heart(Anatomy& body, Sign sign);
void unfold_aorta(Anatomy& body, Sign sign);
void paint_hernia(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_pneumomediastinum(Canvas& canvas, const Anatomy& body, Sign sign);
void paint_aortic_calcification(Canvas& canvas, const Anatomy& body, Sign sign);

}  // namespace niwaki::phantom
