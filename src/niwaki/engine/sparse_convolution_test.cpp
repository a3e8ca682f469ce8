#include "niwaki/engine/sparse_convolution.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/engine/reference.hpp"

namespace niwaki {
namespace {

struct Case {
  const char* what;
  std::int64_t images, channels, height, width, out;
  std::array<std::int64_t, 2> kernel = {1, 1};
  Convolution geometry = {};
  double density = 0.3;
};

/// One convolution as a Graph, for the reference.
Graph graph_of(const Case& c, RandomStream& random) {
  Graph graph;
  Tensor weight{{c.out, c.channels / c.geometry.groups, c.kernel[0], c.kernel[1]}, {}};
  const std::int64_t count = c.out * weight.shape[1] * c.kernel[0] * c.kernel[1];
  for (std::int64_t i = 0; i < count; ++i) {
    weight.values.push_back(random.uniform() < c.density ? static_cast<float>(random.normal()) : 0.0F);
  }
  Tensor bias{{c.out}, {}};
  for (std::int64_t i = 0; i < c.out; ++i) {
    bias.values.push_back(static_cast<float>(random.normal()));
  }
  graph.add_tensor("weight", weight);
  graph.add_tensor("bias", bias);
  graph.nodes.push_back({"conv", c.geometry, {"input", "weight", "bias"}, "out"});
  graph.output = "out";
  return graph;
}

std::vector<float> normal_values(std::size_t count, RandomStream& random) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(random.normal());
  }
  return values;
}

/// Row-major images into planes, and back.
std::vector<float> to_planes(const std::vector<float>& images, const Planes& planes) {
  std::vector<float> result(planes.floats() + 64, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::size_t pixel = i % planes.pixels();
    const std::size_t channel = i / planes.pixels() % static_cast<std::size_t>(planes.channels);
    const std::size_t image = i / planes.pixels() / static_cast<std::size_t>(planes.channels);
    result[channel * planes.stride + image * planes.pixels() + pixel] = images[i];
  }
  return result;
}

std::vector<float> from_planes(const std::vector<float>& values, const Planes& planes) {
  std::vector<float> images(planes.positions() * static_cast<std::size_t>(planes.channels));
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::size_t pixel = i % planes.pixels();
    const std::size_t channel = i / planes.pixels() % static_cast<std::size_t>(planes.channels);
    const std::size_t image = i / planes.pixels() / static_cast<std::size_t>(planes.channels);
    images[i] = values[channel * planes.stride + image * planes.pixels() + pixel];
  }
  return images;
}

class SparseConvolutionTest {
 public:
  explicit SparseConvolutionTest(const Case& c, std::uint64_t seed = 1)
      : case_(c), random_(seed, c.what), graph_(graph_of(c, random_)) {
    input_ = normal_values(static_cast<std::size_t>(c.images * c.channels * c.height * c.width), random_);
  }

  std::vector<float>& input() { return input_; }
  Graph& graph() { return graph_; }
  [[nodiscard]] Shape shape() const { return {case_.images, case_.channels, case_.height, case_.width}; }
  [[nodiscard]] std::vector<float> expected() const { return reference_logits(graph_, input_, shape()); }
  [[nodiscard]] Planes out_planes() const {
    const Shape out = infer_shapes(graph_, shape()).at("out");
    return {out[0], out[1], out[2], out[3]};
  }

  [[nodiscard]] std::vector<float> result(const sparse::Convolution::Options& options, const Activation& activation,
                                          const std::vector<float>* residual = nullptr) const {
    const Planes in(case_.images, case_.channels, case_.height, case_.width);
    const Planes out = out_planes();
    const bool whole = case_.kernel == std::array<std::int64_t, 2>{1, 1};
    const auto weights = std::make_shared<sparse::Weights>(
        sparse::compress(graph_.tensor("weight"), case_.geometry.groups, options.threads, whole));
    const sparse::Convolution convolution(weights, graph_.tensor("bias").values, case_.geometry, case_.kernel,
                                          activation, in, out, options);
    const std::vector<float> x = to_planes(input_, in);
    const std::vector<float> r = residual == nullptr ? std::vector<float>() : to_planes(*residual, out);
    std::vector<float> scratch(convolution.scratch_floats() + 64);
    std::vector<float> y(out.floats());
    convolution.run({x.data(), in.stride}, y.data(), out.stride, {residual == nullptr ? nullptr : r.data(), out.stride},
                    scratch.data());
    return from_planes(y, out);
  }

