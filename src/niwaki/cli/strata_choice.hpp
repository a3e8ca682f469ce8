#pragma once

#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/cohort/cohort.hpp"

namespace CLI {
class App;
}

namespace niwaki {

/// Into which groups images are put: what the verbs take that audit.
struct StrataChoice {
  std::string file;      // CSV id,<column>...
  std::string by;        // columns, commas between
  std::string measures;  // CSV id,<measure>...

  void add_to(CLI::App& verb);
  /// Empty where nothing was asked for. What is left out is said on the terminal.
  [[nodiscard]] ImageGroups read(const Cohort& cohort) const;
  [[nodiscard]] std::vector<std::string> names() const;
};

}  // namespace niwaki
