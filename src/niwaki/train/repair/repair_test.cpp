#include "niwaki/train/repair/repair.hpp"

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/model/folding.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/train/repair/layer_output.hpp"
#include "niwaki/train/repair/method.hpp"
#include "niwaki/train/repair/repair_networks.hpp"
#include "niwaki/train/torch_predictor.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;  // NOLINT
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Graph pruned_by_l1(const Graph& dense, double sparsity) {
  return pruned(dense, "l1", sparsity, RandomStream(1, "prune/l1"));
}

Repaired mended(const Graph& dense, const Graph& pruned_network, const Calibration& calibration,
                const std::vector<std::string>& names) {
  return repaired(dense, pruned_network, calibration.labelled(), {.repairs = names}, calibration.silent());
}

/// Mean and unbiased variance of a channel, by two plain loops.
std::pair<double, double> plain_moments(const Value& value, std::int64_t channel) {
  std::vector<double> all;
  const std::int64_t height = value.shape.size() == 4 ? value.shape[2] : 1;
  const std::int64_t width = value.shape.size() == 4 ? value.shape[3] : 1;
  for (std::int64_t n = 0; n < value.shape[0]; ++n) {
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        all.push_back(value.at(n, channel, y, x));
      }
    }
  }
  double mean = 0;
  for (const double one : all) {
    mean += one / static_cast<double>(all.size());
  }
  double variance = 0;
  for (const double one : all) {
    variance += (one - mean) * (one - mean) / static_cast<double>(all.size() - 1);
  }
  return {mean, variance};
}

TEST(Method, is_a_criterion_and_repairs) {
  EXPECT_EQ(parse_method("l1").criterion, "l1");
  EXPECT_THAT(parse_method("l1").repairs, IsEmpty());
  const PruningMethod method = parse_method("tail+least-squares+batch-norm");
  EXPECT_EQ(method.criterion, "tail");
  EXPECT_THAT(method.repairs, ElementsAre("least-squares", "batch-norm"));
}

TEST(Method, may_be_gradual_before_its_repairs) {
  EXPECT_FALSE(parse_method("l1+fine-tune").gradual);
  EXPECT_TRUE(parse_method("l1+gradual").gradual);
  EXPECT_THAT(parse_method("l1+gradual").repairs, IsEmpty());
  EXPECT_THAT(parse_method("l1+gradual+batch-norm").repairs, ElementsAre("batch-norm"));
  EXPECT_THROW(parse_method("l1+batch-norm+gradual"), InputError);
  EXPECT_THROW(parse_method("l1+gradual+gradual"), InputError);
}

TEST(Method, what_lost_channels_or_has_a_pattern_cannot_be_mended_as_single_weights_are) {
  EXPECT_EQ(parse_method("channels-l1").criterion, "channels-l1");
  EXPECT_THAT(parse_method("nm-2:4+batch-norm").repairs, testing::ElementsAre("batch-norm"));
  EXPECT_THROW(parse_method("channels-l1+batch-norm"), InputError);
  EXPECT_THROW(parse_method("channels-l1+gradual"), InputError);
  EXPECT_THROW(parse_method("nm-2:4+gradual"), InputError);
}

