#include "niwaki/train/test_networks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <variant>

#include <fmt/format.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki::testing_networks {
namespace {

/// An array in double, row-major.
struct Array {
  Shape shape;
  std::vector<double> values;

  static Array of_shape(const Shape& shape) {
    std::int64_t size = 1;
    for (const std::int64_t length : shape) {
      size *= length;
    }
    return {shape, std::vector<double>(static_cast<std::size_t>(size))};
  }
  [[nodiscard]] std::size_t position(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
    return static_cast<std::size_t>(((n * shape[1] + c) * shape[2] + y) * shape[3] + x);
  }
  double& at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) { return values[position(n, c, y, x)]; }
  [[nodiscard]] double at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
    return values[position(n, c, y, x)];
  }
  /// Calls body(n, c, y, x) for every element.
  void each(const std::function<void(std::int64_t, std::int64_t, std::int64_t, std::int64_t)>& body) const {
    for (std::int64_t n = 0; n < shape[0]; ++n) {
      for (std::int64_t c = 0; c < shape[1]; ++c) {
        for (std::int64_t y = 0; y < shape[2]; ++y) {
          for (std::int64_t x = 0; x < shape[3]; ++x) {
            body(n, c, y, x);
          }
        }
      }
    }
  }
};

bool inside(const Array& array, std::int64_t y, std::int64_t x) {
  return y >= 0 && y < array.shape[2] && x >= 0 && x < array.shape[3];
}

const bool kOneThread = (set_thread_count(1), true);  // before any test

struct PlainOperator {
  const std::vector<Array>& in;
  Array out;  // of the right shape
  bool training;

  Array operator()(const Convolution& convolution) {
    const Array& weight = in[1];
    const std::int64_t outs_per_group = weight.shape[0] / convolution.groups;
    out.each([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
      double sum = in.size() > 2 ? in[2].values[static_cast<std::size_t>(c)] : 0;
      for (std::int64_t i = 0; i < weight.shape[1]; ++i) {
        for (std::int64_t ky = 0; ky < weight.shape[2]; ++ky) {
          for (std::int64_t kx = 0; kx < weight.shape[3]; ++kx) {
            const std::int64_t from_y =
                y * convolution.strides[0] - convolution.pads[0] + ky * convolution.dilations[0];
            const std::int64_t from_x =
                x * convolution.strides[1] - convolution.pads[1] + kx * convolution.dilations[1];
            if (inside(in[0], from_y, from_x)) {
              sum += weight.at(c, i, ky, kx) * in[0].at(n, c / outs_per_group * weight.shape[1] + i, from_y, from_x);
            }
          }
        }
      }
      out.at(n, c, y, x) = sum;
    });
    return out;
  }

  Array operator()(const BatchNormalization& normalization) {
    for (std::int64_t c = 0; c < out.shape[1]; ++c) {
      const auto channel = static_cast<std::size_t>(c);
      double mean = in[3].values[channel];
      double variance = in[4].values[channel];
      if (training) {
        std::vector<double> values;
        out.each([&](std::int64_t n, std::int64_t of, std::int64_t y, std::int64_t x) {
          if (of == c) {
            values.push_back(in[0].at(n, c, y, x));
          }
        });
        mean = variance = 0;
        for (const double value : values) {
          mean += value / static_cast<double>(values.size());
        }
        for (const double value : values) {
          variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
        }
      }
      out.each([&](std::int64_t n, std::int64_t of, std::int64_t y, std::int64_t x) {
        if (of == c) {
          out.at(n, c, y, x) =
              (in[0].at(n, c, y, x) - mean) / std::sqrt(variance + normalization.epsilon) * in[1].values[channel] +
              in[2].values[channel];
        }
      });
    }
    return out;
  }

