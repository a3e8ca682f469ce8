#include "niwaki/engine/reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

/// An image tensor's four lengths.
struct Lengths {
  std::int64_t n, c, h, w;

  explicit Lengths(const Shape& shape) : n(shape[0]), c(shape[1]), h(shape[2]), w(shape[3]) {}
  [[nodiscard]] std::size_t at(std::int64_t image, std::int64_t channel, std::int64_t y, std::int64_t x) const {
    return static_cast<std::size_t>(((image * c + channel) * h + y) * w + x);
  }
};

std::size_t element_count(const Shape& shape) {
  std::size_t count = 1;
  for (const std::int64_t length : shape) {
    count *= static_cast<std::size_t>(length);
  }
  return count;
}

/// Runs one operator on the values of its node's inputs.
class ReferenceRun {
 public:
  ReferenceRun(const Graph& graph, const Node& node, const std::map<std::string, Tensor>& values, Shape shape)
      : graph_(graph), node_(node), values_(values), out_{std::move(shape), {}} {
    out_.values.resize(element_count(out_.shape));
  }

  Tensor operator()(const Convolution& convolution) {
    const Tensor& weight = graph_.tensor(node_.inputs[1]);
    const Lengths in(x().shape);
    const Lengths out(out_.shape);
    const Lengths taps(weight.shape);
    const std::int64_t out_per_group = out.c / convolution.groups;
    each_output([&](std::int64_t n, std::int64_t o, std::int64_t y, std::int64_t z) {
      double sum = bias(2, o);
      const std::int64_t first_channel = o / out_per_group * taps.c;
      for (std::int64_t c = 0; c < taps.c; ++c) {
        for (std::int64_t i = 0; i < taps.h; ++i) {
          for (std::int64_t j = 0; j < taps.w; ++j) {
            const std::int64_t row = y * convolution.strides[0] - convolution.pads[0] + i * convolution.dilations[0];
            const std::int64_t column = z * convolution.strides[1] - convolution.pads[1] + j * convolution.dilations[1];
            const bool inside = row >= 0 && row < in.h && column >= 0 && column < in.w;
            const double factor = weight.values[taps.at(o, c, i, j)];
            if (inside && factor != 0) {
              sum += factor * x().values[in.at(n, first_channel + c, row, column)];
            }
          }
        }
      }
      return sum;
    });
    return std::move(out_);
  }

  Tensor operator()(const Linear&) {
    const Tensor& weight = graph_.tensor(node_.inputs[1]);
    const std::int64_t features = weight.shape[1];
    for (std::int64_t n = 0; n < out_.shape[0]; ++n) {
      for (std::int64_t o = 0; o < out_.shape[1]; ++o) {
        double sum = bias(2, o);
        for (std::int64_t i = 0; i < features; ++i) {
          const double factor = weight.values[static_cast<std::size_t>(o * features + i)];
          sum += factor != 0 ? factor * x().values[static_cast<std::size_t>(n * features + i)] : 0;
        }
        out_.values[static_cast<std::size_t>(n * out_.shape[1] + o)] = static_cast<float>(sum);
      }
    }
    return std::move(out_);
  }

