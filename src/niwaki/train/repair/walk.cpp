#include "niwaki/train/repair/walk.hpp"

#include <algorithm>
#include <utility>

#include <c10/core/GradMode.h>

#include "niwaki/cohort/image_batches.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/train/executor.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kBatch = 64;

}  // namespace

CalibrationBatches::CalibrationBatches(const ImageSource& images, std::size_t memory_bytes)
    : images_(images), keep_(images.size() * images.preprocessing().values() <= memory_bytes / sizeof(float)) {}

std::size_t CalibrationBatches::count() const {
  return (images_.size() + kBatch - 1) / kBatch;
}

Shape CalibrationBatches::shape() const {
  const Preprocessing& preprocessing = images_.preprocessing();
  return {1, static_cast<std::int64_t>(preprocessing.channels), static_cast<std::int64_t>(preprocessing.height),
          static_cast<std::int64_t>(preprocessing.width)};
}

void CalibrationBatches::for_each(const Use& use) {
  use_thread_count();
  const c10::NoGradGuard no_gradient;
  if (!kept_.empty()) {
    for (std::size_t batch = 0; batch < kept_.size(); ++batch) {
      throw_if_cancelled();
      use(batch, batch * kBatch, kept_[batch]);
    }
    return;
  }
  std::size_t batch = 0;
  for_each_batch(images_, kBatch, [&](ImageBatch& next) {
    Shape batch_shape = shape();
    batch_shape[0] = static_cast<std::int64_t>(next.rows.size());
    const at::Tensor pictures = image_tensor(next.pixels.data(), batch_shape, at::kCPU);
    if (keep_) {
      kept_.push_back(pictures.clone());
    }
    use(batch, next.rows.front(), pictures);
    ++batch;
  });
}

Walk::Walk(const Graph& graph, const CalibrationBatches& batches, std::size_t memory_bytes)
    : nodes_(graph.nodes), graph_input_(graph.input), memory_bytes_(memory_bytes), kept_(batches.count()) {
  for (const auto& [name, shape] : infer_shapes(graph, batches.shape())) {
    std::size_t size = batches.images() * sizeof(float);
    for (const std::int64_t length : shape) {
      size *= static_cast<std::size_t>(length);
    }
    bytes_[name] = size;
  }
  made_at_[graph.input] = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    made_at_[nodes_[i].output] = i + 1;
    for (const std::string& name : nodes_[i].inputs) {
      last_reader_[name] = i;
    }
    take_node(graph, i);
  }
}

void Walk::take(const std::string& name, const Tensor& tensor) {
  at::Tensor values = at::empty(tensor.shape, at::kFloat);
  copy_values(tensor.values, values);
  tensors_[name] = tensor.shape.size() == 4 ? values.contiguous(at::MemoryFormat::ChannelsLast) : values;
}

void Walk::take_node(const Graph& graph, std::size_t node) {
  nodes_[node] = graph.nodes[node];
  for (const std::string& name : nodes_[node].inputs) {
    const auto tensor = graph.tensors.find(name);
    if (tensor != graph.tensors.end()) {
      take(name, tensor->second);
    }
  }
}

bool Walk::live(const std::string& value, std::size_t node) const {
  const auto reader = last_reader_.find(value);
  return made_at_.at(value) <= node && reader != last_reader_.end() && reader->second >= node;
}

bool Walk::fits(std::size_t node) const {
  std::size_t bytes = 0;
  for (const auto& [value, made_at] : made_at_) {
    bytes += live(value, node) && made_at > 0 ? bytes_.at(value) : 0;
  }
  return bytes <= memory_bytes_;
}

void Walk::stop_before(std::size_t node) {
  NIWAKI_CHECK(node >= stop_ && node < nodes_.size(), "from node {} to {}", stop_, node);
  stop_ = node;
  keep_ = fits(node);
}

at::Tensor Walk::run(const Node& node, const Values& values) const {
  std::vector<at::Tensor> inputs;
  for (const std::string& name : node.inputs) {
    const auto tensor = tensors_.find(name);
    inputs.push_back(tensor != tensors_.end() ? tensor->second : values.at(name));
  }
  return run_operation(node.operation, inputs);
}

at::Tensor Walk::input(std::size_t batch, const at::Tensor& pictures) {
  Kept& kept = kept_[batch];
  Values values = kept.values;
  values[graph_input_] = pictures;
  for (std::size_t i = kept.node; i < stop_; ++i) {
    values[nodes_[i].output] = run(nodes_[i], values);
    std::erase_if(values, [&](const auto& value) { return !live(value.first, i + 1); });
  }
  at::Tensor input = values.at(nodes_[stop_].inputs[0]);
  if (keep_) {
    values.erase(graph_input_);
    kept = {.node = stop_, .values = std::move(values)};
  }
  return input;
}

at::Tensor Walk::output(const at::Tensor& input) const {
  return run(nodes_[stop_], {{nodes_[stop_].inputs[0], input}});
}

}  // namespace niwaki
