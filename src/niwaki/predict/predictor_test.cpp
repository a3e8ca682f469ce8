#include "niwaki/predict/predictor.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/engine/reference.hpp"
#include "niwaki/model/zoo/zoo.hpp"

namespace niwaki {
namespace {

constexpr std::int64_t kSide = 32;
constexpr std::size_t kValues = kSide * kSide;
constexpr std::size_t kClasses = 3;
constexpr EngineKind kKinds[] = {EngineKind::kAuto, EngineKind::kDense, EngineKind::kSparse, EngineKind::kReference};

Shape shape_of(std::size_t count) {
  return {static_cast<std::int64_t>(count), 1, kSide, kSide};
}

/// "resnet-small" for grey pictures, this share of its weights zero.
Graph network(double sparsity = 0.7) {
  RandomStream random(1, "predictor");
  Graph graph = build_network("resnet-small", {"a", "b", "c"}, imagenet_preprocessing(1, kSide, kSide), random);
  for (const PrunableLayer& layer : prunable_layers(graph)) {
    for (float& value : graph.tensor(layer.tensor).values) {
      value = random.chance(sparsity) ? 0.0F : value;
    }
  }
  return graph;
}

EngineOptions options(EngineKind kind) {
  return {.kind = kind, .measured_costs = false};
}

std::vector<float> noise(std::size_t pictures) {
  RandomStream random(2, "pictures");
  std::vector<float> values(pictures * kValues);
  for (float& value : values) {
    value = static_cast<float>(random.uniform());
  }
  return values;
}

/// Pictures in memory, one of which may not be readable.
class Pictures : public ImageSource {
 public:
  explicit Pictures(std::size_t count, std::size_t broken = 1000)
      : count_(count),
        broken_(broken),
        preprocessing_(imagenet_preprocessing(1, kSide, kSide)),
        pixels_(noise(count)) {}
  [[nodiscard]] std::size_t size() const override { return count_; }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return preprocessing_; }
  void read(std::size_t index, std::span<float> pixels) const override {
    if (index == broken_) {
      throw InputError("not a picture", "broken.png", "look");
    }
    std::ranges::copy(std::span(pixels_).subspan(index * kValues, kValues), pixels.begin());
  }
  /// All of them, as they go into the network.
  [[nodiscard]] std::vector<float> normalised() const {
    std::vector<float> values = pixels_;
    for (float& value : values) {
      value = (value - preprocessing_.mean[0]) / preprocessing_.deviation[0];
    }
    return values;
  }

 private:
  std::size_t count_;
  std::size_t broken_;
  Preprocessing preprocessing_;
  std::vector<float> pixels_;
};

void expect_near(const std::vector<float>& actual, const std::vector<float>& expected, float tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], tolerance) << "logit " << i;
  }
}

TEST(Predictor, every_engine_gives_what_the_reference_gives) {
  const Pictures pictures(7);
  const std::vector<float> expected = reference_logits(network(), pictures.normalised(), shape_of(7));
  for (const EngineKind kind : kKinds) {
    const Predictor predictor(network(), options(kind));
    EXPECT_EQ(predictor.classes(), kClasses);
    expect_near(predictor.logits(pictures, 3), expected, 1e-4F);
    expect_near(predictor.logits(pictures.normalised(), shape_of(7), 3), expected, 1e-4F);
  }
}

TEST(Predictor, a_picture_gives_the_same_bits_however_many_come_with_it) {
  constexpr std::size_t kPictures = 11;
  const std::vector<float> pictures = noise(kPictures);
  for (const EngineKind kind : kKinds) {
    const Predictor predictor(network(), options(kind));
    const std::vector<float> together = predictor.logits(pictures, shape_of(kPictures));
    ASSERT_EQ(together.size(), kPictures * kClasses);
    for (std::size_t i = 0; i < kPictures; ++i) {
      const auto alone = predictor.logits(std::span(pictures).subspan(i * kValues, kValues), shape_of(1));
      EXPECT_EQ(alone, std::vector<float>(together.begin() + i * kClasses, together.begin() + (i + 1) * kClasses))
          << "picture " << i;
    }
    const std::size_t few = 3;
    const auto first = predictor.logits(std::span(pictures).first(few * kValues), shape_of(few));
    EXPECT_EQ(first, std::vector<float>(together.begin(), together.begin() + few * kClasses));
  }
}

TEST(Predictor, without_measured_costs_every_predictor_gives_the_same_bits) {
  const Pictures pictures(9);
  const std::vector<float> first = Predictor(network(), options(EngineKind::kAuto)).logits(pictures);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Predictor(network(), options(EngineKind::kAuto)).logits(pictures), first);
  }
}

TEST(Predictor, progress_counts_the_pictures) {
  std::vector<std::size_t> heard;
  const Predictor predictor(network(), options(EngineKind::kSparse));
  static_cast<void>(predictor.logits(Pictures(7), 3, [&](std::size_t count) { heard.push_back(count); }));
  EXPECT_THAT(heard, ::testing::ElementsAre(3, 3, 1));
}

TEST(Predictor, no_pictures_are_no_logits) {
  const Predictor predictor(network(), options(EngineKind::kAuto));
  EXPECT_TRUE(predictor.logits(Pictures(0)).empty());
  EXPECT_TRUE(predictor.logits({}, shape_of(0)).empty());
}

TEST(Predictor, pictures_that_do_not_fit_the_network_are_an_input_error) {
  for (const EngineKind kind : kKinds) {
    const Predictor predictor(network(), options(kind));
    EXPECT_THROW(static_cast<void>(predictor.logits(noise(2), {1, 2, kSide, kSide})), InputError);  // two channels
    EXPECT_THROW(static_cast<void>(predictor.logits(noise(1), {2, 1, kSide, kSide})), BrokenInvariant);
  }
}

TEST(Predictor, a_picture_that_cannot_be_read_is_said) {
  const Predictor predictor(network(), options(EngineKind::kSparse));
  try {
    static_cast<void>(predictor.logits(Pictures(9, 6), 2));
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("broken.png"));
  }
}

TEST(Predictor, stops_where_cancellation_was_asked_for) {
  const Predictor predictor(network(), options(EngineKind::kSparse));
  std::size_t batches = 0;
  const auto ask = [&](std::size_t) {
    ++batches;
    request_cancellation();
  };
  EXPECT_THROW(static_cast<void>(predictor.logits(Pictures(6), 2, ask)), Interrupted);
  clear_cancellation();
  EXPECT_EQ(batches, 1U);
}

}  // namespace
}  // namespace niwaki
