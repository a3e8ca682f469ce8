#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/sparsity_table.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/study/calibration.hpp"
#include "niwaki/study/recipe.hpp"
#include "niwaki/train/repair/method.hpp"
#include "niwaki/train/weight_statistics_of.hpp"

namespace niwaki {
namespace {

constexpr double kGigabyte = 1e9;

/// What came of it, and how it was pruned before each fine-tuning (no step where it came pruned).
struct Tuned {
  Graph network;
  std::vector<GradualStep> steps;
  std::vector<FineTuneEpoch> last;
};

struct FineTuneCommand {
  CommonOptions common;
  std::string model;
  std::string pruned_model;
  std::string method = "l1";
  double sparsity = 0;
  std::string labels;
  LabelChoice label_choice;
  std::string images;
  std::string out;
  std::vector<std::string> settings;

  void run() const {
    common.apply();
    if (pruned_model.empty() == (sparsity == 0)) {
      throw UsageError("what to fine-tune is not clear", "niwaki fine-tune",
                       "give --pruned, or --sparsity above 0 to prune by steps");
    }
    check_output(out, {".onnx", ".onnx.zst"});
    if (pruned_model.empty()) {
      (void)parse_method(method + "+gradual");  // whole channels do not go by steps
    }
    const Recipe recipe = this->recipe();
    const Graph dense = read_onnx(model);
    if (!dense.preprocessing) {
      throw InputError("the network does not say how pictures become its input", model,
                       "add the metadata niwaki.channels, .height, .width, .mean, .deviation (docs/models.md)");
    }
    const Cohort cohort = read_labels(labels, label_choice.options(dense.classes));
    const auto source = cached(open_image_files(cohort, images, *dense.preprocessing, recipe.reading),
                               static_cast<std::size_t>(recipe.cache_gigabytes * kGigabyte));
    const Tuned tuned = this->tuned(dense, {source.get(), cohort.label_view()}, cohort, recipe);
    write_onnx(tuned.network, out);
    print(dense, tuned, cohort);
  }

 private:
  [[nodiscard]] Recipe recipe() const {
    Recipe recipe = default_recipe();
    recipe.seed = common.seed.value_or(recipe.seed);
    for (const std::string& setting : settings) {
      set_key(recipe, setting);
    }
    recipe.fine_tune_options(0).check();
    recipe.gradual.check();
    recipe.scope.check();
    recipe.calibration.check();
    recipe.tail.check();
    return recipe;
  }

  /// What the method's criterion wants to know of this network's weights.
  [[nodiscard]] WeightStatistics statistics_of(Graph network, const LabelledImages& train, const Cohort& cohort,
                                               const Recipe& recipe, double to) const {
    const StatisticsKinds needs = criterion_entry(method).needs;
    if (needs.empty()) {
      return {};
    }
    network.classes = cohort.classes;
    SilentProgress silent;
    return weight_statistics_of(network, train, calibration_rows(cohort, recipe.calibration.images, recipe.seed),
                                {.kinds = needs,
                                 .calibration = recipe.calibration,
                                 .tail = recipe.tail,
                                 .sparsity = to,
                                 .seed = recipe.seed,
                                 .device = recipe.train.device},
                                silent);
  }

  [[nodiscard]] Tuned tuned(const Graph& dense, const LabelledImages& train, const Cohort& cohort,
                            const Recipe& recipe) const {
    const FineTuneOptions options = recipe.fine_tune_options(0);
    const std::size_t epochs = pruned_model.empty() ? epochs_in_all(recipe.gradual, options) : options.epochs;
    const auto progress = common.progress();
    progress->start("fine-tune", static_cast<double>(epochs * train.images->size()));
    Tuned tuned;
    if (pruned_model.empty()) {
      const PruneTo prune = [&](const Graph& network, double to) {
        const WeightStatistics statistics = statistics_of(network, train, cohort, recipe, to);
        return pruned(network, method, to, RandomStream(recipe.seed, "prune/" + method, {0}), recipe.scope,
                      &statistics);
      };
      GradualResult result = gradually_pruned(dense, sparsity, prune, train, recipe.gradual, options, *progress);
      tuned = {.network = std::move(result.network), .steps = result.steps, .last = result.steps.back().history};
    } else {
      FineTuneResult result = fine_tuned(dense, read_onnx(pruned_model), train, options, *progress);
      tuned = {.network = std::move(result.network), .steps = {}, .last = std::move(result.history)};
    }
    progress->finish();
    return tuned;
  }

