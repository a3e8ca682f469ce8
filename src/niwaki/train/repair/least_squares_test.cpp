#include <cmath>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/cohort/array_images.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/train/repair/image_weights.hpp"
#include "niwaki/train/repair/layer_output.hpp"
#include "niwaki/train/repair/repair.hpp"
#include "niwaki/train/repair/repair_networks.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;  // NOLINT
using ::testing::HasSubstr;

/// One sample of a row's equations: its inputs, what is wanted, its weight.
struct Sample {
  std::vector<double> x;
  double y = 0;
  double omega = 0;
};

/// All samples of one output channel of a layer, from the values of the two networks, by plain loops.
std::vector<Sample> samples_of(const Graph& dense, const Graph& network, std::size_t layer, std::size_t channel,
                               const Calibration& calibration, const std::vector<double>& omega) {
  const Node& node = network.nodes[layer];
  const Shape weight = network.tensor(node.inputs[1]).shape;
  const Value input = value_of(network, node.inputs[0], calibration);
  const Value wanted = value_of(dense, dense.nodes[layer].output, calibration);
  const auto* convolution = std::get_if<Convolution>(&node.operation);
  std::vector<Sample> samples;
  if (convolution == nullptr) {
    for (std::int64_t n = 0; n < input.shape[0]; ++n) {
      Sample sample{.y = wanted.at(n, static_cast<std::int64_t>(channel), 0, 0), .omega = omega[n]};
      for (std::int64_t i = 0; i < input.shape[1]; ++i) {
        sample.x.push_back(input.at(n, i, 0, 0));
      }
      samples.push_back(sample);
    }
    return samples;
  }
  const auto c = static_cast<std::int64_t>(channel);
  const std::int64_t first = c / (weight[0] / convolution->groups) * weight[1];
  for (std::int64_t n = 0; n < input.shape[0]; ++n) {
    for (std::int64_t y = 0; y < wanted.shape[2]; ++y) {
      for (std::int64_t x = 0; x < wanted.shape[3]; ++x) {
        Sample sample{.y = wanted.at(n, c, y, x), .omega = omega[n]};
        for (std::int64_t i = 0; i < weight[1]; ++i) {
          for (std::int64_t ky = 0; ky < weight[2]; ++ky) {
            for (std::int64_t kx = 0; kx < weight[3]; ++kx) {
              const std::int64_t from_y =
                  y * convolution->strides[0] - convolution->pads[0] + ky * convolution->dilations[0];
              const std::int64_t from_x =
                  x * convolution->strides[1] - convolution->pads[1] + kx * convolution->dilations[1];
              const bool inside = from_y >= 0 && from_x >= 0 && from_y < input.shape[2] && from_x < input.shape[3];
              sample.x.push_back(inside ? input.at(n, first + i, from_y, from_x) : 0.0);
            }
          }
        }
        samples.push_back(sample);
      }
    }
  }
  return samples;
}

/// The slope of the damped least-squares loss by each kept weight and by the constant, as a share of its parts' size:
/// zero where, and only where, the row is the minimum, for the loss is convex.
double largest_slope(const std::vector<Sample>& samples, const std::vector<double>& w, const std::vector<double>& w0,
                     double constant, bool constant_is_free, double damping_share) {
  const std::size_t inputs = w.size();
  double total = 0;
  std::vector<double> mean(inputs, 0.0);
  for (const Sample& sample : samples) {
    total += sample.omega;
  }
  for (std::size_t i = 0; i < inputs && constant_is_free; ++i) {
    for (const Sample& sample : samples) {
      mean[i] += sample.omega * sample.x[i] / total;
    }
  }
  double diagonal = 0;  // of H about the means
  for (const Sample& sample : samples) {
    for (std::size_t i = 0; i < inputs; ++i) {
      diagonal +=
          sample.omega * (sample.x[i] - mean[i]) * (sample.x[i] - mean[i]) / total / static_cast<double>(inputs);
    }
  }
  std::vector<double> slope(inputs + 1, 0.0);
  std::vector<double> size(inputs + 1, 1e-12);
  for (const Sample& sample : samples) {
    double residual = constant - sample.y;
    for (std::size_t i = 0; i < inputs; ++i) {
      residual += w[i] * sample.x[i];
    }
    for (std::size_t i = 0; i <= inputs; ++i) {
      const double x = i < inputs ? sample.x[i] : 1.0;
      slope[i] += sample.omega * residual * x / total;
      size[i] += std::abs(sample.omega * sample.y * x) / total;
    }
  }
  double largest = constant_is_free ? std::abs(slope[inputs]) / size[inputs] : 0;
  for (std::size_t i = 0; i < inputs; ++i) {
    if (w0[i] != 0) {
      slope[i] += damping_share * diagonal * (w[i] - w0[i]);
      largest = std::max(largest, std::abs(slope[i]) / size[i]);
    }
  }
  return largest;
}

