// Training and prediction on CUDA beside the processor's. Skipped where libtorch has no CUDA device.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/train/fine_tune.hpp"
#include "niwaki/train/learner.hpp"
#include "niwaki/train/test_networks.hpp"
#include "niwaki/train/torch_predictor.hpp"
#include "niwaki/train/weight_statistics_of.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;

std::vector<double> doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

class Cuda : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cuda_available()) {
      GTEST_SKIP() << "libtorch has no CUDA device here";
    }
  }

  static std::vector<float> logits(const Graph& graph, const Shape& shape, const std::string& device) {
    std::size_t values = 1;
    for (const std::int64_t length : shape) {
      values *= static_cast<std::size_t>(length);
    }
    return TorchPredictor(graph, device).logits(noise(values, 11), shape, static_cast<std::size_t>(shape[0]));
  }

  [[nodiscard]] LabelledImages images() const { return {&pictures_, {pictures_.labels().data(), pictures_.size(), 2}}; }

  /// What 25 epochs of 15 steps give, as far as `progress` lets them.
  [[nodiscard]] TrainResult trained(const std::string& name, Progress& progress) const {
    const TrainOptions options{
        .learning_rate = 0.02, .schedule = "one-cycle", .batch = 8, .epochs = 25, .patience = 25, .device = "cuda"};
    return train_network(small_network(2), images(), images(), options, folder_ / name, "tag", progress);
  }
  [[nodiscard]] TrainResult trained(const std::string& name) const {
    SilentProgress silent;
    return trained(name, silent);
  }

  FolderForTests folder_{"cuda"};
  HalvesSource pictures_{120, 12, 3};
};

TEST_F(Cuda, logits_are_those_of_the_processor) {
  for (const auto& [graph, shape] : std::vector<std::pair<Graph, Shape>>{{every_operator_network(), {5, 2, 9, 8}},
                                                                         {worn_resnet(4), {2, 1, 32, 32}},
                                                                         {small_network(2), {7, 1, 8, 8}}}) {
    EXPECT_LT(largest_difference(logits(graph, shape, "cuda"), doubles(logits(graph, shape, "cpu"))), 1e-5);
  }
}

TEST_F(Cuda, gradients_are_those_of_the_processor) {
  const Graph graph = worn_resnet(2);
  const std::vector<float> pixels = noise(4UL * 32 * 32, 5);
  const std::vector<float> targets{1, 0, 0, 1, 1, 1, 0, 0};
  const std::vector<float> known{1, 1, 0, 1, 1, 1, 1, 1};
  const LabelledBatch batch{.pixels = pixels, .shape = {4, 1, 32, 32}, .targets = targets, .known = known};
  const auto on_processor = Learner(graph, {}, "cpu").gradients(batch);
  const auto on_cuda = Learner(graph, {}, "cuda").gradients(batch);
  ASSERT_EQ(on_cuda.size(), on_processor.size());
  for (const auto& [name, gradient] : on_processor) {
    EXPECT_LT(largest_difference(on_cuda.at(name).values, doubles(gradient.values)), 1e-3) << name;
  }
}

TEST_F(Cuda, training_learns_what_can_be_learned) {
  const TrainResult result = trained("run");
  ASSERT_EQ(result.history.size(), 25U);
  EXPECT_LT(result.history.back().train_loss, 0.3 * result.history.front().train_loss);
  EXPECT_GT(result.history.back().validation_ap, 0.95);
}

TEST_F(Cuda, training_goes_on_where_it_was_interrupted) {
  /// Asks for cancellation after 12 epochs and a half.
  class Interrupting : public SilentProgress {
   public:
    void advance(double images) override {
      done_ += images;
      if (done_ > 12.5 * 120) {
        request_cancellation();
      }
    }

   private:
    double done_ = 0;
  } interrupting;
  EXPECT_THROW((void)trained("run", interrupting), Interrupted);
  clear_cancellation();
  const TrainResult resumed = trained("run");
  const TrainResult undisturbed = trained("other");
  ASSERT_EQ(resumed.history.size(), 25U);
  for (std::size_t epoch = 0; epoch < 25; ++epoch) {
    EXPECT_NEAR(resumed.history[epoch].train_loss, undisturbed.history[epoch].train_loss, 1e-3) << epoch;
  }
}

TEST_F(Cuda, fine_tuning_keeps_zeros_exactly) {
  const Graph dense = trained("run").best;
  const Graph half = pruned(dense, "random", 0.5, RandomStream(1, "prune/random"));
  SilentProgress silent;
  const FineTuneOptions options{.epochs = 6, .learning_rate = 0.02, .batch = 8, .device = "cuda"};
  const Graph tuned = fine_tuned(dense, half, images(), options, silent).network;
  EXPECT_EQ(mask_of_zeros(tuned), mask_of_zeros(half));
  EXPECT_NE(tuned.tensors, half.tensors);
}

TEST_F(Cuda, weight_statistics_are_those_of_the_processor) {
  Graph graph = worn_resnet(2);
  graph.classes = {"left", "upper"};
  const std::vector<std::size_t> rows{0, 2, 3, 5, 6, 7, 10, 11};
  const HalvesSource source(12, 32, 5);
  const LabelledImages images{&source, {source.labels().data(), source.size(), 2}};
  const auto gathered = [&](const std::string& device) {
    const StatisticsRequest request{.kinds = {StatisticsKind::kMeanGradient, StatisticsKind::kSquaredGradient,
                                              StatisticsKind::kInputNorms, StatisticsKind::kTail},
                                    .device = device};
    SilentProgress silent;
    return weight_statistics_of(graph, images, rows, request, silent).layers;
  };
  const std::vector<LayerStatistics> on_processor = gathered("cpu");
  const std::vector<LayerStatistics> on_cuda = gathered("cuda");
  ASSERT_EQ(on_cuda.size(), on_processor.size());
  for (std::size_t i = 0; i < on_cuda.size(); ++i) {
    const LayerStatistics& expected = on_processor[i];
    EXPECT_LT(largest_difference(on_cuda[i].mean_gradient, doubles(expected.mean_gradient)), 1e-3) << i;
    EXPECT_LT(largest_difference(on_cuda[i].mean_squared_gradient, doubles(expected.mean_squared_gradient)), 1e-3) << i;
    EXPECT_LT(largest_difference(on_cuda[i].input_norms, doubles(expected.input_norms)), 1e-4) << i;
    EXPECT_LT(largest_difference(on_cuda[i].tail_sum, doubles(expected.tail_sum)), 1e-3) << i;
    EXPECT_LT(largest_difference(on_cuda[i].tail_worst, doubles(expected.tail_worst)), 1e-3) << i;
  }
}

}  // namespace
}  // namespace niwaki
