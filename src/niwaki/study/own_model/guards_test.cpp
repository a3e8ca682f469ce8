#include "niwaki/study/own_model/guards.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

using ::testing::HasSubstr;

/// Drawn pictures, of another colour in each channel.
class DrawnPictures : public ImageSource {
 public:
  explicit DrawnPictures(Preprocessing preprocessing) : preprocessing_(std::move(preprocessing)) {}
  [[nodiscard]] std::size_t size() const override { return 80; }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return preprocessing_; }
  void read(std::size_t index, std::span<float> pixels) const override {
    RandomStream random(3, "drawn", {index});
    const std::size_t plane = preprocessing_.height * preprocessing_.width;
    const double level = random.uniform(0.2, 0.4);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const std::size_t channel = i / plane;
      const double tint = 0.25 * static_cast<double>(channel);
      pixels[i] = static_cast<float>(std::clamp(level + tint + 0.1 * random.normal(), 0.0, 1.0));
    }
  }

 private:
  Preprocessing preprocessing_;
};

/// A network whose first normalisation knows these pictures, prepared as `trained` says.
Graph trained_network(const Preprocessing& trained) {
  RandomStream random(1, "guards_test");
  Graph graph = build_network("resnet-small", {"A", "B"}, trained, random);
  const ActivationStatistics statistics = activation_statistics(graph, DrawnPictures(trained), {});
  const auto normalisation = std::ranges::find_if(
      graph.nodes, [](const Node& node) { return std::holds_alternative<BatchNormalization>(node.operation); });
  for (std::size_t channel = 0; channel < statistics.mean.size(); ++channel) {
    graph.tensor(normalisation->inputs[3]).values[channel] = static_cast<float>(statistics.mean[channel]);
    graph.tensor(normalisation->inputs[4]).values[channel] = static_cast<float>(statistics.variance[channel]);
  }
  return graph;
}

Preprocessing prepared_by(float mean, float deviation) {
  return {.channels = 3,
          .height = 32,
          .width = 32,
          .mean = {mean, mean, mean},
          .deviation = {deviation, deviation, deviation}};
}

std::string suspected(const Graph& graph, const Preprocessing& given, bool certain = true) {
  const std::vector<Suspicion> suspicions = suspicions_of_input(graph, DrawnPictures(given));
  if (suspicions.empty()) {
    return "";
  }
  EXPECT_EQ(suspicions.size(), 1U);
  EXPECT_EQ(suspicions.front().certain, certain) << suspicions.front().what;
  return suspicions.front().what;
}

TEST(InputGuard, says_nothing_where_pictures_are_prepared_as_in_training) {
  const Preprocessing trained = prepared_by(0.45F, 0.225F);
  EXPECT_EQ(suspected(trained_network(trained), trained), "");
  EXPECT_EQ(suspected(trained_network(trained), prepared_by(0.42F, 0.24F)), "");
}

TEST(InputGuard, says_how_many_times_too_large_or_too_small_the_input_is) {
  const Graph graph = trained_network(prepared_by(0.0F, 1.0F));
  EXPECT_THAT(suspected(graph, prepared_by(0.0F, 1.0F / 255)), HasSubstr("the input looks 255 times too large"));
  const Graph of_bytes = trained_network(prepared_by(0.0F, 1.0F / 255));
  EXPECT_THAT(suspected(of_bytes, prepared_by(0.0F, 1.0F)), HasSubstr("the input looks 255 times too small"));
  const Graph of_hounsfield = trained_network(prepared_by(0.5F, 1.0F / 2048));
  EXPECT_THAT(suspected(of_hounsfield, prepared_by(0.5F, 0.5F)), HasSubstr("the input looks 1.02e+03 times too small"));
}