  Tensor operator()(const BatchNormalization& normalization) {
    const auto statistic = [&](std::size_t input, std::int64_t channel) {
      return static_cast<double>(graph_.tensor(node_.inputs[input]).values[static_cast<std::size_t>(channel)]);
    };
    const Lengths in(x().shape);
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t z) {
      const double deviation = std::sqrt(statistic(4, c) + normalization.epsilon);
      return (x().values[in.at(n, c, y, z)] - statistic(3, c)) / deviation * statistic(1, c) + statistic(2, c);
    });
    return std::move(out_);
  }

  Tensor operator()(const Relu&) {
    return each_value([](double v) { return v < 0 ? 0 : v; });
  }
  Tensor operator()(const Clip& clip) {
    return each_value([&](double v) { return v < clip.low ? clip.low : (v > clip.high ? clip.high : v); });
  }
  Tensor operator()(const Sigmoid&) {
    return each_value([](double v) { return 1 / (1 + std::exp(-v)); });
  }
  Tensor operator()(const HardSigmoid& hard) {
    return each_value([&](double v) { return hard_sigmoid(v, hard); });
  }
  Tensor operator()(const HardSwish&) {
    return each_value([](double v) { return v * hard_sigmoid(v, {}); });
  }
  Tensor operator()(const Flatten&) {
    return each_value([](double v) { return v; });
  }

  Tensor operator()(const Add&) {
    for (std::size_t i = 0; i < out_.values.size(); ++i) {
      out_.values[i] = x().values[i] + x(1).values[i];
    }
    return std::move(out_);
  }

  Tensor operator()(const Multiply&) {
    const std::size_t each = out_.values.size() / x(1).values.size();  // values of a that share one of b
    for (std::size_t i = 0; i < out_.values.size(); ++i) {
      out_.values[i] = x().values[i] * x(1).values[i / each];
    }
    return std::move(out_);
  }

  Tensor operator()(const Concatenate&) {
    std::int64_t first = 0;
    for (std::size_t part = 0; part < node_.inputs.size(); ++part) {
      const Lengths in(x(part).shape);
      const Lengths out(out_.shape);
      for (std::int64_t n = 0; n < in.n; ++n) {
        const auto begin = x(part).values.begin() + static_cast<std::ptrdiff_t>(in.at(n, 0, 0, 0));
        std::copy_n(begin, in.c * in.h * in.w,
                    out_.values.begin() + static_cast<std::ptrdiff_t>(out.at(n, first, 0, 0)));
      }
      first += in.c;
    }
    return std::move(out_);
  }

  Tensor operator()(const Pad& pad) {
    const Lengths in(x().shape);
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t z) -> double {
      const std::int64_t row = y - pad.pads[0];
      const std::int64_t column = z - pad.pads[1];
      const bool inside = row >= 0 && row < in.h && column >= 0 && column < in.w;
      return inside ? x().values[in.at(n, c, row, column)] : pad.value;
    });
    return std::move(out_);
  }

  Tensor operator()(const MaxPool& pool) {
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t z) {
      double most = -std::numeric_limits<double>::infinity();
      each_in_window(pool, n, c, y, z, [&](double v) { most = v > most || std::isnan(v) ? v : most; });
      return most;
    });
    return std::move(out_);
  }

  Tensor operator()(const AveragePool& pool) {
    const Lengths in(x().shape);
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t z) {
      double sum = 0;
      std::int64_t count = 0;
      each_in_window(pool, n, c, y, z, [&](double v) {
        sum += v;
        ++count;
      });
      if (pool.count_include_pad) {
        count = padded_window(pool, 0, in.h, y) * padded_window(pool, 1, in.w, z);
      }
      return sum / static_cast<double>(count);
    });
    return std::move(out_);
  }

  Tensor operator()(const GlobalAveragePool&) {
    const Lengths in(x().shape);
    each_output([&](std::int64_t n, std::int64_t c, std::int64_t, std::int64_t) {
      double sum = 0;
      for (std::int64_t i = 0; i < in.h * in.w; ++i) {
        sum += x().values[in.at(n, c, 0, 0) + static_cast<std::size_t>(i)];
      }
      return sum / static_cast<double>(in.h * in.w);
    });
    return std::move(out_);
  }

 private:
  [[nodiscard]] const Tensor& x(std::size_t i = 0) const { return values_.at(node_.inputs[i]); }

  [[nodiscard]] double bias(std::size_t input, std::int64_t channel) const {
    return node_.inputs.size() > input ? graph_.tensor(node_.inputs[input]).values[static_cast<std::size_t>(channel)]
                                       : 0;
  }

  static double hard_sigmoid(double v, const HardSigmoid& hard) {
    const double line = hard.alpha * v + hard.beta;
    return line < 0 ? 0 : (line > 1 ? 1 : line);
  }

  template <typename Function>
  Tensor each_value(const Function& function) {
    for (std::size_t i = 0; i < out_.values.size(); ++i) {
      out_.values[i] = static_cast<float>(function(x().values[i]));
    }
    return std::move(out_);
  }

  template <typename Function>
  void each_output(const Function& function) {
    const Lengths out(out_.shape);
    parallel_for(static_cast<std::size_t>(out.n * out.c), [&](std::size_t plane) {
      const std::int64_t n = static_cast<std::int64_t>(plane) / out.c;
      const std::int64_t c = static_cast<std::int64_t>(plane) % out.c;
      for (std::int64_t y = 0; y < out.h; ++y) {
        for (std::int64_t z = 0; z < out.w; ++z) {
          out_.values[out.at(n, c, y, z)] = static_cast<float>(function(n, c, y, z));
        }
      }
    });
  }

  template <typename Pool, typename Visit>
  void each_in_window(const Pool& pool, std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t z,
                      const Visit& visit) const {
    const Lengths in(x().shape);
    for (std::int64_t i = 0; i < pool.kernel[0]; ++i) {
      for (std::int64_t j = 0; j < pool.kernel[1]; ++j) {
        const std::int64_t row = y * pool.strides[0] - pool.pads[0] + i;
        const std::int64_t column = z * pool.strides[1] - pool.pads[1] + j;
        if (row >= 0 && row < in.h && column >= 0 && column < in.w) {
          visit(x().values[in.at(n, c, row, column)]);
        }
      }
    }
  }

  /// How far a window reaches within the padded input.
  static std::int64_t padded_window(const AveragePool& pool, std::size_t axis, std::int64_t length, std::int64_t at) {
    const std::int64_t begin = at * pool.strides[axis] - pool.pads[axis];
    return std::min(begin + pool.kernel[axis], length + pool.pads[axis + 2]) - begin;
  }

  const Graph& graph_;
  const Node& node_;
  const std::map<std::string, Tensor>& values_;
  Tensor out_;
};

}  // namespace

std::vector<float> reference_logits(const Graph& graph, std::span<const float> input, const Shape& shape) {
  const std::map<std::string, Shape> shapes = infer_shapes(graph, shape);
  NIWAKI_CHECK(input.size() == element_count(shape), "{} values for an input of {}", input.size(),
               element_count(shape));
  std::map<std::string, Tensor> values;
  values[graph.input] = {shape, std::vector<float>(input.begin(), input.end())};
  for (const Node& node : graph.nodes) {
    values[node.output] = std::visit(ReferenceRun(graph, node, values, shapes.at(node.output)), node.operation);
  }
  return values.at(graph.output).values;
}

}  // namespace niwaki
