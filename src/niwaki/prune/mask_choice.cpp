#include "niwaki/prune/mask_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// Weights [begin, end) of all prunable weights in a row, of which `count` go.
struct Pool {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t count = 0;
};

/// All layers in a row.
struct Flat {
  std::vector<float> importance;
  std::vector<std::uint8_t> locked;

  [[nodiscard]] std::size_t free(std::size_t begin, std::size_t end) const {
    return static_cast<std::size_t>(std::count(locked.begin() + static_cast<std::ptrdiff_t>(begin),
                                               locked.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{0}));
  }
  [[nodiscard]] std::size_t free() const { return free(0, locked.size()); }
};

Flat flattened(const std::vector<PrunableLayer>& layers, const Importance& importance, const LockedWeights& locked) {
  NIWAKI_CHECK(layers.size() == locked.size(), "{} layers, {} of locked weights", layers.size(), locked.size());
  check_numbers(layers, importance);
  Flat flat;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    NIWAKI_CHECK(locked[i].size() == importance[i].size(), "{} locks for {} weights", locked[i].size(),
                 importance[i].size());
    flat.importance.insert(flat.importance.end(), importance[i].begin(), importance[i].end());
    flat.locked.insert(flat.locked.end(), locked[i].begin(), locked[i].end());
  }
  return flat;
}

/// How many weights go in all.
std::size_t wanted_count(const Flat& flat, double sparsity) {
  const std::size_t count = weights_to_prune(sparsity, flat.locked.size());
  if (count > flat.free()) {
    const double largest = static_cast<double>(flat.free()) / static_cast<double>(flat.locked.size());
    throw InputError(
        fmt::format("sparsity {} cannot be reached: {} of {} weights are protected", sparsity,
                    flat.locked.size() - flat.free(), flat.locked.size()),
        "prune.keep_layers, prune.keep_rows, prune.layer_floor",
        fmt::format("choose a sparsity of {:.4f} at most, or protect less", std::floor(largest * 10000) / 10000));
  }
  return count;
}

/// The share of each pool's free weights that goes.
double free_share(const Flat& flat, double sparsity) {
  const std::size_t count = wanted_count(flat, sparsity);
  if (flat.free() == flat.locked.size()) {
    return sparsity;
  }
  return flat.free() == 0 ? 0 : static_cast<double>(count) / static_cast<double>(flat.free());
}

/// Takes pieces of [begin, end) of `piece` weights each.
void add_pools(const Flat& flat, std::size_t begin, std::size_t end, std::size_t piece, double share,
               std::vector<Pool>& pools) {
  for (std::size_t first = begin; first < end; first += piece) {
    pools.push_back({first, first + piece, weights_to_prune(share, flat.free(first, first + piece))});
  }
}

std::size_t size_of_rows(const Shape& shape) {
  return static_cast<std::size_t>(
      std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<std::int64_t>()));
}

std::vector<Pool> erdos_renyi_pools(const Flat& flat, const std::vector<Shape>& shapes, double sparsity) {
  std::vector<LayerSize> sizes;
  std::vector<Pool> pools;
  std::size_t begin = 0;
  for (const Shape& shape : shapes) {
    const std::size_t end = begin + size_of_rows(shape) * static_cast<std::size_t>(shape[0]);
    sizes.push_back({shape, end - begin - flat.free(begin, end)});
    pools.push_back({begin, end, 0});
    begin = end;
  }
  const double kept_in_all = static_cast<double>(flat.locked.size() - wanted_count(flat, sparsity));
  const std::vector<double> kept = erdos_renyi_kernel_kept(sizes, kept_in_all);
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const std::size_t size = pools[i].end - pools[i].begin;
    pools[i].count = size - std::min(size, static_cast<std::size_t>(std::nearbyint(kept[i])));
    pools[i].count = std::min(pools[i].count, flat.free(pools[i].begin, pools[i].end));
  }
  return pools;
}

std::vector<Pool> make_pools(const Flat& flat, const std::vector<Shape>& shapes, double sparsity,
                             Competition competition) {
  if (competition == Competition::kNetwork) {
    return {{0, flat.locked.size(), wanted_count(flat, sparsity)}};
  }
  if (competition == Competition::kErdosRenyiKernel) {
    return erdos_renyi_pools(flat, shapes, sparsity);
  }
  const double share = free_share(flat, sparsity);
  std::vector<Pool> pools;
  std::size_t begin = 0;
  for (const Shape& shape : shapes) {
    const std::size_t row = size_of_rows(shape);
    const std::size_t size = row * static_cast<std::size_t>(shape[0]);
    add_pools(flat, begin, begin + size, competition == Competition::kRow ? row : size, share, pools);
    begin += size;
  }
  return pools;
}

