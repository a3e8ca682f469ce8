#pragma once

#include <cstddef>
#include <span>

#include "niwaki/cohort/phantom/anatomy.hpp"
#include "niwaki/cohort/phantom/canvas.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki::phantom {

/// A hospital's way of taking films.
struct Site {
  float contrast = 1;           // of light about its middle
  float exposure = 0;           // added to the light
  float noise = 0.02F;          // standard deviation of the light at 64 pixels a side
  float blur = 0;               // share of the picture that is its 3 x 3 mean (at 64 pixels a side)
  float portable_share = 0.3F;  // films taken from the front (AP), at the bedside
  float marker_light = 0;       // of the letter in the film's upper corner
  Point marker;
};
Site random_site(RandomStream& random);

/// How one film was taken.
struct Acquisition {
  bool portable = false;  // AP: the heart is magnified and the breath shallow
  Projection projection;
  float turn = 0;    // the patient stands turned: how far the middle appears shifted, in units of the body
  float breath = 0;  // how much deeper than usual the domes stand, in units of the body
  float contrast = 1;
  float exposure = 0;
  Point tilt;  // the beam is stronger at one edge: light added at x = 1 and at y = 1
  float noise = 0.02F;
  float blur = 0;
  float quality = 1;  // 1 perfect, 0 unreadable: falls with noise, blur, false exposure, turn, tilt and shallow breath
};
Acquisition random_acquisition(const Site& site, RandomStream& random);

/// The patient's body as this film shows it.
void take_position(Anatomy& anatomy, const Acquisition& acquisition);

/// What a film without noise shows: the canvas with contrast, exposure and blur.
void expose(Canvas& canvas, const Acquisition& acquisition);

/// The site's letter, the noise, and rounding to 8 bits (values k / 255). The noise of a pixel grows with the square
/// root of the number of pixels a side, up to twice that of 64.
void develop(std::span<float> light, std::size_t size, const Site& site, const Acquisition& acquisition,
             RandomStream& random);

}  // namespace niwaki::phantom