  template <typename Function>
  Array each_value(const Function& function) {
    std::ranges::transform(in[0].values, out.values.begin(), function);
    return out;
  }
  Array operator()(const Relu&) {
    return each_value([](double x) { return std::max(x, 0.0); });
  }
  Array operator()(const Clip& clip) {
    return each_value([&](double x) { return std::clamp(x, double{clip.low}, double{clip.high}); });
  }
  Array operator()(const Sigmoid&) {
    return each_value([](double x) { return 1 / (1 + std::exp(-x)); });
  }
  Array operator()(const HardSigmoid& sigmoid) {
    return each_value([&](double x) { return std::clamp(sigmoid.alpha * x + sigmoid.beta, 0.0, 1.0); });
  }
  Array operator()(const HardSwish&) {
    return each_value([](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); });
  }
  Array operator()(const Add&) {
    std::ranges::transform(in[0].values, in[1].values, out.values.begin(), std::plus<>());
    return out;
  }
  Array operator()(const Multiply&) {
    const bool per_channel = in[1].shape[2] == 1;
    out.each([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
      out.at(n, c, y, x) = in[0].at(n, c, y, x) * (per_channel ? in[1].at(n, c, 0, 0) : in[1].at(n, c, y, x));
    });
    return out;
  }
  Array operator()(const Concatenate&) {
    std::int64_t before = 0;
    for (const Array& part : in) {
      part.each([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
        out.at(n, before + c, y, x) = part.at(n, c, y, x);
      });
      before += part.shape[1];
    }
    return out;
  }
  Array operator()(const Pad& pad) {
    out.each([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
      const std::int64_t from_y = y - pad.pads[0];
      const std::int64_t from_x = x - pad.pads[1];
      out.at(n, c, y, x) = inside(in[0], from_y, from_x) ? in[0].at(n, c, from_y, from_x) : double{pad.value};
    });
    return out;
  }

  template <typename Pool>
  Array pooled(const Pool& pool, bool maximum, bool count_padding) {
    out.each([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
      double sum = 0;
      double largest = -std::numeric_limits<double>::infinity();
      double counted = 0;
      for (std::int64_t ky = 0; ky < pool.kernel[0]; ++ky) {
        for (std::int64_t kx = 0; kx < pool.kernel[1]; ++kx) {
          const std::int64_t from_y = y * pool.strides[0] - pool.pads[0] + ky;
          const std::int64_t from_x = x * pool.strides[1] - pool.pads[1] + kx;
          if (inside(in[0], from_y, from_x)) {
            sum += in[0].at(n, c, from_y, from_x);
            largest = std::max(largest, in[0].at(n, c, from_y, from_x));
            counted += 1;
          } else if (count_padding && from_y < in[0].shape[2] + pool.pads[2] &&
                     from_x < in[0].shape[3] + pool.pads[3]) {
            counted += 1;
          }
        }
      }
      out.at(n, c, y, x) = maximum ? largest : sum / counted;
    });
    return out;
  }
  Array operator()(const MaxPool& pool) { return pooled(pool, true, false); }
  Array operator()(const AveragePool& pool) { return pooled(pool, false, pool.count_include_pad); }
  Array operator()(const GlobalAveragePool&) {
    in[0].each([&](std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
      out.at(n, c, 0, 0) += in[0].at(n, c, y, x) / static_cast<double>(in[0].shape[2] * in[0].shape[3]);
    });
    return out;
  }
  Array operator()(const Flatten&) {
    out.values = in[0].values;
    return out;
  }
  Array operator()(const Linear&) {
    const std::int64_t features = in[1].shape[1];
    for (std::int64_t n = 0; n < out.shape[0]; ++n) {
      for (std::int64_t c = 0; c < out.shape[1]; ++c) {
        double sum = in.size() > 2 ? in[2].values[static_cast<std::size_t>(c)] : 0;
        for (std::int64_t i = 0; i < features; ++i) {
          sum += in[0].values[static_cast<std::size_t>(n * features + i)] *
                 in[1].values[static_cast<std::size_t>(c * features + i)];
        }
        out.values[static_cast<std::size_t>(n * out.shape[1] + c)] = sum;
      }
    }
    return out;
  }
};

}  // namespace

ThreadCount::ThreadCount(int count) {
  set_thread_count(count);
}

ThreadCount::~ThreadCount() {
  set_thread_count(1);
}

std::string NetworkMaker::node(const Operation& operation, std::vector<std::string> inputs) {
  const std::string name = fmt::format("node{}", graph_.nodes.size());
  graph_.nodes.push_back({name, operation, std::move(inputs), name + ".out"});
  return graph_.nodes.back().output;
}

std::string NetworkMaker::tensor(const Shape& shape, double low, double high) {
  std::vector<float> values(Array::of_shape(shape).values.size());
  std::ranges::generate(values, [&] { return static_cast<float>(random_.uniform(low, high)); });
  std::string name = fmt::format("tensor{}", graph_.tensors.size());
  graph_.add_tensor(name, {.shape = shape, .values = std::move(values)});
  return name;
}

