#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Adam (Kingma & Ba, ICLR 2015) with the arithmetic of torch.optim.Adam.
struct AdamOptions {
  double first_decay = 0.9;     // of the mean of gradients (beta 1)
  double second_decay = 0.999;  // of the mean of squared gradients (beta 2)
  double epsilon = 1e-8;
  double weight_decay = 0.0;  // L2 penalty, added to the gradient
};

/// Adam's memory: steps taken and the two means of each trainable tensor.
struct AdamState {
  std::uint64_t steps = 0;
  std::map<std::string, Tensor> first;
  std::map<std::string, Tensor> second;

  bool operator==(const AdamState&) const = default;
};

/// Pictures with their labels. `targets` and `known` are [batch, classes] row-major; a label counts where known is 1
/// and not where it is 0.
struct LabelledBatch {
  std::span<const float> pixels;  // normalised, of `shape`
  Shape shape;                    // [batch, channels, height, width]
  std::span<const float> targets;
  std::span<const float> known;
};

/// Binary cross entropy with logits: its sum over the known labels of a batch, and how many these are.
struct LossSum {
  double sum = 0;
  double known = 0;
  [[nodiscard]] double mean() const { return sum / known; }
};

/// A network under training by libtorch, with its optimiser. Steps follow the mean loss over the known labels of a
/// batch; the scale of every label is the same. Same network, same batches, same number of threads: same bytes, on the
/// CPU.
class Learner {
 public:
  /// `device`: "auto", "cpu" or "cuda". Throws InputError for a device that is not there.
  Learner(const Graph& graph, const AdamOptions& options, const std::string& device);
  ~Learner();
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;
  Learner(Learner&&) noexcept;
  Learner& operator=(Learner&&) noexcept;

  /// One step of Adam; the loss is that before the step. A batch without a known label changes running statistics only.
  LossSum step(const LabelledBatch& batch, double learning_rate);
  /// The gradients of the mean loss by tensor name, without a step. Running statistics move as in a step.
  std::map<std::string, Tensor> gradients(const LabelledBatch& batch);

  /// The network as it is now.
  [[nodiscard]] Graph graph() const;
  [[nodiscard]] AdamState state() const;
  /// Puts weights, running statistics and optimiser back to where graph() and state() were. Their tensors are this
  /// network's.
  void restore(const Graph& graph, const AdamState& state);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace niwaki
