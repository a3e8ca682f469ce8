#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/picture_options.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/readable_images.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/predict/features.hpp"
#include "niwaki/predict/predictor.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

struct PredictCommand {
  CommonOptions common;
  std::string model;
  std::string labels;
  LabelChoice label_choice;
  std::string images;
  PictureOptions pictures;
  BadImageOptions bad_images;
  std::string kept;
  std::string input;
  std::string out;
  std::string features;
  std::string engine = "auto";
  bool logits = false;

  void run() const {
    common.apply();
    const EngineKind kind = parse_engine_kind(engine);
    check_arguments();
    check_output(out, {".npy"});
    if (!features.empty()) {
      check_output(features, {".npy"});
    }
    const Graph graph = read_onnx(model);
    const Predictor predictor(graph, {.kind = kind});
    const Cohort cohort = input.empty() ? cohort_to_predict() : Cohort{};
    std::vector<float> scores = input.empty() ? from_images(graph, predictor, cohort) : from_array(graph, predictor);
    if (!logits && !ends_in_sigmoid(graph)) {
      for (float& score : scores) {
        score = probability(score);
      }
    }
    const std::size_t rows = scores.size() / predictor.classes();
    write_npy(out, {rows, predictor.classes()}, scores);
    if (!features.empty()) {
      write_features(graph, kind, cohort);
    }
    print_line(common, fmt::format("{} images x {} classes written to {}", rows, predictor.classes(), out));
    if (common.json) {
      print_json(nlohmann::ordered_json{{"images", rows}, {"classes", predictor.classes()}, {"scores", out}}.dump(2));
    }
  }

 private:
  void check_arguments() const {
    if (input.empty() == (labels.empty() || images.empty())) {
      throw UsageError("what to predict is not clear", "niwaki predict", "give --labels and --images, or --input");
    }
    if ((bad_images.policy.action == "leave-out") == kept.empty()) {
      throw UsageError(kept.empty() ? "scores without the images left out would fit no label file"
                                    : "--kept is given, but no image is left out",
                       "niwaki predict", "give --bad-images leave-out and --kept LABELS.csv, or neither");
    }
    if (!kept.empty()) {
      check_output(kept, {".csv"});
    }
  }

  /// In a run of its own, so that scores have the same bytes with features and without.
  void write_features(const Graph& graph, EngineKind kind, const Cohort& cohort) const {
    const Graph network = feature_network(graph, model);
    const Predictor predictor(network, {.kind = kind});
    const std::vector<float> values =
        input.empty() ? from_images(network, predictor, cohort) : from_array(network, predictor);
    write_npy(features, {values.size() / predictor.classes(), predictor.classes()}, values);
    print_line(common, fmt::format("{} features an image written to {}", predictor.classes(), features));
  }

  /// Without what the policy leaves out; then --kept says which images the rows of the scores are.
  [[nodiscard]] Cohort cohort_to_predict() const {
    Cohort all = read_labels(labels, label_choice.options());
    if (bad_images.policy.action == "stop") {
      bad_images.policy.check();
      return all;
    }
    const ReadableImages readable = readable_images(all, images, pictures.window.read_options(), bad_images.policy);
    for (const std::string& note : readable.notes()) {
      log_warning(note);
    }
    Cohort cohort = all.subset(readable.rows);
    write_labels(cohort, kept);
    return cohort;
  }

  [[nodiscard]] std::vector<float> from_images(const Graph& graph, const Predictor& predictor,
                                               const Cohort& cohort) const {
    const Preprocessing preprocessing = pictures.preprocessing_of(graph, model);
    const auto source = open_image_files(cohort, images, preprocessing, pictures.window.read_options());
    const auto progress = common.progress();
    progress->start("predict", static_cast<double>(cohort.size()));
    std::vector<float> scores =
        predictor.logits(*source, 64, [&](std::size_t done) { progress->advance(static_cast<double>(done)); });
    progress->finish();
    return scores;
  }

  [[nodiscard]] std::vector<float> from_array(const Graph& graph, const Predictor& predictor) const {
    const FloatArray array = read_npy(input);
    if (array.shape.size() != 4) {
      throw InputError(fmt::format("an array of {} dimensions", array.shape.size()), input,
                       "give [images, channels, height, width]");
    }
    const Shape shape(array.shape.begin(), array.shape.end());
    try {
      infer_shapes(graph, shape);
    } catch (const InputError& error) {
      throw InputError(fmt::format("these pictures do not fit the network ({})", error.problem()),
                       fmt::format("{}, {}", input, error.where()), error.what_to_do());
    }
    return predictor.logits(array.values, shape);
  }
};

}  // namespace

void add_predict_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("predict", "Scores of a network for pictures");
  const auto command = std::make_shared<PredictCommand>();
  verb->add_option("--model", command->model, "ONNX network (.onnx or .onnx.zst)")->required();
  verb->add_option("--labels", command->labels, "Label file: its images are predicted, in its order");
  command->label_choice.add_to(*verb);
  verb->add_option("--images", command->images, "Folder of pictures");
  command->pictures.add_to(*verb);
  command->bad_images.add_to(*verb);
  verb->add_option("--kept", command->kept, "Where to write the label file of the images that were not left out, .csv");
  verb->add_option("--input", command->input,
                   "Instead: a float32 .npy [images, channels, height, width], normalised already");
  verb->add_option("--out", command->out, "Where to write the scores, .npy")->required();
  verb->add_option("--features", command->features,
                   "Where to write the input of the last linear layer too, .npy (a second run)");
  verb->add_option("--engine", command->engine, "auto, dense, sparse or reference")->capture_default_str();
  verb->add_flag("--logits", command->logits, "Write logits instead of probabilities");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
