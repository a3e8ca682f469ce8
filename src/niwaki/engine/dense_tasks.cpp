#include "niwaki/engine/dense_tasks.hpp"

#include <cstring>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/core/instruction_set.hpp"

namespace niwaki {
namespace {

using dnnl::memory;

const dnnl::engine& cpu() {
  static const dnnl::engine engine = [] {
    // Said before the first primitive is made; later (another user of oneDNN in the process) it is not heard.
    const InstructionSet set = instruction_set();
    if (set != InstructionSet::kAvx512) {
      dnnl::set_max_cpu_isa(set == InstructionSet::kAvx2 ? dnnl::cpu_isa::avx2 : dnnl::cpu_isa::sse41);
    }
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return engine;
}

memory::desc described(const Place& place) {
  const memory::dims lengths = {place.images, place.channels, place.height, place.width};
  switch (place.layout) {
    case Layout::kImage:
      return {lengths, memory::data_type::f32, memory::format_tag::nchw};
    case Layout::kBlocked:
      return {lengths, memory::data_type::f32,
              channel_block() == 16 ? memory::format_tag::nChw16c : memory::format_tag::nChw8c};
    case Layout::kPlanes: {
      const Planes planes = place.planes();
      const auto pixels = static_cast<std::int64_t>(planes.pixels());
      return {lengths, memory::data_type::f32,
              memory::dims{pixels, static_cast<std::int64_t>(planes.stride), place.width, 1}};
    }
    default:
      return {
          {place.images, place.channels * place.height * place.width}, memory::data_type::f32, memory::format_tag::nc};
  }
}

/// A primitive with its arguments: some lie in places, others (weights) are held here.
struct Primitive {
  dnnl::primitive primitive;
  std::vector<std::tuple<int, memory::desc, std::size_t>> places;
  std::vector<std::pair<int, memory>> held;

  [[nodiscard]] Runner bind(const PlaceAddress& address) const {
    std::unordered_map<int, memory> arguments;
    for (const auto& [index, description, place] : places) {
      arguments.emplace(index, memory(description, cpu(), address(place)));
    }
    for (const auto& [index, values] : held) {
      arguments.emplace(index, values);
    }
    return [this_primitive = primitive, arguments = std::move(arguments), stream = dnnl::stream(cpu())] {
      this_primitive.execute(stream, arguments);
    };
  }
};

Task task_of(std::string name, std::string kind, std::shared_ptr<const Primitive> primitive) {
  Task task{.name = std::move(name), .kind = std::move(kind)};
  for (const auto& [index, description, place] : primitive->places) {
    const bool written = index == DNNL_ARG_DST || index == DNNL_ARG_SCRATCHPAD;
    (written ? task.writes : task.reads).push_back(place);
  }
  for (const auto& [index, values] : primitive->held) {
    task.weight_bytes += values.get_desc().get_size();
  }
  task.bind = [primitive = std::move(primitive)](const PlaceAddress& address) { return primitive->bind(address); };
  return task;
}

void append(dnnl::post_ops& operations, const Activation& activation) {
  using dnnl::algorithm;
  switch (activation.kind) {
    case Activation::Kind::kBounds:
      if (activation.none()) {
        return;
      }
      if (activation.low == 0 && activation.high == Activation{}.high) {
        operations.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
      } else {
        operations.append_eltwise(1, algorithm::eltwise_clip, activation.low, activation.high);
      }
      return;
    case Activation::Kind::kSigmoid:
      operations.append_eltwise(1, algorithm::eltwise_logistic, 0, 0);
      return;
    case Activation::Kind::kHardSigmoid:
      operations.append_eltwise(1, algorithm::eltwise_linear, activation.alpha, activation.beta);
      operations.append_eltwise(1, algorithm::eltwise_clip, 0, 1);
      return;
    case Activation::Kind::kHardSwish:
      operations.append_eltwise(1, algorithm::eltwise_hardswish, 0, 0);
      return;
    case Activation::Kind::kSwish:
      operations.append_eltwise(1, algorithm::eltwise_swish, 1, 0);
      return;
  }
}

dnnl::primitive_attr attributes(const Activation& activation, bool residual) {
  dnnl::post_ops operations;
  if (residual) {
    operations.append_sum(1);
  }
  append(operations, activation);
  dnnl::primitive_attr result;
  result.set_post_ops(operations);
  result.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return result;
}

/// The weight in the order that the primitive wants, its padding zero.
memory reordered(const memory::desc& from, const float* values, const memory::desc& to) {
  // oneDNN takes no pointer to const; a reorder only reads.
  memory source(from, cpu(), const_cast<float*>(values));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  memory result(to, cpu());
  dnnl::stream stream(cpu());
  dnnl::reorder(source, result).execute(stream, source, result);
  stream.wait();
  return result;
}

memory bias_of(const std::vector<float>& bias) {
  const memory::desc description({static_cast<std::int64_t>(bias.size())}, memory::data_type::f32,
                                 memory::format_tag::x);
  return reordered(description, bias.data(), description);
}

void add_scratchpad(Primitive& primitive, const memory::desc& description, MemoryPlan& plan) {
  if (description.get_size() > 0) {
    primitive.places.emplace_back(DNNL_ARG_SCRATCHPAD, description,
                                  plan.add(description.get_size() / sizeof(float) + 1));
  }
}

memory::dims pair(const std::array<std::int64_t, 2>& lengths) {
  return {lengths[0], lengths[1]};
}

memory::dims weight_lengths(const ConvolutionLayer& layer) {
  const Shape& shape = layer.weight->shape();
  const std::int64_t groups = layer.geometry.groups;
  return groups == 1 ? memory::dims{shape[0], shape[1], shape[2], shape[3]}
                     : memory::dims{groups, shape[0] / groups, shape[1], shape[2], shape[3]};
}

dnnl::convolution_forward::primitive_desc convolution_description(const Step& step, const Place& x, const Place& out,
                                                                  bool residual, DenseAlgorithm algorithm) {
  const auto& layer = std::get<ConvolutionLayer>(step.layer);
  const memory::desc weight(weight_lengths(layer), memory::data_type::f32, memory::format_tag::any);
  const memory::desc bias({out.channels}, memory::data_type::f32, memory::format_tag::x);
  const auto& [strides, pads, dilations, groups] = layer.geometry;
  const dnnl::convolution_forward::desc description(
      dnnl::prop_kind::forward_inference,
      algorithm == DenseAlgorithm::kWinograd ? dnnl::algorithm::convolution_winograd
                                             : dnnl::algorithm::convolution_direct,
      described(x), weight, bias, described(out), pair(strides), {dilations[0] - 1, dilations[1] - 1},
      {pads[0], pads[1]}, {pads[2], pads[3]});
  return {description, attributes(step.activation, residual), cpu()};
}

}  // namespace

bool has_dense_kernel(const Step& step, const Place& x, const Place& out, DenseAlgorithm algorithm) {
  try {
    const auto description = convolution_description(step, x, out, step.has_residual(), algorithm);
    const char* kernel = description.impl_info_str();
    return std::strstr(kernel, "ref") == nullptr;
  } catch (const dnnl::error&) {
    return false;
  }
}

Task dense_convolution(const Step& step, const NumberedPlace& x, const NumberedPlace& out, bool residual,
                       DenseAlgorithm algorithm, MemoryPlan& plan) {
  const auto& layer = std::get<ConvolutionLayer>(step.layer);
  const auto description = convolution_description(step, x.place, out.place, residual, algorithm);
  auto primitive = std::make_shared<Primitive>();
  primitive->primitive = dnnl::convolution_forward(description);
  primitive->places = {{DNNL_ARG_SRC, description.src_desc(), x.number},
                       {DNNL_ARG_DST, description.dst_desc(), out.number}};
  const memory::desc plain(weight_lengths(layer), memory::data_type::f32,
                           layer.geometry.groups == 1 ? memory::format_tag::oihw : memory::format_tag::goihw);
  primitive->held = {
      {DNNL_ARG_WEIGHTS, reordered(plain, layer.weight->dense().values.data(), description.weights_desc())},
      {DNNL_ARG_BIAS, bias_of(layer.bias)}};
  add_scratchpad(*primitive, description.scratchpad_desc(), plan);
  return task_of(step.name, algorithm == DenseAlgorithm::kWinograd ? "winograd" : "dense", std::move(primitive));
}

Task dense_linear(const Step& step, const NumberedPlace& x, const NumberedPlace& out, MemoryPlan& plan) {
  const auto& layer = std::get<LinearLayer>(step.layer);
  const Shape& shape = layer.weight->shape();
  const memory::desc weight({shape[0], shape[1]}, memory::data_type::f32, memory::format_tag::any);
  const memory::desc bias({shape[0]}, memory::data_type::f32, memory::format_tag::x);
  const dnnl::inner_product_forward::desc operation(dnnl::prop_kind::forward_inference, described(x.place), weight,
                                                    bias, described(out.place));
  const dnnl::inner_product_forward::primitive_desc description(operation, attributes(step.activation, false), cpu());
  auto primitive = std::make_shared<Primitive>();
  primitive->primitive = dnnl::inner_product_forward(description);
  primitive->places = {{DNNL_ARG_SRC, description.src_desc(), x.number},
                       {DNNL_ARG_DST, description.dst_desc(), out.number}};
  const memory::desc plain({shape[0], shape[1]}, memory::data_type::f32, memory::format_tag::oi);
  primitive->held = {
      {DNNL_ARG_WEIGHTS, reordered(plain, layer.weight->dense().values.data(), description.weights_desc())},
      {DNNL_ARG_BIAS, bias_of(layer.bias)}};
  add_scratchpad(*primitive, description.scratchpad_desc(), plan);
  return task_of(step.name, "dense", std::move(primitive));
}

std::optional<Task> dense_pool(const Step& step, const NumberedPlace& x, const NumberedPlace& out, MemoryPlan& plan) {
  const auto* maximum = std::get_if<MaxPool>(&step.layer);
  const auto* average = std::get_if<AveragePool>(&step.layer);
  const auto& kernel = maximum != nullptr ? maximum->kernel : average->kernel;
  const auto& strides = maximum != nullptr ? maximum->strides : average->strides;
  const auto& pads = maximum != nullptr ? maximum->pads : average->pads;
  const std::array<std::int64_t, 2> in_size = {x.place.height, x.place.width};
  const std::array<std::int64_t, 2> out_size = {out.place.height, out.place.width};
  memory::dims end(2);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    end[axis] = (out_size[axis] - 1) * strides[axis] + kernel[axis] - in_size[axis] - pads[axis];
    const bool as_padded = end[axis] == pads[axis + 2];
    if (end[axis] >= kernel[axis] || (average != nullptr && average->count_include_pad && !as_padded)) {
      return std::nullopt;
    }
  }
  const auto algorithm = maximum != nullptr           ? dnnl::algorithm::pooling_max
                         : average->count_include_pad ? dnnl::algorithm::pooling_avg_include_padding
                                                      : dnnl::algorithm::pooling_avg_exclude_padding;
  try {
    const dnnl::pooling_forward::desc operation(dnnl::prop_kind::forward_inference, algorithm, described(x.place),
                                                described(out.place), pair(strides), pair(kernel), {pads[0], pads[1]},
                                                end);
    const dnnl::pooling_forward::primitive_desc description(operation, attributes({}, false), cpu());
    auto primitive = std::make_shared<Primitive>();
    primitive->primitive = dnnl::pooling_forward(description);
    primitive->places = {{DNNL_ARG_SRC, description.src_desc(), x.number},
                         {DNNL_ARG_DST, description.dst_desc(), out.number}};
    add_scratchpad(*primitive, description.scratchpad_desc(), plan);
    return task_of(step.name, "dense", std::move(primitive));
  } catch (const dnnl::error&) {
    return std::nullopt;
  }
}

Task layout_change(const NumberedPlace& x, const NumberedPlace& out) {
  auto primitive = std::make_shared<Primitive>();
  const memory::desc from = described(x.place);
  const memory::desc to = described(out.place);
  dnnl::primitive_attr attribute;
  attribute.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc description(cpu(), from, cpu(), to, attribute);
  primitive->primitive = dnnl::reorder(description);
  primitive->places = {{DNNL_ARG_SRC, from, x.number}, {DNNL_ARG_DST, to, out.number}};
  NIWAKI_CHECK(description.scratchpad_desc().get_size() == 0, "a change of layout wants {} bytes",
               description.scratchpad_desc().get_size());
  return task_of(fmt::format("{} to {}", layout_name(x.place.layout), layout_name(out.place.layout)), "layout",
                 std::move(primitive));
}

}  // namespace niwaki
