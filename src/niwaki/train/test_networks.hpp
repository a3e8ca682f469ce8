#pragma once

// Small networks and pictures for this room's tests, and a slow obvious way to run a network.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "niwaki/cohort/image_source.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/model/graph.hpp"

namespace niwaki::testing_networks {

/// The tests of this room run with one thread, because threads that wait for each other on a shared machine take ten
/// times as long; while this lives they run with `count`.
class ThreadCount {
 public:
  explicit ThreadCount(int count);
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ThreadCount(ThreadCount&&) = delete;
  ThreadCount& operator=(ThreadCount&&) = delete;
  ~ThreadCount();
};

/// Makes a Graph node by node, with random weights.
class NetworkMaker {
 public:
  explicit NetworkMaker(std::uint64_t seed) : random_(seed, "test network") {}

  /// A node of these inputs; gives the name of its output.
  std::string node(const Operation& operation, std::vector<std::string> inputs);
  /// A tensor of values uniform in [low, high).
  std::string tensor(const Shape& shape, double low, double high);
  std::string convolution(const std::string& x, const Shape& weight, const Convolution& attributes, bool bias);
  std::string normalization(const std::string& x, std::int64_t channels);
  std::string linear(const std::string& x, std::int64_t in, std::int64_t out);
  /// The shape of a value for this shape of the input.
  [[nodiscard]] Shape shape_of(const std::string& value, const Shape& input) const;
  /// The network with `output` as its logits.
  Graph finish(const std::string& output);

 private:
  Graph graph_;
  RandomStream random_;
};

/// Every operator that a Graph holds, with odd attributes; input [batch, 2, 9, 8], 3 classes.
Graph every_operator_network();
/// Convolution, normalisation, rectifier twice with a shortcut, pool, linear; for grey pictures of any size of 4 and
/// up.
Graph small_network(std::int64_t classes);

/// A zoo's "resnet-small" for grey pictures with other than its first running statistics and scales.
Graph worn_resnet(std::int64_t classes);

/// Values uniform in [-2, 2).
std::vector<float> noise(std::size_t count, std::uint64_t seed);

/// Values of a network's tensors in double.
using Values = std::map<std::string, std::vector<double>>;
Values values_of(const Graph& graph);

/// Logits by plain loops in double, with `tensors` in place of the graph's own. In training normalisations use the mean
/// and the (biased) variance of the batch.
std::vector<double> plain_logits(const Graph& graph, const Values& tensors, std::span<const double> input,
                                 const Shape& shape, bool training);

/// As above for a network as it stands, after training.
std::vector<double> plain_logits(const Graph& graph, std::span<const float> input, const Shape& shape);

/// The largest |actual - expected| as a share of the largest |expected|; infinite where their sizes differ or a value
/// is not finite.
double largest_difference(std::span<const float> actual, std::span<const double> expected);

/// Grey pictures in memory: noise, and a bright left half (an augmentation may mirror it), or upper half, or both where
/// their labels say so. Two classes.
class HalvesSource : public ImageSource {
 public:
  HalvesSource(std::size_t count, std::size_t size, std::uint64_t seed);
  [[nodiscard]] std::size_t size() const override { return pictures_.size(); }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return preprocessing_; }
  void read(std::size_t index, std::span<float> pixels) const override;
  [[nodiscard]] const std::vector<Label>& labels() const { return labels_; }  // [images, 2]

 private:
  Preprocessing preprocessing_;
  std::vector<std::vector<float>> pictures_;
  std::vector<Label> labels_;
};

}  // namespace niwaki::testing_networks
