#include "niwaki/train/learner.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <c10/core/GradMode.h>

#include "niwaki/core/error.hpp"
#include "niwaki/train/executor.hpp"
#include "niwaki/train/loss_functions.hpp"

namespace niwaki {
namespace {

/// Adam over flat buffers, in the order of operations of torch.optim.Adam.
class Adam {
 public:
  Adam(const at::Tensor& values, const AdamOptions& options)
      : options_(options), first_(at::zeros_like(values)), second_(at::zeros_like(values)) {}

  void step(const at::Tensor& values, const at::Tensor& gradients, double learning_rate) {
    const c10::NoGradGuard no_gradient;
    const at::Tensor gradient = options_.weight_decay > 0 ? gradients.add(values, options_.weight_decay) : gradients;
    ++steps;
    const double first_correction = 1 - std::pow(options_.first_decay, static_cast<double>(steps));
    const double second_correction = 1 - std::pow(options_.second_decay, static_cast<double>(steps));
    first_.mul_(options_.first_decay).add_(gradient, 1 - options_.first_decay);
    second_.mul_(options_.second_decay).addcmul_(gradient, gradient, 1 - options_.second_decay);
    const at::Tensor denominator = second_.sqrt().div_(std::sqrt(second_correction)).add_(options_.epsilon);
    values.addcdiv_(first_, denominator, -learning_rate / first_correction);
  }

  [[nodiscard]] const at::Tensor& first() const { return first_; }
  [[nodiscard]] const at::Tensor& second() const { return second_; }

  std::uint64_t steps = 0;

 private:
  AdamOptions options_;
  at::Tensor first_;
  at::Tensor second_;
};

std::map<std::string, Tensor> by_name(const Executor& executor, const at::Tensor& flat) {
  const std::vector<at::Tensor> views = executor.views_of(flat);
  std::map<std::string, Tensor> tensors;
  for (std::size_t i = 0; i < views.size(); ++i) {
    tensors.emplace(executor.parameters()[i].name, to_graph_tensor(views[i]));
  }
  return tensors;
}

void put_back(const Executor& executor, const std::map<std::string, Tensor>& tensors, const at::Tensor& flat) {
  const std::vector<at::Tensor> views = executor.views_of(flat);
  for (std::size_t i = 0; i < views.size(); ++i) {
    copy_values(tensors.at(executor.parameters()[i].name).values, views[i]);
  }
}

at::Tensor matrix(std::span<const float> values, std::int64_t rows, const at::Device& device) {
  const auto columns = static_cast<std::int64_t>(values.size()) / rows;
  // from_blob takes no pointer to const; nothing here writes to it.
  return at::from_blob(const_cast<float*>(values.data()), {rows, columns}, at::kFloat).to(device);  // NOLINT
}

}  // namespace

struct Learner::State {
  State(const Graph& network, const AdamOptions& options, const std::string& device_name)
      : graph(network),
        device(parse_device(device_name)),
        executor(graph, device),
        adam(executor.flat_values(), options) {}

  /// Fills the gradients with those of the objective.
  LossSum differentiate(const LabelledBatch& batch) {
    use_thread_count();
    LossSum loss;
    for (const float known : batch.known) {
      loss.known += known;
    }
    const at::Tensor input = image_tensor(batch.pixels.data(), batch.shape, device);
    const at::Tensor logits = executor.run(input, RunMode::kTraining);
    NIWAKI_CHECK(static_cast<std::size_t>(logits.numel()) == batch.targets.size(), "{} logits for {} labels",
                 logits.numel(), batch.targets.size());
    last_logits = logits.detach();
    const at::Tensor values =
        at::mul(loss_of_labels(objective.labels, logits, matrix(batch.targets, batch.shape[0], device)),
                matrix(batch.known, batch.shape[0], device));
    loss.sum = values.sum().item<double>();
    executor.flat_gradients().zero_();
    if (const at::Tensor mean = mean_objective(batch, logits, values, loss.known); mean.defined()) {
      mean.backward();
    }
    if (kept.defined()) {
      executor.flat_gradients().mul_(kept);
    }
    return loss;
  }

