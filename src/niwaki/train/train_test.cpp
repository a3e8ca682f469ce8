#include "niwaki/train/train.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/train/test_networks.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using namespace testing_networks;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Counts what it hears of.
class Listener : public SilentProgress {
 public:
  void start(const std::string& /*job*/, double job) override { total = job; }
  void advance(double amount) override { amounts.push_back(amount); }
  void finish() override { finished = true; }

  double total = 0;
  std::vector<double> amounts;
  bool finished = false;
};

/// Remembers which pictures were read, and may spoil one.
class WatchedSource : public HalvesSource {
 public:
  WatchedSource(std::size_t count, std::uint64_t seed) : HalvesSource(count, 12, seed) {}
  void read(std::size_t index, std::span<float> pixels) const override {
    const std::lock_guard lock(mutex_);
    read_.push_back(index);
    HalvesSource::read(index, pixels);
    if (index == spoiled) {
      pixels[5] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  /// The pictures of one pass through all of them, 0 first.
  [[nodiscard]] std::vector<std::size_t> pass(std::size_t number) const {
    const auto first = read_.begin() + static_cast<std::ptrdiff_t>(number * size());
    return {first, first + static_cast<std::ptrdiff_t>(size())};
  }
  [[nodiscard]] std::size_t times_read() const { return read_.size(); }

  std::size_t spoiled = std::numeric_limits<std::size_t>::max();

 private:
  mutable std::mutex mutex_;
  mutable std::vector<std::size_t> read_;
};

class TrainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("niwaki-train-{}", ::getpid());
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static LabelledImages labelled(const HalvesSource& source) {
    return {&source, {source.labels().data(), source.size(), 2}};
  }

  /// 5 steps an epoch of 37 pictures.
  static TrainOptions short_options() {
    return {.learning_rate = 0.02,
            .schedule = "one-cycle",
            .batch = 8,
            .epochs = 4,
            .patience = 4,
            .weight_decay = 1e-3,
            .device = "cpu"};
  }

  TrainResult train(const TrainOptions& options, const std::string& name = "run", const std::string& tag = "tag") {
    SilentProgress silent;
    return train(options, name, tag, silent);
  }
  TrainResult train(const TrainOptions& options, const std::string& name, const std::string& tag, Progress& progress) {
    return train_network(start_, labelled(pictures_), labelled(validation_), options, folder_ / name, tag, progress);
  }

  /// The mean loss of the pictures of `source` over the known ones of `labels`, by plain loops.
  static double plain_loss(const Graph& graph, const HalvesSource& source, const std::vector<Label>& labels,
                           bool training = false) {
    const Preprocessing& shape = source.preprocessing();
    std::vector<double> input;
    std::vector<float> picture(shape.values());
    for (std::size_t i = 0; i < source.size(); ++i) {
      source.read(i, picture);
      normalise(picture, shape);
      input.insert(input.end(), picture.begin(), picture.end());
    }
    const auto count = static_cast<std::int64_t>(source.size());
    const std::vector<double> logits = plain_logits(graph, values_of(graph), input, {count, 1, 12, 12}, training);
    double sum = 0;
    double known = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double probability = 1 / (1 + std::exp(-logits[i]));
      if (labels[i] != Label::kUnknown) {
        sum -= std::log(labels[i] == Label::kPositive ? probability : 1 - probability);
        ++known;
      }
    }
    return sum / known;
  }

