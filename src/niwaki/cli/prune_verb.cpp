#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cli/sparsity_table.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/normalisation.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/study/calibration.hpp"
#include "niwaki/train/weight_statistics_of.hpp"

namespace niwaki {
namespace {

struct PruneCommand {
  CommonOptions common;
  std::string model;
  std::string method = "l1";
  double sparsity = 0;
  std::string out;
  PruneScope scope;
  std::string labels;
  std::string label_format = "auto";
  std::string images;
  PictureOptions pictures;
  CalibrationOptions calibration;
  TailOptions tail;

  void run() const {
    common.apply();
    check_output(out, {".onnx", ".onnx.zst"});
    (void)weights_to_prune(sparsity, 1);
    const StatisticsKinds needs = criterion_entry(method).needs;
    check_arguments(needs);
    Graph dense = read_onnx(model);
    const std::optional<WeightStatistics> statistics =
        needs.empty() ? std::nullopt : std::optional(statistics_of(dense, needs));
    const Graph result = pruned(dense, method, sparsity, RandomStream(seed(), "prune/" + method, {0}), scope,
                                statistics ? &*statistics : nullptr);
    write_onnx(result, out);
    print(measure_sparsity(result), notes_of(dense, statistics));
  }

 private:
  [[nodiscard]] std::uint64_t seed() const { return common.seed.value_or(1); }

  void check_arguments(const StatisticsKinds& needs) const {
    scope.check();
    calibration.check();
    tail.check();
    if (!needs.empty() && (labels.empty() || images.empty())) {
      throw UsageError(fmt::format("'{}' needs labelled images to learn from", method), "--method",
                       "give --labels and --images, or choose a method that looks at the weights alone, such as l1");
    }
  }

  [[nodiscard]] WeightStatistics statistics_of(Graph& dense, const StatisticsKinds& needs) const {
    const Preprocessing preprocessing = pictures.preprocessing_of(dense, model);
    const Cohort cohort = read_labels(labels, {.format = parse_label_format(label_format), .classes = dense.classes});
    const auto source = open_image_files(cohort, images, preprocessing);
    if (dense.classes.empty() && cohort.classes.size() == class_count(dense)) {
      dense.classes = cohort.classes;  // in the label file's order, as nothing else is known
    }
    const auto progress = common.progress();
    const StatisticsRequest request{.kinds = needs, .calibration = calibration, .tail = tail, .seed = seed()};
    return weight_statistics_of(dense, {source.get(), cohort.label_view()},
                                calibration_rows(cohort, calibration.images, seed()), request, *progress);
  }

  static std::vector<std::string> notes_of(const Graph& dense, const std::optional<WeightStatistics>& statistics) {
    std::vector<std::string> notes = statistics ? statistics->notes : std::vector<std::string>{};
    const std::string folding = folding_note(normalisation_of(dense));
    if (!folding.empty()) {
      notes.push_back(folding);
    }
    return notes;
  }

  void print(const SparsityReport& report, const std::vector<std::string>& notes) const {
    if (common.json) {
      nlohmann::ordered_json document = sparsity_json(report);
      document["method"] = method;
      document["nominal_sparsity"] = sparsity;
      if (!notes.empty()) {
        document["notes"] = notes;
      }
      print_json(document.dump(2));
      return;
    }
    print_sparsity_table(report);
    fmt::print("{}: nominal sparsity {}, actual {:.6f}; written to {}\n", method, sparsity, report.sparsity(), out);
    for (const std::string& note : notes) {
      fmt::print("note: {}\n", note);
    }
  }
};

void add_scope_options(CLI::App& verb, PruneCommand& command) {
  verb.add_option("--keep-layer", command.scope.keep_layers, "A layer that loses no weight; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--keep-row", command.scope.keep_rows,
                  "A class whose row of the classifier loses no weight; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--layer-floor", command.scope.layer_floor, "Share of its weights that each layer keeps at least")
      ->capture_default_str();
}

void add_calibration_options(CLI::App& verb, PruneCommand& command) {
  verb.add_option("--labels", command.labels, "Label file of the images to learn from (wanda, taylor, fisher, tail)");
  verb.add_option("--label-format", command.label_format, "auto, niwaki, nih, nih-cxr-lt, mimic-cxr-lt")
      ->capture_default_str();
  verb.add_option("--images", command.images, "Folder of their pictures");
  command.pictures.add_to(verb);
  verb.add_option("--calibration-images", command.calibration.images, "Images to learn from, at most")
      ->capture_default_str();
  verb.add_option("--calibration-positives", command.calibration.positives,
                  "For tail: of each class, images that show it and as many others")
      ->capture_default_str();
  verb.add_option("--micro-batch", command.calibration.micro_batch, "Images a squared gradient; 1: exact, more: faster")
      ->capture_default_str();
}

void add_tail_options(CLI::App& verb, PruneCommand& command) {
  verb.add_option("--class-weight", command.tail.class_weights, "For tail: CLASS=FACTOR; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--protect", command.tail.protect_classes,
                  "For tail: a class that counts --protection times; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--protect-pair", command.tail.protect_pairs,
                  "For tail: 'CLASS|CLASS', images that show both count as one more class; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--protection", command.tail.protection, "For tail: how many times what is protected counts")
      ->capture_default_str();
  verb.add_option("--rarity-exponent", command.tail.rarity_exponent,
                  "For tail: 0 counts all classes alike, 1 in inverse proportion to positives")
      ->capture_default_str();
  verb.add_option("--rarity-shrinkage", command.tail.rarity_shrinkage,
                  "For tail: positives at which a class's rarity counts half")
      ->capture_default_str();
}

}  // namespace

void add_prune_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("prune", "Set the least important weights of a network to zero");
  const auto command = std::make_shared<PruneCommand>();
  std::string methods;
  for (const CriterionEntry& entry : criteria()) {
    methods += fmt::format("{}{}: {}", methods.empty() ? "" : "; ", entry.name, entry.description);
  }
  verb->add_option("--model", command->model, "ONNX network (.onnx or .onnx.zst)")->required();
  verb->add_option("--method", command->method, methods)->capture_default_str();
  verb->add_option("--sparsity", command->sparsity, "Share of weights that go, 0 to 1")->required();
  verb->add_option("--out", command->out, "Where to write the pruned network")->required();
  add_scope_options(*verb, *command);
  add_calibration_options(*verb, *command);
  add_tail_options(*verb, *command);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
