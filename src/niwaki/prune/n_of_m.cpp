#include "niwaki/prune/n_of_m.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

/// The M weights from `first` on, `step` apart, lose all but the N that matter most.
class Choice {
 public:
  Choice(const NOfM& pattern, const std::vector<float>& importance, const std::vector<std::uint8_t>* locked)
      : pattern_(pattern), importance_(importance), locked_(locked), order_(pattern.of) {}

  void choose(std::size_t first, std::size_t step, std::vector<std::uint8_t>& kept) {
    for (std::size_t i = 0; i < order_.size(); ++i) {
      order_[i] = first + i * step;
    }
    std::ranges::stable_sort(order_, [&](std::size_t a, std::size_t b) {
      return is_locked(a) != is_locked(b) ? is_locked(b) : importance_[a] < importance_[b];
    });
    for (std::size_t i = 0; i < pattern_.of - pattern_.keep; ++i) {
      kept[order_[i]] = is_locked(order_[i]) ? 1 : 0;
    }
  }

 private:
  [[nodiscard]] bool is_locked(std::size_t weight) const { return locked_ != nullptr && (*locked_)[weight] != 0; }

  const NOfM& pattern_;
  const std::vector<float>& importance_;
  const std::vector<std::uint8_t>* locked_;
  std::vector<std::size_t> order_;
};

std::vector<std::uint8_t> mask_of_layer(const Shape& shape, const NOfM& pattern, Choice choice) {
  const auto filters = static_cast<std::size_t>(shape[0]);
  const auto channels = static_cast<std::size_t>(shape[1]);
  const std::size_t positions = shape.size() == 4 ? static_cast<std::size_t>(shape[2] * shape[3]) : 1;
  std::vector<std::uint8_t> kept(filters * channels * positions, 1);
  for (std::size_t filter = 0; filter < filters; ++filter) {
    for (std::size_t channel = 0; channel + pattern.of <= channels; channel += pattern.of) {
      for (std::size_t position = 0; position < positions; ++position) {
        choice.choose((filter * channels + channel) * positions + position, positions, kept);
      }
    }
  }
  return kept;
}

}  // namespace

Mask n_of_m_mask(const Graph& graph, const std::vector<std::vector<float>>& importance, const NOfM& pattern,
                 const std::vector<std::vector<std::uint8_t>>& locked) {
  NIWAKI_CHECK(pattern.keep >= 1 && pattern.keep < pattern.of, "{} of {}", pattern.keep, pattern.of);
  const std::vector<PrunableLayer> layers = prunable_layers(graph);
  NIWAKI_CHECK(layers.size() == importance.size(), "{} layers, {} of importance", layers.size(), importance.size());
  Mask mask;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (std::ranges::any_of(importance[i], [](float score) { return std::isnan(score); })) {
      throw InputError("the importance of a weight is not a number", fmt::format("layer '{}'", layers[i].node),
                       "check that the network's weights are finite");
    }
    mask[layers[i].tensor] = mask_of_layer(graph.tensor(layers[i].tensor).shape, pattern,
                                           {pattern, importance[i], locked.empty() ? nullptr : &locked[i]});
  }
  return mask;
}

}  // namespace niwaki