  /// What was said of a training that must fail.
  std::string error_of(const std::function<void()>& body) {
    try {
      body();
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  [[nodiscard]] std::string bytes(const std::string& path) const { return read_file(folder_ / path); }
  const Graph start_ = small_network(2);
  const WatchedSource pictures_{37, 1};
  const WatchedSource validation_{13, 2};
  fs::path folder_;
};

TEST_F(TrainTest, learns_a_task_that_can_be_learned) {
  TrainOptions options = short_options();
  options.epochs = 25;
  options.patience = 25;
  const WatchedSource many(120, 3);
  SilentProgress progress;
  const TrainResult result =
      train_network(start_, labelled(many), labelled(validation_), options, folder_, "tag", progress);
  ASSERT_EQ(result.history.size(), 25U);
  EXPECT_LT(result.history.back().train_loss, 0.3 * result.history.front().train_loss);
  EXPECT_GT(result.history.back().validation_ap, 0.95);
  EXPECT_LT(plain_loss(result.best, validation_, validation_.labels()), 0.3);
}

TEST_F(TrainTest, another_seed_is_another_training) {
  TrainOptions options = short_options();
  options.epochs = 1;
  const TrainResult one = train(options, "one");
  options.seed = 2;
  EXPECT_NE(train(options, "two").best.tensors, one.best.tensors);
}

TEST_F(TrainTest, each_epoch_sees_every_picture_once_in_an_order_of_its_own) {
  train(short_options());
  ASSERT_EQ(pictures_.times_read(), 4 * pictures_.size());
  ASSERT_EQ(validation_.times_read(), 4 * validation_.size());
  std::set<std::vector<std::size_t>> orders;
  for (std::size_t epoch = 0; epoch < 4; ++epoch) {
    std::vector<std::size_t> order = pictures_.pass(epoch);
    orders.insert(order);
    std::ranges::sort(order);
    EXPECT_EQ(std::ranges::adjacent_find(order), order.end());
  }
  EXPECT_EQ(orders.size(), 4U);
}

TEST_F(TrainTest, each_epoch_turns_pictures_in_its_own_way_where_this_is_asked_for) {
  TrainOptions options = short_options();
  options.schedule = "constant";
  options.learning_rate = 1e-12;  // so that epochs differ by their pictures alone
  options.batch = 37;
  options.epochs = 2;
  const auto change = [&](const std::string& name) {
    const std::vector<Epoch> history = train(options, name).history;
    return std::abs(history[1].train_loss - history[0].train_loss);
  };
  EXPECT_GT(change("turned"), 1e-4);
  options.augmentation = {.flip = false, .rotation_degrees = 0};
  EXPECT_LT(change("as they are"), 1e-6);
}

TEST_F(TrainTest, the_best_epoch_is_that_of_lowest_loss_over_the_whole_validation_set) {
  TrainOptions options = short_options();
  options.learning_rate = 0.1;  // so that the loss goes up and down
  options.schedule = "constant";
  options.epochs = 8;
  options.patience = 8;
  const TrainResult result = train(options);
  double lowest = std::numeric_limits<double>::infinity();
  std::size_t bests = 0;
  for (const Epoch& epoch : result.history) {
    EXPECT_EQ(epoch.best, epoch.validation_loss < lowest) << "epoch " << epoch.number;
    lowest = std::min(lowest, epoch.validation_loss);
    bests += epoch.best ? 1 : 0;
  }
  EXPECT_LT(bests, result.history.size());
  EXPECT_NEAR(plain_loss(result.best, validation_, validation_.labels()), lowest, 1e-5);
}

TEST_F(TrainTest, stops_where_patience_ends) {
  TrainOptions options = short_options();
  options.schedule = "constant";
  options.epochs = 20;
  options.patience = 3;
  // The task turned upside down: the better it is learned, the higher the validation loss.
  std::vector<Label> turned = validation_.labels();
  for (Label& label : turned) {
    label = label == Label::kPositive ? Label::kNegative : Label::kPositive;
  }
  const LabelledImages validation{&validation_, {turned.data(), validation_.size(), 2}};
  Listener progress;
  const TrainResult result =
      train_network(start_, labelled(pictures_), validation, options, folder_ / "run", "tag", progress);
  const auto best = std::find_if(result.history.rbegin(), result.history.rend(), [](const Epoch& e) { return e.best; });
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(result.history.size(), best->number + 3);
  EXPECT_LT(result.history.size(), 20U);
  EXPECT_NEAR(plain_loss(result.best, validation_, turned), best->validation_loss, 1e-5);
  EXPECT_TRUE(progress.finished);
  const TrainResult again =
      train_network(start_, labelled(pictures_), validation, options, folder_ / "run", "tag", progress);
  EXPECT_TRUE(again.stopped_early);
  EXPECT_EQ(again.history.size(), result.history.size());
}

TEST_F(TrainTest, history_is_a_table_for_people_too) {
  TrainOptions options = short_options();
  const TrainResult result = train(options);
  const std::string text = bytes("run/history.csv");
  EXPECT_TRUE(text.starts_with("epoch,learning_rate,train_loss,validation_loss,validation_ap,best\n1,")) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 5);
  EXPECT_NEAR(result.history.back().learning_rate, 0.02 / 25 / 1e4, 1e-12);  // where the cycle ends
}

TEST_F(TrainTest, no_epochs_give_the_start_back) {
  TrainOptions options = short_options();
  options.epochs = 0;
  const TrainResult result = train(options);
  EXPECT_EQ(result.best.tensors, start_.tensors);
  EXPECT_TRUE(result.history.empty());
  EXPECT_FALSE(result.stopped_early);
  EXPECT_EQ(read_onnx(folder_ / "run/best.onnx").tensors, start_.tensors);
}

TEST_F(TrainTest, a_last_batch_of_one_picture_joins_the_one_before) {
  TrainOptions options = short_options();
  options.epochs = 1;
  const auto batches = [&](std::size_t batch) {
    options.batch = batch;
    Listener progress;
    train(options, fmt::format("run{}", batch), "tag", progress);
    EXPECT_EQ(progress.total, 37);
    EXPECT_TRUE(progress.finished);
    progress.amounts.erase(progress.amounts.begin());  // what was done before: nothing
    return progress.amounts;
  };
  EXPECT_THAT(batches(12), ElementsAre(12, 12, 13));
  EXPECT_THAT(batches(36), ElementsAre(37));
  EXPECT_THAT(batches(20), ElementsAre(20, 17));
  EXPECT_THAT(batches(100), ElementsAre(37));
  EXPECT_EQ(batches(1).size(), 37U);
}

TEST_F(TrainTest, a_loss_that_is_no_number_is_an_input_error_that_says_what_to_try) {
  TrainOptions options = short_options();
  options.schedule = "constant";
  options.learning_rate = 1e30;
  const std::string message = error_of([&] { train(options); });
  EXPECT_THAT(message, HasSubstr("the loss became"));
  EXPECT_THAT(message, HasSubstr("train.learning_rate"));
  WatchedSource spoiled(20, 1);
  spoiled.spoiled = 7;
  SilentProgress silent;
  EXPECT_THAT(error_of([&] {
                train_network(start_, labelled(spoiled), labelled(validation_), short_options(), folder_ / "spoiled",
                              "tag", silent);
              }),
              HasSubstr("the loss became nan"));
}

TEST_F(TrainTest, sets_that_teach_nothing_are_input_errors) {
  SilentProgress silent;
  const std::vector<Label> unknown(2 * 37, Label::kUnknown);
  const LabelledImages nothing_known{&pictures_, {unknown.data(), 37, 2}};
  const LabelledImages validation_unknown{&validation_, {unknown.data(), 13, 2}};
  const HalvesSource one(1, 12, 1);
  const auto attempt = [&](const LabelledImages& train, const LabelledImages& validation) {
    return error_of([&] { train_network(start_, train, validation, short_options(), folder_ / "run", "tag", silent); });
  };
  EXPECT_THAT(attempt(nothing_known, labelled(validation_)), HasSubstr("no image with a known label: training"));
  EXPECT_THAT(attempt(labelled(pictures_), validation_unknown), HasSubstr("no image with a known label: validation"));
  EXPECT_THAT(attempt(labelled(one), labelled(validation_)), HasSubstr("one training image"));
  const HalvesSource tiny(5, 2, 1);  // too small for the network's pool
  EXPECT_NE(attempt(labelled(tiny), labelled(validation_)), "no error");
}

TEST_F(TrainTest, losses_are_means_over_known_labels) {
  std::vector<Label> labels = pictures_.labels();
  for (std::size_t i = 0; i < labels.size(); i += 3) {
    labels[i] = Label::kUnknown;
  }
  TrainOptions options = short_options();
  options.learning_rate = 1e-12;
  options.batch = 37;
  options.epochs = 1;
  options.augmentation = {.flip = false, .rotation_degrees = 0};
  SilentProgress silent;
  const LabelledImages some_known{&pictures_, {labels.data(), 37, 2}};
  const Epoch epoch = train_network(start_, some_known, some_known, options, folder_, "tag", silent).history[0];
  EXPECT_NEAR(epoch.train_loss, plain_loss(start_, pictures_, labels, true), 1e-6);
  EXPECT_NEAR(epoch.validation_loss, plain_loss(read_onnx(folder_ / "best.onnx"), pictures_, labels), 1e-6);
}

TEST(TrainOptions, what_is_out_of_range_is_named) {
  const std::vector<std::pair<std::string, TrainOptions>> wrong = {
      {"train.learning_rate", {.learning_rate = 0}},
      {"train.learning_rate", {.learning_rate = std::numeric_limits<double>::quiet_NaN()}},
      {"train.schedule", {.schedule = "one-cylce"}},
      {"train.batch", {.batch = 0}},
      {"train.patience", {.patience = 0}},
      {"train.weight_decay", {.weight_decay = -1}},
      {"train.rotation", {.augmentation = {.rotation_degrees = -1}}},
      {"train.loss", {.loss = {.name = "hinge"}}},
      {"train.device", {.device = "tpu"}},
  };
  for (const auto& [field, options] : wrong) {
    try {
      options.check();
      ADD_FAILURE() << field << ": no error";
    } catch (const InputError& error) {
      EXPECT_THAT(error.where(), HasSubstr(field));
    }
  }
  EXPECT_NO_THROW(TrainOptions().check());
}

}  // namespace
}  // namespace niwaki
