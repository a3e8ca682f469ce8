#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "niwaki/cohort/phantom/anatomy.hpp"
#include "niwaki/cohort/phantom/canvas.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki::phantom {

/// A hospital's way of taking films.
struct Site {
  float contrast = 1;
  float exposure = 0;        // added to the light
  float noise = 0.02F;       // standard deviation of the light at 64 pixels a side
  float sharpness = 1;       // 1: sharp; 0: blurred over 3 x 3 pixels of a 64-pixel film
  float portable_share = 0.3F;  // films taken from the front (AP) at the bedside
  float marker = 0;          // light of its letter in the corner
  Point marker_place;
};
Site random_site(RandomStream& random);

/// How one film was taken.
struct Acquisition {
  bool portable = false;  // AP: the heart is magnified, the breath is shallow
  Projection projection;
  float turn = 0;         // of the patient about the long axis: the middle moves sideways
  float breath = 0;       // deviation of the domes, below 0 deeper breath... in units of the body
  float contrast = 1;
  float exposure = 0;
  float noise = 0.02F;
  float blur = 0;         // 0 to 1: share of the blurred picture
  float quality = 1;      // 1 perfect, 0 unreadable
};
Acquisition random_acquisition(const Site& site, RandomStream& random);

/// The patient's body as this film shows it.
void take_position(Anatomy& anatomy, const Acquisition& acquisition);

/// Exposes the film: contrast, blur, the site's letter. The canvas then holds what an ideal film would show.
void expose(Canvas& canvas, const Acquisition& acquisition, const Site& site);

/// Adds noise and rounds to 8 bits: values k / 255.
void add_noise(std::span<float> light, std::size_t size, const Acquisition& acquisition, RandomStream& random);

}  // namespace niwaki::phantom
