#include "niwaki/train/learner.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/train/test_networks.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;

/// A batch that owns what it holds.
struct Batch {
  Shape shape;
  std::vector<float> pixels;
  std::vector<float> targets;
  std::vector<float> known;

  [[nodiscard]] LabelledBatch view() const { return {pixels, shape, targets, known}; }
};

/// Noise with random labels, a fifth of them unknown.
Batch random_batch(const Shape& shape, std::size_t classes, std::uint64_t seed) {
  Batch batch{.shape = shape, .pixels = noise(shape[0] * shape[1] * shape[2] * shape[3], seed)};
  RandomStream random(seed, "labels");
  for (std::size_t i = 0; i < static_cast<std::size_t>(shape[0]) * classes; ++i) {
    batch.targets.push_back(random.chance(0.4) ? 1.0F : 0.0F);
    batch.known.push_back(random.chance(0.8) ? 1.0F : 0.0F);
  }
  return batch;
}

double plain_loss(const Graph& graph, const Values& tensors, const Batch& batch) {
  const std::vector<double> logits =
      plain_logits(graph, tensors, std::vector<double>(batch.pixels.begin(), batch.pixels.end()), batch.shape, true);
  double sum = 0;
  double known = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double probability = 1 / (1 + std::exp(-logits[i]));
    sum -= batch.known[i] * std::log(batch.targets[i] > 0 ? probability : 1 - probability);
    known += batch.known[i];
  }
  return sum / known;
}

/// Convolution, rectifier, pool, linear; no picture of a batch changes what another one gives. Input [batch, 1, 8, 8].
Graph network_without_normalization() {
  NetworkMaker net(6);
  const std::string features = net.node(Relu{}, {net.convolution("input", {4, 1, 3, 3}, {.strides = {2, 2}}, true)});
  return net.finish(net.linear(net.node(Flatten{}, {net.node(GlobalAveragePool{}, {features})}), 4, 2));
}

/// The learner's gradients against central differences of the plain loss, both tensor by tensor.
void expect_right_gradients(const Graph& graph, const Batch& batch) {
  Learner learner(graph, {}, "cpu");
  const std::map<std::string, Tensor> gradients = learner.gradients(batch.view());
  Values tensors = values_of(graph);
  for (const auto& [name, gradient] : gradients) {
    std::vector<double> differences;
    for (double& value : tensors.at(name)) {
      constexpr double kStep = 1e-6;
      const double before = value;
      value = before + kStep;
      const double above = plain_loss(graph, tensors, batch);
      value = before - kStep;
      differences.push_back((above - plain_loss(graph, tensors, batch)) / (2 * kStep));
      value = before;
    }
    EXPECT_EQ(gradient.shape, graph.tensor(name).shape) << name;
    EXPECT_LT(largest_difference(gradient.values, differences), 1e-4) << name;
  }
}

TEST(Learner, gradients_of_every_operator_are_those_of_the_loss) {
  const Graph graph = every_operator_network();
  expect_right_gradients(graph, random_batch({4, 2, 9, 8}, 3, 1));
  EXPECT_EQ(Learner(graph, {}, "cpu").gradients(random_batch({4, 2, 9, 8}, 3, 1).view()).size(), 9U);
}

TEST(Learner, gradients_through_a_shortcut_are_those_of_the_loss) {
  expect_right_gradients(small_network(2), random_batch({3, 1, 8, 8}, 2, 2));
}

TEST(Learner, the_loss_is_that_before_the_step_over_known_labels) {
  const Graph graph = small_network(2);
  const Batch batch = random_batch({5, 1, 8, 8}, 2, 3);
  Learner learner(graph, {}, "cpu");
  const LossSum loss = learner.step(batch.view(), 0.1);
  EXPECT_EQ(loss.known, std::ranges::count(batch.known, 1.0F));
  EXPECT_LT(loss.known, static_cast<double>(batch.known.size()));
  EXPECT_NEAR(loss.mean(), plain_loss(graph, values_of(graph), batch), 1e-6);
  EXPECT_LT(learner.step(batch.view(), 0.1).mean(), loss.mean());
}

TEST(Learner, what_stands_for_an_unknown_label_changes_nothing) {
  Batch batch = random_batch({5, 1, 8, 8}, 2, 4);
  Learner learner(small_network(2), {}, "cpu");
  const std::map<std::string, Tensor> gradients = learner.gradients(batch.view());
  for (std::size_t i = 0; i < batch.known.size(); ++i) {
    if (batch.known[i] == 0) {
      batch.targets[i] = 1 - batch.targets[i];
    }
  }
  EXPECT_EQ(learner.gradients(batch.view()), gradients);
}

