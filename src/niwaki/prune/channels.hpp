#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/prune/channel_groups.hpp"

namespace niwaki {

/// What channel pruning leaves alone.
struct ChannelLimits {
  /// Share of its weights that each layer keeps at least, 0 to 1; one channel stays in any case.
  double layer_floor = 0;
  /// One byte a weight of prunable_layers(graph), in order, 1 where it must stay, and with it every group that it
  /// belongs to; empty: none.
  std::vector<std::vector<std::uint8_t>> locked;
};

/// How much each group matters: the mean importance of the prunable weights that go with it (filters that make its
/// channels and slices that read them, each weight once), which is the group's importance (Fang et al., CVPR 2023,
/// section 3.4, there summed over norms; with magnitudes: Li et al., "Pruning filters for efficient ConvNets", ICLR
/// 2017) over what its going saves. `importance`: one score a weight, for each of prunable_layers(graph) in that order.
/// Throws InputError where one is NaN, naming the layer.
std::vector<double> group_scores(const Graph& graph, const ChannelGroups& groups,
                                 const std::vector<std::vector<float>>& importance);

/// Which groups go (one byte a group): those that matter least (of equals, those that the network makes first), over
/// all layers at once, until at least weights_to_prune(sparsity, n) of the n prunable weights are gone with them. A
/// group whose going would leave a layer below its limits is passed over, so that the choices at rising sparsities are
/// nested. Throws InputError where so much cannot go, naming the largest sparsity that can be had.
std::vector<std::uint8_t> choose_groups(const Graph& graph, const ChannelGroups& groups,
                                        const std::vector<double>& scores, double sparsity,
                                        const ChannelLimits& limits = {});

/// Scores by chance, one draw a group, so that small and large groups are as likely to go. (The mean of many drawn
/// weights would hardly vary, and small groups would always go first.)
std::vector<double> drawn_scores(const ChannelGroups& groups, RandomStream& random);

}  // namespace niwaki
