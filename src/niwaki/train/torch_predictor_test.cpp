#include "niwaki/train/torch_predictor.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/model/folding.hpp"
#include "niwaki/train/test_networks.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;
using ::testing::HasSubstr;

constexpr double kTolerance = 1e-5;

/// How far the predictor's logits of noise are from those of the plain run of the network as it was given.
double distance_from_plain(const Graph& graph, const Shape& shape) {
  std::size_t values = 1;
  for (const std::int64_t length : shape) {
    values *= static_cast<std::size_t>(length);
  }
  const std::vector<float> input = noise(values, 11);
  const std::vector<float> logits =
      TorchPredictor(graph, "cpu").logits(input, shape, static_cast<std::size_t>(shape[0]));
  return largest_difference(logits, plain_logits(graph, input, shape));
}

std::size_t count_normalizations(const Graph& graph) {
  return static_cast<std::size_t>(std::ranges::count_if(
      graph.nodes, [](const Node& node) { return std::holds_alternative<BatchNormalization>(node.operation); }));
}

/// Normalisations of the input, of a value that is used elsewhere too, and by a weight that is used twice; only the
/// last one, after a convolution with a bias, can be folded. Input [batch, 2, 5, 5].
Graph network_with_unfoldable_normalizations() {
  NetworkMaker net(4);
  const std::string first = net.normalization("input", 2);
  const std::string convolved = net.convolution(first, {3, 2, 3, 3}, {.pads = {1, 1, 1, 1}}, true);
  const std::string both = net.node(Add{}, {net.normalization(convolved, 3), convolved});
  const std::string weight = net.tensor({3, 3, 1, 1}, -1, 1);
  const std::string once = net.node(Convolution{}, {both, weight});
  const std::string again = net.node(Convolution{}, {net.normalization(once, 3), weight});
  const std::string last = net.normalization(net.convolution(again, {4, 3, 2, 2}, {}, true), 4);
  return net.finish(net.linear(net.node(Flatten{}, {net.node(GlobalAveragePool{}, {last})}), 4, 2));
}

TEST(TorchPredictor, every_operator_gives_what_plain_loops_give) {
  EXPECT_LT(distance_from_plain(every_operator_network(), {5, 2, 9, 8}), kTolerance);
}

TEST(TorchPredictor, a_residual_network_gives_what_plain_loops_give) {
  EXPECT_LT(distance_from_plain(worn_resnet(4), {2, 1, 32, 32}), kTolerance);
}

TEST(TorchPredictor, normalisations_that_cannot_be_folded_give_what_plain_loops_give) {
  EXPECT_LT(distance_from_plain(network_with_unfoldable_normalizations(), {3, 2, 5, 5}), kTolerance);
}

TEST(Folding, leaves_the_logits_and_only_normalisations_that_must_stay) {
  const auto fold_and_compare = [](const Graph& graph, const Shape& shape, std::size_t input_size) {
    const std::vector<float> input = noise(input_size, 12);
    const Graph folded = with_folded_normalisation(graph);
    check(folded);
    const std::vector<double> logits = plain_logits(folded, input, shape);
    EXPECT_LT(largest_difference(std::vector<float>(logits.begin(), logits.end()), plain_logits(graph, input, shape)),
              1e-6);
    return count_normalizations(folded);
  };
  EXPECT_EQ(fold_and_compare(every_operator_network(), {2, 2, 9, 8}, 2 * 2 * 9 * 8), 0U);
  EXPECT_EQ(fold_and_compare(worn_resnet(2), {1, 1, 32, 32}, 32 * 32), 0U);
  EXPECT_EQ(fold_and_compare(network_with_unfoldable_normalizations(), {2, 2, 5, 5}, 2 * 2 * 5 * 5), 3U);
}

/// A network of one pool and a linear layer for input [batch, 2, height, width].
template <typename Pool>
Graph pool_network(const Pool& pool, std::int64_t height, std::int64_t width) {
  NetworkMaker net(5);
  const std::string pooled = net.node(pool, {"input"});
  const Shape shape = net.shape_of(pooled, {1, 2, height, width});
  return net.finish(net.linear(net.node(Flatten{}, {pooled}), shape[1] * shape[2] * shape[3], 3));
}

