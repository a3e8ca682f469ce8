#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/train/test_networks.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using namespace testing_networks;

/// Asks for cancellation at the `at`-th report of pictures done (0 first) after an epoch was announced.
class CancelAt : public SilentProgress {
 public:
  CancelAt(std::size_t epoch, std::size_t report)
      : epoch_(fmt::format("epoch {} of", epoch)), reports_left_(report + 1) {}
  void say(const std::string& now) override { here_ = now.starts_with(epoch_); }
  void advance(double /*amount*/) override {
    if (here_ && --reports_left_ == 0) {
      request_cancellation();
    }
  }

 private:
  std::string epoch_;
  bool here_ = false;
  std::size_t reports_left_;
};

/// Remembers what was said to be done.
class Announcements : public SilentProgress {
 public:
  void say(const std::string& now) override { heard.push_back(now); }

  std::vector<std::string> heard;
};

/// A training whose validation labels are turned round for half of the pictures, so that some epochs are the best and
/// some are not.
class ResumeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("niwaki-resume-{}", ::getpid());
    fs::remove_all(folder_);
    labels_ = validation_.labels();
    for (std::size_t i = 0; i < labels_.size(); i += 2) {
      labels_[i] = labels_[i] == Label::kPositive ? Label::kNegative : Label::kPositive;
    }
  }
  void TearDown() override {
    clear_cancellation();
    fs::remove_all(folder_);
  }

  /// 4 epochs of 5 steps.
  TrainResult train(const std::string& name, const std::string& tag, Progress& progress) {
    const TrainOptions options{.learning_rate = 0.02,
                               .schedule = "one-cycle",
                               .batch = 8,
                               .epochs = 4,
                               .patience = 4,
                               .weight_decay = 1e-3,
                               .device = "cpu"};
    const LabelledImages images{&pictures_, {pictures_.labels().data(), pictures_.size(), 2}};
    const LabelledImages validation{&validation_, {labels_.data(), validation_.size(), 2}};
    return train_network(start_, images, validation, options, folder_ / name, tag, progress);
  }
  TrainResult train(const std::string& name) {
    SilentProgress silent;
    return train(name, "tag", silent);
  }

  void interrupt(const std::string& name, std::size_t epoch, std::size_t report, const std::string& tag = "tag") {
    CancelAt progress(epoch, report);
    EXPECT_THROW(train(name, tag, progress), Interrupted) << epoch << ", " << report;
    clear_cancellation();
  }

  [[nodiscard]] std::string bytes(const std::string& path) const { return read_file(folder_ / path); }
  void expect_same_results(const std::string& one, const std::string& other) const {
    for (const char* file : {"best.onnx", "history.csv", "checkpoint.bin"}) {
      EXPECT_EQ(bytes(one + "/" + file) == bytes(other + "/" + file), true) << file;
    }
  }

  const Graph start_ = small_network(2);
  const HalvesSource pictures_{37, 12, 1};
  const HalvesSource validation_{13, 12, 2};
  std::vector<Label> labels_;
  fs::path folder_;
};

TEST_F(ResumeTest, interrupted_anywhere_it_goes_on_to_the_same_bytes) {
  const std::vector<Epoch> history = train("undisturbed").history;
  EXPECT_FALSE(history[0].best && history[1].best && history[2].best);
  // After the first step of an epoch, within it, and before its validation.
  for (const auto& [epoch, report] :
       {std::pair(1, 0), std::pair(2, 0), std::pair(2, 3), std::pair(3, 0), std::pair(3, 4), std::pair(4, 4)}) {
    interrupt("run", epoch, report);
    EXPECT_EQ(fs::exists(folder_ / "run/last.onnx"), epoch > 1);
  }
  const TrainResult result = train("run");
  EXPECT_EQ(result.history.size(), 4U);
  expect_same_results("run", "undisturbed");
  EXPECT_EQ(read_onnx(folder_ / "run/best.onnx").tensors, result.best.tensors);
  EXPECT_FALSE(fs::exists(folder_ / "run/last.onnx"));
}

TEST_F(ResumeTest, with_several_threads_too_it_goes_on_to_the_same_bytes) {
  const ThreadCount threads(2);
  train("undisturbed");
  interrupt("run", 3, 2);
  train("run");
  expect_same_results("run", "undisturbed");
}

TEST_F(ResumeTest, once_finished_it_is_not_done_again) {
  const TrainResult first = train("run");
  fs::remove(folder_ / "run/best.onnx");  // as a kill after the checkpoint would leave it
  Announcements progress;
  const TrainResult second = train("run", "tag", progress);
  EXPECT_TRUE(progress.heard.empty());
  EXPECT_EQ(second.best.tensors, first.best.tensors);
  EXPECT_EQ(second.history.size(), first.history.size());
  EXPECT_EQ(read_onnx(folder_ / "run/best.onnx").tensors, first.best.tensors);
}

TEST_F(ResumeTest, a_checkpoint_of_another_run_or_a_damaged_one_is_begun_anew) {
  train("undisturbed");
  interrupt("run", 3, 0, "another tag");
  train("run");
  expect_same_results("run", "undisturbed");
  const std::string damaged = bytes("run/checkpoint.bin");
  write_file(folder_ / "run/checkpoint.bin", damaged.substr(0, damaged.size() / 2));
  train("run");
  expect_same_results("run", "undisturbed");
}

}  // namespace
}  // namespace niwaki
