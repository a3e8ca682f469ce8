#include "niwaki/audit/image_result.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/metrics/correlation.hpp"
#include "niwaki/metrics/row_ranks.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Tables of several sparsities, averaged over seeds, and each seed's own at the exemplar sparsity.
struct Images {
  std::size_t images = 0;
  std::size_t classes = 0;
  std::vector<std::vector<double>> averages = {};
  std::size_t exemplar_step = 1;
  std::vector<std::vector<float>> dense = {};  // one a seed
  std::vector<std::vector<float>> pruned = {};
  std::vector<std::vector<double>> thresholds = {};

  [[nodiscard]] ImageResult result() const {
    std::vector<MatrixView<const double>> views;
    std::vector<RowRanks> ranks;
    for (const std::vector<double>& average : averages) {
      ranks.emplace_back(views.emplace_back(average.data(), images, classes));
    }
    std::vector<std::vector<double>> correlations;
    for (std::size_t step = 1; step < ranks.size(); ++step) {
      correlations.push_back(ranks.front().spearman(ranks[step]));
    }
    std::vector<std::vector<std::uint8_t>> called;
    for (const auto* tables : {&dense, &pruned}) {
      for (std::size_t seed = 0; seed < tables->size(); ++seed) {
        called.push_back(calls(MatrixView((*tables)[seed].data(), images, classes), thresholds[seed]));
      }
    }
    SeedCalls by_seed;
    for (std::size_t seed = 0; seed < dense.size(); ++seed) {
      by_seed.dense.emplace_back(called[seed]);
      by_seed.pruned.emplace_back(called[dense.size() + seed]);
    }
    return image_result(correlations, views.front(), views[exemplar_step], by_seed);
  }
};

// 700 images are more than are worked on at once; scores are tied, and some rows are constant.
Images random_images() {
  Images images{.images = 700, .classes = 5, .exemplar_step = 2};
  RandomStream random(1, "image_result_test");
  for (int step = 0; step < 4; ++step) {
    std::vector<double>& average = images.averages.emplace_back();
    for (std::size_t i = 0; i < 700 * 5; ++i) {
      average.push_back((i / 5) % 50 == 0 ? 0.5 : static_cast<double>(random.below(8)) / 8.0);
    }
  }
  for (int seed = 0; seed < 4; ++seed) {
    for (auto* tables : {&images.dense, &images.pruned}) {
      std::vector<float>& table = tables->emplace_back();
      for (std::size_t i = 0; i < 700 * 5; ++i) {
        table.push_back(static_cast<float>(random.below(8)) / 8.0F);
      }
    }
    images.thresholds.push_back({0.25, 0.5, 0.375, seed == 0 ? kNone : 0.5, 0.875});
  }
  return images;
}

TEST(ImageResult, correlations_are_spearmans_of_every_row_and_sparsity) {
  const Images images = random_images();
  const ImageResult result = images.result();
  ASSERT_EQ(result.correlations.size(), 3U);
  std::size_t empty = 0;
  for (std::size_t row = 0; row < 700; ++row) {
    for (std::size_t step = 1; step < 4; ++step) {
      const auto expected = spearman(std::span(images.averages[0]).subspan(5 * row, 5),
                                     std::span(images.averages[step]).subspan(5 * row, 5));
      EXPECT_EQ(result.correlation(row, step - 1), expected);
      empty += expected ? 0 : 1;
    }
  }
  EXPECT_GE(empty, 14U * 3U);  // the constant rows
  EXPECT_LT(empty, 700U);
}