TEST(Method, names_what_is_wrong) {
  const auto problem = [](const std::string& text) -> std::string {
    try {
      (void)parse_method(text);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(problem("l1+batchnorm"), HasSubstr("did you mean 'batch-norm'?"));
  EXPECT_THAT(problem("l1+nonsense"), HasSubstr("choose one of batch-norm, "));
  EXPECT_THAT(problem("l1+"), HasSubstr("empty part"));
  EXPECT_THAT(problem("+batch-norm"), HasSubstr("empty part"));
  EXPECT_THAT(problem("l1+batch-norm+batch-norm"), HasSubstr("twice in a row"));
}

class RepairTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RepairTest, keeps_the_mask_and_gives_the_same_bytes) {
  const Graph dense = repair_network("every operator");
  const Calibration calibration(dense, 70, 7);  // two batches, the last one small
  const Graph before = pruned_by_l1(dense, 0.7);
  const Graph after = mended(dense, before, calibration, {GetParam()}).graph;
  EXPECT_EQ(mask_of_zeros(after), mask_of_zeros(before));
  EXPECT_NE(after.tensors, before.tensors);
  EXPECT_EQ(after.tensors, mended(dense, before, calibration, {GetParam()}).graph.tensors);
}

TEST_P(RepairTest, does_not_depend_on_what_is_kept_in_memory) {
  const Graph dense = repair_network("every operator");
  const Calibration calibration(dense, 70, 7);
  const Graph before = pruned_by_l1(dense, 0.7);
  const auto with_memory = [&](std::size_t bytes) {
    const RepairOptions options{.repairs = {GetParam()}, .memory_bytes = bytes};
    return repaired(dense, before, calibration.labelled(), options, calibration.silent()).graph.tensors;
  };
  const auto all = with_memory(std::size_t{1} << 30);
  EXPECT_EQ(all, with_memory(0));       // every layer from the pictures, which are read again
  EXPECT_EQ(all, with_memory(100000));  // some layers' values fit
}

TEST_P(RepairTest, brings_outputs_nearer_to_the_dense_ones_on_other_images_of_a_phantom) {
  const Calibration calibration(0, 192);
  const Calibration others(200, 64);
  // Running statistics that are these images', as training leaves them.
  const Graph untrained = worn_resnet(3);
  const Graph dense = mended(untrained, untrained, calibration, {"batch-norm"}).graph;
  const auto apart = [&](const Graph& graph) {
    const std::vector<float> wanted = TorchPredictor(dense, "cpu").logits(*others.images);
    const std::vector<float> got = TorchPredictor(graph, "cpu").logits(*others.images);
    double sum = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      sum += (got[i] - wanted[i]) * (got[i] - wanted[i]);
    }
    return sum;
  };
  const Graph before = pruned_by_l1(dense, 0.8);
  EXPECT_LT(apart(mended(dense, before, calibration, {GetParam()}).graph), 0.7 * apart(before));
}

