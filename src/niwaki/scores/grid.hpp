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

/// Every (method, seed, sparsity): a manifest CSV `method,seed,sparsity,path`. Sparsity 0 stands for every method where
/// only one method lists it. A method that lists nothing but this shared sparsity 0 ("dense") is no pruning method, so
/// `methods` leaves it out where there are others.
struct ScoreGrid {
  std::filesystem::path folder;                                                   // that paths are relative to
  std::vector<GridEntry> entries;                                                 // as listed
  std::vector<std::string> methods;                                               // in order of first appearance
  std::vector<std::uint64_t> seeds;                                               // rising
  [[nodiscard]] std::vector<double> sparsities(const std::string& method) const;  // rising, 0 first
  /// The entry of this unit (the shared dense one where the method has none). Its place in `entries` is
  /// `&entry(...) - entries.data()`.
  [[nodiscard]] const GridEntry& entry(const std::string& method, std::uint64_t seed, double sparsity) const;
  /// The whole path of an entry's table, for read_scores().
  [[nodiscard]] std::string table_path(const GridEntry& entry) const { return (folder / entry.path).string(); }
};

/// Throws InputError naming the manifest and line: a unit listed twice, a unit that is missing (which), a path that
/// leaves the folder, a number out of range (a seed below 0, a sparsity outside [0, 1]), no dense table. Sparsities are
/// read to nine decimals, so that 0.15 and 0.15000000000000002 are one.
ScoreGrid read_grid(const std::filesystem::path& manifest);
/// The manifest of `grid.entries`, in their order; `grid.folder` is not used.
void write_grid(const ScoreGrid& grid, const std::filesystem::path& manifest);

/// A grid of these entries, complete: fills `methods` and `seeds`. Throws InputError as read_grid does, with `source`
/// for the manifest.
ScoreGrid make_grid(const std::filesystem::path& folder, std::vector<GridEntry> entries, const std::string& source);

}  // namespace niwaki
