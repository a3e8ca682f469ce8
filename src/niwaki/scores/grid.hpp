#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/scores/table.hpp"

namespace niwaki {

/// One table of a grid.
struct GridEntry {
  std::string method;
  std::uint64_t seed = 0;
  double sparsity = 0.0;  // 0 is the dense network
  std::string path;       // as in the manifest, relative to it
};

/// Every (method, seed, sparsity): a manifest CSV `method,seed,sparsity,path`. Sparsity 0 stands for every method where only one
/// method lists it.
struct ScoreGrid {
  std::filesystem::path folder;     // that paths are relative to
  std::vector<GridEntry> entries;   // as listed
  std::vector<std::string> methods;  // in order of first appearance
  std::vector<std::uint64_t> seeds;  // rising
  [[nodiscard]] std::vector<double> sparsities(const std::string& method) const;  // rising, 0 first
  /// The entry of this unit (the shared dense one where the method has none).
  [[nodiscard]] const GridEntry& entry(const std::string& method, std::uint64_t seed, double sparsity) const;
};

/// Throws InputError naming the manifest and line: a unit listed twice, a unit that is missing (which), a path that leaves the folder, a
/// number out of range, no dense table.
ScoreGrid read_grid(const std::filesystem::path& manifest);
void write_grid(const ScoreGrid& grid, const std::filesystem::path& manifest);

}  // namespace niwaki