INSTANTIATE_TEST_SUITE_P(all, RepairTest, ::testing::Values("batch-norm", "variance", "least-squares"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(BatchNorm, gives_every_normalisation_the_moments_of_what_it_sees) {
  for (const char* name : {"residual", "grouped", "every operator"}) {
    const Graph dense = repair_network(name);
    const Calibration calibration(dense, 70, 7);
    const Graph before = pruned_by_l1(dense, 0.5);
    const Graph after = mended(dense, before, calibration, {"batch-norm"}).graph;
    for (const Node& node : after.nodes) {
      if (!std::holds_alternative<BatchNormalization>(node.operation)) {
        continue;
      }
      const Value input = value_of(after, node.inputs[0], calibration);
      for (std::int64_t c = 0; c < input.shape[1]; ++c) {
        const auto [mean, variance] = plain_moments(input, c);
        const auto channel = static_cast<std::size_t>(c);
        EXPECT_NEAR(after.tensor(node.inputs[3]).values[channel], mean, 1e-5 * (1 + std::sqrt(variance)));
        EXPECT_NEAR(after.tensor(node.inputs[4]).values[channel], variance, 1e-4 * variance);
      }
    }
  }
}

TEST(BatchNorm, says_what_to_do_where_normalisation_is_folded) {
  const Graph dense = with_folded_normalisation(repair_network("residual"));
  const Calibration calibration(dense, 20, 7);
  try {
    (void)mended(dense, pruned_by_l1(dense, 0.5), calibration, {"batch-norm"});
    FAIL() << "nothing was estimated again";
  } catch (const InputError& error) {
    EXPECT_THAT(error.problem(), HasSubstr("no batch normalisation"));
    EXPECT_THAT(error.what_to_do(), HasSubstr("variance"));
  }
  EXPECT_NO_THROW((void)mended(dense, pruned_by_l1(dense, 0.5), calibration, {"variance"}));
}

TEST(Variance, gives_every_channel_the_dense_mean_and_variance) {
  for (const char* name : {"residual", "grouped", "depthwise", "every operator"}) {
    const Graph dense = repair_network(name);
    const Calibration calibration(dense, 70, 7);
    const Graph after = mended(dense, pruned_by_l1(dense, 0.5), calibration, {"variance"}).graph;
    std::vector<std::string> notes;
    for (const std::size_t layer : layers_to_repair(dense, notes)) {
      const ShiftPlace place = shift_place(after, layer);
      // Where the mean went into a running mean, what the normalisation gives is what has the dense moments.
      const std::string& value = after.nodes[place.subtract ? place.node : layer].output;
      const Value now = value_of(after, value, calibration);
      const Value wanted = value_of(dense, value, calibration);
      for (std::int64_t c = 0; c < now.shape[1]; ++c) {
        const auto [mean, variance] = plain_moments(now, c);
        const auto [dense_mean, dense_variance] = plain_moments(wanted, c);
        const double floor = 1e-6 + 1e-4 * std::sqrt(dense_variance);
        if (variance > 1e-9) {  // a channel without a kept weight stays constant
          EXPECT_NEAR(variance, dense_variance, 1e-6 + 1e-3 * dense_variance) << name << " " << value << " " << c;
        }
        if (place.found) {
          EXPECT_NEAR(mean, dense_mean, floor + 1e-4 * std::abs(dense_mean)) << name << " " << value << " " << c;
        }
      }
    }
  }
}

TEST(Repair, works_without_labels) {
  const Graph dense = repair_network("residual");
  const Calibration calibration(dense, 20, 7);
  const Graph before = pruned_by_l1(dense, 0.5);
  const RepairOptions options{.repairs = {"least-squares", "batch-norm"}};
  const Graph after = repaired(dense, before, calibration.unlabelled(), options, calibration.silent()).graph;
  EXPECT_EQ(mask_of_zeros(after), mask_of_zeros(before));
  EXPECT_NE(after.tensors, mended(dense, before, calibration, {"least-squares", "batch-norm"}).graph.tensors);
}

TEST(Repair, says_how_many_images_are_wanted) {
  const Graph dense = repair_network("residual");
  const Graph before = pruned_by_l1(dense, 0.5);
  const Calibration one(dense, 1, 7);
  try {
    (void)mended(dense, before, one, {"batch-norm"});
    FAIL() << "one image was enough";
  } catch (const InputError& error) {
    EXPECT_THAT(error.problem(), HasSubstr("1 calibration image cannot"));
    EXPECT_THAT(error.what_to_do(), HasSubstr("give 16 at least, 256 or more"));
  }
  const Calibration few(dense, 16, 7);
  EXPECT_THAT(mended(dense, before, few, {"batch-norm"}).notes, Contains(HasSubstr("rests on 16 calibration images")));
}

TEST(Repair, refuses_a_network_that_was_pruned_from_another) {
  const Graph dense = repair_network("residual");
  const Calibration calibration(dense, 20, 7);
  EXPECT_THROW((void)mended(dense, repair_network("grouped"), calibration, {"variance"}), InputError);
}

TEST(Repair, nothing_asked_is_nothing_done) {
  const Graph dense = repair_network("residual");
  const Calibration one(dense, 1, 7);
  EXPECT_EQ(mended(dense, pruned_by_l1(dense, 0.5), one, {}).graph.tensors, pruned_by_l1(dense, 0.5).tensors);
}

TEST(Repair, a_running_mean_that_two_share_becomes_each_ones_own) {
  Graph dense = repair_network("residual");
  std::vector<Node*> normalisations;
  for (Node& node : dense.nodes) {
    if (std::holds_alternative<BatchNormalization>(node.operation)) {
      normalisations.push_back(&node);
    }
  }
  ASSERT_EQ(normalisations.size(), 2U);
  dense.tensors.erase(normalisations[1]->inputs[3]);
  std::erase(dense.tensor_order, normalisations[1]->inputs[3]);
  normalisations[1]->inputs[3] = normalisations[0]->inputs[3];
  const Calibration calibration(dense, 20, 7);
  const Graph after = mended(dense, pruned_by_l1(dense, 0.5), calibration, {"batch-norm", "variance"}).graph;
  EXPECT_NO_THROW(check(after));
  EXPECT_EQ(after.tensors.size(), dense.tensors.size() + 1);
}

}  // namespace
}  // namespace niwaki