 private:
  Case case_;
  RandomStream random_;
  Graph graph_;
  std::vector<float> input_;
};

std::vector<Case> cases() {
  const auto conv = [](std::array<std::int64_t, 2> strides, std::array<std::int64_t, 4> pads,
                       std::array<std::int64_t, 2> dilations = {1, 1}, std::int64_t groups = 1) {
    return Convolution{.strides = strides, .pads = pads, .dilations = dilations, .groups = groups};
  };
  return {
      {"1x1", 1, 40, 9, 11, 24},
      {"1x1, several blocks", 2, 300, 5, 7, 33},
      {"1x1 of one pixel", 1, 20, 1, 1, 5},
      {"1x1, stride 2", 2, 20, 9, 8, 12, {1, 1}, conv({2, 2}, {0, 0, 0, 0})},
      {"1x1 with pads", 1, 6, 5, 5, 7, {1, 1}, conv({1, 1}, {1, 1, 1, 1})},
      {"3x3", 1, 20, 14, 14, 10, {3, 3}, conv({1, 1}, {1, 1, 1, 1})},
      {"3x3 of several images", 3, 20, 7, 7, 10, {3, 3}, conv({1, 1}, {1, 1, 1, 1})},
      {"3x3 without pads", 2, 8, 9, 10, 6, {3, 3}},
      {"3x3, one-sided pads", 1, 8, 9, 10, 6, {3, 3}, conv({1, 1}, {0, 1, 2, 1})},
      {"3x3, stride 2", 1, 20, 14, 14, 10, {3, 3}, conv({2, 2}, {1, 1, 1, 1})},
      {"3x3, stride 2, odd size", 2, 20, 15, 13, 10, {3, 3}, conv({2, 2}, {1, 1, 1, 1})},
      {"3x3, stride 2, pads at the end", 2, 6, 14, 14, 10, {3, 3}, conv({2, 2}, {0, 0, 1, 1})},
      {"3x3, stride 2, no pads", 1, 6, 14, 15, 10, {3, 3}, conv({2, 2}, {0, 0, 0, 0})},
      {"3x3, strides 3 and 1", 1, 6, 14, 15, 10, {3, 3}, conv({3, 1}, {1, 1, 1, 1})},
      {"3x3, dilated", 1, 10, 12, 12, 10, {3, 3}, conv({1, 1}, {2, 2, 2, 2}, {2, 2})},
      {"3x3, dilated, stride 2", 1, 10, 12, 12, 10, {3, 3}, conv({2, 2}, {2, 2, 2, 2}, {2, 3})},
      {"7x7, stride 2", 1, 3, 32, 32, 8, {7, 7}, conv({2, 2}, {3, 3, 3, 3})},
      {"1x7", 1, 12, 9, 17, 8, {1, 7}, conv({1, 1}, {0, 3, 0, 3})},
      {"more pads than needed", 1, 4, 3, 3, 5, {3, 3}, conv({1, 1}, {3, 3, 3, 3})},
      {"groups", 2, 24, 8, 8, 12, {3, 3}, conv({1, 1}, {1, 1, 1, 1}, {1, 1}, 4)},
      {"depthwise", 1, 37, 8, 9, 37, {3, 3}, conv({1, 1}, {1, 1, 1, 1}, {1, 1}, 37), 1.0},
      {"depthwise 5x5, stride 2", 2, 19, 8, 8, 38, {5, 5}, conv({2, 2}, {2, 2, 2, 2}, {1, 1}, 19), 0.7},
      {"all zero", 1, 20, 6, 6, 9, {3, 3}, conv({1, 1}, {1, 1, 1, 1}), 0.0},
      {"dense", 1, 70, 6, 6, 9, {3, 3}, conv({1, 1}, {1, 1, 1, 1}), 1.0},
      {"nearly empty", 1, 600, 6, 6, 40, {1, 1}, {}, 0.002},
  };
}

void expect_close(const std::vector<float>& actual, const std::vector<float>& expected, const std::string& where) {
  ASSERT_EQ(actual.size(), expected.size()) << where;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(expected[i]) || std::isinf(expected[i])) {
      ASSERT_EQ(std::isnan(actual[i]), std::isnan(expected[i])) << where << ", value " << i << ": " << actual[i];
      ASSERT_EQ(std::isinf(actual[i]), std::isinf(expected[i])) << where << ", value " << i << ": " << actual[i];
    } else {
      ASSERT_NEAR(actual[i], expected[i], 2e-5F * (1 + std::abs(expected[i]))) << where << ", value " << i;
    }
  }
}

