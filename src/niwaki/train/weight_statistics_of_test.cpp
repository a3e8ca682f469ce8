#include "niwaki/train/weight_statistics_of.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/train/test_networks.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;
using ::testing::Contains;
using ::testing::HasSubstr;

/// Every kind of layer that has weights: a convolution with stride, uneven pads and dilation, one in groups, linear.
Graph network() {
  NetworkMaker net(8);
  const std::string first = net.node(
      Relu{}, {net.normalization(net.convolution("input", {4, 1, 3, 2},
                                                 {.strides = {2, 1}, .pads = {1, 0, 0, 2}, .dilations = {1, 2}}, true),
                                 4)});
  const std::string second =
      net.node(Relu{}, {net.convolution(first, {6, 2, 3, 3}, {.pads = {1, 1, 1, 1}, .groups = 2}, false)});
  Graph graph = net.finish(net.linear(net.node(Flatten{}, {net.node(GlobalAveragePool{}, {second})}), 6, 2));
  graph.classes = {"left", "upper"};
  return graph;
}

class WeightStatisticsOf : public ::testing::Test {
 protected:
  WeightStatistics gather(const StatisticsKinds& kinds, std::size_t micro_batch = 1, const TailOptions& tail = {}) {
    const StatisticsRequest request{.kinds = kinds,
                                    .calibration = {.positives = positives_, .micro_batch = micro_batch},
                                    .tail = tail,
                                    .device = "cpu"};
    return weight_statistics_of(graph_, images(), rows_, request, silent_);
  }
  [[nodiscard]] LabelledImages images() const { return {&source_, {labels_.data(), source_.size(), 2}}; }

  [[nodiscard]] std::vector<double> normalised_picture(std::size_t row) const {
    std::vector<float> pixels(source_.preprocessing().values());
    source_.read(row, pixels);
    normalise(pixels, source_.preprocessing());
    return {pixels.begin(), pixels.end()};
  }

  /// Two logits of one picture by plain loops in double.
  [[nodiscard]] std::vector<double> logits(const Values& tensors, std::size_t row) const {
    return plain_logits(graph_, tensors, normalised_picture(row), {1, 1, 8, 8}, false);
  }

  /// d of(logits of this picture) / d each weight of a layer, by central differences.
  template <typename Function>
  std::vector<double> derivative(const std::string& tensor, std::size_t row, const Function& of) const {
    constexpr double kStep = 1e-5;
    Values tensors = values_of(graph_);
    std::vector<double> result;
    for (double& value : tensors.at(tensor)) {
      const double before = value;
      value = before + kStep;
      const double above = of(logits(tensors, row));
      value = before - kStep;
      result.push_back((above - of(logits(tensors, row))) / (2 * kStep));
      value = before;
    }
    return result;
  }

  [[nodiscard]] double loss(const std::vector<double>& values, std::size_t row) const {
    double sum = 0;
    for (std::size_t c = 0; c < 2; ++c) {
      const Label label = labels_[2 * row + c];
      const double probability = 1 / (1 + std::exp(-values[c]));
      sum -= label == Label::kUnknown ? 0 : std::log(label == Label::kPositive ? probability : 1 - probability);
    }
    return sum;
  }

  /// Sums over pictures of `power` of the loss's gradient.
  std::vector<double> loss_gradients(const std::string& tensor, int power) const {
    std::vector<double> sums(graph_.tensor(tensor).size());
    for (const std::size_t row : rows_) {
      const auto gradient = derivative(tensor, row, [&](const std::vector<double>& z) { return loss(z, row); });
      for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i] += std::pow(gradient[i], power) / static_cast<double>(rows_.size());
      }
    }
    return sums;
  }

  Graph graph_ = network();
  HalvesSource source_{12, 8, 5};
  std::vector<Label> labels_ = source_.labels();
  std::vector<std::size_t> rows_ = {0, 2, 3, 5, 6, 7, 10, 11};
  std::size_t positives_ = 100;
  SilentProgress silent_;
};

