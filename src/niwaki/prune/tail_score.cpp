#include "niwaki/prune/tail_score.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

std::size_t class_index(const std::vector<std::string>& classes, const std::string& name, const char* key) {
  const auto found = std::ranges::find(classes, name);
  if (found == classes.end()) {
    throw InputError(fmt::format("there is no class '{}'{}", name, did_you_mean(name, classes)), key,
                     fmt::format("choose from {}", joined(classes, ", ")));
  }
  return static_cast<std::size_t>(found - classes.begin());
}

struct ClassWeight {
  std::string name;
  double factor = 1;
};

/// "Hernia=3". The name may hold an equals sign, the factor not.
ClassWeight parse_class_weight(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const auto factor = equals == std::string::npos ? std::nullopt : parse_number(trimmed(text.substr(equals + 1)));
  if (!factor || *factor < 0 || *factor > 1e6) {
    throw InputError(fmt::format("'{}' is no class weight", text), "prune.class_weights",
                     "write class=factor with a factor from 0 to 1000000, such as \"Hernia=3\"");
  }
  return {std::string(trimmed(std::string_view(text).substr(0, equals))), *factor};
}

std::vector<std::string> parse_pair(const std::string& text) {
  std::vector<std::string> names;
  for (const std::string& part : split(text, '|')) {
    names.emplace_back(trimmed(part));
  }
  if (names.size() != 2 || names[0] == names[1] || names[0].empty() || names[1].empty()) {
    throw InputError(fmt::format("'{}' is no pair of classes", text), "prune.protect_pairs",
                     "write two different classes, such as \"Edema|Effusion\"");
  }
  return names;
}

void check_between(double value, double low, double high, const char* key) {
  if (!(value >= low && value <= high)) {
    throw InputError(fmt::format("{} is out of range", value), key, fmt::format("choose {} to {}", low, high));
  }
}

}  // namespace

void TailOptions::check() const {
  std::ranges::for_each(class_weights, [](const std::string& text) { (void)parse_class_weight(text); });
  std::ranges::for_each(protect_pairs, [](const std::string& text) { (void)parse_pair(text); });
  check_between(protection, 1, 1e6, "prune.protection");
  check_between(rarity_exponent, 0, 4, "prune.rarity_exponent");
  check_between(rarity_shrinkage, 0, 1e9, "prune.rarity_shrinkage");
}

std::vector<TailGroup> tail_groups_without_counts(const std::vector<std::string>& classes, const TailOptions& options) {
  options.check();
  std::vector<TailGroup> groups;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    groups.push_back({.name = classes[c], .classes = {c}});
  }
  for (const std::string& text : options.class_weights) {
    const ClassWeight weight = parse_class_weight(text);
    groups[class_index(classes, weight.name, "prune.class_weights")].factor *= weight.factor;
  }
  for (const std::string& name : options.protect_classes) {
    groups[class_index(classes, name, "prune.protect_classes")].factor *= options.protection;
  }
  for (const std::string& text : options.protect_pairs) {
    const std::vector<std::string> names = parse_pair(text);
    groups.push_back({.name = names[0] + "|" + names[1],
                      .classes = {class_index(classes, names[0], "prune.protect_pairs"),
                                  class_index(classes, names[1], "prune.protect_pairs")},
                      .factor = options.protection});
  }
  return groups;
}

std::vector<double> tail_weights(const std::vector<TailGroup>& groups, const TailOptions& options) {
  std::vector<double> rarity;
  double sum = 0;
  std::size_t counted = 0;
  for (const TailGroup& group : groups) {
    const double one =
        group.positives > 0 ? std::pow(static_cast<double>(group.positives), -options.rarity_exponent) : 0.0;
    rarity.push_back(one);
    sum += one;
    counted += group.positives > 0 ? 1 : 0;
  }
  const double mean = counted > 0 ? sum / static_cast<double>(counted) : 0;
  std::vector<double> weights;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto n = static_cast<double>(groups[g].positives);
    const double belief = n > 0 ? n / (n + options.rarity_shrinkage) : 0;
    weights.push_back(n > 0 ? groups[g].factor * (belief * rarity[g] + (1 - belief) * mean) : 0);
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) {
    weight = total > 0 ? weight / total : 0;
  }
  return weights;
}

TailCombination::TailCombination(std::vector<std::span<const float>> weights) : weights_(std::move(weights)) {
  for (const std::span<const float> layer : weights_) {
    sum_.emplace_back(layer.size(), 0.0F);
    worst_.emplace_back(layer.size(), 0.0F);
  }
}

bool TailCombination::add(const std::vector<std::vector<float>>& squared_gradients, double weight) {
  NIWAKI_CHECK(squared_gradients.size() == weights_.size(), "{} layers of gradients for {} of weights",
               squared_gradients.size(), weights_.size());
  const auto saliency = [&](std::size_t layer, std::size_t i) {
    const double value = weights_[layer][i];
    return value * value * static_cast<double>(squared_gradients[layer][i]);
  };
  double total = 0;
  for (std::size_t layer = 0; layer < weights_.size(); ++layer) {
    NIWAKI_CHECK(squared_gradients[layer].size() == weights_[layer].size(), "{} gradients for {} weights",
                 squared_gradients[layer].size(), weights_[layer].size());
    for (std::size_t i = 0; i < weights_[layer].size(); ++i) {
      total += saliency(layer, i);
    }
  }
  if (!(total > 0) || !std::isfinite(total)) {
    return false;
  }
  for (std::size_t layer = 0; layer < weights_.size(); ++layer) {
    for (std::size_t i = 0; i < weights_[layer].size(); ++i) {
      const auto share = static_cast<float>(weight * saliency(layer, i) / total);
      sum_[layer][i] += share;
      worst_[layer][i] = std::max(worst_[layer][i], share);
    }
  }
  return true;
}

void TailCombination::give_to(WeightStatistics& statistics) {
  NIWAKI_CHECK(statistics.layers.size() == sum_.size(), "{} layers for {}", statistics.layers.size(), sum_.size());
  for (std::size_t layer = 0; layer < sum_.size(); ++layer) {
    statistics.layers[layer].tail_sum = std::move(sum_[layer]);
    statistics.layers[layer].tail_worst = std::move(worst_[layer]);
  }
}

}  // namespace niwaki
