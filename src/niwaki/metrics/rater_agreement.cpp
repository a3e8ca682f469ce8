#include "niwaki/metrics/rater_agreement.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/core/matrix_view.hpp"

namespace niwaki {
namespace {

/// Ratings counted by item and value.
struct RatingTable {
  std::vector<double> values;  // distinct, rising
  std::vector<double> counts;  // [items, values] row-major
  std::size_t items = 0;

  [[nodiscard]] MatrixView<const double> view() const { return {counts.data(), items, values.size()}; }
};

/// Of items with at least `fewest` ratings.
RatingTable count_ratings(std::span<const ItemRatings> items, std::size_t fewest) {
  RatingTable table;
  for (const ItemRatings& item : items) {
    if (item.size() >= fewest) {
      table.values.insert(table.values.end(), item.begin(), item.end());
      ++table.items;
    }
  }
  std::sort(table.values.begin(), table.values.end());
  table.values.erase(std::unique(table.values.begin(), table.values.end()), table.values.end());
  table.counts.resize(table.items * table.values.size());
  std::size_t row = 0;
  for (const ItemRatings& item : items) {
    if (item.size() >= fewest) {
      for (const double rating : item) {
        const auto place = std::lower_bound(table.values.begin(), table.values.end(), rating) - table.values.begin();
        table.counts[row * table.values.size() + static_cast<std::size_t>(place)] += 1.0;
      }
      ++row;
    }
  }
  return table;
}

double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Squared distances of every two values. `totals`: ratings of each value.
std::vector<double> squared_distances(const std::vector<double>& values, const std::vector<double>& totals,
                                      MeasurementLevel level) {
  const std::size_t n = values.size();
  std::vector<double> distances(n * n);
  for (std::size_t a = 0; a < n; ++a) {
    double ratings = totals[a] / 2.0;
    for (std::size_t b = a + 1; b < n; ++b) {
      ratings += totals[b];
      const double between = ratings - totals[b] / 2.0;
      const double gap = level == MeasurementLevel::kNominal   ? 1.0
                         : level == MeasurementLevel::kOrdinal ? between
                                                               : values[b] - values[a];
      distances[a * n + b] = distances[b * n + a] = gap * gap;
    }
  }
  return distances;
}

}  // namespace

std::optional<double> fleiss_kappa(std::span<const ItemRatings> items) {
  const RatingTable table = count_ratings(items, 1);
  const MatrixView<const double> counts = table.view();
  std::vector<double> shares(table.values.size());
  double observed = 0.0;
  double with_pairs = 0.0;
  for (std::size_t item = 0; item < counts.rows(); ++item) {
    const double ratings = sum(counts.row(item));
    double equal_pairs = 0.0;
    for (std::size_t value = 0; value < counts.columns(); ++value) {
      const double count = counts(item, value);
      shares[value] += count / ratings / static_cast<double>(counts.rows());
      equal_pairs += count * (count - 1.0);
    }
    if (ratings >= 2.0) {
      observed += equal_pairs / (ratings * (ratings - 1.0));
      with_pairs += 1.0;
    }
  }
  if (with_pairs == 0.0 || table.values.size() < 2) {
    return std::nullopt;
  }
  observed /= with_pairs;
  const double expected = std::inner_product(shares.begin(), shares.end(), shares.begin(), 0.0);
  return (observed - expected) / (1.0 - expected);
}

std::optional<double> krippendorff_alpha(std::span<const ItemRatings> items, MeasurementLevel level) {
  const RatingTable table = count_ratings(items, 2);
  if (table.values.size() < 2) {
    return std::nullopt;
  }
  const MatrixView<const double> counts = table.view();
  const std::size_t values = counts.columns();
  std::vector<double> totals(values);
  for (std::size_t value = 0; value < values; ++value) {
    totals[value] = sum(counts.column(value));
  }
  const std::vector<double> distances = squared_distances(table.values, totals, level);
  double observed = 0.0;
  double expected = 0.0;
  for (std::size_t a = 0; a < values; ++a) {
    for (std::size_t b = 0; b < values; ++b) {
      // Two different values, so that no rating is paired with itself.
      double coincidences = 0.0;
      for (std::size_t item = 0; a != b && item < counts.rows(); ++item) {
        coincidences += counts(item, a) * counts(item, b) / (sum(counts.row(item)) - 1.0);
      }
      observed += coincidences * distances[a * values + b];
      expected += totals[a] * totals[b] * distances[a * values + b];
    }
  }
  return 1.0 - (sum(totals) - 1.0) * observed / expected;
}

}  // namespace niwaki