TEST(Learner, pictures_without_a_known_label_teach_nothing) {
  const Batch few = random_batch({4, 1, 8, 8}, 2, 5);
  Batch more = random_batch({6, 1, 8, 8}, 2, 6);
  std::ranges::copy(few.pixels, more.pixels.begin());
  std::ranges::copy(few.targets, more.targets.begin());
  std::ranges::copy(few.known, more.known.begin());
  std::fill(more.known.begin() + static_cast<std::ptrdiff_t>(few.known.size()), more.known.end(), 0.0F);
  Learner learner(network_without_normalization(), {}, "cpu");
  const std::map<std::string, Tensor> expected = learner.gradients(few.view());
  for (const auto& [name, gradient] : learner.gradients(more.view())) {
    const std::vector<float>& values = expected.at(name).values;
    EXPECT_LT(largest_difference(gradient.values, std::vector<double>(values.begin(), values.end())), 1e-6) << name;
  }
}

TEST(Learner, a_batch_without_a_known_label_changes_running_statistics_only) {
  Batch batch = random_batch({4, 1, 8, 8}, 2, 7);
  const Graph start = small_network(2);
  Learner learner(start, {.weight_decay = 0.1}, "cpu");
  learner.step(batch.view(), 0.01);  // so that Adam has a direction of its own
  const Graph before = learner.graph();
  const AdamState state = learner.state();
  std::ranges::fill(batch.known, 0.0F);
  const LossSum loss = learner.step(batch.view(), 0.01);
  EXPECT_EQ(loss.known, 0);
  EXPECT_EQ(loss.sum, 0);
  EXPECT_EQ(learner.state(), state);
  const Graph after = learner.graph();
  for (const auto& [name, tensor] : before.tensors) {
    EXPECT_EQ(after.tensor(name) == tensor, state.first.contains(name)) << name;
  }
}

/// Adam as its paper has it, with the L2 penalty in the gradient, in double.
class PlainAdam {
 public:
  explicit PlainAdam(const AdamOptions& options) : options_(options) {}

  void step(Values& weights, const std::map<std::string, Tensor>& gradients, double learning_rate) {
    ++steps_;
    for (const auto& [name, gradient] : gradients) {
      std::vector<double>& weight = weights.at(name);
      first_[name].resize(weight.size());
      second_[name].resize(weight.size());
      for (std::size_t i = 0; i < weight.size(); ++i) {
        const double g = gradient.values[i] + options_.weight_decay * weight[i];
        double& m = first_[name][i];
        double& v = second_[name][i];
        m = options_.first_decay * m + (1 - options_.first_decay) * g;
        v = options_.second_decay * v + (1 - options_.second_decay) * g * g;
        const double mean = m / (1 - std::pow(options_.first_decay, steps_));
        const double square = v / (1 - std::pow(options_.second_decay, steps_));
        weight[i] -= learning_rate * mean / (std::sqrt(square) + options_.epsilon);
      }
    }
  }

 private:
  AdamOptions options_;
  int steps_ = 0;
  Values first_;
  Values second_;
};

TEST(Learner, steps_are_those_of_adam_with_weight_decay) {
  const AdamOptions options{.first_decay = 0.8, .second_decay = 0.95, .epsilon = 1e-6, .weight_decay = 0.1};
  const Graph start = small_network(2);
  Learner learner(start, options, "cpu");
  PlainAdam plain(options);
  Values weights = values_of(start);
  const std::vector<double> rates = {0.02, 0.005, 0.01};
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const Batch batch = random_batch({4, 1, 8, 8}, 2, 8 + i);
    plain.step(weights, Learner(learner.graph(), {}, "cpu").gradients(batch.view()), rates[i]);
    learner.step(batch.view(), rates[i]);
    const Graph now = learner.graph();
    for (const auto& [name, tensor] : learner.state().first) {
      for (std::size_t j = 0; j < tensor.size(); ++j) {
        ASSERT_NEAR(now.tensor(name).values[j], weights.at(name)[j], 1e-6) << name << ", step " << i;
      }
    }
  }
}

