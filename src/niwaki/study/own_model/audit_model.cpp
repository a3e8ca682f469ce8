#include "niwaki/study/own_model/audit_model.hpp"

#include <algorithm>
#include <sstream>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/readable_images.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/predict/predictor.hpp"
#include "niwaki/study/own_model/guards.hpp"
#include "niwaki/study/store.hpp"
#include "niwaki/study/study_cohort.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLookedAt = 2000;  // pictures, at most, before anything is pruned

/// The user's renaming, and the network's classes as targets.
std::string class_map_text(const std::vector<std::string>& targets,
                           const std::vector<std::pair<std::string, std::string>>& names) {
  toml::array list;
  for (const std::string& target : targets) {
    list.push_back(target);
  }
  toml::table renamed;
  for (const auto& [from, to] : names) {
    renamed.insert_or_assign(from, to);
  }
  toml::table table;
  table.insert_or_assign("targets", list);
  if (!renamed.empty()) {
    table.insert_or_assign("names", renamed);
  }
  return (std::ostringstream() << table << "\n").str();
}

/// Which classes only one side knows. Throws where there is none that both know.
std::vector<std::string> class_notes(const std::vector<std::string>& of_network,
                                     const std::vector<std::string>& of_labels, const std::string& labels) {
  const auto without = [](const std::vector<std::string>& names, const std::vector<std::string>& others) {
    std::vector<std::string> lacking;
    std::ranges::copy_if(names, std::back_inserter(lacking),
                         [&](const std::string& name) { return !find_class(name, others); });
    return lacking;
  };
  const std::vector<std::string> unknown = without(of_network, of_labels);
  const std::vector<std::string> passed_over = without(of_labels, of_network);
  if (unknown.size() == of_network.size()) {
    throw InputError(
        fmt::format("the labels have none of the network's classes ({})", joined(of_network, ", ")), labels,
        fmt::format("say with --class-map what the labels' classes are called there: {}", joined(of_labels, ", ")));
  }
  std::vector<std::string> notes;
  if (!unknown.empty()) {
    notes.push_back(fmt::format("the labels do not know {} of the network's classes, which have no figures: {}",
                                unknown.size(), joined(unknown, ", ")));
  }
  if (!passed_over.empty()) {
    notes.push_back(fmt::format("the network does not know {} of the labels' classes, which are passed over: {}",
                                passed_over.size(), joined(passed_over, ", ")));
  }
  return notes;
}

/// Some of the cohort, evenly spaced; without those that cannot be read, where the recipe leaves them out (whether they
/// are too many is asked of all images, by the study).
Cohort some_of(const Cohort& cohort, const Recipe& recipe) {
  const std::size_t count = std::min(kLookedAt, cohort.size());
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(i * cohort.size() / count);
  }
  const Cohort some = cohort.subset(rows);
  const BadImagePolicy policy{.action = recipe.bad_images.action, .limit = 1};
  return some.subset(readable_images(some, recipe.images, recipe.reading, policy).rows);
}

/// Whoever does not accept them is stopped by the first that is certain.
std::vector<std::string> settled(const std::vector<Suspicion>& suspicions, bool anyway, const std::string& model) {
  std::vector<std::string> warnings;
  for (const Suspicion& suspicion : suspicions) {
    if (suspicion.certain && !anyway) {
      throw InputError(suspicion.what, model, suspicion.what_to_do + "; --anyway goes on all the same");
    }
    warnings.push_back(fmt::format("{}: {}", suspicion.what, suspicion.what_to_do));
  }
  return warnings;
}

std::vector<std::string> look_at(const DescribedModel& model, const OwnModelAudit& audit, const Recipe& recipe,
                                 const std::string& said_outputs) {
  const Cohort cohort = some_of(read_study_labels(recipe), recipe);
  const auto images = open_image_files(cohort, recipe.images, *model.graph.preprocessing, recipe.reading);
  const std::string name = audit.model.string();
  std::vector<std::string> warnings = settled(suspicions_of_input(model.graph, *images), audit.anyway, name);
  const Predictor predictor(model.graph, {.kind = EngineKind::kAuto, .measured_costs = false});
  const std::vector<float> outputs = predictor.logits(*images);
  const MatrixView<const float> view(outputs.data(), cohort.size(), cohort.classes.size());
  for (const std::vector<Suspicion>& suspicions :
       {suspicions_of_outputs(view, said_outputs == "logits"), suspicions_of_classes(view, cohort)}) {
    const std::vector<std::string> more = settled(suspicions, audit.anyway, name);
    warnings.insert(warnings.end(), more.begin(), more.end());
  }
  return warnings;
}

}  // namespace

Recipe own_model_recipe() {
  Recipe recipe = default_recipe();
  recipe.title = "What pruning would cost this network";
  recipe.cohort_kind = "files";
  recipe.seeds = 1;
  recipe.train.epochs = 0;
  recipe.methods = {"l1"};
  recipe.split = {.train = 0.1, .validation = 0.2, .test = 0.7};
  return recipe;
}

StudyOutcome audit_own_model(const OwnModelAudit& audit, const fs::path& folder, Progress& progress) {
  const fs::path side_car = side_car_path(audit.model);
  const ModelDescription description =
      fs::exists(side_car) ? combined(audit.description, read_side_car(side_car)) : audit.description;
  DescribedModel model = described_model(read_onnx(audit.model), description, audit.model.string());
  Recipe recipe = audit.recipe;
  const std::vector<std::string> of_labels = read_study_labels(recipe).classes;
  const std::vector<std::string> notes = class_notes(model.graph.classes, of_labels, recipe.labels.string());
  model.notes.insert(model.notes.end(), notes.begin(), notes.end());
  const std::vector<std::pair<std::string, std::string>> names =
      recipe.class_map.empty() ? std::vector<std::pair<std::string, std::string>>{}
                               : read_class_map(recipe.class_map).names;
  {
    const StudyStore store(folder);  // refuses a folder that holds something else, before anything is written there
    write_file(folder / "classes.toml", class_map_text(model.graph.classes, names));
    write_onnx(model.graph, folder / "network.onnx");
  }
  recipe.class_map = fs::absolute(folder / "classes.toml");
  recipe.model_file = fs::absolute(folder / "network.onnx");
  recipe.input = *model.graph.preprocessing;
  StudyRun run;
  run.warnings = std::move(model.notes);
  const std::vector<std::string> warnings = look_at(model, audit, recipe, description.outputs);
  run.warnings.insert(run.warnings.end(), warnings.begin(), warnings.end());
  return run_study(recipe, folder, progress, run);
}

}  // namespace niwaki
