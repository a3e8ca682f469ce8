#include "niwaki/train/fine_tune.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/prune/mask.hpp"
#include "niwaki/train/labelled_batches.hpp"
#include "niwaki/train/learner.hpp"
#include "niwaki/train/learning_rate.hpp"
#include "niwaki/train/torch_predictor.hpp"

namespace niwaki {
namespace {

void check_number(bool good, const char* field, double value, const char* advice) {
  if (!good) {
    throw InputError(fmt::format("{} is out of range", value), fmt::format("finetune.{}", field), advice);
  }
}

/// One fine-tuning from its first step to its last.
class FineTuning {
 public:
  FineTuning(const Graph& dense, const Graph& pruned, const LabelledImages& train, const FineTuneOptions& options,
             Progress& progress)
      : train_(train),
        options_(options),
        progress_(progress),
        teacher_(dense, options.device),
        loss_(label_loss(options.loss, train.labels)),
        constraints_(options.constraints, train.labels),
        learner_(pruned, AdamOptions{}, options.device),
        total_steps_(batches_of(train.images->size(), options.batch) * options.epochs) {
    learner_.hold_mask(mask_of_zeros(pruned));
  }

  FineTuneResult run() {
    FineTuneResult result;
    for (std::size_t number = 1; number <= options_.epochs; ++number) {
      progress_.say(fmt::format("fine-tuning, epoch {} of {}", number, options_.epochs));
      result.history.push_back(run_epoch(number));
    }
    result.network = learner_.graph();
    return result;
  }

 private:
  FineTuneEpoch run_epoch(std::size_t number) {
    FineTuneEpoch epoch{.number = number};
    loss_.reweighted = reweights_in(options_.loss, number, options_.epochs);
    learner_.set_objective({.labels = loss_,
                            .distillation = options_.distillation,
                            .temperature = options_.temperature,
                            .class_weights = constraints_.weights()});
    LabelledBatches batches(train_, {.purpose = "fine-tune",
                                     .seed = options_.seed,
                                     .number = number,
                                     .batch = options_.batch,
                                     .augmentation = options_.augmentation});
    std::size_t step = batches.count() * (number - 1);
    while (std::optional<LabelledBatch> batch = batches.next()) {
      epoch.learning_rate = learning_rate_at(rate_, step++, total_steps_);
      run_step(*batch, epoch);
      progress_.advance(static_cast<double>(batches.rows().size()));
    }
    epoch.classes = constraints_.end_epoch();
    return epoch;
  }

  void run_step(LabelledBatch& batch, const FineTuneEpoch& epoch) {
    const std::vector<float> dense_logits = teacher_.logits(batch.pixels, batch.shape, options_.batch);
    batch.dense_logits = dense_logits;
    learner_.step(batch, epoch.learning_rate);
    const std::vector<float> logits = learner_.last_logits();
    if (!std::ranges::all_of(logits, [](float logit) { return std::isfinite(logit); })) {
      throw InputError("the logits became NaN or infinite", fmt::format("fine-tuning, epoch {}", epoch.number),
                       "try a lower finetune.learning_rate, or a larger finetune.batch");
    }
    constraints_.add(batch, logits);
  }

  const LabelledImages train_;
  const FineTuneOptions options_;
  Progress& progress_;
  const TorchPredictor teacher_;
  LabelLoss loss_;
  ClassConstraints constraints_;
  Learner learner_;
  const TrainOptions rate_ = {.learning_rate = options_.learning_rate, .schedule = "one-cycle"};
  const std::size_t total_steps_;
};

}  // namespace

void FineTuneOptions::check() const {
  check_number(std::isfinite(learning_rate) && learning_rate > 0, "learning_rate", learning_rate,
               "give a number above 0");
  check_number(batch >= 1, "batch", static_cast<double>(batch), "give 1 or more");
  check_number(distillation >= 0 && distillation <= 1, "distillation", distillation, "give a share, 0 to 1");
  check_number(temperature >= 0.1 && temperature <= 100, "temperature", temperature, "give 0.1 to 100");
  constraints.check();
  loss.check();
  augmentation.check();
}

FineTuneResult fine_tuned(const Graph& dense, const Graph& pruned, const LabelledImages& train,
                          const FineTuneOptions& options, Progress& progress) {
  options.check();
  if (class_count(dense) != class_count(pruned)) {
    throw InputError(
        fmt::format("the dense network has {} classes, the pruned one {}", class_count(dense), class_count(pruned)),
        "fine-tuning", "give the network that the pruned one was made from");
  }
  check_images(dense, train, "training");
  check_images(pruned, train, "training");
  if (train.images->size() < 2) {
    throw InputError("there is one training image", "training images", "give more");
  }
  return FineTuning(dense, pruned, train, options, progress).run();
}

}  // namespace niwaki
