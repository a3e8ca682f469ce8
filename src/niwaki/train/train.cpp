#include "niwaki/train/train.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/train/checkpoint.hpp"
#include "niwaki/train/labelled_batches.hpp"
#include "niwaki/train/learner.hpp"
#include "niwaki/train/learning_rate.hpp"
#include "niwaki/train/torch_predictor.hpp"
#include "niwaki/train/validation.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kValidationBatch = 64;

/// One training from where its folder has it to its end.
class Training {
 public:
  Training(const Graph& start, const LabelledImages& train, const LabelledImages& validation,
           const TrainOptions& options, std::filesystem::path folder, Progress& progress)
      : start_(start),
        train_(train),
        validation_(validation),
        options_(options),
        folder_(std::move(folder)),
        progress_(progress),
        loss_(label_loss(options.loss, train.labels)),
        learner_(start, AdamOptions{.weight_decay = options.weight_decay}, options.device),
        total_steps_(batches_of(train.images->size(), options.batch) * options.epochs) {}

  TrainResult run(const std::string& tag) {
    const auto images = static_cast<double>(train_.images->size());
    progress_.start("training", images * static_cast<double>(options_.epochs));
    resume(tag);
    progress_.advance(images * static_cast<double>(state_.history.size()));
    while (!state_.finished) {
      run_epoch();
      save();
    }
    progress_.finish();
    return {.best = with_tensors(state_.best), .history = state_.history, .stopped_early = state_.stopped_early};
  }

 private:
  void resume(const std::string& tag) {
    make_folder(folder_);
    remove_partial_files(folder_);
    std::optional<Checkpoint> found = read_checkpoint(checkpoint_path(), tag, start_);
    if (!found) {
      for (const char* name : {"checkpoint.bin", "last.onnx", "best.onnx", "history.csv"}) {
        std::filesystem::remove(folder_ / name);
      }
      state_ = {.tag = tag, .finished = options_.epochs == 0, .best = start_.tensors};
      save_for_others();
      return;
    }
    state_ = std::move(*found);
    if (!state_.finished) {
      learner_.restore(with_tensors(state_.last), state_.adam);
    }
    // A kill may have come between the checkpoint and what is written after it.
    save_for_others();
  }

  void run_epoch() {
    const std::size_t number = state_.history.size() + 1;
    progress_.say(fmt::format("epoch {} of {}", number, options_.epochs));
    Epoch epoch{.number = number};
    train_epoch(epoch);
    Graph trained = learner_.graph();
    validate(trained, epoch);
    const bool first = state_.history.empty();
    epoch.best = first || epoch.validation_loss < best_epoch().validation_loss;
    state_.history.push_back(epoch);
    if (epoch.best) {
      state_.best = trained.tensors;
    }
    state_.last = std::move(trained.tensors);
    state_.adam = learner_.state();
    decide_whether_finished();
  }

  [[nodiscard]] const Epoch& best_epoch() const {
    return *std::find_if(state_.history.rbegin(), state_.history.rend(), [](const Epoch& epoch) { return epoch.best; });
  }

  void decide_whether_finished() {
    const std::size_t done = state_.history.size();
    state_.stopped_early = done < options_.epochs && done - best_epoch().number >= options_.patience;
    state_.finished = state_.stopped_early || done == options_.epochs;
    if (state_.finished) {
      state_.last.clear();
      state_.adam = {};
    }
  }

  void train_epoch(Epoch& epoch) {
    loss_.reweighted = reweights_in(options_.loss, epoch.number, options_.epochs);
    learner_.set_objective({.labels = loss_});
    LabelledBatches batches(train_, {.purpose = "train",
                                     .seed = options_.seed,
                                     .number = epoch.number,
                                     .batch = options_.batch,
                                     .augmentation = options_.augmentation});
    std::size_t step = batches.count() * (epoch.number - 1);
    LossSum total;
    while (const std::optional<LabelledBatch> batch = batches.next()) {
      epoch.learning_rate = learning_rate_at(options_, step++, total_steps_);
      const LossSum loss = learner_.step(*batch, epoch.learning_rate);
      expect_finite(loss.sum, epoch.number);
      total.sum += loss.sum;
      total.known += loss.known;
      progress_.advance(static_cast<double>(batches.rows().size()));
    }
    epoch.train_loss = total.mean();
  }

