#include "niwaki/train/input_norms.hpp"

#include <cmath>
#include <variant>

#include <c10/core/GradMode.h>

namespace niwaki {
namespace {

/// [channels of all groups x kernel height x kernel width] sums of squares of one batch. Squares are summed over the
/// batch first, because what a kernel's place sees is the same part of every image.
at::Tensor sums_of(const Convolution& convolution, const Tensor& weight, const at::Tensor& squares) {
  const auto& pads = convolution.pads;
  const at::Tensor padded = at::constant_pad_nd(squares, {pads[1], pads[3], pads[0], pads[2]}, 0);
  const at::Tensor columns =
      at::im2col(padded, {weight.shape[2], weight.shape[3]}, convolution.dilations, {0, 0}, convolution.strides);
  return columns.to(at::kDouble).sum(at::IntArrayRef({0, 2}));
}

}  // namespace

void InputNorms::add(const Operation& operation, const std::string& name, const Tensor& weight,
                     const at::Tensor& input) {
  const c10::NoGradGuard no_gradient;
  const at::Tensor squares = input.detach().square().sum(at::IntArrayRef({0}), /*keepdim=*/true);
  const auto* convolution = std::get_if<Convolution>(&operation);
  const at::Tensor sums =
      (convolution != nullptr ? sums_of(*convolution, weight, squares.contiguous()) : squares.to(at::kDouble))
          .to(at::kCPU)
          .contiguous()
          .flatten();
  std::vector<double>& all = sums_[name];
  all.resize(static_cast<std::size_t>(sums.numel()), 0.0);
  const auto* values = sums.data_ptr<double>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] += values[i];
  }
}

std::vector<float> InputNorms::of(const std::string& name) const {
  std::vector<float> norms;
  for (const double sum : sums_.at(name)) {
    norms.push_back(static_cast<float>(std::sqrt(sum)));
  }
  return norms;
}

}  // namespace niwaki
