#include <variant>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/train/executor.hpp"
#include "niwaki/train/repair/layer_output.hpp"
#include "niwaki/train/repair/moments.hpp"
#include "niwaki/train/repair/own_repairs.hpp"
#include "niwaki/train/repair/walk.hpp"

namespace niwaki {
namespace {

std::vector<std::size_t> normalisations(const Graph& graph) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (std::holds_alternative<BatchNormalization>(graph.nodes[i].operation)) {
      found.push_back(i);
    }
  }
  if (found.empty()) {
    throw InputError("the network has no batch normalisation to estimate again", "batch-norm",
                     "choose 'variance', which does as much for a network whose normalisation is folded into its "
                     "convolutions, or export the network with its normalisation kept (docs/models.md)");
  }
  return found;
}

std::vector<float> as_floats(const at::Tensor& values) {
  return to_graph_tensor(values.to(at::kFloat)).values;
}

}  // namespace

void reestimate_normalisation(const RepairJob& job, Graph& network) {
  const std::vector<std::size_t> nodes = normalisations(network);
  CalibrationBatches batches(*job.calibration.images, job.options.memory_bytes);
  Walk walk(network, batches, job.options.memory_bytes);
  for (const std::size_t node : nodes) {
    job.progress.say(fmt::format("batch-norm: {}", network.nodes[node].name));
    walk.stop_before(node);
    ChannelMoments moments;
    batches.for_each([&](std::size_t batch, std::size_t /*first*/, const at::Tensor& pictures) {
      moments.add(walk.input(batch, pictures));
      job.progress.advance(static_cast<double>(pictures.size(0)) / static_cast<double>(nodes.size()));
    });
    if (!moments.mean().isfinite().all().item<bool>()) {
      throw InputError("the values are not finite", fmt::format("layer '{}'", network.nodes[node].name),
                       "check the network's weights and its input's normalisation");
    }
    own_tensor(network, node, 3).values = as_floats(moments.mean());
    own_tensor(network, node, 4).values = as_floats(moments.variance());
    walk.take_node(network, node);
  }
}

}  // namespace niwaki
