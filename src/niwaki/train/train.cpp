#include "niwaki/train/train.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "niwaki/cohort/batch_loader.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/train/checkpoint.hpp"
#include "niwaki/train/learner.hpp"
#include "niwaki/train/learning_rate.hpp"
#include "niwaki/train/torch_predictor.hpp"
#include "niwaki/train/validation.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kValidationBatch = 64;

/// An epoch's rows in random order, cut into batches. A last batch of one picture joins the one before it, because
/// normalisation by the mean and variance of one picture teaches little.
std::vector<std::vector<std::size_t>> shuffled_batches(std::size_t count, std::size_t batch, RandomStream random) {
  const std::vector<std::size_t> order = random.permutation(count);
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t first = 0; first < count; first += batch) {
    const std::size_t end = std::min(first + batch, count);
    if (end - first == 1 && batch > 1 && !batches.empty()) {
      batches.back().push_back(order[first]);
    } else {
      batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(first),
                           order.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
  return batches;
}

void check_images(const Graph& start, const LabelledImages& images, const std::string& name) {
  NIWAKI_CHECK(images.images != nullptr, "no {} images given", name);
  NIWAKI_CHECK(images.images->size() == images.labels.rows(), "{} {} images with {} rows of labels",
               images.images->size(), name, images.labels.rows());
  NIWAKI_CHECK(images.labels.columns() == class_count(start), "{} logits for {} classes", class_count(start),
               images.labels.columns());
  if (std::ranges::all_of(images.labels.values(), [](Label label) { return label == Label::kUnknown; })) {
    throw InputError("no image with a known label", name + " images", "check the label file and the split");
  }
  const Preprocessing& input = images.images->preprocessing();
  infer_shapes(start, {1, static_cast<std::int64_t>(input.channels), static_cast<std::int64_t>(input.height),
                       static_cast<std::int64_t>(input.width)});
}

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
        learner_(start, AdamOptions{.weight_decay = options.weight_decay}, options.device) {
    const std::size_t steps = shuffled_batches(train.images->size(), options.batch, RandomStream(0, "")).size();
    total_steps_ = steps * options.epochs;
  }

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
    const std::vector<std::vector<std::size_t>> batches = shuffled_batches(
        train_.images->size(), options_.batch, RandomStream(options_.seed, "train/shuffle", {epoch.number}));
    const Preprocessing& input = train_.images->preprocessing();
    const auto prepare = [&](std::size_t row, std::span<float> pixels) {
      train_.images->read(row, pixels);
      RandomStream random(options_.seed, "train/augment", {epoch.number, row});
      augment(pixels, input, options_.augmentation, random);
      normalise(pixels, input);
    };
    BatchLoader loader(batches, input.values(), prepare, {.threads = static_cast<std::size_t>(thread_count())});
    std::size_t step = batches.size() * (epoch.number - 1);
    LossSum total;
    ImageBatch spent;
    while (std::optional<ImageBatch> batch = loader.next(std::move(spent))) {
      throw_if_cancelled();
      epoch.learning_rate = learning_rate_at(options_, step++, total_steps_);
      const LossSum loss = train_step(*batch, epoch.learning_rate);
      expect_finite(loss.sum, epoch.number);
      total.sum += loss.sum;
      total.known += loss.known;
      progress_.advance(static_cast<double>(batch->rows.size()));
      spent = std::move(*batch);
    }
    epoch.train_loss = total.mean();
  }

  LossSum train_step(const ImageBatch& batch, double learning_rate) {
    const std::size_t classes = train_.labels.columns();
    targets_.resize(batch.rows.size() * classes);
    known_.resize(targets_.size());
    std::size_t i = 0;
    for (const std::size_t row : batch.rows) {
      for (const Label label : train_.labels.row(row)) {
        targets_[i] = label == Label::kPositive ? 1.0F : 0.0F;
        known_[i] = label == Label::kUnknown ? 0.0F : 1.0F;
        ++i;
      }
    }
    const Preprocessing& input = train_.images->preprocessing();
    const Shape shape = {static_cast<std::int64_t>(batch.rows.size()), static_cast<std::int64_t>(input.channels),
                         static_cast<std::int64_t>(input.height), static_cast<std::int64_t>(input.width)};
    return learner_.step({.pixels = batch.pixels, .shape = shape, .targets = targets_, .known = known_}, learning_rate);
  }

  void validate(const Graph& trained, Epoch& epoch) const {
    const TorchPredictor predictor(trained, options_.device);
    const std::size_t images = validation_.images->size();
    const std::vector<float> logits =
        predictor.logits(*validation_.images, std::min({images, options_.batch, kValidationBatch}));
    const ValidationFigures figures =
        validation_figures({logits.data(), images, predictor.classes()}, validation_.labels);
    expect_finite(figures.loss, epoch.number);
    epoch.validation_loss = figures.loss;
    epoch.validation_ap = figures.average_precision;
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
  Learner learner_;
  Checkpoint state_;
  std::size_t total_steps_ = 0;
  std::vector<float> targets_;
  std::vector<float> known_;
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
  check_choice(loss, "loss", std::array<std::string, 1>{"bce"});
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
