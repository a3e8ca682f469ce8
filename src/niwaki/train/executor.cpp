#include "niwaki/train/executor.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/version.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki {
namespace {

constexpr double kMomentum = 0.1;  // of running statistics, as torch.nn.BatchNorm2d

/// Strides of a dense tensor with the channels last where it has 4 dimensions, row-major otherwise.
std::vector<std::int64_t> strides_of(const Shape& shape) {
  if (shape.size() == 4) {
    return {shape[1] * shape[2] * shape[3], 1, shape[3] * shape[1], shape[1]};
  }
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/// Pads as ONNX has them (top, left, bottom, right) in the order of constant_pad_nd.
at::Tensor padded(const at::Tensor& x, const std::array<std::int64_t, 4>& pads, double value) {
  return at::constant_pad_nd(x, {pads[1], pads[3], pads[0], pads[2]}, value);
}

bool symmetric(const std::array<std::int64_t, 4>& pads) {
  return pads[0] == pads[2] && pads[1] == pads[3];
}

/// libtorch's pools take the same padding on both sides, and half the kernel at most.
bool pool_takes(const std::array<std::int64_t, 4>& pads, const std::array<std::int64_t, 2>& kernel) {
  return symmetric(pads) && 2 * pads[0] <= kernel[0] && 2 * pads[1] <= kernel[1];
}

/// `reach` less `pads` on every side.
std::array<std::int64_t, 4> beyond(std::array<std::int64_t, 4> reach, const std::array<std::int64_t, 4>& pads) {
  for (std::size_t side = 0; side < 4; ++side) {
    reach[side] -= pads[side];
  }
  return reach;
}

/// Runs one operator. `x` are the node's inputs.
struct OperatorRun {
  const std::vector<at::Tensor>& x;
  RunMode mode;
  bool in_place;

  [[nodiscard]] at::Tensor bias(std::size_t index) const { return x.size() > index ? x[index] : at::Tensor(); }

  at::Tensor operator()(const Convolution& convolution) const {
    const auto& pads = convolution.pads;
    if (symmetric(pads)) {
      return at::conv2d(x[0], x[1], bias(2), convolution.strides, at::IntArrayRef({pads[0], pads[1]}),
                        convolution.dilations, convolution.groups);
    }
    return at::conv2d(padded(x[0], pads, 0), x[1], bias(2), convolution.strides, at::IntArrayRef({0, 0}),
                      convolution.dilations, convolution.groups);
  }

  at::Tensor operator()(const BatchNormalization& normalization) const {
    return at::batch_norm(x[0], x[1], x[2], x[3], x[4], mode == RunMode::kTraining, kMomentum, normalization.epsilon,
                          true);
  }

  at::Tensor operator()(const Relu&) const { return in_place ? x[0].relu_() : at::relu(x[0]); }
  at::Tensor operator()(const Clip& clip) const { return at::clamp(x[0], clip.low, clip.high); }
  at::Tensor operator()(const Sigmoid&) const { return at::sigmoid(x[0]); }
  at::Tensor operator()(const HardSigmoid& sigmoid) const {
    return at::clamp(at::add(at::mul(x[0], sigmoid.alpha), sigmoid.beta), 0, 1);
  }
  at::Tensor operator()(const HardSwish&) const { return at::hardswish(x[0]); }
  at::Tensor operator()(const Add&) const { return in_place ? x[0].add_(x[1]) : at::add(x[0], x[1]); }
  at::Tensor operator()(const Multiply&) const { return at::mul(x[0], x[1]); }
  at::Tensor operator()(const Concatenate&) const { return at::cat(x, 1); }

  at::Tensor operator()(const Pad& pad) const { return padded(x[0], pad.pads, pad.value); }

  at::Tensor operator()(const MaxPool& pool) const {
    if (pool_takes(pool.pads, pool.kernel)) {
      return at::max_pool2d(x[0], pool.kernel, pool.strides, at::IntArrayRef({pool.pads[0], pool.pads[1]}), {1, 1},
                            pool.ceil_mode);
    }
    const at::Tensor reached = padded(x[0], reach_of_windows(pool), -std::numeric_limits<double>::infinity());
    return at::max_pool2d(reached, pool.kernel, pool.strides);
  }

  at::Tensor operator()(const AveragePool& pool) const {
    if (pool_takes(pool.pads, pool.kernel)) {
      return at::avg_pool2d(x[0], pool.kernel, pool.strides, at::IntArrayRef({pool.pads[0], pool.pads[1]}),
                            pool.ceil_mode, pool.count_include_pad);
    }
    const std::array<std::int64_t, 4> reach = reach_of_windows(pool);
    const auto sums = [&pool](const at::Tensor& values) {
      return at::avg_pool2d(values, pool.kernel, pool.strides, {0, 0}, false, false, 1);
    };
    at::Tensor counted = at::ones({1, 1, x[0].size(2), x[0].size(3)}, x[0].options());
    if (pool.count_include_pad) {
      counted = padded(counted, pool.pads, 1);
      return sums(padded(x[0], reach, 0)) / sums(padded(counted, beyond(reach, pool.pads), 0));
    }
    return sums(padded(x[0], reach, 0)) / sums(padded(counted, reach, 0));
  }

  /// The padding that a pool's windows reach, so that they fit without rounding: at the end it is more than the pool's
  /// own where the number of windows was rounded up, and less where the last window ends before it. As infer_shapes()
  /// counts them.
  template <typename Pool>
  [[nodiscard]] std::array<std::int64_t, 4> reach_of_windows(const Pool& pool) const {
    std::array<std::int64_t, 4> reach = pool.pads;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t size = x[0].size(static_cast<std::int64_t>(2 + axis));
      const std::int64_t stride = pool.strides[axis];
      const std::int64_t steps = size + pool.pads[axis] + pool.pads[axis + 2] - pool.kernel[axis];
      std::int64_t last = (pool.ceil_mode ? (steps + stride - 1) / stride : steps / stride) * stride;
      if (pool.ceil_mode && last >= size + pool.pads[axis]) {
        last -= stride;  // a window may not begin in the padding at the end
      }
      reach[axis + 2] = last + pool.kernel[axis] - size - pool.pads[axis];
    }
    return reach;
  }

  at::Tensor operator()(const GlobalAveragePool&) const { return at::adaptive_avg_pool2d(x[0], {1, 1}); }
  at::Tensor operator()(const Flatten&) const { return at::flatten(x[0], 1); }
  at::Tensor operator()(const Linear&) const { return at::linear(x[0], x[1], bias(2)); }
};

/// The names of what training changes by gradient, in the graph's order of tensors.
std::set<std::string> trainable_names(const Graph& graph) {
  std::set<std::string> names;
  for (const Node& node : graph.nodes) {
    const bool normalization = std::holds_alternative<BatchNormalization>(node.operation);
    if (normalization || std::holds_alternative<Convolution>(node.operation) ||
        std::holds_alternative<Linear>(node.operation)) {
      const std::size_t end = normalization ? 3 : node.inputs.size();
      names.insert(node.inputs.begin() + 1, node.inputs.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
  return names;
}

/// The backward passes of these need what they were given, or nothing, but never what they gave, which may be
/// overwritten.
bool output_may_be_overwritten(const Operation& operation) {
  return std::holds_alternative<Convolution>(operation) || std::holds_alternative<BatchNormalization>(operation) ||
         std::holds_alternative<Linear>(operation) || std::holds_alternative<Add>(operation);
}

bool overwrites(const Operation& operation) {
  return std::holds_alternative<Relu>(operation) || std::holds_alternative<Add>(operation);
}

/// A tensor's length in the flat buffers: each begins on 256 bytes, because kernels on CUDA read several floats at
/// once. What lies between stays 0.
std::int64_t aligned(std::size_t floats) {
  constexpr std::size_t kFloats = 64;
  return static_cast<std::int64_t>((floats + kFloats - 1) / kFloats * kFloats);
}

}  // namespace

Executor::Executor(const Graph& graph, const at::Device& device) {
  place_tensors(graph, device);
  plan_steps(graph);
  plan_reuse();
}

void Executor::place_tensors(const Graph& graph, const at::Device& device) {
  const std::set<std::string> trainable = trainable_names(graph);
  std::int64_t flat_size = 0;
  for (const std::string& name : trainable) {
    flat_size += aligned(graph.tensor(name).size());
  }
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  flat_values_ = at::zeros({flat_size}, options);
  flat_gradients_ = at::zeros({flat_size}, options);
  std::int64_t offset = 0;
  for (const auto& [name, tensor] : graph.tensors) {
    const std::vector<std::int64_t> strides = strides_of(tensor.shape);
    tensor_names_.push_back(name);
    if (!trainable.contains(name)) {
      tensors_.push_back(at::empty_strided(tensor.shape, strides, options));
      continue;
    }
    at::Tensor value = flat_values_.as_strided(tensor.shape, strides, offset).detach();
    parameters_.push_back({name, value, flat_gradients_.as_strided(tensor.shape, strides, offset).detach()});
    tensors_.push_back(value);
    offset += aligned(tensor.size());
  }
  copy_from(graph);
  for (Parameter& parameter : parameters_) {
    parameter.value.set_requires_grad(true);
    parameter.value.mutable_grad() = parameter.gradient;
  }
}

void Executor::plan_steps(const Graph& graph) {
  std::map<std::string, std::size_t> slots;
  for (const std::string& name : tensor_names_) {
    slots.emplace(name, slots.size());
  }
  input_slot_ = slots.emplace(graph.input, slots.size()).first->second;
  for (const Node& node : graph.nodes) {
    Step step{.operation = node.operation};
    for (const std::string& input : node.inputs) {
      NIWAKI_CHECK(slots.contains(input), "node {} reads {}, which nothing makes", node.name, input);
      step.inputs.push_back(slots.at(input));
    }
    step.output = slots.emplace(node.output, slots.size()).first->second;
    steps_.push_back(std::move(step));
  }
  NIWAKI_CHECK(slots.contains(graph.output), "nothing makes {}", graph.output);
  output_slot_ = slots.at(graph.output);
  slots_ = slots.size();
}

void Executor::plan_reuse() {
  std::vector<std::size_t> uses(slots_, 0);
  std::vector<const Step*> producer(slots_, nullptr);
  for (const Step& step : steps_) {
    for (const std::size_t input : step.inputs) {
      ++uses[input];
    }
    producer[step.output] = &step;
  }
  ++uses[output_slot_];
  for (Step& step : steps_) {
    const std::size_t first = step.inputs[0];
    step.in_place = overwrites(step.operation) && uses[first] == 1 && producer[first] != nullptr &&
                    output_may_be_overwritten(producer[first]->operation);
  }
  std::set<std::size_t> read_later = {output_slot_};
  for (std::size_t left = steps_.size(); left > 0; --left) {
    Step& step = steps_[left - 1];
    for (const std::size_t input : step.inputs) {
      if (input >= tensors_.size() && read_later.insert(input).second) {
        step.spent.push_back(input);
      }
    }
  }
}

at::Tensor Executor::run(const at::Tensor& input, RunMode mode) const {
  return run(input, mode, {});
}

at::Tensor Executor::run(const at::Tensor& input, RunMode mode, const Watcher& watcher) const {
  const c10::AutoGradMode gradient_mode(mode != RunMode::kInference);
  std::vector<at::Tensor> values = tensors_;
  values.resize(slots_);
  values[input_slot_] = input;
  std::vector<at::Tensor> inputs;
  for (const Step& step : steps_) {
    inputs.clear();
    for (const std::size_t slot : step.inputs) {
      inputs.push_back(values[slot]);
    }
    if (watcher &&
        (std::holds_alternative<Convolution>(step.operation) || std::holds_alternative<Linear>(step.operation))) {
      watcher(step.operation, tensor_names_[step.inputs[1]], inputs[0]);
    }
    values[step.output] = std::visit(OperatorRun{.x = inputs, .mode = mode, .in_place = step.in_place}, step.operation);
    for (const std::size_t slot : step.spent) {
      values[slot].reset();
    }
  }
  return values[output_slot_];
}

std::vector<at::Tensor> Executor::views_of(const at::Tensor& flat) const {
  std::vector<at::Tensor> views;
  for (const Parameter& parameter : parameters_) {
    views.push_back(
        flat.as_strided(parameter.gradient.sizes(), parameter.gradient.strides(), parameter.gradient.storage_offset()));
  }
  return views;
}

void Executor::copy_to(Graph& graph) const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    graph.tensor(tensor_names_[i]) = to_graph_tensor(tensors_[i]);
  }
}

void Executor::copy_from(const Graph& graph) {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    copy_values(graph.tensor(tensor_names_[i]).values, tensors_[i]);
  }
}