  /// What is descended; nothing where the batch teaches nothing.
  [[nodiscard]] at::Tensor mean_objective(const LabelledBatch& batch, const at::Tensor& logits,
                                          const at::Tensor& label_losses, double known) const {
    const double share = batch.dense_logits.empty() ? 0 : objective.distillation;
    at::Tensor mean;
    if (known > 0 && share < 1) {
      mean = weighted(label_losses).sum().div(known);
      mean = share > 0 ? at::mul(mean, 1 - share) : mean;
    }
    if (share > 0) {
      const at::Tensor dense = matrix(batch.dense_logits, batch.shape[0], device);
      const at::Tensor distilled = at::mul(weighted(distillation_losses(logits, dense)).mean(), share);
      mean = mean.defined() ? at::add(mean, distilled) : distilled;
    }
    return mean;
  }

  [[nodiscard]] at::Tensor distillation_losses(const at::Tensor& logits, const at::Tensor& dense) const {
    const double temperature = objective.temperature;
    const at::Tensor soft = at::sigmoid(at::div(dense, temperature));
    const at::Tensor losses =
        at::binary_cross_entropy_with_logits(at::div(logits, temperature), soft, {}, {}, at::Reduction::None);
    return at::mul(losses, temperature * temperature);
  }

  [[nodiscard]] at::Tensor weighted(const at::Tensor& losses) const {
    const std::vector<float>& weights = objective.class_weights;
    return weights.empty() ? losses : at::mul(losses, matrix(weights, 1, device));
  }

  /// The mask in the layout of the flat buffers, 1 for what no mask prunes.
  [[nodiscard]] at::Tensor flat_mask(const Mask& mask) const {
    at::Tensor flat = at::ones_like(executor.flat_values());
    const std::vector<at::Tensor> views = executor.views_of(flat);
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (const auto found = mask.find(executor.parameters()[i].name); found != mask.end()) {
        copy_values(std::vector<float>(found->second.begin(), found->second.end()), views[i]);
      }
    }
    return flat;
  }

  Graph graph;  // its structure; the weights are the executor's
  at::Device device;
  Executor executor;
  Adam adam;
  Objective objective;
  at::Tensor last_logits;
  at::Tensor kept;  // 1 or 0 a trainable value; undefined without a mask
};

Learner::Learner(const Graph& graph, const AdamOptions& options, const std::string& device)
    : state_(std::make_unique<State>(graph, options, device)) {}
Learner::~Learner() = default;
Learner::Learner(Learner&&) noexcept = default;
Learner& Learner::operator=(Learner&&) noexcept = default;

void Learner::set_objective(const Objective& objective) {
  state_->objective = objective;
}

void Learner::hold_mask(const Mask& mask) {
  Graph masked = graph();
  apply_mask(mask, masked);
  state_->executor.copy_from(masked);
  state_->kept = state_->flat_mask(mask);
  const c10::NoGradGuard no_gradient;
  state_->adam.first().mul_(state_->kept);
  state_->adam.second().mul_(state_->kept);
}

LossSum Learner::step(const LabelledBatch& batch, double learning_rate) {
  const LossSum loss = state_->differentiate(batch);
  if (loss.known > 0 || (!batch.dense_logits.empty() && state_->objective.distillation > 0)) {
    state_->adam.step(state_->executor.flat_values(), state_->executor.flat_gradients(), learning_rate);
  }
  return loss;
}

std::vector<float> Learner::last_logits() const {
  return to_graph_tensor(state_->last_logits).values;
}

std::map<std::string, Tensor> Learner::gradients(const LabelledBatch& batch) {
  state_->differentiate(batch);
  return by_name(state_->executor, state_->executor.flat_gradients());
}

Graph Learner::graph() const {
  Graph graph = state_->graph;
  state_->executor.copy_to(graph);
  return graph;
}

AdamState Learner::state() const {
  const Adam& adam = state_->adam;
  return {.steps = adam.steps,
          .first = by_name(state_->executor, adam.first()),
          .second = by_name(state_->executor, adam.second())};
}

void Learner::restore(const Graph& graph, const AdamState& state) {
  state_->executor.copy_from(graph);
  state_->adam.steps = state.steps;
  put_back(state_->executor, state.first, state_->adam.first());
  put_back(state_->executor, state.second, state_->adam.second());
}

}  // namespace niwaki
