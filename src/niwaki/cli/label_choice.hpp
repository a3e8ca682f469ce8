#pragma once

#include <string>
#include <vector>

#include "niwaki/cohort/labels.hpp"

namespace CLI {
class App;
}

namespace niwaki {

/// How label files are read: what every verb takes that reads one.
struct LabelChoice {
  std::string format = "auto";
  std::string uncertain = "refuse";
  std::string blank = "auto";
  std::string class_map;  // "torchxrayvision", or a TOML file

  void add_to(CLI::App& verb);
  /// `classes`: only these, in this order. Throws InputError for a format or policy that there is not.
  [[nodiscard]] LabelOptions options(std::vector<std::string> classes = {}) const;
};

}  // namespace niwaki
