#include <cmath>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/train/repair/layer_output.hpp"
#include "niwaki/train/repair/moments.hpp"
#include "niwaki/train/repair/own_repairs.hpp"
#include "niwaki/train/repair/walk.hpp"

namespace niwaki {
namespace {

std::vector<double> values_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.contiguous();
  return {plain.data_ptr<double>(), plain.data_ptr<double>() + plain.numel()};
}

/// Below this share of the dense deviation a pruned channel's is rounding, not signal.
constexpr double kConstant = 1e-6;

/// What each channel's weights are multiplied by.
std::vector<double> scales(const ChannelMoments& dense, const ChannelMoments& pruned) {
  std::vector<double> scale = values_of(dense.variance());
  const std::vector<double> now = values_of(pruned.variance());
  for (std::size_t i = 0; i < scale.size(); ++i) {
    const double deviation = std::sqrt(scale[i]);
    const double present = std::sqrt(now[i]);
    // A dense channel that is constant would take its kept weights away, and the mask with them.
    scale[i] = present > kConstant * deviation && deviation > 0 ? deviation / present : 1.0;
  }
  return scale;
}

void scale_rows(Tensor& weight, const std::vector<double>& scale) {
  const std::size_t row = weight.size() / scale.size();
  for (std::size_t i = 0; i < weight.size(); ++i) {
    weight.values[i] = static_cast<float>(weight.values[i] * scale[i / row]);
  }
}

/// Brings one layer's outputs to the mean and deviation that they have in the dense network.
void match_layer(Graph& network, std::size_t layer, const ChannelMoments& dense, const ChannelMoments& pruned) {
  const Node& node = network.nodes[layer];
  const std::vector<double> scale = scales(dense, pruned);
  const std::vector<double> wanted = values_of(dense.mean());
  const std::vector<double> mean = values_of(pruned.mean());
  const ShiftPlace place = shift_place(network, layer);
  if (place.found) {
    std::vector<double> shift(scale.size());
    for (std::size_t i = 0; i < shift.size(); ++i) {
      const double bias = node.inputs.size() > 2 ? network.tensor(node.inputs[2]).values[i] : 0.0F;
      shift[i] = wanted[i] - (scale[i] * (mean[i] - bias) + bias);
    }
    add_shift(network, place, shift);
  }
  scale_rows(network.tensor(network.nodes[layer].inputs[1]), scale);
}

}  // namespace

void match_variance(const RepairJob& job, Graph& network) {
  CalibrationBatches batches(*job.calibration.images, job.options.memory_bytes);
  Walk dense_walk(job.dense, batches, job.options.memory_bytes);
  Walk walk(network, batches, job.options.memory_bytes);
  const std::vector<std::size_t> layers = layers_to_repair(network, job.notes);
  for (const std::size_t layer : layers) {
    job.progress.say(fmt::format("variance: {}", network.nodes[layer].name));
    dense_walk.stop_before(layer);
    walk.stop_before(layer);
    ChannelMoments dense;
    ChannelMoments pruned;
    batches.for_each([&](std::size_t batch, std::size_t /*first*/, const at::Tensor& pictures) {
      dense.add(dense_walk.output(dense_walk.input(batch, pictures)));
      pruned.add(walk.output(walk.input(batch, pictures)));
      job.progress.advance(repair_entry("variance").cost * static_cast<double>(pictures.size(0)) /
                           static_cast<double>(layers.size()));
    });
    if (!(dense.mean() + pruned.mean()).isfinite().all().item<bool>()) {
      throw InputError("the values are not finite", fmt::format("layer '{}'", network.nodes[layer].name),
                       "check the network's weights and its input's normalisation");
    }
    const ShiftPlace place = shift_place(network, layer);
    match_layer(network, layer, dense, pruned);
    walk.take_node(network, layer);
    if (place.found) {
      walk.take_node(network, place.node);
    }
  }
}

}  // namespace niwaki
