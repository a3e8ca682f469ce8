#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cli/repair_options.hpp"
#include "niwaki/cli/sparsity_table.hpp"
#include "niwaki/cli/speed_target.hpp"
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
#include "niwaki/train/weight_statistics_of.hpp"

namespace niwaki {
namespace {

struct PruneCommand {
  CommonOptions common;
  std::string model;
  std::string method = "l1";
  std::optional<double> sparsity;
  std::string out;
  std::string labels;
  LabelChoice label_choice;
  std::string images;
  PictureOptions pictures;
  PruneScope scope;
  CalibrationOptions calibration;
  TailOptions tail;
  RepairCommand repair;
  SpeedTarget speed;

  void run() const {
    common.apply();
    check_output(out, {".onnx", ".onnx.zst"});
    const PruningMethod parts = parse_method(method);
    check_arguments(parts);
    if (speed.asked_for()) {
      prune_to_the_speed(parts);
      return;
    }
    const double nominal = nominal_sparsity(parts);
    const Graph dense = read_onnx(model);
    const StatisticsKinds needs = criterion_entry(parts.criterion).needs;
    const WeightStatistics statistics = needs.empty() ? WeightStatistics{} : statistics_of(dense, needs, nominal);
    Repaired result{.graph = pruned(dense, parts.criterion, nominal,
                                    RandomStream(seed(), "prune/" + parts.criterion, {0}), scope, &statistics),
                    .notes = {}};
    if (!parts.repairs.empty()) {
      const auto progress = common.progress();
      result = repair.run(dense, result.graph, parts.repairs, pictures_to_repair_by(dense), seed(), *progress);
    }
    result.notes.insert(result.notes.begin(), statistics.notes.begin(), statistics.notes.end());
    write_onnx(result.graph, out);
    const std::string folding = folding_note(normalisation_of(dense));
    if (!folding.empty()) {
      result.notes.push_back(folding);
    }
    print(dense, result, nominal);
  }

 private:
  [[nodiscard]] Cohort cohort_of(const Graph& dense) const {
    return read_labels(labels, label_choice.options(dense.classes));
  }

  void prune_to_the_speed(const PruningMethod& parts) const {
    const Graph dense = read_onnx(model);
    const Preprocessing preprocessing = pictures.preprocessing_of(dense, model);
    const Cohort cohort = cohort_of(dense);
    const auto source = open_image_files(cohort, images, preprocessing, pictures.window.read_options());
    const StatisticsKinds needs = criterion_entry(parts.criterion).needs;
    const WeightStatistics statistics = needs.empty() ? WeightStatistics{} : statistics_of(dense, needs, 0.5);
    RandomStream random(seed(), "prune/" + parts.criterion, {0});
    const Importance importance = make_criterion(parts.criterion)->importance({dense, random, &statistics});
    const auto progress = common.progress();
    const BudgetedNetwork fast = speed.run(dense, importance, cohort, *source, seed(), *progress);
    Repaired result{.graph = fast.network, .notes = statistics.notes};
    if (!parts.repairs.empty()) {
      result = repair.run(dense, fast.network, parts.repairs, pictures_to_repair_by(dense), seed(), *progress);
    }
    write_onnx(result.graph, out);
    print_speed(dense, result, fast, dense.classes.empty() ? cohort.classes : dense.classes);
  }

  void print_speed(const Graph& dense, const Repaired& result, const BudgetedNetwork& fast,
                   const std::vector<std::string>& classes) const {
    const SparsityReport report = measure_sparsity(result.graph, dense);
    const std::string said = speed_text(fast, speed, classes);
    if (common.json) {
      nlohmann::ordered_json document = sparsity_json(report);
      document["method"] = method;
      document["target_speedup"] = speed.speedup;
      document["speedup"] = fast.speedup();
      document["milliseconds_per_image"] = {{"dense", 1e3 * fast.dense_seconds}, {"pruned", 1e3 * fast.seconds}};
      document["batch"] = speed.batch;
      document["notes"] = result.notes;
      print_json(document.dump(2));
      return;
    }
    print_sparsity_table(report);
    fmt::print("{}: {}; actual sparsity {:.6f}; written to {}\n", method, said, report.sparsity(), out);
    for (const std::string& note : result.notes) {
      fmt::print("note: {}\n", note);
    }
  }

