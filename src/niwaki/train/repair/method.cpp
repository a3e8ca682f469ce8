#include "niwaki/train/repair/method.hpp"

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/prune/structure.hpp"
#include "niwaki/train/repair/repair.hpp"

namespace niwaki {
namespace {

/// Repairs and steps work on masks of single weights.
void check_structure(const PruningMethod& method, const std::string& text) {
  const Structure structure = structure_of(method.criterion);
  if (structure.channels && (method.gradual || !method.repairs.empty())) {
    throw InputError(fmt::format("'{}' would mend a network that has lost channels", text), "prune.methods or --method",
                     "repairs compare each layer with the dense network's: prune single weights for them");
  }
  if (structure.n_of_m && method.gradual) {
    throw InputError(fmt::format("'{}' has one sparsity and no steps to it", text), "prune.methods or --method",
                     "leave gradual out");
  }
}

}  // namespace

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
  check_structure(method, text);
  return method;
}

}  // namespace niwaki
