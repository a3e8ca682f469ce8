#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Sums the squares of what each weight of a layer is multiplied by, over images and positions.
class InputNorms {
 public:
  /// As Executor::Watcher: adds a batch that enters this layer. `weight` is the weight tensor.
  void add(const Operation& operation, const std::string& name, const Tensor& weight, const at::Tensor& input);

  /// Square roots of the sums, [groups, weights of a row] (LayerStatistics::input_norms). The layer was added to.
  [[nodiscard]] std::vector<float> of(const std::string& name) const;

 private:
  std::map<std::string, std::vector<double>> sums_;
};

}  // namespace niwaki
