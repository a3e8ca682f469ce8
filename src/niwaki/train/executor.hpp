#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Training: normalisation by the batch's own mean and variance, and autograd remembers what it needs.
/// Inference: normalisation by the running mean and variance, no autograd.
/// Differentiation: normalisation by the running mean and variance, which stay; autograd remembers what it needs.
enum class RunMode { kTraining, kInference, kDifferentiation };

/// A Graph that libtorch runs. Its weights live on the device, the trainable ones in one flat buffer, so that an
/// optimiser needs few calls however many layers there are. Images and 4-dimensional weights are kept in "channels
/// last" order
/// ([batch, height, width, channels] in memory), in which oneDNN and cuDNN need no reordering.
class Executor {
 public:
  /// A trainable tensor and the part of the flat buffers that is its.
  struct Parameter {
    std::string name;
    at::Tensor value;     // a leaf of autograd
    at::Tensor gradient;  // of the same shape and strides
  };

  Executor(const Graph& graph, const at::Device& device);

  /// Logits [batch, classes] of `input` [batch, channels, height, width] on the executor's device. In training the
  /// running mean and variance of normalisations move by a tenth towards the batch's (PyTorch's momentum, with the
  /// unbiased variance).
  at::Tensor run(const at::Tensor& input, RunMode mode) const;

  /// Hears, before each convolution and linear node runs, of the operation, the name of its weight tensor and its
  /// input.
  using Watcher = std::function<void(const Operation& operation, const std::string& weight, const at::Tensor& input)>;
  at::Tensor run(const at::Tensor& input, RunMode mode, const Watcher& watcher) const;

  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }
  [[nodiscard]] const at::Tensor& flat_values() const { return flat_values_; }
  [[nodiscard]] const at::Tensor& flat_gradients() const { return flat_gradients_; }
  /// A view of `flat` (laid out as flat_values()) for each of parameters().
  [[nodiscard]] std::vector<at::Tensor> views_of(const at::Tensor& flat) const;

  /// Writes the present weights and running statistics into `graph`, which has the constructor's tensors, and back.
  void copy_to(Graph& graph) const;
  void copy_from(const Graph& graph);

 private:
  /// A node with its inputs and output as numbers of slots.
  struct Step {
    Operation operation;
    std::vector<std::size_t> inputs;
    std::size_t output = 0;
    bool in_place = false;           // may overwrite its first input
    std::vector<std::size_t> spent;  // slots that nothing after this step reads
  };

  void place_tensors(const Graph& graph, const at::Device& device);
  void plan_steps(const Graph& graph);
  void plan_reuse();

  std::vector<std::string> tensor_names_;  // slots 0, 1, ... hold the graph's tensors, then come input and values
  std::vector<at::Tensor> tensors_;
  std::vector<Parameter> parameters_;
  at::Tensor flat_values_;
  at::Tensor flat_gradients_;
  std::vector<Step> steps_;
  std::size_t slots_ = 0;
  std::size_t input_slot_ = 0;
  std::size_t output_slot_ = 0;
};

/// One operator by itself, on its inputs in the graph's order: normalisation by running statistics, nothing
/// overwritten.
at::Tensor run_operation(const Operation& operation, const std::vector<at::Tensor>& inputs);

/// Row-major copies between libtorch and the Graph's tensors.
Tensor to_graph_tensor(const at::Tensor& tensor);
void copy_values(const std::vector<float>& values, const at::Tensor& into);

/// "cpu", "cuda" or "auto" (CUDA where there is one). Throws InputError where CUDA is asked for and not there.
at::Device parse_device(const std::string& name);

/// Makes libtorch use core's number of threads.
void use_thread_count();

/// Pictures [batch, channels, height, width] row-major in memory that outlives the tensor, on `device`, channels last.
at::Tensor image_tensor(const float* pixels, const Shape& shape, const at::Device& device);

}  // namespace niwaki
