#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "niwaki/cohort/phantom/acquisition.hpp"
#include "niwaki/cohort/phantom/canvas.hpp"
#include "niwaki/cohort/phantom/frequencies.hpp"
#include "niwaki/cohort/phantom/label_sampler.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki::phantom {

/// All that one film depends on: everything else is drawn from streams of these numbers.
struct Subject {
  std::uint64_t seed = 1;
  std::uint64_t patient = 0;
  std::uint64_t row = 0;
  Site site;
  FindingSet findings{};
};

/// How this film was taken.
Acquisition acquisition_of(const Subject& subject);

/// What a film without noise would show: body, signs, exposure, blur. With `without`, the same film of the same
/// patient had that finding not been there.
Canvas ideal_film(const Subject& subject, std::size_t size, std::optional<Finding> without = std::nullopt);

/// The film: grey, size x size, values k / 255.
Image draw_film(const Subject& subject, std::size_t size);

/// How well each finding's sign can be seen, 0 where it is absent. With D the difference that the sign makes to the
/// ideal film of 64 pixels a side, and s the deviation of noise and of normal anatomy's own unrest together
/// (sqrt(noise^2 + 0.03^2)), an observer who knows where to look detects it with index d = |D| / s (Barrett &
/// Myers, Foundations of Image Science, 13.2: the ideal observer in white noise); the visibility is d / (d + 20).
std::array<float, kFindings> visibility_of(const Subject& subject);

/// Where a sign is to be seen, in whole pixels of a film.
struct SignBox {
  Finding finding = Finding::kAtelectasis;
  std::size_t x = 0;  // of the upper left pixel
  std::size_t y = 0;
  std::size_t width = 0;
  std::size_t height = 0;
};

/// For each finding that is there, in the order of Finding, the smallest rectangle around the pixels in which its sign
/// changes the ideal film of `size` pixels a side by at least a quarter of what it changes it at most. A sign on both
/// sides has one rectangle around both; one that changes no pixel by a grey level (1/255) has none.
std::vector<SignBox> sign_boxes(const Subject& subject, std::size_t size);

}  // namespace niwaki::phantom