TEST(Learner, running_statistics_move_by_a_tenth_towards_the_batch) {
  NetworkMaker net(7);
  const std::string normalized = net.normalization("input", 1);
  const Graph start = net.finish(net.linear(net.node(Flatten{}, {net.node(GlobalAveragePool{}, {normalized})}), 1, 1));
  const Batch batch = random_batch({3, 1, 4, 4}, 1, 9);
  double mean = 0;
  double variance = 0;
  for (const float pixel : batch.pixels) {
    mean += pixel / static_cast<double>(batch.pixels.size());
  }
  for (const float pixel : batch.pixels) {
    variance += (pixel - mean) * (pixel - mean) / static_cast<double>(batch.pixels.size() - 1);
  }
  Learner learner(start, {}, "cpu");
  learner.step(batch.view(), 0.01);
  const Graph after = learner.graph();
  const std::vector<std::string>& inputs = start.nodes[0].inputs;
  EXPECT_NEAR(after.tensor(inputs[3]).values[0], 0.9 * start.tensor(inputs[3]).values[0] + 0.1 * mean, 1e-6);
  EXPECT_NEAR(after.tensor(inputs[4]).values[0], 0.9 * start.tensor(inputs[4]).values[0] + 0.1 * variance, 1e-6);
}

TEST(Learner, put_back_to_where_it_was_it_goes_on_to_the_same_bytes) {
  const AdamOptions options{.weight_decay = 0.01};
  const Graph start = every_operator_network();
  const auto train = [](Learner& learner, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t seed = first; seed < last; ++seed) {
      learner.step(random_batch({4, 2, 9, 8}, 3, seed).view(), 0.01);
    }
  };
  Learner undisturbed(start, options, "cpu");
  train(undisturbed, 20, 23);
  const Graph graph = undisturbed.graph();
  const AdamState state = undisturbed.state();
  EXPECT_EQ(state.steps, 3U);
  train(undisturbed, 23, 26);

  Learner other(start, options, "cpu");
  train(other, 40, 42);  // elsewhere
  other.restore(graph, state);
  EXPECT_EQ(other.graph().tensors, graph.tensors);
  EXPECT_EQ(other.state(), state);
  train(other, 23, 26);
  EXPECT_EQ(other.graph().tensors, undisturbed.graph().tensors);
  EXPECT_EQ(other.state(), undisturbed.state());
}

/// A batch with a teacher that says `dense`.
LabelledBatch taught(const Batch& batch, const std::vector<float>& dense) {
  LabelledBatch view = batch.view();
  view.dense_logits = dense;
  return view;
}

/// The objective of learner.hpp by plain loops in double, bce for the labels.
double plain_objective(const Graph& graph, const Values& tensors, const LabelledBatch& batch,
                       const Objective& objective) {
  const std::vector<double> pixels(batch.pixels.begin(), batch.pixels.end());
  const std::vector<double> logits = plain_logits(graph, tensors, pixels, batch.shape, true);
  const auto probability = [](double logit) { return 1 / (1 + std::exp(-logit)); };
  const std::size_t classes = logits.size() / static_cast<std::size_t>(batch.shape[0]);
  double labels = 0;
  double known = 0;
  double taught = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double weight = objective.class_weights.empty() ? 1 : objective.class_weights[i % classes];
    const double p = probability(logits[i]);
    labels -= weight * batch.known[i] * std::log(batch.targets[i] > 0 ? p : 1 - p);
    known += batch.known[i];
    if (!batch.dense_logits.empty()) {
      const double q = probability(batch.dense_logits[i] / objective.temperature);
      const double r = probability(logits[i] / objective.temperature);
      taught -= weight * objective.temperature * objective.temperature * (q * std::log(r) + (1 - q) * std::log(1 - r));
    }
  }
  const double share = batch.dense_logits.empty() ? 0 : objective.distillation;
  return (known > 0 ? (1 - share) * labels / known : 0) + share * taught / static_cast<double>(logits.size());
}

void expect_right_gradients(const Graph& graph, const LabelledBatch& batch, const Objective& objective) {
  Learner learner(graph, {}, "cpu");
  learner.set_objective(objective);
  Values tensors = values_of(graph);
  for (const auto& [name, gradient] : learner.gradients(batch)) {
    std::vector<double> differences;
    for (double& value : tensors.at(name)) {
      const double before = value;
      value = before + 1e-6;
      const double above = plain_objective(graph, tensors, batch, objective);
      value = before - 1e-6;
      differences.push_back((above - plain_objective(graph, tensors, batch, objective)) / 2e-6);
      value = before;
    }
    EXPECT_LT(largest_difference(gradient.values, differences), 1e-4) << name;
  }
}