  void print(const Graph& dense, const Tuned& tuned, const Cohort& cohort) const {
    const SparsityReport report = measure_sparsity(tuned.network, dense);
    if (common.json) {
      print_json(document(tuned, cohort, report).dump(2));
      return;
    }
    print_sparsity_table(report);
    for (const GradualStep& step : tuned.steps) {
      fmt::print("step: nominal sparsity {:.6f}, actual {:.6f}\n", step.nominal_sparsity, step.actual_sparsity);
    }
    if (!tuned.last.empty()) {
      print_classes(tuned.last.back(), cohort);
    }
    const std::string nominal = tuned.steps.empty() ? "as it came" : fmt::format("{}", sparsity);
    fmt::print("nominal sparsity {}, actual {:.6f}; written to {}\n", nominal, report.sparsity(), out);
  }

  static void print_classes(const FineTuneEpoch& epoch, const Cohort& cohort) {
    std::size_t width = 5;
    for (const std::string& name : cohort.classes) {
      width = std::max(width, name.size());
    }
    fmt::print("{:<{}}  {:>9}{:>10}{:>10}{:>10}   in epoch {}, on training images\n", "class", width, "positives",
               "loss", "dense", "weight", epoch.number);
    const std::vector<std::size_t> positives = cohort.positives();
    for (std::size_t c = 0; c < epoch.classes.size(); ++c) {
      const ClassStanding& standing = epoch.classes[c];
      fmt::print("{:<{}}  {:>9}{:>10.5f}{:>10.5f}{:>10.3f}\n", cohort.classes[c], width, positives[c], standing.loss,
                 standing.dense_loss, standing.weight);
    }
  }

  [[nodiscard]] nlohmann::ordered_json document(const Tuned& tuned, const Cohort& cohort,
                                                const SparsityReport& report) const {
    nlohmann::ordered_json document = sparsity_json(report);
    if (!tuned.steps.empty()) {
      document["method"] = method;
      document["nominal_sparsity"] = sparsity;
    }
    for (const GradualStep& step : tuned.steps) {
      document["steps"].push_back({{"nominal_sparsity", step.nominal_sparsity}, {"sparsity", step.actual_sparsity}});
    }
    for (const FineTuneEpoch& epoch : tuned.last) {
      nlohmann::ordered_json classes;
      for (std::size_t c = 0; c < epoch.classes.size(); ++c) {
        const ClassStanding& standing = epoch.classes[c];
        classes.push_back({{"name", cohort.classes[c]},
                           {"loss", standing.loss},
                           {"dense_loss", standing.dense_loss},
                           {"weight", standing.weight}});
      }
      document["epochs"].push_back({{"epoch", epoch.number}, {"classes", std::move(classes)}});
    }
    return document;
  }
};

}  // namespace

void add_fine_tune_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "fine-tune", "Train what pruning left of a network, the dense one as its teacher; zeros stay zeros");
  const auto command = std::make_shared<FineTuneCommand>();
  verb->add_option("--model", command->model, "The dense network, ONNX (.onnx or .onnx.zst)")->required();
  verb->add_option("--pruned", command->pruned_model, "The network pruned from it (niwaki prune)");
  verb->add_option("--sparsity", command->sparsity, "Instead: prune it by steps, fine-tuning between them, to this");
  verb->add_option("--method", command->method, "How weights are chosen then, as niwaki prune")->capture_default_str();
  verb->add_option("--labels", command->labels, "Label file of the training images")->required();
  command->label_choice.add_to(*verb);
  verb->add_option("--images", command->images, "Folder of pictures")->required();
  verb->add_option("--out", command->out, "Where to write the network")->required();
  verb->add_option("--set", command->settings, "A recipe key=value of finetune, gradual or train (niwaki study --keys)")
      ->allow_extra_args(false);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