  void check_speed_arguments(const PruningMethod& parts, bool pictures_given) const {
    const Structure structure = structure_of(parts.criterion);
    if (sparsity || structure.channels || structure.n_of_m) {
      throw UsageError("a speed is asked for, and a sparsity too", "--target-speedup",
                       "leave --sparsity out, and prune single weights");
    }
    if (!pictures_given) {
      throw UsageError("what losses are to be measured on is not said", "--target-speedup",
                       "give --labels and --images");
    }
  }

  [[nodiscard]] std::uint64_t seed() const { return common.seed.value_or(1); }

  [[nodiscard]] double nominal_sparsity(const PruningMethod& parts) const {
    const Structure structure = structure_of(parts.criterion);
    if (!sparsity && !structure.n_of_m) {
      throw UsageError("how much is to go is not said", "--sparsity", "give the share of weights, 0 to 1");
    }
    return sparsity ? *sparsity : structure.n_of_m->sparsity();
  }

  void check_arguments(const PruningMethod& parts) const {
    scope.check();
    calibration.check();
    tail.check();
    if (parts.gradual) {
      throw UsageError(fmt::format("'{}' trains between its steps", method), "niwaki prune",
                       "use niwaki fine-tune with --sparsity, or the method in a study");
    }
    const bool pictures_given = !labels.empty() && !images.empty();
    if (speed.asked_for()) {
      check_speed_arguments(parts, pictures_given);
    }
    if (!criterion_entry(parts.criterion).needs.empty() && !pictures_given) {
      throw UsageError(fmt::format("'{}' needs labelled images to learn from", parts.criterion), "--method",
                       "give --labels and --images, or choose a method that looks at the weights alone, such as l1");
    }
    if (!parts.repairs.empty() && pictures_given == !repair.array.empty()) {
      throw UsageError(fmt::format("what '{}' is to be calibrated on is not clear", method), "niwaki prune",
                       "give --labels and --images, or --calibration");
    }
  }

  [[nodiscard]] WeightStatistics statistics_of(const Graph& dense, const StatisticsKinds& needs, double nominal) const {
    const Preprocessing preprocessing = pictures.preprocessing_of(dense, model);
    const Cohort cohort = cohort_of(dense);
    const auto source = open_image_files(cohort, images, preprocessing, pictures.window.read_options());
    Graph named = dense;
    if (named.classes.empty()) {
      named.classes = cohort.classes;  // in the label file's order, as nothing else is known
    }
    const auto progress = common.progress();
    const StatisticsRequest request{
        .kinds = needs, .calibration = calibration, .tail = tail, .sparsity = nominal, .seed = seed()};
    return weight_statistics_of(named, {source.get(), cohort.label_view()},
                                calibration_rows(cohort, calibration.images, seed()), request, *progress);
  }

  [[nodiscard]] CalibrationPictures pictures_to_repair_by(const Graph& dense) const {
    if (!repair.array.empty()) {
      return read_calibration_array(repair.array, dense);
    }
    const Preprocessing preprocessing = pictures.preprocessing_of(dense, model);
    const Cohort cohort = cohort_of(dense);
    const std::vector<std::size_t> rows = calibration_rows(cohort, calibration.images, seed());
    CalibrationPictures chosen;
    chosen.all = open_image_files(cohort, images, preprocessing, pictures.window.read_options());
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
  verb.add_option("--labels", command.labels,
                  "Label file of the images that wanda, taylor, fisher, tail and repairs look at");
  command.label_choice.add_to(verb);
  verb.add_option("--images", command.images, "Folder of their pictures");
  command.pictures.add_to(verb);
  verb.add_option("--calibration-images", command.calibration.images, "Images to look at, at most")
      ->capture_default_str();
  verb.add_option("--calibration-positives", command.calibration.positives,
                  "For tail: of each class, images that show it and as many others")
      ->capture_default_str();
  verb.add_option("--micro-batch", command.calibration.micro_batch, "Images a squared gradient; 1: exact, more: faster")
      ->capture_default_str();
  command.repair.add_to(verb);
}

void add_tail_options(CLI::App& verb, PruneCommand& command) {
  verb.add_option("--search-steps", command.calibration.search_steps, "For tail-search: batches of 64 images")
      ->capture_default_str();
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
  add_scope_options(*verb, *command);
  add_calibration_options(*verb, *command);
  add_tail_options(*verb, *command);
  command->speed.add_to(*verb);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
