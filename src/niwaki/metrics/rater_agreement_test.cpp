#include "niwaki/metrics/rater_agreement.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using Items = std::vector<ItemRatings>;

double distance(const Items& items, double a, double b, MeasurementLevel level) {
  if (level == MeasurementLevel::kNominal) {
    return a == b ? 0.0 : 1.0;
  }
  if (level == MeasurementLevel::kInterval) {
    return (a - b) * (a - b);
  }
  double between = 0.0;
  for (const ItemRatings& item : items) {
    for (const double rating : item) {
      const double low = std::min(a, b);
      const double high = std::max(a, b);
      const bool paired = item.size() > 1;
      between += !paired || rating < low || rating > high ? 0.0 : rating == low || rating == high ? 0.5 : 1.0;
    }
  }
  return a == b ? 0.0 : between * between;
}

// Every pair of ratings: within an item against any two.
double obvious_alpha(const Items& items, MeasurementLevel level) {
  std::vector<double> all;
  double observed = 0.0;
  for (const ItemRatings& item : items) {
    for (std::size_t i = 0; item.size() > 1 && i < item.size(); ++i) {
      all.push_back(item[i]);
      for (std::size_t j = 0; j < item.size(); ++j) {
        observed += i == j ? 0.0 : distance(items, item[i], item[j], level) / static_cast<double>(item.size() - 1);
      }
    }
  }
  const auto n = static_cast<double>(all.size());
  double expected = 0.0;
  for (const double a : all) {
    for (const double b : all) {
      expected += distance(items, a, b, level);
    }
  }
  return 1.0 - (observed / n) / (expected / (n * (n - 1.0)));
}

// The worked example of Krippendorff (2011), part C: four observers, twelve units, ratings missing.
const Items kPublished = {{1, 1, 1},    {2, 2, 3, 2}, {3, 3, 3, 3}, {3, 3, 3, 3}, {2, 2, 2, 2}, {1, 2, 3, 4},
                          {4, 4, 4, 4}, {1, 1, 2, 1}, {2, 2, 2, 2}, {5, 5, 5},    {1, 1},       {3}};

TEST(KrippendorffAlpha, is_the_published_one_with_missing_ratings) {
  EXPECT_NEAR(*krippendorff_alpha(kPublished, MeasurementLevel::kNominal), 0.743, 5e-4);
  EXPECT_NEAR(*krippendorff_alpha(kPublished, MeasurementLevel::kOrdinal), 0.815, 5e-4);
  EXPECT_NEAR(*krippendorff_alpha(kPublished, MeasurementLevel::kInterval), 0.849, 5e-4);
}

Items random_items(std::uint64_t trial, std::size_t fewest, std::size_t most, std::uint64_t values) {
  RandomStream random(5, "agreement", {trial});
  Items items(2 + random.below(20));
  for (ItemRatings& item : items) {
    item.resize(fewest + random.below(most - fewest + 1));
    const auto usual = static_cast<double>(random.below(values));
    for (double& rating : item) {
      rating = random.chance(0.5) ? usual : static_cast<double>(random.below(values));
    }
  }
  items.push_back({0, static_cast<double>(values)});  // not all the same
  return items;
}

TEST(KrippendorffAlpha, agrees_with_the_obvious_count_of_all_pairs) {
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    const Items items = random_items(trial, 0, 5, 4);
    for (const auto level : {MeasurementLevel::kNominal, MeasurementLevel::kOrdinal, MeasurementLevel::kInterval}) {
      EXPECT_NEAR(*krippendorff_alpha(items, level), obvious_alpha(items, level), 1e-10);
    }
  }
}

TEST(KrippendorffAlpha, levels_are_one_for_two_values) {
  Items items = random_items(3, 2, 4, 1);
  items.push_back({0, 1, 1});
  items.push_back({1, 1});
  const double nominal = *krippendorff_alpha(items, MeasurementLevel::kNominal);
  EXPECT_NEAR(*krippendorff_alpha(items, MeasurementLevel::kInterval), nominal, 1e-12);
  EXPECT_NEAR(*krippendorff_alpha(items, MeasurementLevel::kOrdinal), nominal, 1e-12);
}

TEST(KrippendorffAlpha, is_undefined_without_pairs_or_difference) {
  EXPECT_FALSE(krippendorff_alpha(Items{{1}, {2}, {}}, MeasurementLevel::kNominal));
  EXPECT_FALSE(krippendorff_alpha(Items{{2, 2}, {2, 2}, {5}}, MeasurementLevel::kInterval));
  EXPECT_FALSE(krippendorff_alpha(Items{}, MeasurementLevel::kOrdinal));
  EXPECT_DOUBLE_EQ(*krippendorff_alpha(Items{{1, 1}, {2, 2}}, MeasurementLevel::kOrdinal), 1.0);
}

// The worked example of many textbooks: ten items, 14 raters, five categories.
TEST(FleissKappa, is_the_textbook_one) {
  const std::vector<std::vector<int>> counts = {{0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0},
                                                {2, 2, 8, 1, 1},  {7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2},
                                                {6, 5, 2, 1, 0},  {0, 2, 2, 3, 7}};
  Items items;
  for (const std::vector<int>& row : counts) {
    ItemRatings& item = items.emplace_back();
    for (std::size_t value = 0; value < row.size(); ++value) {
      item.insert(item.end(), static_cast<std::size_t>(row[value]), static_cast<double>(value + 1));
    }
  }
  EXPECT_NEAR(*fleiss_kappa(items), 0.20993, 5e-5);
}

double obvious_kappa(const Items& items, std::uint64_t values) {
  double observed = 0.0;
  double paired = 0.0;
  double rated = 0.0;
  for (const ItemRatings& item : items) {
    double equal = 0.0;
    for (std::size_t i = 0; i < item.size(); ++i) {
      for (std::size_t j = 0; j < item.size(); ++j) {
        equal += i != j && item[i] == item[j] ? 1.0 : 0.0;
      }
    }
    const auto n = static_cast<double>(item.size());
    observed += n > 1.0 ? equal / (n * (n - 1.0)) : 0.0;
    paired += n > 1.0 ? 1.0 : 0.0;
    rated += n > 0.0 ? 1.0 : 0.0;
  }
  double expected = 0.0;
  for (std::uint64_t value = 0; value <= values; ++value) {
    double share = 0.0;
    for (const ItemRatings& item : items) {
      for (const double rating : item) {
        share += rating == static_cast<double>(value) ? 1.0 / static_cast<double>(item.size()) / rated : 0.0;
      }
    }
    expected += share * share;
  }
  return (observed / paired - expected) / (1.0 - expected);
}

TEST(FleissKappa, agrees_with_the_obvious_count_where_raters_vary) {
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    const Items items = random_items(trial, 0, 6, 3);
    EXPECT_NEAR(*fleiss_kappa(items), obvious_kappa(items, 3), 1e-12);
  }
}

TEST(FleissKappa, is_undefined_without_pairs_or_difference) {
  EXPECT_FALSE(fleiss_kappa(Items{{1}, {2}}));
  EXPECT_FALSE(fleiss_kappa(Items{{1, 1}, {1, 1}}));
  EXPECT_DOUBLE_EQ(*fleiss_kappa(Items{{1, 1}, {0, 0}}), 1.0);
}

}  // namespace
}  // namespace niwaki