TEST_F(WeightStatisticsOf, gradients_of_the_loss_and_their_squares_are_central_differences) {
  labels_[2] = Label::kUnknown;  // image 1, which is not among the rows
  labels_[4] = Label::kUnknown;  // image 2, which is
  const WeightStatistics statistics = gather({StatisticsKind::kMeanGradient, StatisticsKind::kSquaredGradient});
  ASSERT_EQ(statistics.layers.size(), 3U);
  for (const LayerStatistics& layer : statistics.layers) {
    EXPECT_LT(largest_difference(layer.mean_gradient, loss_gradients(layer.tensor, 1)), 1e-4) << layer.tensor;
    EXPECT_LT(largest_difference(layer.mean_squared_gradient, loss_gradients(layer.tensor, 2)), 1e-4) << layer.tensor;
    EXPECT_TRUE(layer.input_norms.empty());
  }
}

/// The mean, over many draws of signs, of the estimate is the exact value; the square of the summed gradient is not.
TEST_F(WeightStatisticsOf, random_signs_estimate_single_images_squares) {
  const WeightStatistics exact = gather({StatisticsKind::kSquaredGradient}, 1);
  std::vector<double> mean(exact.layers[1].mean_squared_gradient.size());
  constexpr int kDraws = 600;
  for (int draw = 0; draw < kDraws; ++draw) {
    const StatisticsRequest request{.kinds = {StatisticsKind::kSquaredGradient},
                                    .calibration = {.micro_batch = 8},
                                    .seed = static_cast<std::uint64_t>(draw),
                                    .device = "cpu"};
    const WeightStatistics one = weight_statistics_of(graph_, images(), rows_, request, silent_);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += static_cast<double>(one.layers[1].mean_squared_gradient[i]) / kDraws;
    }
  }
  const WeightStatistics gradient = gather({StatisticsKind::kMeanGradient});
  double estimated = 0;
  double true_sum = 0;
  double of_the_sum = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    estimated += mean[i];
    true_sum += static_cast<double>(exact.layers[1].mean_squared_gradient[i]);
    of_the_sum += 8 * std::pow(static_cast<double>(gradient.layers[1].mean_gradient[i]), 2);
  }
  EXPECT_LT(largest_difference(exact.layers[1].mean_squared_gradient, mean), 0.25);
  EXPECT_NEAR(estimated, true_sum, 0.1 * true_sum);
  EXPECT_GT(std::abs(of_the_sum - true_sum), 0.3 * true_sum);  // what no signs would have given
}

TEST_F(WeightStatisticsOf, tail_is_the_formula_from_logit_gradients_of_single_images) {
  for (std::size_t row = 0; row < source_.size(); ++row) {  // half show each class, so that every image is taken
    labels_[2 * row] = row % 2 == 0 ? Label::kPositive : Label::kNegative;
    labels_[2 * row + 1] = row % 4 < 2 ? Label::kPositive : Label::kNegative;
  }
  const WeightStatistics statistics = gather({StatisticsKind::kTail}, 1, {.class_weights = {"upper=3"}});
  std::vector<std::vector<double>> expected(3);
  for (std::size_t c = 0; c < 2; ++c) {
    std::vector<std::vector<double>> saliency;
    double total = 0;
    for (const LayerStatistics& layer : statistics.layers) {
      const std::vector<float>& weights = graph_.tensor(layer.tensor).values;
      std::vector<double>& one = saliency.emplace_back(weights.size());
      for (std::size_t row = 0; row < source_.size(); ++row) {
        const auto gradient = derivative(layer.tensor, row, [c](const std::vector<double>& z) { return z[c]; });
        for (std::size_t i = 0; i < one.size(); ++i) {
          one[i] += std::pow(static_cast<double>(weights[i]) * gradient[i], 2);
        }
      }
      total = std::accumulate(one.begin(), one.end(), total);
    }
    for (std::size_t layer = 0; layer < 3; ++layer) {
      expected[layer].resize(saliency[layer].size());
      for (std::size_t i = 0; i < saliency[layer].size(); ++i) {
        expected[layer][i] += (c == 0 ? 0.25 : 0.75) * saliency[layer][i] / total;
      }
    }
  }
  for (std::size_t layer = 0; layer < 3; ++layer) {
    EXPECT_LT(largest_difference(statistics.layers[layer].tail_sum, expected[layer]), 1e-4) << layer;
  }
}

