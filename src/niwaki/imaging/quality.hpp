#pragma once

#include "niwaki/imaging/image.hpp"

namespace niwaki {

/// What can be measured of a picture without knowing what it shows. Of its grey values in [0, 1]; colour becomes luma.
struct ImageQuality {
  double contrast = 0;  // 95th less 5th percentile
  double noise = 0;  // deviation of white noise by Immerkaer's mask (Computer Vision and Image Understanding 64, 1996)
  double sharpness = 0;  // variance of the Laplacian (Pech-Pacheco et al., ICPR 2000); noise raises it too
  double clipping = 0;   // share of pixels that are exactly 0 or 1
  double border = 0;     // share of the area in margins of one grey (within 2/255), by whole rows and columns
};

/// Throws InputError for a picture of fewer than 3 x 3 pixels.
ImageQuality measure_quality(const Image& image);

}  // namespace niwaki
