#pragma once

// Networks and pictures for the tests of repairs.

#include <memory>
#include <string>
#include <vector>

#include "niwaki/core/progress.hpp"
#include "niwaki/train/test_networks.hpp"
#include "niwaki/train/train.hpp"

namespace niwaki::testing_networks {

/// "residual": small_network() of 3 classes. "grouped": a grouped, strided, dilated convolution with a bias after one
/// whose normalisation others read too. "depthwise": depthwise and pointwise convolutions, without normalisation.
/// "wide": one linear layer of 50 inputs. "every operator": every_operator_network().
Graph repair_network(const std::string& name);

/// Pictures of noise that fit a network's input, the values normalised already, with labels of 3 classes.
class Calibration {
 public:
  /// Values uniform in [-2, 2); all zero where `seed` is 0.
  Calibration(const Graph& graph, std::size_t count, std::uint64_t seed);
  /// Pictures of 64 x 64 of a phantom cohort, from row `first` on, normalised; labels by chance.
  Calibration(std::size_t first, std::size_t count);
  [[nodiscard]] LabelledImages labelled() const;
  [[nodiscard]] LabelledImages unlabelled() const { return {.images = images.get(), .labels = {}}; }
  [[nodiscard]] Progress& silent() const { return *silent_; }

  std::vector<float> values;
  Shape shape;  // [count, channels, height, width]
  std::unique_ptr<ImageSource> images;
  std::vector<Label> labels;

 private:
  void finish(std::uint64_t seed);

  std::unique_ptr<Progress> silent_ = std::make_unique<SilentProgress>();
};

/// A value of a network for all pictures, by plain loops in double.
struct Value {
  Shape shape;
  std::vector<double> values;
  /// Of [batch, channels, height, width], or [batch, channels] at y = x = 0.
  [[nodiscard]] double at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const;
};
Value value_of(const Graph& graph, const std::string& name, const Calibration& calibration);

}  // namespace niwaki::testing_networks
