#include "niwaki/train/mask_search.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/prune/importance.hpp"
#include "niwaki/train/test_networks.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;

class MaskSearch : public ::testing::Test {
 protected:
  Importance search(const MaskSearchOptions& options, double sparsity = 0.5) {
    return searched_scores(graph_, {&source_, {labels_.data(), source_.size(), 2}}, rows_, groups_, weights_,
                           layer_adaptive_magnitudes(graph_), sparsity, options, silent_);
  }

  /// The weights in use by these scores, as the search and global pruning choose them.
  [[nodiscard]] Values in_use(const Importance& scores, double sparsity = 0.5) const {
    const Mask mask = choose_global_mask(prunable_layers(graph_), scores, sparsity);
    Values tensors = values_of(graph_);
    for (const auto& [name, kept] : mask) {
      for (std::size_t i = 0; i < kept.size(); ++i) {
        tensors.at(name)[i] *= kept[i];
      }
    }
    return tensors;
  }

  /// Sum over groups of weight times squared distance from the dense logits, of one picture.
  [[nodiscard]] double distance(const Values& tensors, std::size_t row) const {
    std::vector<float> pixels(source_.preprocessing().values());
    source_.read(row, pixels);
    normalise(pixels, source_.preprocessing());
    const std::vector<double> picture(pixels.begin(), pixels.end());
    const std::vector<double> dense = plain_logits(graph_, values_of(graph_), picture, {1, 1, 8, 8}, false);
    const std::vector<double> pruned = plain_logits(graph_, tensors, picture, {1, 1, 8, 8}, false);
    double sum = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (const std::size_t c : groups_[g].classes) {
        sum += weights_[g] * std::pow(pruned[c] - dense[c], 2);
      }
    }
    return sum;
  }

  Graph graph_ = small_network(2);
  HalvesSource source_{12, 8, 5};
  std::vector<Label> labels_ = source_.labels();
  std::vector<std::size_t> rows_ = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  std::vector<TailGroup> groups_ = {{.name = "left", .classes = {0}, .positives = 1},
                                    {.name = "upper", .classes = {1}, .positives = 1}};
  std::vector<double> weights_ = {0.5, 0.5};
  SilentProgress silent_;
};

/// With one picture in every batch the first step is known: scores move against the gradient times the weight, over the
/// root of its mean square, weights that are out of use among them.
TEST_F(MaskSearch, the_first_step_is_that_of_central_differences) {
  rows_ = {3};
  std::ranges::fill(labels_, Label::kNegative);
  labels_[6] = labels_[7] = Label::kPositive;
  weights_ = {0.25, 0.75};
  // The deviation of one picture's logits is 0, taken as the least: it scales all alike.
  const Importance before = search({.steps = 1, .batch = 2, .learning_rate = 0, .device = "cpu"});
  const Importance after = search({.steps = 1, .batch = 2, .learning_rate = 0.1, .device = "cpu"});
  std::vector<double> gradients;
  std::vector<float> moved;
  Values tensors = in_use(before);
  const std::vector<PrunableLayer> layers = prunable_layers(graph_);
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const std::vector<float>& weights = graph_.tensor(layers[layer].tensor).values;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      constexpr double kStep = 1e-5;
      double& value = tensors.at(layers[layer].tensor)[i];
      const double there = value;
      value = there + kStep;
      const double above = distance(tensors, 3);
      value = there - kStep;
      gradients.push_back((above - distance(tensors, 3)) / (2 * kStep) * static_cast<double>(weights[i]));
      value = there;
      moved.push_back(after[layer][i] - before[layer][i]);
    }
  }
  double squares = 0;
  for (const double gradient : gradients) {
    squares += gradient * gradient;
  }
  for (double& gradient : gradients) {
    gradient *= -0.1 / std::sqrt(squares / static_cast<double>(gradients.size()));
  }
  EXPECT_LT(largest_difference(moved, gradients), 1e-3);
}

TEST_F(MaskSearch, what_it_finds_is_nearer_to_the_dense_network_than_what_it_began_with) {
  const Importance found = search({.steps = 200, .batch = 16, .learning_rate = 0.01, .device = "cpu"});
  double before = 0;
  double after = 0;
  for (const std::size_t row : rows_) {
    before += distance(in_use(layer_adaptive_magnitudes(graph_)), row);
    after += distance(in_use(found), row);
  }
  EXPECT_LT(after, 0.7 * before);
}

TEST_F(MaskSearch, same_call_same_bytes_and_the_ends_need_no_search) {
  const MaskSearchOptions options{.steps = 5, .batch = 8, .device = "cpu"};
  EXPECT_EQ(search(options), search(options));
  EXPECT_EQ(search(options, 0), search({.steps = 1, .batch = 8, .device = "cpu"}, 1));
}

TEST_F(MaskSearch, cancellation_is_heard) {
  request_cancellation();
  EXPECT_THROW(search({.steps = 5, .batch = 8, .device = "cpu"}), Interrupted);
  clear_cancellation();
}

}  // namespace
}  // namespace niwaki