  void validate(const Graph& trained, Epoch& epoch) const {
    const TorchPredictor predictor(trained, options_.device);
    const std::size_t images = validation_.images->size();
    const std::vector<float> logits =
        predictor.logits(*validation_.images, std::min({images, options_.batch, kValidationBatch}));
    const ValidationFigures figures =
        validation_figures({logits.data(), images, predictor.classes()}, validation_.labels, validated_loss());
    expect_finite(figures.loss, epoch.number);
    epoch.validation_loss = figures.loss;
    epoch.validation_ap = figures.average_precision;
  }

  /// One loss for all epochs, or they could not be compared: the one that the last epoch descends.
  [[nodiscard]] LabelLoss validated_loss() const {
    LabelLoss loss = loss_;
    loss.reweighted = reweights_in(options_.loss, options_.epochs, options_.epochs);
    return loss;
  }

  static void expect_finite(double loss, std::size_t epoch) {
    if (!std::isfinite(loss)) {
      throw InputError(fmt::format("the loss became {}", loss), fmt::format("training, epoch {}", epoch),
                       "try a lower train.learning_rate, or a larger train.batch");
    }
  }

  /// The checkpoint is the one file that a continuation reads, so that there is no moment at which two files disagree;
  /// the others follow from it.
  void save() const {
    write_checkpoint(state_, checkpoint_path());
    save_for_others();
  }

  void save_for_others() const {
    if (state_.finished) {
      std::filesystem::remove(folder_ / "last.onnx");
    } else if (!state_.history.empty()) {
      write_onnx(with_tensors(state_.last), folder_ / "last.onnx");
    }
    if (state_.finished || !state_.history.empty()) {
      write_onnx(with_tensors(state_.best), folder_ / "best.onnx");
      write_history(state_.history, folder_ / "history.csv");
    }
  }

  [[nodiscard]] Graph with_tensors(const std::map<std::string, Tensor>& tensors) const {
    Graph graph = start_;
    graph.tensors = tensors;
    return graph;
  }

  [[nodiscard]] std::filesystem::path checkpoint_path() const { return folder_ / "checkpoint.bin"; }

  const Graph& start_;
  const LabelledImages train_;
  const LabelledImages validation_;
  const TrainOptions options_;
  const std::filesystem::path folder_;
  Progress& progress_;
  LabelLoss loss_;
  Learner learner_;
  Checkpoint state_;
  const std::size_t total_steps_;
};

void check_number(bool good, const std::string& field, double value, const std::string& advice) {
  if (!good) {
    throw InputError(fmt::format("{} is out of range", value), "train." + field, advice);
  }
}

void check_choice(const std::string& value, const std::string& field, std::span<const std::string> choices) {
  if (std::ranges::find(choices, value) == choices.end()) {
    throw InputError(fmt::format("'{}' is not known{}", value, did_you_mean(value, choices)), "train." + field,
                     "choose " + joined(choices, " or "));
  }
}

}  // namespace

void TrainOptions::check() const {
  check_number(std::isfinite(learning_rate) && learning_rate > 0, "learning_rate", learning_rate,
               "give a number above 0");
  check_number(batch >= 1, "batch", static_cast<double>(batch), "give 1 or more");
  check_number(patience >= 1, "patience", static_cast<double>(patience), "give 1 or more");
  check_number(std::isfinite(weight_decay) && weight_decay >= 0, "weight_decay", weight_decay, "give 0 or more");
  check_choice(schedule, "schedule", std::array<std::string, 2>{"constant", "one-cycle"});
  loss.check();
  check_choice(device, "device", std::array<std::string, 3>{"auto", "cpu", "cuda"});
  augmentation.check();
}

TrainResult train_network(const Graph& start, const LabelledImages& train, const LabelledImages& validation,
                          const TrainOptions& options, const std::filesystem::path& folder, const std::string& tag,
                          Progress& progress) {
  options.check();
  check_images(start, train, "training");
  check_images(start, validation, "validation");
  if (train.images->size() < 2) {
    throw InputError("there is one training image", "training images", "give more");
  }
  return Training(start, train, validation, options, folder, progress).run(tag);
}

void write_history(const std::vector<Epoch>& history, const std::filesystem::path& path) {
  CsvWriter csv({"epoch", "learning_rate", "train_loss", "validation_loss", "validation_ap", "best"});
  for (const Epoch& epoch : history) {
    csv.cell(epoch.number).cell(epoch.learning_rate).cell(epoch.train_loss).cell(epoch.validation_loss);
    csv.cell(std::isnan(epoch.validation_ap) ? std::nullopt : std::optional(epoch.validation_ap));
    csv.cell(epoch.best ? 1 : 0);
    csv.end_row();
  }
  write_file(path, csv.text());
}

}  // namespace niwaki