std::string NetworkMaker::convolution(const std::string& x, const Shape& weight, const Convolution& attributes,
                                      bool bias) {
  std::vector<std::string> inputs = {x, tensor(weight, -0.5, 0.5)};
  if (bias) {
    inputs.push_back(tensor({weight[0]}, -0.5, 0.5));
  }
  return node(attributes, std::move(inputs));
}

std::string NetworkMaker::normalization(const std::string& x, std::int64_t channels) {
  const std::string scale = tensor({channels}, 0.5, 1.5);
  const std::string shift = tensor({channels}, -0.5, 0.5);
  const std::string mean = tensor({channels}, -0.3, 0.3);
  const std::string variance = tensor({channels}, 0.5, 2);
  return node(BatchNormalization{}, {x, scale, shift, mean, variance});
}

std::string NetworkMaker::linear(const std::string& x, std::int64_t in, std::int64_t out) {
  const std::string weight = tensor({out, in}, -0.5, 0.5);
  return node(Linear{}, {x, weight, tensor({out}, -0.5, 0.5)});
}

Shape NetworkMaker::shape_of(const std::string& value, const Shape& input) const {
  return infer_shapes(graph_, input).at(value);
}

Graph NetworkMaker::finish(const std::string& output) {
  graph_.output = output;
  check(graph_);
  return std::move(graph_);
}

Graph every_operator_network() {
  NetworkMaker net(1);
  const std::string stem =
      net.node(Relu{}, {net.normalization(net.convolution("input", {6, 2, 3, 2}, {.pads = {1, 0, 2, 1}}, false), 6)});
  const std::string grouped = net.convolution(
      stem, {4, 3, 3, 3}, {.strides = {2, 1}, .pads = {2, 2, 2, 2}, .dilations = {2, 2}, .groups = 2}, true);
  const std::string twice = net.node(Add{}, {net.node(Relu{}, {grouped}), grouped});  // read after its rectifier
  const std::string clipped = net.node(Clip{.low = -0.4F, .high = 0.5F}, {twice});
  const std::string left = net.node(MaxPool{.kernel = {3, 3}, .strides = {2, 2}, .pads = {0, 1, 1, 0}}, {clipped});
  const std::string right = net.node(AveragePool{.kernel = {3, 3}, .strides = {2, 2}, .pads = {0, 1, 1, 0}}, {clipped});
  const std::string third = net.node(
      AveragePool{.kernel = {3, 3}, .strides = {2, 2}, .pads = {0, 1, 1, 0}, .count_include_pad = true}, {clipped});
  const std::string joined = net.node(Concatenate{}, {left, right, third});
  const std::string pooled = net.node(
      AveragePool{.kernel = {2, 2}, .strides = {1, 1}, .pads = {1, 1, 1, 1}, .count_include_pad = true}, {joined});
  const std::string swished = net.node(HardSwish{}, {net.node(Pad{.pads = {0, 1, 2, 0}, .value = 0.3F}, {pooled})});
  const std::string cropped = net.node(MaxPool{.kernel = {3, 2}, .strides = {1, 1}}, {swished});
  const std::string softened = net.node(HardSigmoid{.alpha = 0.3F, .beta = 0.4F}, {cropped});
  const std::string gate =
      net.node(Sigmoid{}, {net.convolution(net.node(GlobalAveragePool{}, {softened}), {12, 12, 1, 1}, {}, true)});
  const std::string gated = net.node(Multiply{}, {softened, gate});
  const std::string summed = net.node(Add{}, {gated, pooled});
  const std::string shrunk =
      net.node(MaxPool{.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}, .ceil_mode = true}, {summed});
  const Shape shape = net.shape_of(shrunk, {1, 2, 9, 8});
  const std::string flat = net.node(Flatten{}, {shrunk});
  return net.finish(net.linear(flat, shape[1] * shape[2] * shape[3], 3));
}

