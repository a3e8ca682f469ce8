#include "niwaki/cohort/phantom/film.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "niwaki/cohort/phantom/anatomy.hpp"
#include "niwaki/cohort/phantom/signs.hpp"

namespace niwaki::phantom {
namespace {

constexpr std::size_t kReferenceSize = 64;

/// A case is strong or faint, and each film of it a little more or less so.
Sign sign_of(const Subject& subject, const SignPainter& painter) {
  const std::uint64_t finding = static_cast<std::uint64_t>(painter.finding);
  RandomStream place(subject.seed, "phantom/sign/place", {subject.patient, finding});
  RandomStream detail(subject.seed, "phantom/sign/detail", {subject.row, finding});
  const double strength = painter.usual_strength + 0.24 * place.normal() + 0.16 * detail.normal();
  const float side = place.chance(0.5) ? -1.0F : 1.0F;
  return {painter.finding, static_cast<float>(std::clamp(strength, 0.02, 1.0)), side, place, detail};
}

std::vector<std::pair<const SignPainter*, Sign>> signs_of(const Subject& subject, std::optional<Finding> without) {
  std::vector<std::pair<const SignPainter*, Sign>> signs;
  for (const SignPainter& painter : sign_painters()) {
    if (subject.findings[static_cast<std::size_t>(painter.finding)] != 0 && painter.finding != without) {
      signs.emplace_back(&painter, sign_of(subject, painter));
    }
  }
  return signs;
}

/// Around the pixels of which `difference` is at least `least`; there is one.
SignBox box_around(const std::vector<float>& difference, std::size_t size, float least) {
  std::size_t left = size;
  std::size_t top = size;
  std::size_t right = 0;
  std::size_t bottom = 0;
  for (std::size_t i = 0; i < difference.size(); ++i) {
    if (difference[i] >= least) {
      left = std::min(left, i % size);
      right = std::max(right, i % size);
      top = std::min(top, i / size);
      bottom = std::max(bottom, i / size);
    }
  }
  return {.x = left, .y = top, .width = right - left + 1, .height = bottom - top + 1};
}

}  // namespace

Acquisition acquisition_of(const Subject& subject) {
  RandomStream random(subject.seed, "phantom/acquisition", {subject.row});
  return random_acquisition(subject.site, random);
}

Canvas ideal_film(const Subject& subject, std::size_t size, std::optional<Finding> without) {
  RandomStream body_random(subject.seed, "phantom/anatomy", {subject.patient});
  RandomStream vessels(subject.seed, "phantom/vessels", {subject.patient});
  Anatomy body = random_anatomy(body_random);
  const auto signs = signs_of(subject, without);
  for (const auto& [painter, sign] : signs) {
    if (painter->reshape != nullptr) {
      painter->reshape(body, sign);
    }
  }
  const Acquisition acquisition = acquisition_of(subject);
  take_position(body, acquisition);
  Canvas canvas(size, acquisition.projection);
  paint_anatomy(canvas, body, vessels);
  for (const auto& [painter, sign] : signs) {
    if (painter->paint != nullptr) {
      painter->paint(canvas, body, sign);
    }
  }
  expose(canvas, acquisition);
  return canvas;
}

Image draw_film(const Subject& subject, std::size_t size) {
  Canvas canvas = ideal_film(subject, size);
  RandomStream noise(subject.seed, "phantom/noise", {subject.row});
  develop(canvas.light(), size, subject.site, acquisition_of(subject), noise);
  return {1, size, size, std::move(canvas.light())};
}

std::array<float, kFindings> visibility_of(const Subject& subject) {
  constexpr double kUnrestOfAnatomy = 0.03;
  constexpr double kHalfVisible = 20;
  std::array<float, kFindings> visibility{};
  if (std::find(subject.findings.begin(), subject.findings.end(), 1) == subject.findings.end()) {
    return visibility;
  }
  const Canvas film = ideal_film(subject, kReferenceSize);
  const double noise = std::hypot(static_cast<double>(acquisition_of(subject).noise), kUnrestOfAnatomy);
  for (std::size_t finding = 0; finding < kFindings; ++finding) {
    if (subject.findings[finding] == 0) {
      continue;
    }
    const Canvas healthy = ideal_film(subject, kReferenceSize, static_cast<Finding>(finding));
    double square = 0;
    for (std::size_t i = 0; i < film.light().size(); ++i) {
      const double difference = film.light()[i] - healthy.light()[i];
      square += difference * difference;
    }
    const double index = std::sqrt(square) / noise;
    visibility[finding] = static_cast<float>(index / (index + kHalfVisible));
  }
  return visibility;
}

std::vector<SignBox> sign_boxes(const Subject& subject, std::size_t size) {
  constexpr float kGreyLevel = 1.0F / 255;
  constexpr float kShareOfMost = 0.25F;
  std::vector<SignBox> boxes;
  if (std::find(subject.findings.begin(), subject.findings.end(), 1) == subject.findings.end()) {
    return boxes;
  }
  const Canvas film = ideal_film(subject, size);
  for (std::size_t finding = 0; finding < kFindings; ++finding) {
    if (subject.findings[finding] == 0) {
      continue;
    }
    std::vector<float> difference = ideal_film(subject, size, static_cast<Finding>(finding)).light();
    for (std::size_t i = 0; i < difference.size(); ++i) {
      difference[i] = std::abs(film.light()[i] - difference[i]);
    }
    const float most = *std::max_element(difference.begin(), difference.end());
    if (most >= kGreyLevel) {
      boxes.push_back(box_around(difference, size, kShareOfMost * most));
      boxes.back().finding = static_cast<Finding>(finding);
    }
  }
  return boxes;
}

}  // namespace niwaki::phantom
