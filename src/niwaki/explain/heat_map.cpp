#include "niwaki/explain/heat_map.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/correlation.hpp"

namespace niwaki {
namespace {

bool constant(std::span<const float> map) {
  return std::ranges::all_of(map, [&](float value) { return value == map.front(); });
}

/// Each cell's part of the `count` first places by value.
std::vector<double> parts_of_top(std::span<const float> map, std::size_t count) {
  std::vector<float> sorted(map.begin(), map.end());
  std::ranges::sort(sorted, std::greater<>());
  const float last = sorted[count - 1];
  const auto above = static_cast<std::size_t>(std::ranges::count_if(map, [&](float value) { return value > last; }));
  const auto tied = static_cast<std::size_t>(std::ranges::count(map, last));
  const double part = static_cast<double>(count - above) / static_cast<double>(tied);
  std::vector<double> parts;
  parts.reserve(map.size());
  for (const float value : map) {
    parts.push_back(value > last ? 1.0 : value == last ? part : 0.0);
  }
  return parts;
}

}  // namespace

std::vector<std::size_t> peak_cells(std::span<const float> map) {
  std::vector<std::size_t> cells;
  const float most = map.empty() ? 0.0F : *std::ranges::max_element(map);
  for (std::size_t cell = 0; cell < map.size() && most > 0.0F; ++cell) {
    if (map[cell] == most) {
      cells.push_back(cell);
    }
  }
  return cells;
}

std::optional<double> map_correlation(std::span<const float> a, std::span<const float> b) {
  NIWAKI_CHECK(a.size() == b.size(), "{} cells and {}", a.size(), b.size());
  return spearman(std::vector<double>(a.begin(), a.end()), std::vector<double>(b.begin(), b.end()));
}

std::optional<double> top_overlap(std::span<const float> a, std::span<const float> b, double share) {
  NIWAKI_CHECK(a.size() == b.size(), "{} cells and {}", a.size(), b.size());
  NIWAKI_CHECK(share > 0 && share < 1, "the top {}", share);
  if (a.empty() || constant(a) || constant(b)) {
    return std::nullopt;
  }
  const auto count = static_cast<std::size_t>(std::max(1.0, std::round(share * static_cast<double>(a.size()))));
  const std::vector<double> first = parts_of_top(a, count);
  const std::vector<double> second = parts_of_top(b, count);
  double common = 0.0;
  for (std::size_t cell = 0; cell < first.size(); ++cell) {
    common += std::min(first[cell], second[cell]);
  }
  return common / static_cast<double>(count);
}

}  // namespace niwaki
