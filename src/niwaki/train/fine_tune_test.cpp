#include "niwaki/train/fine_tune.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/train/test_networks.hpp"
#include "niwaki/train/torch_predictor.hpp"
#include "niwaki/train/validation.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;
using ::testing::HasSubstr;

/// A small network that has learned its task, and what is left of it after half of its weights went by chance.
class FineTuneTest : public ::testing::Test {
 protected:
  static const Graph& dense() {
    static const Graph graph = trained();
    return graph;
  }
  static const Graph& half() {
    static const Graph graph = pruned(dense(), "random", 0.5, RandomStream(1, "prune/random"));
    return graph;
  }
  static Graph trained() {
    const auto folder = std::filesystem::temp_directory_path() / fmt::format("niwaki-fine-tune-{}", ::getpid());
    const HalvesSource pictures(120, 12, 3);
    SilentProgress silent;
    const LabelledImages images{&pictures, {pictures.labels().data(), pictures.size(), 2}};
    Graph best =
        train_network(small_network(2), images, images,
                      {.learning_rate = 0.02, .schedule = "one-cycle", .batch = 8, .epochs = 25, .device = "cpu"},
                      folder, "tag", silent)
            .best;
    std::filesystem::remove_all(folder);
    return best;
  }

  [[nodiscard]] LabelledImages images() const { return {&pictures_, {labels_.data(), pictures_.size(), 2}}; }
  static FineTuneOptions short_options() { return {.epochs = 6, .learning_rate = 0.02, .batch = 8, .device = "cpu"}; }
  [[nodiscard]] FineTuneResult tuned(const FineTuneOptions& options) const {
    SilentProgress silent;
    return fine_tuned(dense(), half(), images(), options, silent);
  }
  /// Plain cross entropy on pictures that no training saw.
  static double loss_of(const Graph& network) {
    const HalvesSource other(60, 12, 9);
    const std::vector<float> logits = TorchPredictor(network, "cpu").logits(other);
    return validation_figures({logits.data(), 60, 2}, {other.labels().data(), 60, 2}).loss;
  }
  std::string error_of(const FineTuneOptions& options) const {
    try {
      (void)tuned(options);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  const HalvesSource pictures_{120, 12, 3};
  std::vector<Label> labels_ = pictures_.labels();
};

TEST_F(FineTuneTest, gets_back_what_pruning_took) {
  const double whole = loss_of(dense());
  const double before = loss_of(half());
  const double after = loss_of(tuned(short_options()).network);
  EXPECT_GT(before, whole + 0.2);  // there is something to get back
  EXPECT_LT(after - whole, 0.3 * (before - whole));
}

TEST_F(FineTuneTest, by_the_dense_network_alone_it_learns_without_labels_that_are_right) {
  FineTuneOptions options = short_options();
  options.distillation = 1;
  const double right = loss_of(tuned(options).network);
  EXPECT_LT(right, 0.5 * loss_of(half()));
  for (Label& label : labels_) {
    label = label == Label::kPositive ? Label::kNegative : Label::kPositive;
  }
  options.constraints = {.step = 0, .tail_exponent = 0};
  const Graph taught = tuned(options).network;
  EXPECT_LT(loss_of(taught), 0.5 * loss_of(half()));
  options.distillation = 0;
  EXPECT_GT(loss_of(tuned(options).network), loss_of(half()));  // labels upside down teach the wrong thing
}

TEST_F(FineTuneTest, zeros_stay_exactly_and_the_rest_moves) {
  const Graph after = tuned(short_options()).network;
  EXPECT_EQ(mask_of_zeros(after), mask_of_zeros(half()));
  EXPECT_EQ(measure_sparsity(after).nonzero(), measure_sparsity(half()).nonzero());
  for (const PrunableLayer& layer : prunable_layers(after)) {
    std::size_t moved = 0;
    for (std::size_t i = 0; i < after.tensor(layer.tensor).size(); ++i) {
      const float now = after.tensor(layer.tensor).values[i];
      moved += now != half().tensor(layer.tensor).values[i] ? 1 : 0;
      EXPECT_FALSE(now == 0 && std::signbit(now));
    }
    EXPECT_GT(moved, 0U) << layer.node;
  }
}

TEST_F(FineTuneTest, same_inputs_same_bytes_and_another_seed_another_network) {
  FineTuneOptions options = short_options();
  options.epochs = 2;
  const Graph one = tuned(options).network;
  EXPECT_EQ(tuned(options).network.tensors, one.tensors);
  options.seed = 2;
  EXPECT_NE(tuned(options).network.tensors, one.tensors);
  const ThreadCount threads(2);
  EXPECT_EQ(tuned(options).network.tensors, tuned(options).network.tensors);
}

TEST_F(FineTuneTest, history_says_how_classes_stand_beside_the_dense_network) {
  const std::vector<FineTuneEpoch> history = tuned(short_options()).history;
  ASSERT_EQ(history.size(), 6U);
  ASSERT_EQ(history[0].classes.size(), 2U);
  EXPECT_GT(history[0].classes[0].loss, history[0].classes[0].dense_loss);
  EXPECT_LT(history[5].classes[0].loss, history[0].classes[0].loss);
  EXPECT_NEAR(history[3].classes[0].weight + history[3].classes[1].weight, 2, 1e-6);
  EXPECT_NEAR(history.back().learning_rate, 0.02 / 25 / 1e4, 1e-12);
}

TEST_F(FineTuneTest, no_epochs_give_the_pruned_network_back) {
  FineTuneOptions options = short_options();
  options.epochs = 0;
  EXPECT_EQ(tuned(options).network.tensors, half().tensors);
}

TEST_F(FineTuneTest, an_unknown_label_teaches_nothing) {
  FineTuneOptions options = short_options();
  options.epochs = 1;
  options.distillation = 0;
  for (std::size_t i = 0; i < labels_.size(); i += 2) {  // class 0
    labels_[i] = Label::kUnknown;
  }
  const FineTuneResult result = tuned(options);
  EXPECT_EQ(result.history[0].classes[0].loss, 0);
  const std::vector<float>& bias = result.network.tensor(result.network.nodes.back().inputs[2]).values;
  const std::vector<float>& before = half().tensor(half().nodes.back().inputs[2]).values;
  EXPECT_EQ(bias[0], before[0]);
  EXPECT_NE(bias[1], before[1]);
}

TEST_F(FineTuneTest, every_loss_can_be_chosen) {
  for (const LossDescription& loss : losses()) {
    FineTuneOptions options = short_options();
    options.loss.name = loss.name;
    options.loss.reweight_after = 0.5;
    options.distillation = 0.2;
    EXPECT_LT(loss_of(tuned(options).network), loss_of(half())) << loss.name;
  }
}

TEST_F(FineTuneTest, a_loss_that_is_no_number_says_what_to_try) {
  FineTuneOptions options = short_options();
  options.learning_rate = 1e30;
  EXPECT_THAT(error_of(options), HasSubstr("finetune.learning_rate"));
}

TEST_F(FineTuneTest, networks_and_pictures_that_do_not_fit_are_input_errors) {
  SilentProgress silent;
  const auto attempt = [&](const Graph& dense, const Graph& start, const LabelledImages& train) -> std::string {
    try {
      fine_tuned(dense, start, train, short_options(), silent);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(attempt(small_network(3), half(), images()), HasSubstr("3 classes, the pruned one 2"));
  const std::vector<Label> unknown(240, Label::kUnknown);
  EXPECT_THAT(attempt(dense(), half(), {&pictures_, {unknown.data(), 120, 2}}), HasSubstr("no image with a known"));
  const HalvesSource one(1, 12, 1);
  EXPECT_THAT(attempt(dense(), half(), {&one, {one.labels().data(), 1, 2}}), HasSubstr("one training image"));
}

TEST_F(FineTuneTest, stops_where_it_is_told_to) {
  request_cancellation();
  EXPECT_THROW(tuned(short_options()), Interrupted);
  clear_cancellation();
}

TEST(FineTuneOptions, what_is_out_of_range_is_named) {
  const std::vector<std::pair<std::string, FineTuneOptions>> wrong = {
      {"finetune.learning_rate", {.learning_rate = 0}},
      {"finetune.learning_rate", {.learning_rate = std::numeric_limits<double>::infinity()}},
      {"finetune.batch", {.batch = 0}},
      {"finetune.distillation", {.distillation = 1.01}},
      {"finetune.distillation", {.distillation = std::nan("")}},
      {"finetune.temperature", {.temperature = 0}},
      {"finetune.constraint_step", {.constraints = {.step = -1}}},
      {"train.rotation", {.augmentation = {.rotation_degrees = -1}}},
      {"train.loss", {.loss = {.name = "focul"}}},
  };
  for (const auto& [field, options] : wrong) {
    try {
      options.check();
      ADD_FAILURE() << field << ": no error";
    } catch (const InputError& error) {
      EXPECT_THAT(error.where(), HasSubstr(field));
    }
  }
  EXPECT_NO_THROW(FineTuneOptions().check());
}

}  // namespace
}  // namespace niwaki