TEST(TorchPredictor, pools_of_any_window_give_what_plain_loops_give) {
  struct Window {
    std::array<std::int64_t, 2> kernel;
    std::array<std::int64_t, 2> strides;
    std::array<std::int64_t, 4> pads;
  };
  const std::vector<Window> windows = {
      {{2, 2}, {2, 2}, {0, 0, 0, 0}},  // the last window of 7 reaches past the end where it is rounded up
      {{3, 3}, {2, 2}, {1, 1, 1, 1}}, {{3, 2}, {2, 3}, {1, 0, 1, 0}}, {{3, 3}, {2, 2}, {0, 0, 1, 1}},
      {{3, 3}, {2, 2}, {1, 2, 0, 1}}, {{3, 3}, {3, 3}, {2, 2, 2, 2}},  // more padding than libtorch's pools take
      {{2, 3}, {3, 2}, {0, 0, 1, 0}}, {{1, 1}, {2, 2}, {0, 0, 0, 0}}, {{4, 4}, {3, 3}, {1, 0, 2, 3}},
  };
  for (const Window& window : windows) {
    for (const auto& [height, width] : {std::pair(7, 8), std::pair(8, 9), std::pair(6, 6)}) {
      for (const bool ceil_mode : {false, true}) {
        SCOPED_TRACE(fmt::format("kernel {}x{}, strides {}x{}, first pad {}, {}x{}, ceil {}", window.kernel[0],
                                 window.kernel[1], window.strides[0], window.strides[1], window.pads[0], height, width,
                                 ceil_mode));
        const MaxPool largest{window.kernel, window.strides, window.pads, ceil_mode};
        EXPECT_LT(distance_from_plain(pool_network(largest, height, width), {2, 2, height, width}), kTolerance);
        for (const bool count_padding : {false, true}) {
          const AveragePool mean{window.kernel, window.strides, window.pads, ceil_mode, count_padding};
          EXPECT_LT(distance_from_plain(pool_network(mean, height, width), {2, 2, height, width}), kTolerance)
              << count_padding;
        }
      }
    }
  }
}

TEST(TorchPredictor, the_logits_of_a_picture_are_the_same_bytes_whatever_comes_with_it) {
  const ThreadCount threads(2);
  const std::size_t values = 32 * 32;
  const std::vector<float> pictures = noise(11 * values, 13);
  const TorchPredictor predictor(worn_resnet(3), "cpu");
  const std::vector<float> together = predictor.logits(pictures, {11, 1, 32, 32}, 4);
  ASSERT_EQ(together.size(), 11U * 3U);
  for (std::size_t i = 0; i < 11; ++i) {
    const std::vector<float> alone =
        predictor.logits(std::span(pictures).subspan(i * values, values), {1, 1, 32, 32}, 4);
    EXPECT_EQ(alone, std::vector<float>(together.begin() + i * 3, together.begin() + (i + 1) * 3)) << "picture " << i;
  }
}

TEST(TorchPredictor, pictures_from_a_source_are_normalised_and_counted) {
  const HalvesSource source(7, 12, 1);
  const Preprocessing& preprocessing = source.preprocessing();
  std::vector<float> pixels(7 * preprocessing.values());
  for (std::size_t i = 0; i < 7; ++i) {
    const std::span<float> picture = std::span(pixels).subspan(i * preprocessing.values(), preprocessing.values());
    source.read(i, picture);
    normalise(picture, preprocessing);
  }
  const TorchPredictor predictor(small_network(2), "cpu");
  std::vector<std::size_t> heard;
  const std::vector<float> logits = predictor.logits(source, 3, [&](std::size_t count) { heard.push_back(count); });
  EXPECT_EQ(logits, predictor.logits(pixels, {7, 1, 12, 12}, 3));
  EXPECT_THAT(heard, ::testing::ElementsAre(3, 3, 1));
}

TEST(TorchPredictor, no_pictures_are_no_logits) {
  EXPECT_TRUE(TorchPredictor(small_network(2), "cpu").logits(HalvesSource(0, 8, 1)).empty());
}

TEST(TorchPredictor, pictures_that_do_not_fit_the_network_are_an_input_error) {
  const TorchPredictor predictor(every_operator_network(), "cpu");
  EXPECT_THROW(predictor.logits(HalvesSource(2, 9, 1)), InputError);                  // one channel for two
  EXPECT_THROW(predictor.logits(noise(2 * 20 * 20, 1), {1, 2, 20, 20}), InputError);  // too large for its linear layer
  EXPECT_THROW(predictor.logits(noise(2 * 2 * 2, 1), {1, 2, 2, 2}), InputError);      // too small for a window
  EXPECT_THROW(predictor.logits(noise(10, 1), {1, 2, 9, 8}), BrokenInvariant);        // the caller's own mistake
}

TEST(TorchPredictor, a_picture_that_cannot_be_read_is_said) {
  class OneBroken : public HalvesSource {
   public:
    OneBroken() : HalvesSource(9, 8, 1) {}
    void read(std::size_t index, std::span<float> pixels) const override {
      if (index == 6) {
        throw InputError("not a picture", "six.png", "look");
      }
      HalvesSource::read(index, pixels);
    }
  };
  try {
    static_cast<void>(TorchPredictor(small_network(2), "cpu").logits(OneBroken(), 2));
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("six.png"));
  }
}

TEST(TorchPredictor, stops_where_cancellation_was_asked_for) {
  const HalvesSource source(6, 8, 1);
  std::size_t batches = 0;
  EXPECT_THROW(static_cast<void>(TorchPredictor(small_network(2), "cpu")
                                     .logits(source, 2,
                                             [&](std::size_t) {
                                               ++batches;
                                               request_cancellation();
                                             })),
               Interrupted);
  clear_cancellation();
  EXPECT_EQ(batches, 1U);
}

TEST(TorchPredictor, a_device_that_is_not_known_is_an_input_error) {
  EXPECT_THROW(TorchPredictor(small_network(2), "abacus"), InputError);
}

}  // namespace
}  // namespace niwaki
