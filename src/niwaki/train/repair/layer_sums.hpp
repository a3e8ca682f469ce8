#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// A layer as rows over inputs: a linear layer's are its own; a convolution's are, for each of its groups, the filters
/// of that group over a patch [in / groups, height, width] in the layout of its weight.
struct RowForm {
  std::size_t groups = 1;
  std::size_t rows = 0;    // of one group
  std::size_t inputs = 0;  // of one group
};
RowForm row_form(const Node& node, const Tensor& weight);

/// What least squares needs to know of a layer, summed in double over weighted patches x of its input and the outputs y
/// that are wanted there.
class LayerSums {
 public:
  LayerSums(const Node& node, const Tensor& weight);

  /// How many patches an image of this input [batch, channels, height, width] has; 1 for a linear layer.
  [[nodiscard]] std::size_t patches(const at::Tensor& input) const;

  /// `chosen`: positions in [batch, patches] of those that count, rising. `weights`: omega of each.
  void add(const at::Tensor& input, const at::Tensor& wanted, const std::vector<std::int64_t>& chosen,
           const std::vector<double>& weights);

  [[nodiscard]] const RowForm& form() const { return form_; }
  [[nodiscard]] double count() const { return count_; }  // patches

  /// Of one group, divided by the sum of omega: means of x and of y, and the second moments H = E[x x^T] and
  /// C = E[y x^T] about them where `centred`, about 0 where not.
  struct Moments {
    std::vector<double> input_mean;   // [inputs]
    std::vector<double> wanted_mean;  // [rows]
    std::vector<double> hessian;      // [inputs, inputs]
    std::vector<double> products;     // [rows, inputs]
  };
  [[nodiscard]] Moments moments(std::size_t group, bool centred) const;

 private:
  const Node& node_;
  Shape weight_shape_;
  RowForm form_;
  double count_ = 0;
  double weight_sum_ = 0;
  // Sums are about an origin near the mean (that of the first batch): products in float32 of values far from 0 would
  // lose the small differences between them.
  at::Tensor input_origin_;           // [groups x inputs]
  at::Tensor wanted_origin_;          // [groups x rows]
  std::vector<at::Tensor> hessian_;   // one a group, in double
  std::vector<at::Tensor> products_;  // the same
  at::Tensor input_sum_;              // [groups x inputs]
  at::Tensor wanted_sum_;             // [groups x rows]
};

}  // namespace niwaki