/// What the network adds to a channel of this layer beyond its weights' products, to be compared with the dense output.
double constant_of(const Graph& dense, const Graph& network, std::size_t layer, std::size_t channel) {
  const ShiftPlace place = shift_place(network, layer);
  if (!place.found) {
    return 0;
  }
  const float now = network.tensor(network.nodes[place.node].inputs[place.input]).values[channel];
  const float before = dense.tensor(dense.nodes[place.node].inputs[place.input]).values[channel];
  return place.subtract ? double{before} - now : double{now};
}

/// Every row of every layer of `network` is the minimum, given the layers before it.
void expect_least_squares(const Graph& dense, const Graph& pruned, const Graph& network, const Calibration& calibration,
                          const LeastSquaresOptions& options) {
  const std::vector<double> omega = image_weights(calibration.labelled().labels, calibration.images->size(), options);
  std::vector<std::string> notes;
  for (const std::size_t layer : layers_to_repair(network, notes)) {
    const Tensor& weight = network.tensor(network.nodes[layer].inputs[1]);
    const Tensor& before = pruned.tensor(network.nodes[layer].inputs[1]);
    const auto channels = static_cast<std::size_t>(weight.shape[0]);
    const std::size_t inputs = weight.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const auto first = static_cast<std::ptrdiff_t>(channel * inputs);
      const std::vector<double> w(weight.values.begin() + first, weight.values.begin() + first + inputs);
      const std::vector<double> w0(before.values.begin() + first, before.values.begin() + first + inputs);
      const double slope = largest_slope(samples_of(dense, network, layer, channel, calibration, omega), w, w0,
                                         constant_of(dense, network, layer, channel), shift_place(network, layer).found,
                                         options.damping);
      EXPECT_LT(slope, 1e-4) << network.nodes[layer].name << ", channel " << channel;
    }
  }
}

class LeastSquaresTest : public ::testing::TestWithParam<const char*> {};

TEST_P(LeastSquaresTest, every_row_is_the_minimum_given_the_layers_before_it) {
  const Graph dense = repair_network(GetParam());
  const Calibration calibration(dense, 24, 5);
  const Graph pruned_network = pruned(dense, "l1", 0.6, RandomStream(1, "prune/l1"));
  const RepairOptions options{.repairs = {"least-squares"}};
  const Graph mended = repaired(dense, pruned_network, calibration.labelled(), options, calibration.silent()).graph;
  expect_least_squares(dense, pruned_network, mended, calibration, options.least_squares);
}

INSTANTIATE_TEST_SUITE_P(networks, LeastSquaresTest,
                         ::testing::Values("residual", "grouped", "depthwise", "every operator"));

TEST(LeastSquares, the_check_notices_a_row_that_is_not_the_minimum) {
  const Graph dense = repair_network("residual");
  const Calibration calibration(dense, 24, 5);
  const std::vector<double> omega(24, 1.0);
  const std::vector<Sample> samples = samples_of(dense, dense, 0, 0, calibration, omega);
  std::vector<double> w(dense.tensor(dense.nodes[0].inputs[1]).values.begin(),
                        dense.tensor(dense.nodes[0].inputs[1]).values.begin() + 9);
  EXPECT_LT(largest_slope(samples, w, w, 0, true, 0.01), 1e-6);  // the dense row fits itself
  w[3] *= 1.05;
  EXPECT_GT(largest_slope(samples, w, w, 0, true, 0.01), 1e-3);
}

