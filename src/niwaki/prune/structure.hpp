#pragma once

#include <optional>
#include <string>
#include <vector>

#include "niwaki/prune/n_of_m.hpp"

namespace niwaki {

/// In what pieces a method takes weights away, as its name tells: `l1` single weights; `channels-l1` whole channels, so
/// that the network becomes smaller; `nm-2:4` all but 2 of each 4 weights, by `l1`, or `nm-2:4-random` by another
/// criterion.
struct Structure {
  bool channels = false;
  std::optional<NOfM> n_of_m;
  std::string criterion;  // by which weights matter: "l1"
};

/// Throws InputError for a pattern that is none, such as nm-4:2. The criterion's name is not looked up.
Structure structure_of(const std::string& method);

/// N:M patterns have a sparsity of their own. Throws InputError where another is asked for; `where` names it:
/// "--sparsity".
void check_sparsity(const Structure& structure, double asked, const std::string& where);

/// One line a structure, for help texts: "channels-<criterion>" and "nm-<N>:<M>[-<criterion>]", each with its source.
struct StructureEntry {
  std::string name;
  std::string description;
};
std::vector<StructureEntry> structures();

}  // namespace niwaki
