#include "niwaki/train/repair/repair.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/train/repair/own_repairs.hpp"

namespace niwaki {
namespace {

struct Registered {
  RepairEntry entry;
  Repair run;
};

/// The one table that repairs are plugged in by.
const std::vector<Registered>& registered() {
  static const std::vector<Registered> all = {
      {{.name = "batch-norm",
        .description = "running means and variances estimated again on calibration images",
        .cost = 1},
       reestimate_normalisation},
      {{.name = "variance",
        .description = "mean and variance of every channel brought back to the dense network's (Jordan et al., ICLR "
                       "2023)",
        .cost = 4},
       match_variance},
      {{.name = "least-squares",
        .description =
            "kept weights fitted, row by row, to the dense layers' outputs (Frantar & Alistarh, NeurIPS 2022)",
        .cost = 20},
       fit_least_squares},
      {{.name = "fine-tune",
        .description = "kept weights trained, the dense network as teacher, each class held to its loss",
        .cost = 300,  // 4 an epoch and image, and there are more training images than calibration images
        .needs_labels = true},
       fine_tune},
  };
  return all;
}

const Registered& find_repair(const std::string& name) {
  std::vector<std::string> names;
  for (const Registered& one : registered()) {
    if (one.entry.name == name) {
      return one;
    }
    names.push_back(one.entry.name);
  }
  throw InputError(fmt::format("there is no repair '{}'{}", name, did_you_mean(name, names)),
                   "prune.methods or --method", fmt::format("after a '+', choose one of {}", joined(names, ", ")));
}

bool same_form(const Graph& a, const Graph& b) {
  const auto same_node = [](const Node& one, const Node& other) {
    return one.operation.index() == other.operation.index() && one.inputs == other.inputs && one.output == other.output;
  };
  const auto same_tensor = [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.shape == other.second.shape;
  };
  return std::ranges::equal(a.nodes, b.nodes, same_node) && std::ranges::equal(a.tensors, b.tensors, same_tensor);
}

void check_calibration(const LabelledImages& calibration, std::vector<std::string>& notes) {
  NIWAKI_CHECK(calibration.images != nullptr, "no calibration images");
  const std::size_t images = calibration.images->size();
  NIWAKI_CHECK(calibration.labels.rows() == 0 || calibration.labels.rows() == images, "{} labels for {} images",
               calibration.labels.rows(), images);
  if (images < kFewestCalibrationImages) {
    throw InputError(
        fmt::format("{} calibration image{} cannot stand for all patients", images, images == 1 ? "" : "s"),
        "calibration images",
        fmt::format("give {} at least, {} or more for estimates that hold, as they come from the clinic",
                    kFewestCalibrationImages, kWantedCalibrationImages));
  }
  if (images < kWantedCalibrationImages) {
    notes.push_back(fmt::format("the repair rests on {} calibration images: its estimates are rough below {}", images,
                                kWantedCalibrationImages));
  }
}

void check_mask(const Mask& mask, const Graph& graph, const std::string& repair) {
  for (const auto& [name, kept] : mask) {
    const std::vector<float>& values = graph.tensor(name).values;
    NIWAKI_CHECK(values.size() == kept.size(), "{} changed the size of {}", repair, name);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      NIWAKI_CHECK(kept[i] != 0 || values[i] == 0, "{} brought back weight {} of {}", repair, i, name);
      NIWAKI_CHECK(std::isfinite(values[i]), "{} made weight {} of {} {}", repair, i, name, values[i]);
    }
  }
}

void check_range(double value, double low, double high, const char* field) {
  if (!(value >= low && value <= high)) {
    throw InputError(fmt::format("{} is out of range", value), field, fmt::format("choose {} to {}", low, high));
  }
}

}  // namespace

void RepairOptions::check() const {
  for (const std::string& name : repairs) {
    (void)find_repair(name);
  }
  fine_tune.check();
  check_range(least_squares.damping, 0, 1000, "least-squares damping");
  check_range(static_cast<double>(least_squares.patches), 1, 1e9, "least-squares patches");
  check_range(least_squares.tail_exponent, 0, 1, "least-squares tail exponent");
  check_range(least_squares.largest_weight, 1, 1e6, "least-squares largest weight");
}

std::vector<RepairEntry> repairs() {
  std::vector<RepairEntry> entries;
  for (const Registered& one : registered()) {
    entries.push_back(one.entry);
  }
  return entries;
}

RepairEntry repair_entry(const std::string& name) {
  return find_repair(name).entry;
}

double repair_cost(const std::vector<std::string>& names) {
  double cost = 0;
  for (const std::string& name : names) {
    cost += repair_entry(name).cost;
  }
  return cost;
}

Repaired repaired(const Graph& dense, const Graph& pruned, const LabelledImages& calibration,
                  const RepairOptions& options, Progress& progress) {
  options.check();
  if (!same_form(dense, pruned)) {
    throw InputError("the pruned network is not the dense one with zeros", "repair",
                     "give the network that it was pruned from");
  }
  Repaired result{.graph = pruned, .notes = {}};
  if (options.repairs.empty()) {
    return result;
  }
  check_calibration(calibration, result.notes);
  const Mask mask = mask_of_zeros(pruned);
  const RepairJob job{.dense = dense,
                      .mask = mask,
                      .calibration = calibration,
                      .options = options,
                      .progress = progress,
                      .notes = result.notes};
  for (const std::string& name : options.repairs) {
    const Registered& repair = find_repair(name);
    if (repair.entry.needs_labels && calibration.labels.rows() == 0) {
      throw InputError(fmt::format("'{}' needs labels", name), "calibration images",
                       "give their labels, or leave it out");
    }
    repair.run(job, result.graph);
    check_mask(mask, result.graph, name);
  }
  apply_mask(mask, result.graph);  // a pruned weight is +0, whatever zero a repair left
  return result;
}

}  // namespace niwaki