/// Every kernel of the table: each instruction set and each tile.
std::vector<sparse::Convolution::Options> all_options() {
  std::vector<sparse::Convolution::Options> all;
  for (const InstructionSet set : instruction_sets_here()) {
    for (std::size_t units = 1; units <= sparse::kMostUnits; ++units) {
      all.push_back({.threads = 1 + units % 3, .set = set, .units = units});
    }
  }
  return all;
}

std::string described(const Case& c, const sparse::Convolution::Options& options) {
  return std::string(c.what) + ", " + instruction_set_name(options.set) + ", tile of " + std::to_string(options.units);
}

TEST(SparseConvolution, every_kernel_agrees_with_the_reference_on_every_shape) {
  for (const Case& c : cases()) {
    const SparseConvolutionTest test(c);
    const std::vector<float> expected = test.expected();
    for (const auto& options : all_options()) {
      expect_close(test.result(options, {}), expected, described(c, options));
    }
  }
}

TEST(SparseConvolution, adds_the_residual_then_applies_the_bounds) {
  for (const Case& c : cases()) {
    const SparseConvolutionTest test(c);
    std::vector<float> expected = test.expected();
    std::vector<float> residual(expected.size());
    for (std::size_t i = 0; i < residual.size(); ++i) {
      residual[i] = static_cast<float>(i % 7) - 3;
      expected[i] = std::min(2.0F, std::max(-1.0F, expected[i] + residual[i]));
    }
    for (const auto& options : all_options()) {
      expect_close(test.result(options, {.low = -1, .high = 2}, &residual), expected, described(c, options));
    }
  }
}

TEST(SparseConvolution, applies_every_activation) {
  const Case c = cases()[1];
  const SparseConvolutionTest test(c);
  const auto sigmoid = [](float x) { return 1 / (1 + std::exp(-x)); };
  const auto hard = [](float x) { return std::min(1.0F, std::max(0.0F, x / 6 + 0.5F)); };
  using Kind = Activation::Kind;
  for (const Kind kind : {Kind::kSigmoid, Kind::kHardSigmoid, Kind::kHardSwish, Kind::kSwish}) {
    std::vector<float> expected = test.expected();
    for (float& x : expected) {
      x = kind == Kind::kSigmoid       ? sigmoid(x)
          : kind == Kind::kHardSigmoid ? hard(x)
          : kind == Kind::kHardSwish   ? x * hard(x)
                                       : x * sigmoid(x);
    }
    expect_close(test.result({.threads = 2, .set = instruction_set()}, {.kind = kind}), expected,
                 "kind " + std::to_string(static_cast<int>(kind)));
  }
}

TEST(SparseConvolution, carries_nan_and_infinity_as_the_reference_does) {
  for (const Case& c : cases()) {
    SparseConvolutionTest test(c);
    test.input()[3] = std::numeric_limits<float>::quiet_NaN();
    test.input()[test.input().size() / 2] = std::numeric_limits<float>::infinity();
    test.input().back() = -std::numeric_limits<float>::infinity();
    std::vector<float> expected = test.expected();
    for (const auto& options : all_options()) {
      expect_close(test.result(options, {}), expected, described(c, options));
    }
    for (float& value : expected) {
      value = value < 0 ? 0 : value;
    }
    for (const auto& options : all_options()) {
      expect_close(test.result(options, {.low = 0}), expected, described(c, options));
    }
  }
}

TEST(SparseConvolution, the_number_of_threads_changes_no_bit) {
  for (const Case& c : cases()) {
    const SparseConvolutionTest test(c);
    const auto one = test.result({.threads = 1, .set = instruction_set()}, {});
    EXPECT_EQ(test.result({.threads = 2, .set = instruction_set()}, {}), one) << c.what;
    EXPECT_EQ(test.result({.threads = 5, .set = instruction_set()}, {}), one) << c.what;
  }
}

TEST(SparseWeights, take_five_bytes_a_nonzero) {
  const Case c = {"3x3", 1, 256, 14, 14, 256, {3, 3}, {}, 0.1};
  RandomStream random(1, "bytes");
  const sparse::Weights weights = sparse::compress(graph_of(c, random).tensor("weight"), 1, 2, false);
  EXPECT_LT(static_cast<double>(weights.bytes()), 5.7 * static_cast<double>(weights.nonzeros));
}

}  // namespace
}  // namespace niwaki
