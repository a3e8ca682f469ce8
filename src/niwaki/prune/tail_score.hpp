#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "niwaki/prune/weight_statistics.hpp"

namespace niwaki {

/// How the classes share in the tail-aware score.
struct TailOptions {
  std::vector<std::string> class_weights;    // "class=factor"; 1 where nothing is said
  std::vector<std::string> protect_classes;  // their factor is multiplied by `protection`
  std::vector<std::string> protect_pairs;    // "class|class": images that show both count as one more class, likewise
  double protection = 4;                     // 1 or more
  double rarity_exponent = 0.5;              // 0: all classes alike; 1: in inverse proportion to positives
  double rarity_shrinkage = 20;              // positives at which a class is believed half; 0: always believed
  /// Throws InputError naming the key ("prune.protection") that is out of range or cannot be read.
  void check() const;
};

/// One class, or a pair of classes that occur together.
struct TailGroup {
  std::string name;
  std::vector<std::size_t> classes;  // one, or both of a pair
  std::size_t positives = 0;         // images that show all of `classes`
  double factor = 1;                 // the recipe's own weight, protection included
};

/// The groups that the options ask for: one a class, in order, then one a protected pair. `positives_of(classes)`
/// counts images that show all of these classes. Throws InputError for a class that is not among `classes`, naming the
/// nearest.
template <typename CountPositives>
std::vector<TailGroup> tail_groups(const std::vector<std::string>& classes, const TailOptions& options,
                                   const CountPositives& positives_of);
std::vector<TailGroup> tail_groups_without_counts(const std::vector<std::string>& classes, const TailOptions& options);

template <typename CountPositives>
std::vector<TailGroup> tail_groups(const std::vector<std::string>& classes, const TailOptions& options,
                                   const CountPositives& positives_of) {
  std::vector<TailGroup> groups = tail_groups_without_counts(classes, options);
  for (TailGroup& group : groups) {
    group.positives = positives_of(group.classes);
  }
  return groups;
}

/// How much each group counts; they sum to 1. A group of n positives has the rarity r = n^-a (a = rarity_exponent),
/// which is shrunk towards the mean rarity R of all groups, the more so the fewer its positives: with
/// l = n / (n + rarity_shrinkage) it counts factor * (l r + (1 - l) R). A group without positives counts 0. All 0 where
/// no group has any.
std::vector<double> tail_weights(const std::vector<TailGroup>& groups, const TailOptions& options);

/// Builds tail_sum and tail_worst group by group, so that the squared gradients of one group at a time are in memory.
/// The share of weight i in group g is s(g, i) = w_i^2 G(g, i) / sum over all prunable weights j of w_j^2 G(g, j), with
/// G the mean squared gradient of the group; it sums to 1 over the network. tail_sum is sum over g of weight(g) s(g,
/// i), tail_worst the largest weight(g) s(g, i).
class TailCombination {
 public:
  /// `weights`: values of each prunable layer, in order; they must outlive this.
  explicit TailCombination(std::vector<std::span<const float>> weights);

  /// Adds a group. `squared_gradients` are laid out as the weights. False, and nothing is added, where all shares are
  /// 0.
  bool add(const std::vector<std::vector<float>>& squared_gradients, double weight);

  /// Moves the results into the layers of `statistics`, which are those of the constructor.
  void give_to(WeightStatistics& statistics);

 private:
  std::vector<std::span<const float>> weights_;
  std::vector<std::vector<float>> sum_;
  std::vector<std::vector<float>> worst_;
};

}  // namespace niwaki
