#include "niwaki/report/economic_inputs.hpp"

#include <algorithm>
#include <optional>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr double kMost = 1e12;

/// "Hernia=5000"; the last equals sign parts them.
std::pair<std::string, double> class_cost(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const std::optional<double> value =
      equals == std::string::npos ? std::nullopt : parse_number(trimmed(std::string_view(text).substr(equals + 1)));
  if (!value || *value < 0.0 || *value > kMost) {
    throw InputError(fmt::format("'{}' is no class with its cost", text), "economics.class_costs",
                     "write \"class=5000\", a cost of 0 or more");
  }
  return {std::string(trimmed(std::string_view(text).substr(0, equals))), *value};
}

}  // namespace

void EconomicInputs::check() const {
  for (const auto& [key, value] : {std::pair{"economics.images_a_day", images_a_day},
                                   {"economics.machine_hour", machine_hour},
                                   {"economics.review_minutes", review_minutes},
                                   {"economics.reader_hour", reader_hour},
                                   {"economics.missed_finding", missed_finding},
                                   {"economics.switching", switching}}) {
    if (!(value >= 0.0 && value <= kMost)) {
      throw InputError(fmt::format("{} is out of range", shortest(value)), key, "give 0 (not given) or more");
    }
  }
  if (!(deferral_rate >= 0.0 && deferral_rate <= 1.0)) {
    throw InputError(fmt::format("{} is out of range", shortest(deferral_rate)), "economics.deferral_rate",
                     "give a share from 0 to 1");
  }
  for (const std::string& text : class_costs) {
    (void)class_cost(text);
  }
}

std::vector<double> missed_costs(const EconomicInputs& inputs, const std::vector<std::string>& classes) {
  inputs.check();
  std::vector<double> costs(classes.size(), inputs.missed_finding);
  std::vector<bool> named(classes.size(), false);
  for (const std::string& text : inputs.class_costs) {
    const auto [name, cost] = class_cost(text);
    const auto found = std::ranges::find(classes, name);
    if (found == classes.end()) {
      throw InputError(fmt::format("there is no class '{}'{}", name, did_you_mean(name, classes)),
                       "economics.class_costs", fmt::format("name one of {}", joined(classes, ", ")));
    }
    const auto column = static_cast<std::size_t>(found - classes.begin());
    if (named[column]) {
      throw InputError(fmt::format("the class '{}' is named twice", name), "economics.class_costs", "name it once");
    }
    named[column] = true;
    costs[column] = cost;
  }
  return costs;
}

}  // namespace niwaki
