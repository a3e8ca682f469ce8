#include "niwaki/cohort/phantom/acquisition.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace niwaki::phantom {
namespace {

constexpr float kMiddleLight = 0.5F;
constexpr float kReferenceSize = 64;

float normal_within(RandomStream& random, float deviation, double limit) {
  return deviation * static_cast<float>(std::clamp(random.normal(), -limit, limit));
}

float uniform(RandomStream& random, double low, double high) {
  return static_cast<float>(random.uniform(low, high));
}

/// Each fault takes its share of the quality.
float quality_of(const Acquisition& film, const Site& site) {
  const auto kept = [](float fault, float worst, float share) {
    return 1 - share * std::min(1.0F, std::abs(fault) / worst);
  };
  return kept(film.noise, 0.1F, 0.5F) * kept(film.blur, 1.0F, 0.4F) * kept(film.exposure - site.exposure, 0.2F, 0.4F) *
         kept(film.turn, 0.12F, 0.3F) * kept(film.projection.rotation, 0.2F, 0.2F) *
         kept(std::min(0.0F, film.breath), 0.15F, 0.3F);
}

/// The mean over 3 x 3 blocks of pixels `reach` apart, first along rows, then along columns.
std::vector<float> local_mean(const std::vector<float>& light, int size, int reach) {
  std::vector<float> rows(light.size());
  std::vector<float> result(light.size());
  const auto at = [size](int row, int column) {
    const int r = std::clamp(row, 0, size - 1);
    const int c = std::clamp(column, 0, size - 1);
    return static_cast<std::size_t>(r) * static_cast<std::size_t>(size) + static_cast<std::size_t>(c);
  };
  for (int row = 0; row < size; ++row) {
    for (int column = 0; column < size; ++column) {
      rows[at(row, column)] =
          (light[at(row, column - reach)] + light[at(row, column)] + light[at(row, column + reach)]) / 3;
    }
  }
  for (int row = 0; row < size; ++row) {
    for (int column = 0; column < size; ++column) {
      result[at(row, column)] =
          (rows[at(row - reach, column)] + rows[at(row, column)] + rows[at(row + reach, column)]) / 3;
    }
  }
  return result;
}

/// A small bright block in the corner, as hospitals put an L or R there.
void add_marker(std::span<float> light, std::size_t size, const Site& site) {
  const auto pixel = [size](float place) {
    return static_cast<std::size_t>((place + 1) * 0.5F * static_cast<float>(size));
  };
  const std::size_t height = std::max<std::size_t>(1, size / 20);
  const std::size_t width = std::max<std::size_t>(1, size / 28);
  for (std::size_t row = pixel(site.marker.y); row < std::min(size, pixel(site.marker.y) + height); ++row) {
    for (std::size_t column = pixel(site.marker.x); column < std::min(size, pixel(site.marker.x) + width); ++column) {
      light[row * size + column] += site.marker_light;
    }
  }
}

}  // namespace

Site random_site(RandomStream& random) {
  Site site;
  site.contrast = uniform(random, 0.95, 1.2);
  site.exposure = uniform(random, -0.06, 0.06);
  site.noise = uniform(random, 0.008, 0.022);
  site.blur = uniform(random, 0, 0.4);
  site.portable_share = uniform(random, 0.1, 0.6);
  site.marker_light = uniform(random, 0.3, 0.8);
  site.marker = {random.chance(0.5) ? -0.92F : 0.82F, uniform(random, -0.95, -0.6)};
  return site;
}

Acquisition random_acquisition(const Site& site, RandomStream& random) {
  Acquisition film;
  film.portable = random.chance(site.portable_share);
  // A film at the bedside is less well placed, less deeply breathed in and noisier.
  const float care = film.portable ? 1.5F : 1.0F;
  film.projection.rotation = normal_within(random, 0.025F * care, 2.5);
  film.projection.scale = (film.portable ? 1.04F : 1.0F) * (1 + normal_within(random, 0.025F, 2));
  film.projection.shift = {normal_within(random, 0.025F * care, 2), normal_within(random, 0.025F * care, 2)};
  film.turn = normal_within(random, 0.015F * care, 2.5);
  film.breath = normal_within(random, 0.025F, 2) - (film.portable ? 0.05F : 0.0F);
  film.tilt = {normal_within(random, 0.03F * care, 2), normal_within(random, 0.03F * care, 2)};
  film.contrast = site.contrast * (1 + normal_within(random, 0.05F, 2)) * (film.portable ? 0.85F : 1.0F);
  film.exposure = site.exposure + normal_within(random, 0.03F * care, 2.5);
  const double grain = random.uniform();
  film.noise = site.noise * (0.7F + 1.6F * static_cast<float>(grain * grain * grain)) * (film.portable ? 1.2F : 1.0F);
  const double motion = random.uniform();
  film.blur = std::min(1.0F, site.blur + 0.5F * static_cast<float>(motion * motion * motion) * care);
  film.quality = quality_of(film, site);
  return film;
}

void take_position(Anatomy& anatomy, const Acquisition& acquisition) {
  for (Lung& lung : anatomy.lungs) {
    lung.dome_y += acquisition.breath;
    lung.angle_y += acquisition.breath;
  }
  anatomy.mediastinum_shift += acquisition.turn;
  if (acquisition.portable) {
    anatomy.heart_half_width *= 1.1F;
    anatomy.mediastinum_half_width *= 1.08F;
    anatomy.clavicle_y -= 0.04F;
  }
}

void expose(Canvas& canvas, const Acquisition& acquisition) {
  std::vector<float>& light = canvas.light();
  const float step = 2.0F / static_cast<float>(canvas.size());
  for (std::size_t i = 0; i < light.size(); ++i) {
    const float x = static_cast<float>(i % canvas.size()) * step - 1;
    const std::size_t row = i / canvas.size();
    const float y = static_cast<float>(row) * step - 1;
    const float exposure = acquisition.exposure + acquisition.tilt.x * x + acquisition.tilt.y * y;
    light[i] =
        kMiddleLight + (light[i] - kMiddleLight) * acquisition.contrast + exposure * std::min(1.0F, 5 * light[i]);
  }
  if (acquisition.blur <= 0) {
    return;
  }
  const int size = static_cast<int>(canvas.size());
  const int reach = std::max(1, static_cast<int>(std::lround(static_cast<float>(size) / kReferenceSize)));
  const std::vector<float> blurred = local_mean(light, size, reach);
  for (std::size_t i = 0; i < light.size(); ++i) {
    light[i] += (blurred[i] - light[i]) * acquisition.blur;
  }
}

void develop(std::span<float> light, std::size_t size, const Site& site, const Acquisition& acquisition,
             RandomStream& random) {
  add_marker(light, size, site);
  const float finer = std::min(2.0F, std::sqrt(static_cast<float>(size) / kReferenceSize));
  for (float& value : light) {
    const float noisy = value + acquisition.noise * finer * static_cast<float>(random.normal());
    value = std::round(std::clamp(noisy, 0.0F, 1.0F) * 255.0F) / 255.0F;
  }
}

}  // namespace niwaki::phantom
