#include "niwaki/train/learner.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/train/executor.hpp"

namespace niwaki {
namespace {

/// Adam over flat buffers, in the order of operations of torch.optim.Adam.
class Adam {
 public:
  Adam(const at::Tensor& values, const AdamOptions& options)
      : options_(options), first_(at::zeros_like(values)), second_(at::zeros_like(values)) {}

  void step(const at::Tensor& values, const at::Tensor& gradients, double learning_rate) {
    const at::NoGradGuard no_gradient;
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

  /// Fills the gradients with those of the mean loss.
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
    const at::Tensor sum =
        at::binary_cross_entropy_with_logits(logits, matrix(batch.targets, batch.shape[0], device),
                                             matrix(batch.known, batch.shape[0], device), {}, at::Reduction::Sum);
    loss.sum = sum.item<double>();
    executor.flat_gradients().zero_();
    if (loss.known > 0) {
      sum.div(loss.known).backward();
    }
    return loss;
  }

  Graph graph;  // its structure; the weights are the executor's
  at::Device device;
  Executor executor;
  Adam adam;
};

Learner::Learner(const Graph& graph, const AdamOptions& options, const std::string& device)
    : state_(std::make_unique<State>(graph, options, device)) {}
Learner::~Learner() = default;
Learner::Learner(Learner&&) noexcept = default;
Learner& Learner::operator=(Learner&&) noexcept = default;

LossSum Learner::step(const LabelledBatch& batch, double learning_rate) {
  const LossSum loss = state_->differentiate(batch);
  if (loss.known > 0) {
    state_->adam.step(state_->executor.flat_values(), state_->executor.flat_gradients(), learning_rate);
  }
  return loss;
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
