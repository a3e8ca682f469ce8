#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/outcome.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/study/study.hpp"

namespace niwaki {
namespace {

struct StudyCommand {
  CommonOptions common;
  std::string recipe;
  std::string preset;
  std::string out;
  std::vector<std::string> settings;
  bool keys = false;

  void run() const {
    common.apply();
    if (keys) {
      print_keys();
      return;
    }
    if (out.empty()) {
      throw UsageError("no folder for the results is given", "--out", "add --out DIR");
    }
    Recipe chosen = chosen_recipe();
    for (const std::string& setting : settings) {
      set_key(chosen, setting);
    }
    if (common.seed) {
      chosen.seed = *common.seed;
    }
    const auto progress = common.progress();
    print_outcome(common, run_study(chosen, out, *progress));
  }

 private:
  [[nodiscard]] Recipe chosen_recipe() const {
    if (recipe.empty() == preset.empty()) {
      throw UsageError(recipe.empty() ? "no recipe is given" : "a recipe and a preset are given", "niwaki study",
                       "give one: RECIPE.toml or --preset NAME");
    }
    return recipe.empty() ? niwaki::preset(preset) : read_recipe(recipe);
  }

  static void print_keys() {
    for (const RecipeKey& key : recipe_keys()) {
      fmt::print("{} = {}  # {}\n", key.name, key.value, key.meaning);
    }
  }
};

void add_study(CLI::App& program) {
  CLI::App* verb =
      program.add_subcommand("study", "Train or import, prune, predict, audit, report; goes on where it was stopped");
  const auto command = std::make_shared<StudyCommand>();
  verb->add_option("recipe", command->recipe, "The study's recipe, a TOML file");
  verb->add_option("--preset", command->preset, "A ready-made recipe: demo, nih-1000, nih-cxr-lt, mimic-cxr-lt");
  verb->add_option("--out", command->out, "The study's folder");
  verb->add_option("--set", command->settings, "key=value, over the recipe; may be repeated")->allow_extra_args(false);
  verb->add_flag("--keys", command->keys, "List the keys of a recipe and their defaults");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

void add_demo(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("demo", "The phantom study, start to report");
  const auto command = std::make_shared<StudyCommand>();
  command->preset = "demo";
  command->out = "out/demo";
  verb->add_option("--out", command->out, "The study's folder")->capture_default_str();
  verb->add_option("--set", command->settings, "key=value, over the recipe; may be repeated")->allow_extra_args(false);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace

void add_study_verbs(CLI::App& program) {
  add_demo(program);
  add_study(program);
}

}  // namespace niwaki
