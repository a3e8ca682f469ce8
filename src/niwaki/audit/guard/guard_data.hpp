#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/scores/grid.hpp"

namespace niwaki {

/// What the networks of one seed say of some images. Probabilities: [images, classes] row-major, in the cohort's order.
struct GuardTables {
  std::size_t images = 0;
  std::size_t classes = 0;
  std::vector<float> dense, pruned;
  std::vector<float> second;    // of a network that is pruned otherwise; empty: none
  std::vector<float> features;  // [images, feature_count] of the pruned network; empty: none
  std::size_t feature_count = 0;

  [[nodiscard]] MatrixView<const float> view(const std::vector<float>& values) const {
    return {values.data(), images, classes};
  }
  [[nodiscard]] MatrixView<const float> feature_view() const { return {features.data(), images, feature_count}; }
  /// The images at these rows, in this order.
  [[nodiscard]] GuardTables subset(std::span<const std::size_t> rows) const;
};

/// Images, and what each seed's networks say of them.
struct GuardPart {
  Cohort cohort;
  std::vector<GuardTables> seeds;
};

/// What a guard learns from, and what it is then tried on. No patient is in both.
struct GuardData {
  std::string method;
  double sparsity = 0.0;
  std::optional<double> second_sparsity;
  std::vector<std::uint64_t> seeds;
  GuardPart calibration, test;
  bool divided = false;  // both parts are of one label file
};

/// Where a guard's tables are.
struct GuardSource {
  Cohort cohort;  // to be tried on; where there is no `calibration`, divided by patient
  ScoreGrid grid;
  std::optional<ValidationScores> calibration;  // its grid lists the dense and the pruned networks too
  double calibration_share = 0.5;               // of the patients, where there is none; in (0, 1)
  std::string method;                           // "": the only one of the grid
  double sparsity = 0.9;
  std::optional<double> second_sparsity;          // of the same method
  std::vector<std::string> features;              // .npy of the pruned networks, one a seed, rising; or none
  std::vector<std::string> calibration_features;  // as above, of the calibration images
  bool logits = false;
  std::uint64_t seed = 1;  // of the division, stream "guard/calibration"
};

/// Reads the tables. Divided by patient, the rarest classes first (iterative stratification, cohort/split.hpp), where
/// there is no calibration cohort. Throws InputError for a method or sparsity that the grids do not list (naming those
/// that they do), tables that do not fit the labels, seeds that differ, a patient in both parts, and features without
/// their counterpart.
GuardData read_guard_data(const GuardSource& source);

}  // namespace niwaki
