#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/prune/mask.hpp"
#include "niwaki/train/fine_tune.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {

/// Of `least-squares` (docs/repair.md has the formulas).
struct LeastSquaresOptions {
  double damping = 0.01;         // of the mean diagonal of H, 0 to 1000: how strongly a weight is held where it was
  std::size_t patches = 65536;   // that a layer is fitted on, about; at least 1
  double tail_exponent = 0.5;    // of omega, 0 (all images weigh the same) to 1 (as the inverse of prevalence)
  double largest_weight = 10.0;  // omega of the rarest images over that of the others, at most; at least 1
};

/// What a pruned network is mended with.
struct RepairOptions {
  std::vector<std::string> repairs;  // in their order, by the names of repairs(); may be empty
  LeastSquaresOptions least_squares;
  FineTuneOptions fine_tune;
  LabelledImages training;  // of `fine-tune`: all training images; where there are none, the calibration images
  std::uint64_t seed = 1;   // of the streams "repair/..."
  std::size_t memory_bytes = std::size_t{1} << 30;  // values kept between layers; what does not fit is computed again
  void check() const;                               // throws InputError naming the field
};

/// Below kFewestCalibrationImages nothing can be estimated (InputError); below kWantedCalibrationImages the repair runs
/// and says in its notes that the estimates are rough.
constexpr std::size_t kFewestCalibrationImages = 16;
constexpr std::size_t kWantedCalibrationImages = 256;

/// What one repair works on.
struct RepairJob {
  const Graph& dense;
  const Mask& mask;  // of the network as it was pruned; where it is 0, a weight is 0 and stays 0
  /// Images, and their labels (0 rows where there are none).
  const LabelledImages& calibration;
  const RepairOptions& options;
  Progress& progress;               // hears RepairEntry::cost x calibration images
  std::vector<std::string>& notes;  // what a person should know of what was done, or left undone
};

/// A repair: changes `network`, which has the nodes of job.dense, in place. It may add tensors (a bias that was shared
/// becomes each layer's own) and may not change a node's place or operation. repaired() checks the mask afterwards.
using Repair = std::function<void(const RepairJob& job, Graph& network)>;

struct RepairEntry {
  std::string name;         // "batch-norm"
  std::string description;  // one line, with its source
  double cost = 0;          // images put forwards through a network, for each calibration image
  bool needs_labels = false;
};

/// All repairs, in the order of the documentation. They are plugged in by name in repair.cpp's one table.
std::vector<RepairEntry> repairs();
/// Throws InputError for a name that is not known, naming the nearest.
RepairEntry repair_entry(const std::string& name);

/// What all of these cost together, in images put forwards through a network, for each calibration image.
double repair_cost(const std::vector<std::string>& names);

struct Repaired {
  Graph graph;
  std::vector<std::string> notes;
};

/// `pruned` after options.repairs, each working on what the one before it left. Every weight that is zero in `pruned`
/// is zero in the result, bit for bit. `calibration.images` come as they are, without augmentation;
/// `calibration.labels` has a row an image, or none. Runs on the processor. Same arguments, same number of threads,
/// same machine type: same bytes. Throws InputError where the two networks are not one pruned, there are too few
/// images, an image cannot be read or does not fit, a repair needs labels and has none, or has nothing to work on;
/// Interrupted on cancellation.
Repaired repaired(const Graph& dense, const Graph& pruned, const LabelledImages& calibration,
                  const RepairOptions& options, Progress& progress);

}  // namespace niwaki