TEST_F(WeightStatisticsOf, a_pair_counts_by_the_images_that_show_both) {
  const WeightStatistics without = gather({StatisticsKind::kTail});
  const WeightStatistics with = gather({StatisticsKind::kTail}, 1, {.protect_pairs = {"left|upper"}});
  EXPECT_NE(without.layers[0].tail_sum, with.layers[0].tail_sum);
  for (std::size_t row = 0; row < source_.size(); ++row) {
    if (labels_[2 * row] == Label::kPositive) {
      labels_[2 * row + 1] = Label::kNegative;
    }
  }
  const WeightStatistics never = gather({StatisticsKind::kTail}, 1, {.protect_pairs = {"left|upper"}});
  EXPECT_THAT(never.notes, Contains(HasSubstr("'left|upper' has no part in the tail score: no positive image")));
  EXPECT_EQ(never.layers[0].tail_sum, gather({StatisticsKind::kTail}).layers[0].tail_sum);
}

/// Input norms by plain loops: what the first convolution's weights see of the pictures, padding being zeros.
TEST_F(WeightStatisticsOf, input_norms_are_plain_sums_over_places) {
  const WeightStatistics statistics = gather({StatisticsKind::kInputNorms});
  std::vector<double> sums(6);
  for (const std::size_t row : rows_) {
    const std::vector<double> picture = normalised_picture(row);
    // Pads top 1, right 2; kernel 3 x 2; strides 2 x 1; dilations 1 x 2: 4 x 8 places.
    for (std::int64_t place = 0; place < 4 * 8; ++place) {
      for (std::int64_t k = 0; k < 6; ++k) {
        const std::int64_t y = place / 8 * 2 - 1 + k / 2;
        const std::int64_t x = place % 8 + k % 2 * 2;
        const bool inside = y >= 0 && y < 8 && x < 8;
        sums[static_cast<std::size_t>(k)] += inside ? std::pow(picture[static_cast<std::size_t>(y * 8 + x)], 2) : 0;
      }
    }
  }
  for (double& sum : sums) {
    sum = std::sqrt(sum);
  }
  EXPECT_LT(largest_difference(statistics.layers[0].input_norms, sums), 1e-5);
  EXPECT_EQ(statistics.layers[1].input_norms.size(), 2U * 2 * 3 * 3);  // by group
  EXPECT_EQ(statistics.layers[2].input_norms.size(), 6U);
}

/// The input of the linear layer does not depend on its own weights: |W| times norms is then linear in the pictures'.
TEST_F(WeightStatisticsOf, input_norms_of_later_layers_follow_from_logits) {
  // Make the linear layer copy one of its inputs to a logit, picture by picture.
  const WeightStatistics statistics = gather({StatisticsKind::kInputNorms});
  const std::string weight = statistics.layers[2].tensor;
  std::vector<double> sums(6);
  for (std::size_t input = 0; input < 6; ++input) {
    Values tensors = values_of(graph_);
    for (const Node& node : graph_.nodes) {
      if (node.inputs.size() == 3 && node.inputs[1] == weight) {
        std::ranges::fill(tensors.at(node.inputs[2]), 0.0);
      }
    }
    std::ranges::fill(tensors.at(weight), 0.0);
    tensors.at(weight)[input] = 1;
    for (const std::size_t row : rows_) {
      sums[input] += std::pow(logits(tensors, row)[0], 2);
    }
    sums[input] = std::sqrt(sums[input]);
  }
  EXPECT_LT(largest_difference(statistics.layers[2].input_norms, sums), 1e-5);
}

