#include "niwaki/engine/layouts.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "niwaki/engine/dense_tasks.hpp"

namespace niwaki {

std::vector<Place> value_shapes(const Steps& network, const Shape& input) {
  const std::map<std::string, Shape> shapes = infer_shapes(network.skeleton, input);
  std::vector<Place> result;
  for (const std::string& value : network.values) {
    const auto found = shapes.find(value);
    if (found == shapes.end()) {
      result.emplace_back();  // a value that fusion left without use
      continue;
    }
    const Shape& shape = found->second;
    const bool image = shape.size() == 4;
    result.push_back(
        {.images = shape[0], .channels = shape[1], .height = image ? shape[2] : 1, .width = image ? shape[3] : 1});
  }
  return result;
}

bool is_linear_convolution(const Step& step, const std::vector<Place>& shapes) {
  const auto* layer = std::get_if<ConvolutionLayer>(&step.layer);
  return layer != nullptr && layer->kernel == std::array<std::int64_t, 2>{1, 1} && layer->geometry.groups == 1 &&
         layer->geometry.pads == std::array<std::int64_t, 4>{} && shapes[step.inputs[0]].pixels() == 1 &&
         !step.has_residual();
}

namespace {

bool can_be_blocked(const Step& step, const std::vector<Place>& shapes) {
  const auto as_blocked = [&](std::size_t value) {
    Place place = shapes[value];
    place.layout = value == 0 && place.channels <= 3 ? Layout::kImage : Layout::kBlocked;
    return place;
  };
  if (std::holds_alternative<ConvolutionLayer>(step.layer)) {
    Place out = shapes[step.output];
    out.layout = Layout::kBlocked;
    return has_dense_kernel(step, as_blocked(step.inputs[0]), out);
  }
  if (std::holds_alternative<MaxPool>(step.layer) || std::holds_alternative<AveragePool>(step.layer)) {
    Place x = shapes[step.inputs[0]];
    Place out = shapes[step.output];
    x.layout = Layout::kBlocked;
    out.layout = Layout::kBlocked;
    MemoryPlan unused;
    return dense_pool(step, {0, x}, {1, out}, unused).has_value();
  }
  if (std::holds_alternative<Concatenate>(step.layer)) {
    return std::ranges::all_of(step.inputs,
                               [&](std::size_t value) { return shapes[value].channels % channel_block() == 0; });
  }
  return !std::holds_alternative<Pad>(step.layer) && !std::holds_alternative<Flatten>(step.layer);
}

bool can_be_flat(const Layer& layer) {
  return std::holds_alternative<ActivationLayer>(layer) || std::holds_alternative<Add>(layer) ||
         std::holds_alternative<Multiply>(layer);
}

}  // namespace

ShapedNetwork::ShapedNetwork(const Steps& steps, const Shape& input)
    : network(steps), shapes(value_shapes(steps, input)) {
  for (const Step& step : steps.steps) {
    can_be_blocked.push_back(niwaki::can_be_blocked(step, shapes));
  }
}

std::vector<Layout> layouts_of(const ShapedNetwork& shaped, const std::vector<Layout>& chosen) {
  const Steps& network = shaped.network;
  std::vector<Layout> of_value(network.values.size(), Layout::kPlanes);
  of_value[0] = Layout::kImage;
  std::vector<Layout> result;
  for (std::size_t i = 0; i < network.steps.size(); ++i) {
    const Step& step = network.steps[i];
    const Layout before = of_value[step.inputs[0]];
    Layout layout = before == Layout::kImage ? Layout::kPlanes : before;
    Layout leaves = layout;
    if (std::holds_alternative<LinearLayer>(step.layer) || std::holds_alternative<Flatten>(step.layer)) {
      layout = leaves = Layout::kFlat;
    } else if (std::holds_alternative<ConvolutionLayer>(step.layer)) {
      const bool linear = before == Layout::kFlat && is_linear_convolution(step, shaped.shapes);
      layout = leaves = linear ? Layout::kFlat : chosen[i];
    } else if (std::holds_alternative<GlobalAveragePool>(step.layer)) {
      layout = before == Layout::kBlocked ? Layout::kBlocked : Layout::kPlanes;
      leaves = Layout::kFlat;
    } else if ((before == Layout::kBlocked && !shaped.can_be_blocked[i]) ||
               (before == Layout::kFlat && !can_be_flat(step.layer))) {
      layout = leaves = Layout::kPlanes;
    }
    of_value[step.output] = leaves;
    result.push_back(layout);
  }
  return result;
}

}  // namespace niwaki
