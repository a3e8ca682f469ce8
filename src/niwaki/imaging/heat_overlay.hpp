#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "niwaki/imaging/image.hpp"

namespace niwaki {

/// A rectangle to draw, in shares of the picture's sides.
struct OverlayFrame {
  double left = 0.0;
  double top = 0.0;
  double right = 1.0;
  double bottom = 1.0;
};

/// A place to mark, in the same shares.
struct OverlayMark {
  double x = 0.5;
  double y = 0.5;
};

/// One view of a picture with what is to be drawn over it.
struct OverlayPanel {
  std::string caption;               // ASCII; what is not is drawn as '?'
  Image heat;                        // one channel of [0, 1], of any size; without pixels nothing is laid over
  std::vector<OverlayFrame> frames;  // white rectangles
  std::optional<OverlayMark> mark;   // a cross
};

/// A PNG of the panels side by side, each `side` pixels along the picture's longer side, with its caption above. Heat
/// is coloured by cividis (Nunez, Anderton & Renslow, PLOS ONE 13, 2018), which reads alike with and without colour
/// vision deficiency, and covers the grey picture the more, the larger it is; where it is 0 the picture is bare.
std::string encode_overlays(const Image& picture, std::span<const OverlayPanel> panels, std::size_t side);

/// A JPEG of the picture alone, `side` pixels along its longer side, with one channel of heat laid over it as above:
/// for a page that says in words what is on it. `quality`: 1 to 100.
std::string encode_overlay_jpeg(const Image& picture, const Image& heat, std::size_t side, int quality);

}  // namespace niwaki
