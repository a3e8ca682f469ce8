#include "niwaki/explain/pointing_game.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/sign_flip.hpp"

namespace niwaki {
namespace {

/// How far a place lies outside [low, high].
double outside(double at, double low, double high) {
  return std::max({low - at, at - high, 0.0});
}

bool cell_hits(const MapGrid& grid, std::size_t cell, const BoxedFinding& finding, double tolerance) {
  return hits(finding, grid.column_centres[cell % grid.columns()], grid.row_centres[cell / grid.columns()], tolerance);
}

}  // namespace

bool hits(const BoxedFinding& finding, double x, double y, double tolerance) {
  return std::ranges::any_of(finding.boxes, [&](const PictureBox& box) {
    return std::hypot(outside(x, box.left, box.right) * finding.picture_width,
                      outside(y, box.top, box.bottom) * finding.picture_height) <= tolerance;
  });
}

bool map_hits(std::span<const float> map, const MapGrid& grid, const BoxedFinding& finding, double tolerance) {
  NIWAKI_CHECK(map.size() == grid.cells(), "{} values on {} cells", map.size(), grid.cells());
  const std::vector<std::size_t> peaks = peak_cells(map);
  return !peaks.empty() &&
         std::ranges::all_of(peaks, [&](std::size_t cell) { return cell_hits(grid, cell, finding, tolerance); });
}

double chance_of_hit(const MapGrid& grid, const BoxedFinding& finding, double tolerance) {
  std::size_t count = 0;
  for (std::size_t cell = 0; cell < grid.cells(); ++cell) {
    count += cell_hits(grid, cell, finding, tolerance) ? 1 : 0;
  }
  return static_cast<double>(count) / static_cast<double>(grid.cells());
}

PointingRate pointing_rate(std::span<const PointingTrial> trials, const PatientEstimateOptions& options) {
  PointingRate result{.trials = trials.size()};
  PatientValues values;
  for (const PointingTrial& trial : trials) {
    result.hits += trial.hit ? 1 : 0;
    result.flat += trial.flat ? 1 : 0;
    result.tied += trial.tied ? 1 : 0;
    values.values.push_back(trial.hit ? 1.0 : 0.0);
    values.patients.push_back(trial.patient);
  }
  result.patients = values.patient_count();
  result.rate = share_over_patients(values, options);
  return result;
}

PointingChange pointing_change(std::span<const PointingTrial> first, std::span<const PointingTrial> second,
                               const PatientEstimateOptions& options) {
  NIWAKI_CHECK(first.size() == second.size(), "{} trials and {}", first.size(), second.size());
  PointingChange result;
  PatientValues values;
  for (std::size_t i = 0; i < first.size(); ++i) {
    result.gained += second[i].hit && !first[i].hit ? 1 : 0;
    result.lost += first[i].hit && !second[i].hit ? 1 : 0;
    values.values.push_back(static_cast<double>(second[i].hit) - static_cast<double>(first[i].hit));
    values.patients.push_back(first[i].patient);
  }
  result.difference = mean_over_patients(values, options);
  if (result.difference.value) {
    std::vector<std::int64_t> differences(values.patient_count(), 0);
    for (std::size_t i = 0; i < values.values.size(); ++i) {
      differences[values.patients[i]] += static_cast<std::int64_t>(values.values[i]);
    }
    result.p = sign_flip_p(differences);
  }
  return result;
}

}  // namespace niwaki
