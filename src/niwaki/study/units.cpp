#include "niwaki/study/units.hpp"

#include <algorithm>
#include <functional>
#include <memory>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/predict/predictor.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/scores/grid.hpp"
#include "niwaki/study/repair_unit.hpp"
#include "niwaki/train/repair/method.hpp"
#include "niwaki/train/torch_predictor.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

std::string trained_path(std::uint64_t seed) {
  return fmt::format("training/seed-{}/best.onnx", seed);
}
std::string history_path(std::uint64_t seed) {
  return fmt::format("training/seed-{}/history.csv", seed);
}

constexpr std::size_t kBatch = 64;  // pictures read and predicted together
constexpr const char* kScores = "scores/scores.csv";
constexpr const char* kValidationScores = "validation/scores.csv";

std::vector<float> probabilities(std::vector<float> values) {
  std::transform(values.begin(), values.end(), values.begin(), probability);
  return values;
}

/// Logits of pictures by one network; the second argument hears how many images more are done.
using LogitsOf = std::function<std::vector<float>(const ImageSource&, const std::function<void(std::size_t)>&)>;

/// By libtorch where it is to run on CUDA, by the engine on the processor. Costs are estimated, not measured, so that
/// two runs of one recipe plan a network alike and their scores are the same bytes.
LogitsOf loaded_for_prediction(const Graph& graph, const std::string& device) {
  if (device == "cuda" || (device == "auto" && cuda_available())) {
    return [predictor = std::make_shared<TorchPredictor>(graph, device)](const ImageSource& images, const auto& done) {
      return predictor->logits(images, kBatch, done);
    };
  }
  const EngineOptions options{.kind = EngineKind::kAuto, .measured_costs = false};
  return [predictor = std::make_shared<Predictor>(graph, options)](const ImageSource& images, const auto& done) {
    return predictor->logits(images, kBatch, done);
  };
}

void write_scores(const LogitsOf& logits_of, std::size_t classes, const ImageSource& images, const fs::path& path,
                  Progress& progress) {
  const std::vector<float> logits =
      logits_of(images, [&](std::size_t done) { progress.advance(static_cast<double>(done)); });
  write_npy(path, {images.size(), classes}, probabilities(logits));
}

}  // namespace

Graph starting_network(const Recipe& recipe, const std::vector<std::string>& classes, std::uint64_t seed) {
  RandomStream random(recipe.seed, "model/weights", {seed});
  if (recipe.model_file.empty()) {
    return build_network(recipe.architecture, classes, recipe.input, random);
  }
  Graph graph = read_onnx(recipe.model_file);
  if (ends_in_sigmoid(graph)) {
    throw InputError("the network ends in a Sigmoid", recipe.model_file.string(),
                     "export it without: studies need logits");
  }
  if (!fitting_note(graph, classes).empty()) {
    replace_classifier(graph, classes, random);
  }
  graph.classes = classes;
  graph.preprocessing = recipe.input;
  return graph;
}

std::string fitting_note(const Graph& imported, const std::vector<std::string>& classes) {
  const std::size_t outputs = class_count(imported);
  if (imported.classes == classes || (imported.classes.empty() && outputs == classes.size())) {
    return "";
  }
  return fmt::format("the network's classifier ({} classes) was replaced by a new one for the cohort's {} classes",
                     outputs, classes.size());
}

std::vector<std::string> train_unit(const StudyContext& study, const Unit& unit, Progress& progress) {
  const Recipe& recipe = study.recipe;
  const fs::path folder = study.folder / fs::path(trained_path(unit.seed)).parent_path();
  make_folder(folder);
  const Graph start = starting_network(recipe, study.cohort.cohort.classes, unit.seed);
  if (recipe.train.epochs == 0) {
    write_onnx(start, study.folder / trained_path(unit.seed));
    write_history({}, study.folder / history_path(unit.seed));
    return {trained_path(unit.seed), history_path(unit.seed)};
  }
  TrainOptions options = recipe.train;
  options.seed = RandomStream(recipe.seed, "train", {unit.seed}).bits();
  const StudyCohort& cohort = study.cohort;
  train_network(start, {cohort.train.images.get(), cohort.train.cohort.label_view()},
                {cohort.validation.images.get(), cohort.validation.cohort.label_view()}, options, folder,
                unit.input_hash, progress);
  return {trained_path(unit.seed), history_path(unit.seed)};
}

std::vector<std::string> predict_unit(const StudyContext& study, const Unit& unit, Progress& progress) {
  Graph graph = read_onnx(study.folder / trained_path(unit.seed));
  if (unit.sparsity > 0) {
    Graph sparse = pruned_for_unit(study, unit, graph, progress);
    graph = repaired_for_unit(study, unit, graph, std::move(sparse), progress);
  }
  make_folder((study.folder / model_path(unit)).parent_path());
  make_folder((study.folder / scores_path(unit)).parent_path());
  write_onnx(graph, study.folder / model_path(unit));
  const LogitsOf logits_of = loaded_for_prediction(graph, study.recipe.train.device);
  const std::size_t classes = class_count(graph);
  write_scores(logits_of, classes, *study.cohort.test.images, study.folder / scores_path(unit), progress);
  std::vector<std::string> written = {model_path(unit), scores_path(unit)};
  if (unit.validation) {
    make_folder((study.folder / validation_path(unit)).parent_path());
    write_scores(logits_of, classes, *study.cohort.validation.images, study.folder / validation_path(unit), progress);
    written.push_back(validation_path(unit));
  }
  return written;
}

std::vector<std::string> write_manifests(const fs::path& folder, const std::vector<Unit>& plan) {
  ScoreGrid scores;
  ScoreGrid validation;
  for (const Unit& unit : plan) {
    if (unit.kind == UnitKind::kPredict) {
      const auto below = [](const std::string& path, const char* base) {
        return fs::path(path).lexically_relative(base).generic_string();
      };
      scores.entries.push_back({unit.method, unit.seed, unit.sparsity, below(scores_path(unit), "scores")});
      if (unit.validation) {
        validation.entries.push_back(
            {unit.method, unit.seed, unit.sparsity, below(validation_path(unit), "validation")});
      }
    }
  }
  make_folder(folder / "scores");
  make_folder(folder / "validation");
  write_grid(scores, folder / kScores);
  write_grid(validation, folder / kValidationScores);
  return {kScores, kValidationScores};
}

AuditResult run_audit(const StudyContext& study) {
  const ScoreGrid grid = read_grid(study.folder / kScores);
  const ValidationScores validation = {study.cohort.validation.cohort, read_grid(study.folder / kValidationScores)};
  // A network that was not trained here has no training frequencies that are known.
  const std::vector<std::size_t> train_positives =
      study.recipe.train.epochs == 0 ? std::vector<std::size_t>{} : study.cohort.train.cohort.positives();
  return audit(study.cohort.test.cohort, train_positives, grid, study.recipe.audit_options(), false, &validation,
               study.cohort.groups);
}

}  // namespace niwaki
