#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/train/repair/repair.hpp"

namespace CLI {
class App;
}

namespace niwaki {

/// Pictures that pruning is calibrated on, with their labels where there are any.
struct CalibrationPictures {
  std::unique_ptr<ImageSource> all;     // of the label file
  std::unique_ptr<ImageSource> images;  // those of `all` that are looked at, or an array's
  Cohort cohort;                        // of `images`; without records for an array
  [[nodiscard]] LabelledImages labelled() const;
};

/// A float32 .npy [images, channels, height, width] of pictures that are normalised already. Throws InputError for
/// another form, and where they do not fit `graph`.
CalibrationPictures read_calibration_array(const std::string& path, const Graph& graph);

/// How a pruned network is repaired, from the command line.
struct RepairCommand {
  std::string array;  // --calibration
  LeastSquaresOptions least_squares;

  void add_to(CLI::App& verb);
  [[nodiscard]] Repaired run(const Graph& dense, const Graph& pruned, const std::vector<std::string>& repairs,
                             const CalibrationPictures& pictures, std::uint64_t seed, Progress& progress) const;
};

}  // namespace niwaki
