#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// How the deviation of a convolution's first weights is counted: sqrt(2 / fan) (He et al., ICCV 2015).
enum class Fan {
  kOut,  // out x kernel x kernel: torchvision's ResNets, MobileNets and EfficientNets
  kIn,   // in / groups x kernel x kernel: its DenseNets
};

/// How the first weights and biases of a linear layer are drawn.
enum class LinearStart {
  kPytorch,           // both uniform in +-1 / sqrt(in)
  kUniformIn,         // weights uniform in +-1 / sqrt(in), biases 0: torchvision's DenseNets
  kUniformOut,        // weights uniform in +-1 / sqrt(out), biases 0: its EfficientNets
  kNormalHundredths,  // weights normal with deviation 0.01, biases 0: its MobileNets
};

enum class Activation { kNone, kRelu, kRelu6, kSigmoid, kHardSigmoid, kSwish, kHardSwish };

/// Appends layers to a Graph, each with PyTorch's names and torchvision's initialisation. Every function takes the name
/// of the value that comes in and gives that of the value that goes out.
class NetworkBuilder {
 public:
  NetworkBuilder(Graph& graph, RandomStream& random, Fan fan = Fan::kOut) : graph_(graph), random_(random), fan_(fan) {}

  struct ConvolutionShape {
    std::int64_t in = 1;
    std::int64_t out = 1;
    std::int64_t kernel = 1;  // pixels a side
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t groups = 1;
    bool bias = false;  // of zeros
  };
  std::string convolution(const std::string& x, const std::string& name, const ConvolutionShape& shape);
  /// Scale 1, bias 0, mean 0, variance 1.
  std::string normalisation(const std::string& x, const std::string& name, std::int64_t channels,
                            float epsilon = 1e-5F);
  std::string activation(const std::string& x, const std::string& name, Activation activation);
  std::string relu(const std::string& x, const std::string& name) { return activation(x, name, Activation::kRelu); }
  std::string add(const std::string& a, const std::string& b, const std::string& name);
  /// `gate` [batch, channels, 1, 1] times x.
  std::string scale(const std::string& x, const std::string& gate, const std::string& name);
  std::string concatenate(const std::vector<std::string>& parts, const std::string& name);
  std::string max_pool(const std::string& x, const std::string& name, std::int64_t kernel, std::int64_t stride,
                       std::int64_t padding);
  std::string average_pool(const std::string& x, const std::string& name, std::int64_t kernel, std::int64_t stride);
  std::string global_average(const std::string& x, const std::string& name);
  std::string flatten(const std::string& x, const std::string& name);
  /// With bias.
  std::string linear(const std::string& x, const std::string& name, std::int64_t in, std::int64_t out,
                     LinearStart start);
  /// What the last layer gave is the network's output.
  void finish();

 private:
  std::string node(const std::string& name, const Operation& operation, std::vector<std::string> inputs);

  Graph& graph_;
  RandomStream& random_;
  Fan fan_;
};

/// A linear layer's weight [out, in] and bias [out].
void fill_linear(Tensor& weight, Tensor& bias, std::int64_t out, std::int64_t in, RandomStream& random,
                 LinearStart start = LinearStart::kPytorch);

}  // namespace niwaki
