#pragma once

#include <string>
#include <vector>

namespace niwaki {

/// How a pruned network is made, as recipes and `--method` write it: a criterion, then repairs, joined by "+"
/// ("l1+least-squares+batch-norm"). "l1+gradual" is pruned by steps with fine-tuning between them (train/gradual.hpp)
/// instead of at once; repairs may follow ("l1+gradual+batch-norm").
struct PruningMethod {
  std::string criterion;
  bool gradual = false;
  std::vector<std::string> repairs;  // may be empty; in the order in which they run
};

/// Splits a method's text and checks its repairs; the criterion's name is for make_criterion() to check. Throws
/// InputError for an empty part, for a repair that is not known (naming the nearest), and for one that follows itself.
PruningMethod parse_method(const std::string& text);

}  // namespace niwaki
