#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "niwaki/cohort/finding_boxes.hpp"
#include "niwaki/explain/heat_map.hpp"
#include "niwaki/explain/patient_estimate.hpp"

namespace niwaki {

// The pointing game (Zhang et al., Top-down Neural Attention by Excitation Backprop, IJCV 126, 2018, 4.2): a map hits
// where its largest value lies in the finding's box, or no further from it than a tolerance.

/// One image and class: the boxes of that finding there, in shares of the picture, and the picture's size in pixels in
/// which the tolerance is counted (the picture in which the boxes were measured).
struct BoxedFinding {
  std::vector<PictureBox> boxes;
  double picture_width = 0.0;
  double picture_height = 0.0;
};

/// Whether a place (in shares of the picture) lies in one of the boxes, or at most `tolerance` pixels from it.
bool hits(const BoxedFinding& finding, double x, double y, double tolerance);

/// Whether a map hits: all its peak_cells() must, so that a map which cannot decide between places in the box and
/// outside misses. A flat map points nowhere and misses.
bool map_hits(std::span<const float> map, const MapGrid& grid, const BoxedFinding& finding, double tolerance);

/// The share of the grid's cells of which the centre hits: what a map that points anywhere would score.
double chance_of_hit(const MapGrid& grid, const BoxedFinding& finding, double tolerance);

/// What became of the maps of some (image, class)s of one network.
struct PointingTrial {
  bool hit = false;
  bool flat = false;
  bool tied = false;  // several cells hold the largest value
  std::size_t patient = 0;
};

struct PointingRate {
  std::size_t trials = 0;  // (image, class)s with a box
  std::size_t patients = 0;
  std::size_t hits = 0;
  std::size_t flat = 0;
  std::size_t tied = 0;
  ShareEstimate rate;
};
PointingRate pointing_rate(std::span<const PointingTrial> trials, const PatientEstimateOptions& options);

/// Of the same (image, class)s, a second network's trials less the first's.
struct PointingChange {
  std::size_t gained = 0;   // hit by the second alone
  std::size_t lost = 0;     // hit by the first alone
  Estimate difference;      // of the rates; interval of resampled patients, none where no trial differs
  std::optional<double> p;  // sign_flip_p over patients: McNemar's exact test where each has one trial
};
PointingChange pointing_change(std::span<const PointingTrial> first, std::span<const PointingTrial> second,
                               const PatientEstimateOptions& options);

}  // namespace niwaki