at::Tensor run_operation(const Operation& operation, const std::vector<at::Tensor>& inputs) {
  return std::visit(OperatorRun{.x = inputs, .mode = RunMode::kInference, .in_place = false}, operation);
}

Tensor to_graph_tensor(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
  const auto* begin = plain.data_ptr<float>();
  return {.shape = plain.sizes().vec(), .values = std::vector<float>(begin, begin + plain.numel())};
}

void copy_values(const std::vector<float>& values, const at::Tensor& into) {
  NIWAKI_CHECK(static_cast<std::int64_t>(values.size()) == into.numel(), "{} values for {}", values.size(),
               into.numel());
  const c10::NoGradGuard no_gradient;
  const at::Tensor plain = at::empty(into.sizes(), at::kFloat);
  std::ranges::copy(values, plain.data_ptr<float>());
  into.copy_(plain);
}

bool cuda_available() {
  return at::hasCUDA();
}

std::string libtorch_version() {
  return TORCH_VERSION;
}

at::Device parse_device(const std::string& name) {
  if (name == "cpu" || (name == "auto" && !at::hasCUDA())) {
    return at::kCPU;
  }
  if (name != "auto" && name != "cuda") {
    throw InputError(fmt::format("unknown device '{}'", name), "train.device", "choose auto, cpu or cuda");
  }
  if (!at::hasCUDA()) {
    throw InputError("this libtorch has no CUDA device", "train.device", "choose cpu or auto");
  }
  at::globalContext().setBenchmarkCuDNN(false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setAllowTF32CuDNN(false);  // its products have 10 bits: logits would differ by a thousandth
  return at::kCUDA;
}

void use_thread_count() {
  if (at::get_num_threads() != thread_count()) {
    at::set_num_threads(thread_count());
  }
}

at::Tensor image_tensor(const float* pixels, const Shape& shape, const at::Device& device) {
  // from_blob takes no pointer to const; nothing here writes to it.
  const at::Tensor plain = at::from_blob(const_cast<float*>(pixels), shape, at::kFloat);  // NOLINT
  if (shape[1] == 1) {
    return plain.as_strided(shape, strides_of(shape)).to(device);
  }
  return plain.to(device).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace niwaki