TEST(ImageResult, falls_and_flips_are_those_of_plain_loops) {
  const Images images = random_images();
  const ImageResult result = images.result();
  std::size_t flips = 0;
  for (std::size_t row = 0; row < 700; ++row) {
    double largest = -2.0;
    std::size_t fallen = 9;
    std::vector<std::tuple<std::size_t, bool, std::size_t>> expected;
    for (std::size_t column = 0; column < 5; ++column) {
      const std::size_t i = 5 * row + column;
      const double fall = images.averages[0][i] - images.averages[2][i];  // at the exemplar step
      if (fall > largest) {
        largest = fall;
        fallen = column;
      }
      for (const bool lost : {true, false}) {
        std::size_t seeds = 0;
        for (std::size_t seed = 0; seed < 4; ++seed) {
          const double threshold = images.thresholds[seed][column];
          const bool before = images.dense[seed][i] >= threshold;
          const bool after = images.pruned[seed][i] >= threshold;
          seeds += before != after && before == lost ? 1 : 0;
        }
        if (seeds >= 3) {  // of four
          expected.emplace_back(column, lost, seeds);
        }
      }
    }
    EXPECT_EQ(result.fallen[row], fallen) << row;
    EXPECT_EQ(result.largest_fall[row], largest) << row;
    std::vector<std::tuple<std::size_t, bool, std::size_t>> found;
    for (const Flip& flip : result.flips[row]) {
      found.emplace_back(flip.finding, flip.lost, flip.seeds);
    }
    EXPECT_EQ(found, expected) << row;
    flips += found.size();
  }
  EXPECT_GT(flips, 50U);
}

// One image, one class; `before` and `after`: one score a seed. The threshold is 0.5.
std::vector<Flip> flips_of(const std::vector<float>& before, const std::vector<float>& after, double threshold = 0.5) {
  Images images{.images = 1, .classes = 1, .averages = {{0.5}, {0.5}}};
  for (std::size_t seed = 0; seed < before.size(); ++seed) {
    images.dense.push_back({before[seed]});
    images.pruned.push_back({after[seed]});
    images.thresholds.push_back({threshold});
  }
  return images.result().flips.at(0);
}

TEST(ImageResult, a_flip_says_its_direction_and_the_seeds_that_agree) {
  const std::vector<Flip> lost = flips_of({0.9F, 0.9F, 0.9F}, {0.1F, 0.6F, 0.4F});
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_TRUE(lost[0].lost);
  EXPECT_EQ(lost[0].seeds, 2U);
  const std::vector<Flip> gained = flips_of({0.1F, 0.1F, 0.1F}, {0.7F, 0.6F, 0.9F});
  ASSERT_EQ(gained.size(), 1U);
  EXPECT_FALSE(gained[0].lost);
  EXPECT_EQ(gained[0].seeds, 3U);
}

TEST(ImageResult, half_of_the_seeds_are_not_enough) {
  EXPECT_THAT(flips_of({0.9F, 0.9F, 0.9F, 0.9F}, {0.1F, 0.1F, 0.9F, 0.9F}), IsEmpty());
  EXPECT_THAT(flips_of({0.9F, 0.1F}, {0.1F, 0.9F}), IsEmpty());  // one each way
  EXPECT_EQ(flips_of({0.9F, 0.9F, 0.9F, 0.9F}, {0.1F, 0.1F, 0.1F, 0.9F}).size(), 1U);
}

TEST(ImageResult, a_score_at_the_threshold_is_called) {
  EXPECT_THAT(flips_of({0.9F}, {0.5F}), IsEmpty());
  EXPECT_EQ(flips_of({0.5F}, {0.25F}).size(), 1U);
}

TEST(ImageResult, without_an_operating_point_nothing_flips) {
  EXPECT_THAT(flips_of({0.9F, 0.1F}, {0.1F, 0.9F}, kNone), IsEmpty());
  EXPECT_THAT(flips_of({0.9F}, {0.1F}, kNone), IsEmpty());
}

TEST(ImageResult, where_all_probabilities_rose_the_largest_fall_is_below_0) {
  Images images{
      .images = 2, .classes = 3, .averages = {{0.1, 0.2, 0.3, 0.6, 0.6, 0.6}, {0.4, 0.3, 0.9, 0.2, 0.2, 0.3}}};
  const ImageResult result = images.result();
  EXPECT_THAT(result.fallen, ElementsAre(1, 0));  // of equal falls, the first class
  EXPECT_DOUBLE_EQ(result.largest_fall[0], -0.1);
  EXPECT_DOUBLE_EQ(result.largest_fall[1], 0.4);
}

}  // namespace
}  // namespace niwaki