TEST(InputGuard, tells_channels_in_the_other_order) {
  // Statistics of pictures whose channels were the other way round: the first convolution's weights are reversed.
  const Preprocessing usual = prepared_by(0.45F, 0.05F);
  Graph graph = trained_network(usual);
  Tensor& weight = graph.tensor(prunable_layers(graph).front().tensor);
  const auto plane = static_cast<std::size_t>(weight.shape[2] * weight.shape[3]);
  for (std::size_t filter = 0; filter < static_cast<std::size_t>(weight.shape[0]); ++filter) {
    for (std::size_t i = 0; i < plane; ++i) {
      std::swap(weight.values[(filter * 3) * plane + i], weight.values[(filter * 3 + 2) * plane + i]);
    }
  }
  EXPECT_THAT(suspected(graph, usual), HasSubstr("the other order"));
}

TEST(InputGuard, warns_where_it_cannot_tell_or_nothing_fits) {
  RandomStream random(1, "guards_test");
  const Preprocessing usual = prepared_by(0.45F, 0.225F);
  EXPECT_THAT(suspected(build_network("resnet-small", {"A", "B"}, usual, random), usual, false),
              HasSubstr("never trained"));
  EXPECT_THAT(suspected(trained_network(prepared_by(40.0F, 3.0F)), usual, false), HasSubstr("do not look as those"));
}

std::vector<Suspicion> of_outputs(const std::vector<float>& values, bool said_logits = false) {
  return suspicions_of_outputs({values.data(), values.size() / 2, 2}, said_logits);
}

TEST(OutputGuard, identical_outputs_probabilities_and_broken_numbers_are_certain) {
  EXPECT_TRUE(of_outputs({-1.0F, 2.0F, 0.5F, 1.0F}).empty());
  EXPECT_THAT(of_outputs({0.3F, -2.0F, 0.3F, -2.0F}).at(0).what, HasSubstr("all 2 images the same outputs"));
  EXPECT_THAT(of_outputs({0.3F, 0.9F, 0.2F, 0.1F}).at(0).what, HasSubstr("between 0 and 1"));
  EXPECT_TRUE(of_outputs({0.3F, 0.9F, 0.2F, 0.1F}).at(0).certain);
  EXPECT_TRUE(of_outputs({0.3F, 0.9F, 0.2F, 0.1F}, true).empty());
  EXPECT_THAT(of_outputs({0.3F, std::numeric_limits<float>::quiet_NaN(), 0.2F, 3.0F}).at(0).what,
              HasSubstr("no finite numbers"));
}

/// 300 images of three classes, and outputs that rank them well in this order of columns.
std::vector<Suspicion> of_classes(const std::array<std::size_t, 3>& order, double sign = 1.0) {
  RandomStream random(5, "guards_test/classes");
  Cohort cohort{.classes = {"A", "B", "C"}, .records = {}, .labels = {}, .given_splits = {}, .attributes = {}};
  std::vector<float> outputs;
  for (std::size_t row = 0; row < 300; ++row) {
    cohort.records.push_back({std::to_string(row), std::to_string(row), "", ""});
    std::array<double, 3> logits{};
    for (double& logit : logits) {
      const bool positive = random.chance(0.3);
      cohort.labels.push_back(positive ? Label::kPositive : Label::kNegative);
      logit = sign * (positive ? 2.0 : 0.0) + random.normal();
    }
    for (const std::size_t column : order) {
      outputs.push_back(static_cast<float>(logits.at(column)));
    }
  }
  return suspicions_of_classes({outputs.data(), 300, 3}, cohort);
}

TEST(ClassGuard, permuted_and_reversed_classes_are_told) {
  EXPECT_TRUE(of_classes({0, 1, 2}).empty());
  const std::vector<Suspicion> swapped = of_classes({1, 0, 2});
  ASSERT_EQ(swapped.size(), 2U);
  EXPECT_THAT(swapped[0].what, HasSubstr("images with 'A' are ranked better by the output 'B'"));
  EXPECT_THAT(swapped[1].what, HasSubstr("images with 'B' are ranked better by the output 'A'"));
  const std::vector<Suspicion> reversed = of_classes({0, 1, 2}, -1.0);
  ASSERT_EQ(reversed.size(), 3U);
  EXPECT_THAT(reversed[0].what, HasSubstr("the wrong way round"));
}

}  // namespace
}  // namespace niwaki