TEST_F(WeightStatisticsOf, same_request_same_bytes_and_kinds_do_not_disturb_each_other) {
  const StatisticsKinds all = {StatisticsKind::kInputNorms, StatisticsKind::kMeanGradient,
                               StatisticsKind::kSquaredGradient, StatisticsKind::kTail, StatisticsKind::kTailSearch};
  const WeightStatistics together = gather(all, 3);
  const WeightStatistics tail = gather({StatisticsKind::kTail}, 3);
  const WeightStatistics fisher = gather({StatisticsKind::kSquaredGradient}, 3);
  for (std::size_t layer = 0; layer < 3; ++layer) {
    EXPECT_EQ(together.layers[layer].tail_sum, tail.layers[layer].tail_sum);
    EXPECT_EQ(together.layers[layer].tail_worst, tail.layers[layer].tail_worst);
    EXPECT_EQ(together.layers[layer].mean_squared_gradient, fisher.layers[layer].mean_squared_gradient);
  }
}

TEST_F(WeightStatisticsOf, a_network_that_ends_in_a_sigmoid_is_looked_at_before_it) {
  const WeightStatistics before = gather({StatisticsKind::kTail, StatisticsKind::kMeanGradient});
  graph_.nodes.push_back({"sigmoid", Sigmoid{}, {graph_.output}, "probabilities"});
  graph_.output = "probabilities";
  const WeightStatistics after = gather({StatisticsKind::kTail, StatisticsKind::kMeanGradient});
  EXPECT_EQ(before.layers[0].tail_sum, after.layers[0].tail_sum);
  EXPECT_EQ(before.layers[0].mean_gradient, after.layers[0].mean_gradient);
}

TEST_F(WeightStatisticsOf, what_cannot_be_learnt_from_is_refused) {
  const auto message_of = [&](const StatisticsKinds& kinds) -> std::string {
    try {
      gather(kinds);
    } catch (const InputError& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  Graph good = graph_;
  graph_.tensor(prunable_layers(graph_)[0].tensor).values[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(message_of({StatisticsKind::kTail}), HasSubstr("not finite"));
  EXPECT_THAT(message_of({StatisticsKind::kMeanGradient}), HasSubstr("not finite"));
  EXPECT_THAT(message_of({StatisticsKind::kInputNorms}), HasSubstr("not finite"));
  graph_ = good;
  std::ranges::fill(labels_, Label::kNegative);
  EXPECT_THAT(message_of({StatisticsKind::kTail}), HasSubstr("no class counts in the tail score"));
  std::ranges::fill(labels_, Label::kUnknown);
  EXPECT_THAT(message_of({StatisticsKind::kTail}), HasSubstr("no image with a known label"));
  labels_.assign(3 * source_.size(), Label::kPositive);
  const LabelledImages three = {&source_, {labels_.data(), source_.size(), 3}};
  EXPECT_THROW(weight_statistics_of(graph_, three, rows_, {.kinds = {StatisticsKind::kTail}}, silent_), InputError);
}

TEST_F(WeightStatisticsOf, cancellation_is_heard) {
  request_cancellation();
  EXPECT_THROW(gather({StatisticsKind::kTail}), Interrupted);
  clear_cancellation();
}

TEST(CalibrationOptions, name_the_key_that_is_out_of_range) {
  const auto message_of = [](const CalibrationOptions& options) -> std::string {
    try {
      options.check();
    } catch (const InputError& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_THAT(message_of({.images = 0}), HasSubstr("prune.calibration_images"));
  EXPECT_THAT(message_of({.positives = 0}), HasSubstr("prune.calibration_positives"));
  EXPECT_THAT(message_of({.micro_batch = 0}), HasSubstr("prune.micro_batch"));
}

}  // namespace
}  // namespace niwaki
