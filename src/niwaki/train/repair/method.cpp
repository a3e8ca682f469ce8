#include "niwaki/train/repair/method.hpp"

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/train/repair/repair.hpp"

namespace niwaki {

PruningMethod parse_method(const std::string& text) {
  const std::vector<std::string> parts = split(text, '+');
  PruningMethod method{.criterion = parts.front(), .gradual = parts.size() > 1 && parts[1] == "gradual", .repairs = {}};
  method.repairs.assign(parts.begin() + (method.gradual ? 2 : 1), parts.end());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) {
      throw InputError(fmt::format("'{}' has an empty part", text), "prune.methods or --method",
                       "write a criterion, then repairs: l1+batch-norm");
    }
    if (i > 1 && parts[i] == parts[i - 1]) {
      throw InputError(fmt::format("'{}' has '{}' twice in a row", text, parts[i]), "prune.methods or --method",
                       "once is enough");
    }
  }
  for (const std::string& repair : method.repairs) {
    (void)repair_entry(repair);
  }
  return method;
}

}  // namespace niwaki
