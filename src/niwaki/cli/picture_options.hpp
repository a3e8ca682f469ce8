#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "niwaki/cohort/readable_images.hpp"
#include "niwaki/core/preprocessing.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/study/own_model/description.hpp"

namespace CLI {
class App;
}

namespace niwaki {

/// Which window shows a DICOM file's values: for every verb that reads pictures.
struct WindowOption {
  std::string windows = "first";  // tried in this order, commas between

  void add_to(CLI::App& verb);
  /// Throws InputError where none is named.
  [[nodiscard]] ImageReadOptions read_options() const;
};

/// What to do about pictures that cannot be read.
struct BadImageOptions {
  BadImagePolicy policy;

  void add_to(CLI::App& verb);
};

/// How pictures become a network's input, for one whose file does not say it, or says it wrongly.
struct PictureOptions {
  std::string size;       // "224", or height and width: "224x320"
  std::string mean;       // one number a channel, commas between
  std::string deviation;  // the same
  WindowOption window;

  void add_to(CLI::App& verb);
  /// What is given; 0 and empty where nothing is.
  struct Given {
    std::size_t height = 0, width = 0;
    std::vector<float> mean, deviation;
  };
  [[nodiscard]] Given given() const;
  /// The same, to stand over what a side-car says.
  [[nodiscard]] ModelDescription description() const;
  /// What the network's metadata say, with what these options say in their place. Throws InputError naming `model` and
  /// what is missing.
  [[nodiscard]] Preprocessing preprocessing_of(const Graph& graph, const std::string& model) const;
};

}  // namespace niwaki
