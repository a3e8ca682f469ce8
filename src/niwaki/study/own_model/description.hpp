#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/model/graph.hpp"

namespace niwaki {

/// What is said of a network outside its file; empty where it is not said.
struct ModelDescription {
  std::vector<std::string> classes;          // one an output, in order
  std::optional<std::size_t> height, width;  // pixels
  std::vector<float> mean, deviation;        // one a channel, of pictures in [0, 1]
  std::string outputs;                       // "logits" or "probabilities"
};

/// Where a network's side-car would lie: model.toml for model.onnx and model.onnx.zst.
std::filesystem::path side_car_path(const std::filesystem::path& model);

/// A side-car: `classes`, `height`, `width` (or `size` for both), `mean`, `deviation`, `outputs`. Throws InputError
/// naming file and line for another key, or a value of the wrong kind.
ModelDescription read_side_car(const std::filesystem::path& path);

/// `over` where it says something, else `under`.
ModelDescription combined(const ModelDescription& over, const ModelDescription& under);

/// A network that says everything, and what was done to it.
struct DescribedModel {
  Graph graph;                     // with class names and preprocessing; gives logits
  std::vector<std::string> notes;  // in words
};

/// What the file says, with what `description` says in its place. A Sigmoid at the end is taken off. Nothing is
/// guessed: throws InputError listing all that is missing, and for another number of class names than outputs, names
/// that are there twice, and outputs that are said to be probabilities but come from no Sigmoid at the end.
DescribedModel described_model(Graph graph, const ModelDescription& description, const std::string& source);

}  // namespace niwaki