TEST(LeastSquares, without_pruning_nothing_changes) {
  const Graph dense = repair_network("residual");
  const Calibration calibration(dense, 24, 5);
  const RepairOptions options{.repairs = {"least-squares"}};
  const Graph mended = repaired(dense, dense, calibration.labelled(), options, calibration.silent()).graph;
  for (const auto& [name, tensor] : dense.tensors) {
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      EXPECT_NEAR(mended.tensor(name).values[i], tensor.values[i], 1e-4) << name;
    }
  }
}

TEST(LeastSquares, a_singular_hessian_is_damped_or_refused) {
  const Graph dense = repair_network("wide");  // 50 inputs of its linear layer, 20 images
  const Calibration calibration(dense, 20, 5);
  const Graph pruned_network = pruned(dense, "random", 0.1, RandomStream(1, "prune/random"));
  RepairOptions options{.repairs = {"least-squares"}};
  options.least_squares.damping = 0;
  try {
    (void)repaired(dense, pruned_network, calibration.labelled(), options, calibration.silent());
    FAIL() << "a singular Hessian went through";
  } catch (const InputError& error) {
    EXPECT_THAT(error.problem(), HasSubstr("singular"));
    EXPECT_THAT(error.where(), HasSubstr("layer 'node"));
    EXPECT_THAT(error.what_to_do(), HasSubstr("damping"));
  }
  options.least_squares.damping = 0.01;
  const Graph mended = repaired(dense, pruned_network, calibration.labelled(), options, calibration.silent()).graph;
  expect_least_squares(dense, pruned_network, mended, calibration, options.least_squares);
}

TEST(LeastSquares, an_input_that_is_always_the_same_is_left_alone_and_said) {
  Graph dense = repair_network("residual");
  const std::string first = dense.nodes[0].inputs[1];
  const Calibration black(dense, 20, 0);  // every picture is black
  const Graph pruned_network = pruned(dense, "l1", 0.5, RandomStream(1, "prune/l1"));
  const RepairOptions options{.repairs = {"least-squares"}};
  const Repaired mended = repaired(dense, pruned_network, black.labelled(), options, black.silent());
  EXPECT_EQ(mended.graph.tensor(first).values, pruned_network.tensor(first).values);
  EXPECT_THAT(mended.notes, ::testing::Contains(HasSubstr("same values for every image")));
}

TEST(LeastSquares, patches_are_chosen_by_a_named_stream) {
  const Graph dense = repair_network("residual");
  const Calibration calibration(dense, 32, 5);
  const Graph pruned_network = pruned(dense, "l1", 0.5, RandomStream(1, "prune/l1"));
  RepairOptions options{.repairs = {"least-squares"}};
  options.least_squares.patches = 320;  // 10 an image
  const auto mended = [&] {
    return repaired(dense, pruned_network, calibration.labelled(), options, calibration.silent()).graph.tensors;
  };
  const auto once = mended();
  EXPECT_EQ(once, mended());
  options.seed = 2;
  EXPECT_NE(once, mended());
}

TEST(LeastSquares, images_of_rare_classes_weigh_more) {
  const std::vector<Label> labels = {Label::kPositive, Label::kNegative,  //
                                     Label::kPositive, Label::kNegative,  //
                                     Label::kPositive, Label::kPositive,  //
                                     Label::kNegative, Label::kUnknown};
  // p = (3 + 1) / (4 + 2) and (1 + 1) / (3 + 2); the third image counts sqrt(0.6667 / 0.4), then all by their mean.
  const double rare = std::sqrt((4.0 / 6) / (2.0 / 5));
  const double mean = (3 + rare) / 4;
  const std::vector<double> omega = image_weights({labels.data(), 4, 2}, 4, {});
  EXPECT_NEAR(omega[0], 1 / mean, 1e-12);
  EXPECT_NEAR(omega[2], rare / mean, 1e-12);
  EXPECT_NEAR(omega[3], 1 / mean, 1e-12);
  EXPECT_EQ(image_weights({}, 3, {}), std::vector<double>(3, 1.0));
  EXPECT_EQ(image_weights({labels.data(), 4, 2}, 4, {.tail_exponent = 0}), std::vector<double>(4, 1.0));
  const std::vector<double> held = image_weights({labels.data(), 4, 2}, 4, {.largest_weight = 1.1});
  EXPECT_NEAR(held[2] / held[0], 1.1, 1e-12);
}

}  // namespace
}  // namespace niwaki
