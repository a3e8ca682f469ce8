#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cli/repair_options.hpp"
#include "niwaki/cli/sparsity_table.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/chosen_images.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/normalisation.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/prune/structure.hpp"
#include "niwaki/study/calibration.hpp"
#include "niwaki/train/repair/method.hpp"

namespace niwaki {
namespace {

struct PruneCommand {
  CommonOptions common;
  std::string model;
  std::string method = "l1";
  std::optional<double> sparsity;
  std::string out;
  std::string labels;
  std::string label_format = "auto";
  std::string images;
  PictureOptions pictures;
  std::size_t calibration_images = 2048;
  RepairCommand repair;

  void run() const {
    common.apply();
    check_output(out, {".onnx", ".onnx.zst"});
    const PruningMethod parts = parse_method(method);
    check_arguments(parts);
    const double nominal = nominal_sparsity(parts);
    const Graph dense = read_onnx(model);
    Repaired result{
        .graph = pruned(dense, parts.criterion, nominal, RandomStream(seed(), "prune/" + parts.criterion, {0})),
        .notes = {}};
    if (!parts.repairs.empty()) {
      const auto progress = common.progress();
      result = repair.run(dense, result.graph, parts.repairs, calibration(dense), seed(), *progress);
    }
    write_onnx(result.graph, out);
    const std::string folding = folding_note(normalisation_of(dense));
    if (!folding.empty()) {
      result.notes.push_back(folding);
    }
    print(dense, result, nominal);
  }

 private:
  [[nodiscard]] std::uint64_t seed() const { return common.seed.value_or(1); }

  [[nodiscard]] double nominal_sparsity(const PruningMethod& parts) const {
    const Structure structure = structure_of(parts.criterion);
    if (!sparsity && !structure.n_of_m) {
      throw UsageError("how much is to go is not said", "--sparsity", "give the share of weights, 0 to 1");
    }
    return sparsity ? *sparsity : structure.n_of_m->sparsity();
  }

  void check_arguments(const PruningMethod& parts) const {
    if (parts.gradual) {
      throw UsageError(fmt::format("'{}' trains between its steps", method), "niwaki prune",
                       "use niwaki fine-tune with --sparsity, or the method in a study");
    }
    const bool pictures_given = !labels.empty() && !images.empty();
    if (!parts.repairs.empty() && pictures_given == !repair.array.empty()) {
      throw UsageError(fmt::format("what '{}' is to be calibrated on is not clear", method), "niwaki prune",
                       "give --labels and --images, or --calibration");
    }
  }

  [[nodiscard]] CalibrationPictures calibration(const Graph& dense) const {
    if (!repair.array.empty()) {
      return read_calibration_array(repair.array, dense);
    }
    const Preprocessing preprocessing = pictures.preprocessing_of(dense, model);
    const Cohort cohort = read_labels(labels, {.format = parse_label_format(label_format), .classes = dense.classes});
    const std::vector<std::size_t> rows = calibration_rows(cohort, calibration_images, seed());
    CalibrationPictures chosen;
    chosen.all = open_image_files(cohort, images, preprocessing);
    chosen.images = chosen_images(*chosen.all, rows);
    chosen.cohort = cohort.subset(rows);
    return chosen;
  }

  void print(const Graph& dense, const Repaired& result, double nominal) const {
    const SparsityReport report = measure_sparsity(result.graph, dense);
    const std::size_t all = parameter_count(dense);
    const std::size_t left = parameter_count(result.graph);
    if (common.json) {
      nlohmann::ordered_json document = sparsity_json(report);
      document["method"] = method;
      document["nominal_sparsity"] = nominal;
      document["parameters"] = {{"dense", all}, {"left", left}};
      if (!result.notes.empty()) {
        document["notes"] = result.notes;
      }
      print_json(document.dump(2));
      return;
    }
    print_sparsity_table(report);
    fmt::print("{}: nominal sparsity {}, actual {:.6f}; written to {}\n", method, nominal, report.sparsity(), out);
    if (left < all) {
      fmt::print("{} of {} parameters are there\n", left, all);
    }
    for (const std::string& note : result.notes) {
      fmt::print("note: {}\n", note);
    }
  }
};

void add_calibration_options(CLI::App& verb, PruneCommand& command) {
  verb.add_option("--labels", command.labels, "Label file of the images that repairs look at");
  verb.add_option("--label-format", command.label_format, "auto, niwaki, nih, nih-cxr-lt, mimic-cxr-lt")
      ->capture_default_str();
  verb.add_option("--images", command.images, "Folder of their pictures");
  command.pictures.add_to(verb);
  verb.add_option("--calibration-images", command.calibration_images, "Images to look at, at most")
      ->capture_default_str();
  command.repair.add_to(verb);
}

}  // namespace

void add_prune_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("prune", "Take the least important weights or channels out of a network");
  const auto command = std::make_shared<PruneCommand>();
  std::string methods;
  for (const CriterionEntry& entry : criteria()) {
    methods += fmt::format("{}{}: {}", methods.empty() ? "" : "; ", entry.name, entry.description);
  }
  for (const StructureEntry& entry : structures()) {
    methods += fmt::format("; {}: {}", entry.name, entry.description);
  }
  verb->add_option("--model", command->model, "ONNX network (.onnx or .onnx.zst)")->required();
  methods += ". Then repairs, joined by '+'";
  for (const RepairEntry& entry : repairs()) {
    methods += fmt::format("; {}: {}", entry.name, entry.description);
  }
  verb->add_option("--method", command->method, methods)->capture_default_str();
  verb->add_option("--sparsity", command->sparsity, "Share of weights that go, 0 to 1; not needed for nm-N:M");
  verb->add_option("--out", command->out, "Where to write the pruned network")->required();
  add_calibration_options(*verb, *command);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
