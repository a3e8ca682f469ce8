#include "niwaki/train/repair/layer_sums.hpp"

#include <array>
#include <variant>

#include "niwaki/core/error.hpp"
#include "niwaki/train/repair/float_product.hpp"

namespace niwaki {
namespace {

at::Tensor padded(const at::Tensor& x, const std::array<std::int64_t, 4>& pads) {
  return at::constant_pad_nd(x, {pads[1], pads[3], pads[0], pads[2]}, 0);
}

std::int64_t windows(std::int64_t size, std::int64_t pads, std::int64_t kernel, std::int64_t dilation,
                     std::int64_t stride) {
  return (size + pads - dilation * (kernel - 1) - 1) / stride + 1;
}

/// Patches [batch x positions, channels x height x width], in the order of the weight's values.
at::Tensor patches_of(const at::Tensor& input, const Convolution& convolution, const Shape& weight) {
  const at::Tensor columns = at::im2col(padded(input, convolution.pads).contiguous(), {weight[2], weight[3]},
                                        convolution.dilations, {0, 0}, convolution.strides);
  return columns.transpose(1, 2).flatten(0, 1);
}

std::vector<double> as_doubles(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.contiguous();
  return {plain.data_ptr<double>(), plain.data_ptr<double>() + plain.numel()};
}

}  // namespace

RowForm row_form(const Node& node, const Tensor& weight) {
  const auto* convolution = std::get_if<Convolution>(&node.operation);
  const auto groups = convolution == nullptr ? std::size_t{1} : static_cast<std::size_t>(convolution->groups);
  const std::size_t rows = static_cast<std::size_t>(weight.shape[0]);
  NIWAKI_CHECK(rows % groups == 0, "{} rows in {} groups", rows, groups);
  return {.groups = groups, .rows = rows / groups, .inputs = weight.size() / rows};
}

LayerSums::LayerSums(const Node& node, const Tensor& weight)
    : node_(node), weight_shape_(weight.shape), form_(row_form(node, weight)) {
  const auto inputs = static_cast<std::int64_t>(form_.inputs);
  const auto rows = static_cast<std::int64_t>(form_.rows);
  const auto groups = static_cast<std::int64_t>(form_.groups);
  for (std::int64_t group = 0; group < groups; ++group) {
    hessian_.push_back(at::zeros({inputs, inputs}, at::kDouble));
    products_.push_back(at::zeros({rows, inputs}, at::kDouble));
  }
  input_sum_ = at::zeros({groups * inputs}, at::kDouble);
  wanted_sum_ = at::zeros({groups * rows}, at::kDouble);
}

std::size_t LayerSums::patches(const at::Tensor& input) const {
  const auto* convolution = std::get_if<Convolution>(&node_.operation);
  if (convolution == nullptr) {
    return 1;
  }
  const auto& [top, left, bottom, right] = convolution->pads;
  return static_cast<std::size_t>(
      windows(input.size(2), top + bottom, weight_shape_[2], convolution->dilations[0], convolution->strides[0]) *
      windows(input.size(3), left + right, weight_shape_[3], convolution->dilations[1], convolution->strides[1]));
}

void LayerSums::add(const at::Tensor& input, const at::Tensor& wanted, const std::vector<std::int64_t>& chosen,
                    const std::vector<double>& weights) {
  NIWAKI_CHECK(chosen.size() == weights.size(), "{} patches, {} weights", chosen.size(), weights.size());
  if (chosen.empty()) {
    return;
  }
  const auto* convolution = std::get_if<Convolution>(&node_.operation);
  const at::Tensor index = at::tensor(chosen, at::kLong);
  const at::Tensor omega = at::tensor(weights, at::kDouble);
  const at::Tensor all = convolution == nullptr ? input : patches_of(input, *convolution, weight_shape_);
  const at::Tensor outputs = convolution == nullptr ? wanted : wanted.permute({0, 2, 3, 1}).flatten(0, 2);
  at::Tensor x = all.index_select(0, index);
  at::Tensor y = outputs.index_select(0, index);
  if (count_ == 0) {
    input_origin_ = x.mean(0);
    wanted_origin_ = y.mean(0);
  }
  x = x - input_origin_;
  y = y - wanted_origin_;
  const at::Tensor weighted = x * omega.to(at::kFloat).unsqueeze(1);
  for (std::size_t group = 0; group < form_.groups; ++group) {
    const auto first = static_cast<std::int64_t>(group * form_.inputs);
    const at::Tensor part = x.narrow(1, first, static_cast<std::int64_t>(form_.inputs));
    const at::Tensor weighted_part = weighted.narrow(1, first, static_cast<std::int64_t>(form_.inputs));
    const at::Tensor wanted_part =
        y.narrow(1, static_cast<std::int64_t>(group * form_.rows), static_cast<std::int64_t>(form_.rows));
    hessian_[group].add_(float_product(part.t(), weighted_part));
    products_[group].add_(float_product(wanted_part.t(), weighted_part));
  }
  input_sum_.add_((x.to(at::kDouble) * omega.unsqueeze(1)).sum(0));
  wanted_sum_.add_((y.to(at::kDouble) * omega.unsqueeze(1)).sum(0));
  count_ += static_cast<double>(chosen.size());
  weight_sum_ += omega.sum().item<double>();
}

LayerSums::Moments LayerSums::moments(std::size_t group, bool centred) const {
  const auto inputs = static_cast<std::int64_t>(form_.inputs);
  const auto rows = static_cast<std::int64_t>(form_.rows);
  const auto of_inputs = [&](const at::Tensor& all) {
    return all.narrow(0, static_cast<std::int64_t>(group) * inputs, inputs);
  };
  const auto of_rows = [&](const at::Tensor& all) {
    return all.narrow(0, static_cast<std::int64_t>(group) * rows, rows);
  };
  const at::Tensor input_shift = of_inputs(input_sum_) / weight_sum_;  // mean less origin
  const at::Tensor wanted_shift = of_rows(wanted_sum_) / weight_sum_;
  const at::Tensor input_mean = input_shift + of_inputs(input_origin_);
  const at::Tensor wanted_mean = wanted_shift + of_rows(wanted_origin_);
  at::Tensor hessian = hessian_[group] / weight_sum_ - at::outer(input_shift, input_shift);
  at::Tensor products = products_[group] / weight_sum_ - at::outer(wanted_shift, input_shift);
  hessian = (hessian + hessian.t()) / 2;  // products in float32 leave it not quite symmetric
  if (!centred) {
    hessian.add_(at::outer(input_mean, input_mean));
    products.add_(at::outer(wanted_mean, input_mean));
  }
  return {.input_mean = as_doubles(input_mean),
          .wanted_mean = as_doubles(wanted_mean),
          .hessian = as_doubles(hessian),
          .products = as_doubles(products)};
}

}  // namespace niwaki