/// Sets `kept` to 0 where a weight of the pool goes.
void prune_pool(const Flat& flat, const Pool& pool, std::vector<std::uint8_t>& kept) {
  if (pool.count == 0) {
    return;
  }
  std::vector<float> scores;
  for (std::size_t i = pool.begin; i < pool.end; ++i) {
    if (flat.locked[i] == 0) {
      scores.push_back(flat.importance[i]);
    }
  }
  const auto last = scores.begin() + static_cast<std::ptrdiff_t>(pool.count - 1);
  std::nth_element(scores.begin(), last, scores.end());
  const float line = *last;
  const auto below = std::count_if(scores.begin(), last, [line](float score) { return score < line; });
  std::size_t ties = pool.count - static_cast<std::size_t>(below);  // of the weights on the line, the first ones go
  for (std::size_t i = pool.begin; i < pool.end; ++i) {
    if (flat.locked[i] != 0 || flat.importance[i] > line) {
      continue;
    }
    const bool tied = flat.importance[i] == line;
    kept[i] = tied && ties == 0 ? 1 : 0;
    ties -= tied && ties > 0 ? 1 : 0;
  }
}

Mask chosen(const std::vector<PrunableLayer>& layers, const Importance& importance, const Flat& flat,
            const std::vector<Pool>& pools) {
  std::vector<std::uint8_t> kept(flat.locked.size(), 1);
  for (const Pool& pool : pools) {
    prune_pool(flat, pool, kept);
  }
  Mask mask;
  auto next = kept.begin();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto end = next + static_cast<std::ptrdiff_t>(importance[i].size());
    mask[layers[i].tensor].assign(next, end);
    next = end;
  }
  return mask;
}

double clamped(double value, double low, double high) {
  return std::max(low, std::min(value, high));
}

}  // namespace

std::size_t weights_to_prune(double sparsity, std::size_t n) {
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw InputError(fmt::format("{} is no sparsity", sparsity), "sparsity", "choose a number from 0 to 1");
  }
  // The default rounding mode is to the nearest, ties to even, as Python's round().
  return static_cast<std::size_t>(std::nearbyint(sparsity * static_cast<double>(n)));
}

void check_numbers(const std::vector<PrunableLayer>& layers, const Importance& importance) {
  NIWAKI_CHECK(layers.size() == importance.size(), "{} layers, {} of importance", layers.size(), importance.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (std::ranges::any_of(importance[i], [](float score) { return std::isnan(score); })) {
      throw InputError("the importance of a weight is not a number", fmt::format("layer '{}'", layers[i].node),
                       "check that the network's weights are finite");
    }
  }
}

Mask choose_mask(const Graph& graph, const Importance& importance, double sparsity, Competition competition,
                 const LockedWeights& locked) {
  const std::vector<PrunableLayer> layers = prunable_layers(graph);
  const Flat flat = flattened(layers, importance, locked);
  std::vector<Shape> shapes;
  for (const PrunableLayer& layer : layers) {
    shapes.push_back(graph.tensor(layer.tensor).shape);
  }
  return chosen(layers, importance, flat, make_pools(flat, shapes, sparsity, competition));
}

Mask choose_global_mask(const std::vector<PrunableLayer>& layers, const Importance& importance, double sparsity) {
  LockedWeights none;
  for (const std::vector<float>& layer : importance) {
    none.emplace_back(layer.size(), std::uint8_t{0});
  }
  const Flat flat = flattened(layers, importance, none);
  return chosen(layers, importance, flat, make_pools(flat, {}, sparsity, Competition::kNetwork));
}

std::vector<double> erdos_renyi_kernel_kept(const std::vector<LayerSize>& layers, double kept) {
  std::vector<double> kept_by_layer(layers.size());
  const auto keep_with = [&](double scale) {
    double total = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const Shape& shape = layers[i].shape;
      // Density times size: the sum of the dimensions.
      const auto sum = static_cast<double>(std::accumulate(shape.begin(), shape.end(), std::int64_t{0}));
      const double size = static_cast<double>(size_of_rows(shape)) * static_cast<double>(shape[0]);
      kept_by_layer[i] = clamped(scale * sum, static_cast<double>(layers[i].locked), size);
      total += kept_by_layer[i];
    }
    return total;
  };
  double low = 0;
  double high = 1;
  while (keep_with(high) < kept && high < 1e18) {
    high *= 2;
  }
  constexpr int kHalvings = 200;  // beyond what a double can tell apart
  for (int i = 0; i < kHalvings && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    (keep_with(middle) < kept ? low : high) = middle;
  }
  keep_with(high);
  return kept_by_layer;
}

}  // namespace niwaki