TEST(Learner, gradients_of_the_objective_are_its_own) {
  const Batch batch = random_batch({3, 1, 8, 8}, 2, 30);
  const std::vector<float> dense = noise(6, 31);
  const Graph graph = small_network(2);
  const std::vector<float> weights = {0.5F, 3.0F};
  for (const auto& [share, temperature] : {std::pair(0.0, 1.0), std::pair(0.3, 1.0), std::pair(1.0, 3.0)}) {
    const Objective objective{.distillation = share, .temperature = temperature, .class_weights = weights};
    expect_right_gradients(graph, taught(batch, dense), objective);
  }
  expect_right_gradients(graph, batch.view(), {.distillation = 0.3, .class_weights = weights});
}

TEST(Learner, a_teacher_teaches_where_no_label_is_known) {
  Batch batch = random_batch({4, 1, 8, 8}, 2, 32);
  std::ranges::fill(batch.known, 0.0F);
  const std::vector<float> dense = noise(8, 33);
  const Graph start = small_network(2);
  Learner learner(start, {}, "cpu");
  const Objective objective{.distillation = 0.5};
  learner.set_objective(objective);
  expect_right_gradients(start, taught(batch, dense), objective);
  EXPECT_EQ(learner.step(taught(batch, dense), 0.01).known, 0);
  EXPECT_EQ(learner.state().steps, 1U);
}

TEST(Learner, last_logits_are_those_before_the_step) {
  const Batch batch = random_batch({4, 1, 8, 8}, 2, 34);
  const Graph start = small_network(2);
  Learner learner(start, {}, "cpu");
  learner.step(batch.view(), 0.1);
  const std::vector<double> expected = plain_logits(
      start, values_of(start), std::vector<double>(batch.pixels.begin(), batch.pixels.end()), batch.shape, true);
  EXPECT_LT(largest_difference(learner.last_logits(), expected), 1e-5);
}

/// Every third weight goes.
Mask thinning_mask(const Graph& graph) {
  Mask mask = mask_of_zeros(graph);
  for (auto& [name, kept] : mask) {
    for (std::size_t i = 0; i < kept.size(); i += 3) {
      kept[i] = 0;
    }
  }
  return mask;
}

void expect_zero_where_pruned(const Mask& mask, const std::map<std::string, Tensor>& tensors) {
  for (const auto& [name, kept] : mask) {
    const std::vector<float>& values = tensors.at(name).values;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (kept[i] == 0) {
        EXPECT_EQ(values[i], 0.0F) << name;
        EXPECT_FALSE(std::signbit(values[i])) << name;
      }
    }
  }
}

TEST(Learner, a_mask_holds_exactly_after_every_step_in_weights_and_optimiser) {
  const Graph start = every_operator_network();
  const Mask mask = thinning_mask(start);
  Learner learner(start, {.weight_decay = 0.1}, "cpu");
  learner.step(random_batch({4, 2, 9, 8}, 3, 40).view(), 0.01);  // so that the optimiser remembers all weights
  learner.hold_mask(mask);
  const Graph masked = learner.graph();
  for (std::uint64_t seed = 41; seed < 46; ++seed) {
    learner.step(random_batch({4, 2, 9, 8}, 3, seed).view(), 0.05);
    const Graph now = learner.graph();
    const AdamState state = learner.state();
    expect_zero_where_pruned(mask, now.tensors);
    expect_zero_where_pruned(mask, state.first);
    expect_zero_where_pruned(mask, state.second);
  }
  EXPECT_NE(learner.graph().tensors, masked.tensors);
}

TEST(Learner, a_mask_changes_nothing_else_of_a_step) {
  const Batch batch = random_batch({4, 1, 8, 8}, 2, 50);
  Graph start = small_network(2);
  const Mask mask = thinning_mask(start);
  apply_mask(mask, start);
  Learner held(start, {}, "cpu");
  held.hold_mask(mask);
  Learner free(start, {}, "cpu");
  held.step(batch.view(), 0.01);
  free.step(batch.view(), 0.01);
  Graph expected = free.graph();
  apply_mask(mask, expected);
  EXPECT_EQ(held.graph().tensors, expected.tensors);
}

TEST(Learner, the_mask_of_another_network_is_an_input_error) {
  Learner learner(small_network(2), {}, "cpu");
  EXPECT_THROW(learner.hold_mask(mask_of_zeros(every_operator_network())), InputError);
  Mask shorter = mask_of_zeros(small_network(2));
  shorter.begin()->second.pop_back();
  EXPECT_THROW(learner.hold_mask(shorter), InputError);
}

TEST(Learner, labels_of_another_number_of_classes_are_a_broken_invariant) {
  Learner learner(small_network(3), {}, "cpu");
  EXPECT_THROW(learner.step(random_batch({4, 1, 8, 8}, 2, 1).view(), 0.01), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
