#pragma once

#include <nlohmann/json_fwd.hpp>

#include "niwaki/prune/mask.hpp"

namespace niwaki {

/// {prunable, nonzero, sparsity, layers: [{name, op, shape, nonzero, sparsity}]}
nlohmann::ordered_json sparsity_json(const SparsityReport& report);

/// The same for people, on standard output.
void print_sparsity_table(const SparsityReport& report);

}  // namespace niwaki
