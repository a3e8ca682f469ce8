#pragma once

#include <string>

#include "niwaki/core/preprocessing.hpp"
#include "niwaki/model/graph.hpp"

namespace CLI {
class App;
}

namespace niwaki {

/// How pictures become a network's input, for one whose file does not say it, or says it wrongly.
struct PictureOptions {
  std::string size;       // "224", or height and width: "224x320"
  std::string mean;       // one number a channel, commas between
  std::string deviation;  // the same

  void add_to(CLI::App& verb);
  /// What the network's metadata say, with what these options say in their place. Throws InputError naming `model` and
  /// what is missing.
  [[nodiscard]] Preprocessing preprocessing_of(const Graph& graph, const std::string& model) const;
};

}  // namespace niwaki
