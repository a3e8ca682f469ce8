#include <memory>

#include <CLI/CLI.hpp>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/outcome.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/study/study.hpp"

namespace niwaki {
namespace {

struct TrainCommand {
  CommonOptions common;
  std::string labels;
  std::string images;
  std::string out;
  std::string architecture = "resnet-small";
  std::string model;
  std::size_t size = 64;
  std::size_t epochs = 40;
  std::vector<std::string> settings;

  void run() const {
    common.apply();
    const auto progress = common.progress();
    const StudyOutcome outcome = run_study(recipe(), out, *progress, {.train_only = true});
    print_line(common, fmt::format("network: {}", (std::filesystem::path(out) / "training/seed-0/best.onnx").string()));
    print_outcome(common, outcome);
  }

 private:
  [[nodiscard]] Recipe recipe() const {
    Recipe recipe = default_recipe();
    recipe.title = "Training";
    recipe.seeds = 1;
    recipe.cohort_kind = "files";
    recipe.labels = std::filesystem::absolute(labels);
    recipe.images = std::filesystem::absolute(images);
    recipe.architecture = architecture;
    recipe.model_file = model.empty() ? std::filesystem::path() : std::filesystem::absolute(model);
    recipe.input.height = recipe.input.width = size;
    recipe.train.epochs = epochs;
    recipe.seed = common.seed.value_or(recipe.seed);
    for (const std::string& setting : settings) {
      set_key(recipe, setting);
    }
    return recipe;
  }
};

}  // namespace

void add_train_verb(CLI::App& program) {
  CLI::App* verb =
      program.add_subcommand("train", "Train a network on labelled pictures; goes on where it was stopped");
  const auto command = std::make_shared<TrainCommand>();
  verb->add_option("--labels", command->labels, "Label file")->required();
  verb->add_option("--images", command->images, "Folder of pictures")->required();
  verb->add_option("--out", command->out, "Folder for training/seed-0/best.onnx and history.csv")->required();
  verb->add_option("--architecture", command->architecture, "resnet-small, resnet18, resnet34, resnet50")
      ->capture_default_str();
  verb->add_option("--model", command->model, "An ONNX network to start from instead");
  verb->add_option("--size", command->size, "Pixels a side")->capture_default_str();
  verb->add_option("--epochs", command->epochs, "At most")->capture_default_str();
  verb->add_option("--set", command->settings, "Any recipe key=value (niwaki study --keys)")->allow_extra_args(false);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
