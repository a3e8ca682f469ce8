#pragma once

#include <cstdint>
#include <string>

#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Appends layers to a Graph, each with PyTorch's names and torchvision's initialisation. Every function takes the name
/// of the value that comes in and gives that of the value that goes out.
class NetworkBuilder {
 public:
  NetworkBuilder(Graph& graph, RandomStream& random) : graph_(graph), random_(random) {}

  struct ConvolutionShape {
    std::int64_t in = 1;
    std::int64_t out = 1;
    std::int64_t kernel = 1;  // pixels a side
    std::int64_t stride = 1;
    std::int64_t padding = 0;
  };
  /// Without bias. Weights: normal, deviation sqrt(2 / (out x kernel x kernel)) (He et al., ICCV 2015, fan out).
  std::string convolution(const std::string& x, const std::string& name, const ConvolutionShape& shape);
  /// Scale 1, bias 0, mean 0, variance 1.
  std::string normalisation(const std::string& x, const std::string& name, std::int64_t channels);
  std::string relu(const std::string& x, const std::string& name);
  std::string add(const std::string& a, const std::string& b, const std::string& name);
  std::string max_pool(const std::string& x, const std::string& name, std::int64_t kernel, std::int64_t stride,
                       std::int64_t padding);
  /// Global average, flatten, linear with bias: PyTorch's default initialisation, uniform in +-1 / sqrt(in).
  void classifier(const std::string& x, const std::string& name, std::int64_t in, std::int64_t classes);

 private:
  std::string node(const std::string& name, const Operation& operation, std::vector<std::string> inputs);

  Graph& graph_;
  RandomStream& random_;
};

/// A linear layer's weight [out, in] and bias [out] with PyTorch's default initialisation.
void fill_linear(Tensor& weight, Tensor& bias, std::int64_t out, std::int64_t in, RandomStream& random);

}  // namespace niwaki
