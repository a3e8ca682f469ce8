#include "niwaki/cli/repair_options.hpp"

#include <utility>

#include <CLI/CLI.hpp>

#include "niwaki/cohort/array_images.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {

LabelledImages CalibrationPictures::labelled() const {
  return {.images = images.get(), .labels = cohort.label_view()};
}

CalibrationPictures read_calibration_array(const std::string& path, const Graph& graph) {
  FloatArray array = read_npy(path);
  if (array.shape.size() != 4) {
    throw InputError(fmt::format("an array of {} dimensions", array.shape.size()), path,
                     "give [images, channels, height, width]");
  }
  try {
    infer_shapes(graph, Shape(array.shape.begin(), array.shape.end()));
  } catch (const InputError& error) {
    throw InputError(fmt::format("these pictures do not fit the network ({})", error.problem()),
                     fmt::format("{}, {}", path, error.where()), error.what_to_do());
  }
  CalibrationPictures pictures;
  pictures.images = array_images(std::move(array.values),
                                 {static_cast<std::size_t>(array.shape[0]), static_cast<std::size_t>(array.shape[1]),
                                  static_cast<std::size_t>(array.shape[2]), static_cast<std::size_t>(array.shape[3])});
  return pictures;
}

void RepairCommand::add_to(CLI::App& verb) {
  verb.add_option("--calibration", array,
                  "For repairs, instead of --labels and --images: a float32 .npy [images, channels, height, width], "
                  "normalised already");
  verb.add_option("--damping", least_squares.damping,
                  "For least-squares: how strongly weights are held, as a share of the mean diagonal of H")
      ->capture_default_str();
  verb.add_option("--patches", least_squares.patches, "For least-squares: patches that a layer is fitted on, about")
      ->capture_default_str();
  verb.add_option("--tail-exponent", least_squares.tail_exponent,
                  "For least-squares: 0 counts all images alike, 1 in inverse proportion to their rarest finding")
      ->capture_default_str();
}

Repaired RepairCommand::run(const Graph& dense, const Graph& pruned, const std::vector<std::string>& repairs,
                            const CalibrationPictures& pictures, std::uint64_t seed, Progress& progress) const {
  const LabelledImages calibration = pictures.labelled();
  progress.start("repair", repair_cost(repairs) * static_cast<double>(calibration.images->size()));
  RepairOptions options;
  options.repairs = repairs;
  options.least_squares = least_squares;
  options.seed = seed;
  Repaired result = repaired(dense, pruned, calibration, options, progress);
  progress.finish();
  return result;
}

}  // namespace niwaki
