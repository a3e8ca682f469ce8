#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"
#include "niwaki/prune/mask.hpp"
#include "niwaki/train/losses.hpp"

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
  std::span<const float> dense_logits = {};  // what a teacher says of the pictures; empty where there is none
};

/// What steps descend: (1 - distillation) times the mean over the known labels of a batch of u l, and, where there is
/// a teacher, distillation times the mean over all pictures and classes of
///
///   u T^2 (-q log r - (1 - q) log(1 - r)),   q = 1 / (1 + exp(-t / T)),   r = 1 / (1 + exp(-z / T))
///
/// with u the class's weight, l the loss of the label, z the logit, t the teacher's, T the temperature (Hinton et al.
/// 2015, for each class; T^2 keeps the size of gradients as the temperature changes).
struct Objective {
  LabelLoss labels;
  double distillation = 0;                // 0 to 1
  double temperature = 1;                 // above 0
  std::vector<float> class_weights = {};  // u; empty: all 1
};

/// A network under training by libtorch, with its optimiser. Without another objective steps follow the mean binary
/// cross entropy over the known labels of a batch. Same network, same batches, same number of threads: same bytes, on
/// the CPU.
class Learner {
 public:
  /// `device`: "auto", "cpu" or "cuda". Throws InputError for a device that is not there.
  Learner(const Graph& graph, const AdamOptions& options, const std::string& device);
  ~Learner();
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;
  Learner(Learner&&) noexcept;
  Learner& operator=(Learner&&) noexcept;

  void set_objective(const Objective& objective);
  /// From now on weights that the mask prunes are 0 and stay so, exactly: their gradients are struck out, so Adam's two
  /// means of them are 0 too. Throws InputError where mask and network do not fit.
  void hold_mask(const Mask& mask);

  /// One step of Adam. What comes back is the loss of the labels before the step, without the objective's class
  /// weights. A batch that has neither a known label nor a teacher changes running statistics only.
  LossSum step(const LabelledBatch& batch, double learning_rate);
  /// The logits [batch, classes] of the last batch, before its step.
  [[nodiscard]] std::vector<float> last_logits() const;
  /// The gradients of the objective by tensor name, without a step. Running statistics move as in a step.
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
