#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Channels that can only go together, through a whole network: those that are added or multiplied, the filter that
/// makes a channel and the slices of weights that read it, its normalisation and biases, the features that it is
/// flattened into (the dependency graph of Fang et al., "DepGraph: towards any structural pruning", CVPR 2023).
///
/// A group is a number below count(). Every tensor's axis that channels lie along says for each index the group that it
/// belongs to.
struct ChannelGroups {
  /// Of a tensor, by axis: the group of each index, or nothing where channels do not lie along this axis. Axis 0 of a
  /// weight is its filters, axis 1 what they read (nothing for a grouped convolution, which loses or keeps whole
  /// groups with their filters).
  using Axes = std::array<std::vector<std::size_t>, 2>;
  std::map<std::string, Axes> tensors;
  /// By group: 1 where it can never go because the network's input or logits are of it.
  std::vector<std::uint8_t> fixed;

  [[nodiscard]] std::size_t count() const { return fixed.size(); }
};

/// Groups are numbered in the order in which the network makes their first channels. A grouped convolution ties the
/// channels that each of its groups reads and makes into one (a depthwise one: each channel to itself).
///
/// Throws InputError naming the node that channels cannot be followed across: a weight that a grouped and another
/// convolution share, features that are no multiple of the channels that are flattened into them, numbers of channels
/// that do not fit.
ChannelGroups channel_groups(const Graph& graph);

/// The network without these groups (`gone`: one byte a group, 1 where it goes): tensors cut along their axes,
/// convolutions of fewer groups, all else as it was. What stays computes what it did with zeros in place of what went,
/// wherever a convolution or a linear layer reads it.
Graph without_groups(const Graph& graph, const ChannelGroups& groups, const std::vector<std::uint8_t>& gone);

}  // namespace niwaki
