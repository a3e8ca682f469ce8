#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki {

/// Pictures in batches of one size (the last may be smaller), normalised, in their order: kept in memory where all of
/// them fit in `memory_bytes`, else read again each time.
class CalibrationBatches {
 public:
  CalibrationBatches(const ImageSource& images, std::size_t memory_bytes);

  /// use(batch, first row, pictures [count, channels, height, width]), in order. Checks for cancellation.
  using Use = std::function<void(std::size_t batch, std::size_t first, const at::Tensor& pictures)>;
  void for_each(const Use& use);

  [[nodiscard]] std::size_t images() const { return images_.size(); }
  [[nodiscard]] std::size_t count() const;  // of batches
  [[nodiscard]] Shape shape() const;        // of one picture, as a batch of 1

 private:
  const ImageSource& images_;
  bool keep_;
  std::vector<at::Tensor> kept_;
};

/// A network that is run over all batches up to one node, then to the next: between two stops the values that later
/// nodes read are kept for every batch where they fit in memory, so that going through a whole network costs little
/// more than running it once. Where they do not fit, a batch starts again from the last stop that did. Normalisation is
/// by running statistics, without autograd.
class Walk {
 public:
  Walk(const Graph& graph, const CalibrationBatches& batches, std::size_t memory_bytes);

  /// From now on input() gives what this node (a position in Graph::nodes, beyond that of the last stop) reads.
  void stop_before(std::size_t node);
  /// The node's first input for this batch. To be called for every batch once.
  at::Tensor input(std::size_t batch, const at::Tensor& pictures);
  /// That node's output for this input.
  [[nodiscard]] at::Tensor output(const at::Tensor& input) const;

  /// Takes this tensor's new values. Only a node at or beyond the stop may read it.
  void take(const std::string& name, const Tensor& tensor);
  /// As take(), of all tensors that this node reads; a node may read another tensor than before.
  void take_node(const Graph& graph, std::size_t node);

 private:
  using Values = std::map<std::string, at::Tensor>;
  struct Kept {
    std::size_t node = 0;
    Values values;
  };

  [[nodiscard]] at::Tensor run(const Node& node, const Values& values) const;
  [[nodiscard]] bool fits(std::size_t node) const;
  [[nodiscard]] bool live(const std::string& value, std::size_t node) const;

  std::vector<Node> nodes_;
  std::string graph_input_;
  Values tensors_;
  std::map<std::string, std::size_t> made_at_;      // the node that makes a value, plus 1; 0 for the pictures
  std::map<std::string, std::size_t> last_reader_;  // the last node that reads a value
  std::map<std::string, std::size_t> bytes_;        // of a value, all pictures together
  std::size_t memory_bytes_;
  std::vector<Kept> kept_;  // one a batch
  std::size_t stop_ = 0;
  bool keep_ = true;
};

}  // namespace niwaki
