#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/outcome.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cli/strata_choice.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/study/own_model/audit_model.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

struct AuditModelCommand {
  CommonOptions common;
  LabelChoice label_choice;
  PictureOptions pictures;
  BadImageOptions bad_images;
  StrataChoice strata;
  std::string model, labels, images, classes, outputs, out;
  std::vector<std::string> settings;
  bool anyway = false;

  void run() const {
    common.apply();
    OwnModelAudit audit{.model = model, .description = description(), .anyway = anyway, .recipe = recipe()};
    for (const std::string& setting : settings) {
      set_key(audit.recipe, setting);
    }
    if (audit.recipe.train.epochs > 0) {
      throw UsageError("this verb trains nothing", "--set train.epochs", "use niwaki study with model.file");
    }
    const auto progress = common.progress();
    print_outcome(common, audit_own_model(audit, out, *progress));
  }

 private:
  [[nodiscard]] ModelDescription description() const {
    ModelDescription said = pictures.description();
    said.outputs = outputs;
    if (!classes.empty()) {
      for (const std::string& name : split(classes, ',')) {
        said.classes.emplace_back(trimmed(name));
      }
    }
    return said;
  }

  [[nodiscard]] Recipe recipe() const {
    const auto absolute = [](const std::string& path) { return path.empty() ? fs::path() : fs::absolute(path); };
    Recipe recipe = own_model_recipe();
    recipe.seed = common.seed.value_or(recipe.seed);
    recipe.labels = absolute(labels);
    recipe.images = absolute(images);
    recipe.reading = pictures.window.read_options();
    recipe.bad_images = bad_images.policy;
    recipe.label_format = label_choice.format;
    recipe.uncertain = label_choice.uncertain;
    recipe.blank = label_choice.blank;
    recipe.class_map = absolute(label_choice.class_map);
    recipe.strata = absolute(strata.file);
    recipe.strata_by = strata.names();
    recipe.image_measures = absolute(strata.measures);
    return recipe;
  }
};

}  // namespace

void add_audit_model_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "audit-model", "A network of your own, labels and pictures: prune, predict, audit, report; trains nothing");
  const auto command = std::make_shared<AuditModelCommand>();
  verb->add_option("--model", command->model, "ONNX network (.onnx or .onnx.zst); model.toml beside it may describe it")
      ->required();
  verb->add_option("--labels", command->labels, "Label file")->required();
  command->label_choice.add_to(*verb);
  verb->add_option("--images", command->images, "Folder of pictures")->required();
  verb->add_option("--classes", command->classes,
                   "What the outputs are, in order, commas between (else: the network's)");
  command->pictures.add_to(*verb);
  command->bad_images.add_to(*verb);
  verb->add_option("--outputs", command->outputs, "logits or probabilities (else told by the network)");
  command->strata.add_to(*verb);
  verb->add_option("--out", command->out, "The study's folder")->required();
  verb->add_option("--set", command->settings, "key=value of a recipe; may be repeated (niwaki study --keys)")
      ->allow_extra_args(false);
  verb->add_flag("--anyway", command->anyway, "Go on where the network looks wrongly used, with a warning");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