Graph small_network(std::int64_t classes) {
  NetworkMaker net(2);
  const std::string stem = net.node(
      Relu{},
      {net.normalization(net.convolution("input", {6, 1, 3, 3}, {.strides = {2, 2}, .pads = {1, 1, 1, 1}}, false), 6)});
  const std::string path = net.normalization(net.convolution(stem, {6, 6, 3, 3}, {.pads = {1, 1, 1, 1}}, false), 6);
  const std::string block = net.node(Relu{}, {net.node(Add{}, {path, stem})});
  const std::string pooled = net.node(MaxPool{.kernel = {2, 2}, .strides = {2, 2}}, {block});
  return net.finish(net.linear(net.node(Flatten{}, {net.node(GlobalAveragePool{}, {pooled})}), 6, classes));
}

Graph worn_resnet(std::int64_t classes) {
  RandomStream random(3, "worn resnet");
  const std::vector<std::string> names(static_cast<std::size_t>(classes), "class");
  Graph graph = build_network("resnet-small", names, imagenet_preprocessing(1, 64, 64), random);
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<BatchNormalization>(node.operation)) {
      const std::array<std::array<double, 2>, 4> ranges = {{{0.5, 1.5}, {-0.5, 0.5}, {-0.3, 0.3}, {0.5, 2}}};
      for (std::size_t i = 0; i < ranges.size(); ++i) {
        std::ranges::generate(graph.tensor(node.inputs[i + 1]).values,
                              [&] { return static_cast<float>(random.uniform(ranges[i][0], ranges[i][1])); });
      }
    }
  }
  return graph;
}

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, "noise");
  std::vector<float> values(count);
  std::ranges::generate(values, [&] { return static_cast<float>(random.uniform(-2, 2)); });
  return values;
}

Values values_of(const Graph& graph) {
  Values values;
  for (const auto& [name, tensor] : graph.tensors) {
    values[name] = {tensor.values.begin(), tensor.values.end()};
  }
  return values;
}

std::vector<double> plain_logits(const Graph& graph, const Values& tensors, std::span<const double> input,
                                 const Shape& shape, bool training) {
  const std::map<std::string, Shape> shapes = infer_shapes(graph, shape);
  std::map<std::string, Array> values = {{graph.input, {shape, {input.begin(), input.end()}}}};
  for (const auto& [name, tensor] : graph.tensors) {
    values[name] = {tensor.shape, tensors.at(name)};
  }
  for (const Node& node : graph.nodes) {
    std::vector<Array> inputs;
    for (const std::string& name : node.inputs) {
      inputs.push_back(values.at(name));
    }
    PlainOperator run{.in = inputs, .out = Array::of_shape(shapes.at(node.output)), .training = training};
    values[node.output] = std::visit(run, node.operation);
  }
  return values.at(graph.output).values;
}

std::vector<double> plain_logits(const Graph& graph, std::span<const float> input, const Shape& shape) {
  return plain_logits(graph, values_of(graph), std::vector<double>(input.begin(), input.end()), shape, false);
}

double largest_difference(std::span<const float> actual, std::span<const double> expected) {
  if (actual.size() != expected.size()) {
    return std::numeric_limits<double>::infinity();
  }
  double difference = 0;
  double largest = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (!std::isfinite(actual[i]) || !std::isfinite(expected[i])) {
      return std::numeric_limits<double>::infinity();
    }
    difference = std::max(difference, std::abs(actual[i] - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  return largest > 0 ? difference / largest : difference;
}

HalvesSource::HalvesSource(std::size_t count, std::size_t size, std::uint64_t seed) {
  preprocessing_ = {.channels = 1, .height = size, .width = size, .mean = {0.5F}, .deviation = {0.25F}};
  RandomStream random(seed, "halves");
  for (std::size_t i = 0; i < count; ++i) {
    const bool left = random.chance(0.5);
    const bool upper = random.chance(0.3);
    labels_.push_back(left ? Label::kPositive : Label::kNegative);
    labels_.push_back(upper ? Label::kPositive : Label::kNegative);
    std::vector<float> pixels(size * size);
    for (std::size_t p = 0; p < pixels.size(); ++p) {
      const double bright = (left && p % size < size / 2 ? 0.3 : 0) + (upper && p / size < size / 2 ? 0.3 : 0);
      pixels[p] = static_cast<float>(0.4 * random.uniform() + bright);
    }
    pictures_.push_back(std::move(pixels));
  }
}

void HalvesSource::read(std::size_t index, std::span<float> pixels) const {
  NIWAKI_CHECK(pixels.size() == pictures_[index].size(), "{} pixels", pixels.size());
  std::ranges::copy(pictures_[index], pixels.begin());
}

}  // namespace niwaki::testing_networks
