#include "niwaki/cohort/class_names.hpp"

#include <algorithm>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {

namespace {

/// One finding that the label files of NIH and of Stanford call by two names.
std::string_view plain_finding(std::string_view comparable) {
  return comparable == "pleural effusion" ? "effusion" : comparable;
}

}  // namespace

std::string comparable_class_name(std::string_view name) {
  std::string result = lower_case(trimmed(name));
  std::replace(result.begin(), result.end(), '_', ' ');
  std::replace(result.begin(), result.end(), '-', ' ');
  return result;
}

std::optional<std::size_t> find_class(std::string_view name, std::span<const std::string> names) {
  const std::string wanted = comparable_class_name(name);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (comparable_class_name(names[i]) == wanted) {
      return i;
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (plain_finding(comparable_class_name(names[i])) == plain_finding(wanted)) {
      return i;
    }
  }
  return std::nullopt;
}

std::vector<std::size_t> match_classes(std::span<const std::string> wanted, std::span<const std::string> there,
                                       const std::string& source) {
  std::vector<std::size_t> places;
  for (const std::string& name : wanted) {
    const std::optional<std::size_t> place = find_class(name, there);
    if (!place) {
      throw InputError(fmt::format("there is no class '{}'{}", name, did_you_mean(name, there)), source,
                       fmt::format("its classes are: {}", joined(there, ", ")));
    }
    places.push_back(*place);
  }
  return places;
}

}  // namespace niwaki
