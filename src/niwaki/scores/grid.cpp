#include "niwaki/scores/grid.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr double kSparsitySteps = 1e9;

double rounded_sparsity(double sparsity) {
  return std::round(sparsity * kSparsitySteps) / kSparsitySteps;
}

std::string unit_name(const std::string& method, std::uint64_t seed, double sparsity) {
  return fmt::format("method '{}', seed {}, sparsity {}", method, seed, sparsity);
}

bool leaves_folder(const std::string& path) {
  const std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  return normal.is_absolute() || (!normal.empty() && *normal.begin() == "..");
}

GridEntry read_entry(const CsvTable& csv, std::size_t row) {
  const auto cell = [&](const char* name) { return std::string(csv.rows[row].cells[csv.column(name)]); };
  GridEntry entry;
  entry.method = cell("method");
  if (entry.method.empty()) {
    throw InputError("the method has no name", csv.where(row, csv.column("method")), "name it, as 'l1'");
  }
  const std::optional<std::int64_t> seed = parse_integer(cell("seed"));
  if (!seed || *seed < 0) {
    throw InputError(fmt::format("'{}' is no seed", cell("seed")), csv.where(row, csv.column("seed")),
                     "give a whole number from 0");
  }
  entry.seed = static_cast<std::uint64_t>(*seed);
  const std::optional<double> sparsity = parse_number(cell("sparsity"));
  if (!sparsity || *sparsity < 0.0 || *sparsity > 1.0) {
    throw InputError(fmt::format("'{}' is no sparsity", cell("sparsity")), csv.where(row, csv.column("sparsity")),
                     "give the share of weights that are zero, from 0 to 1");
  }
  entry.sparsity = rounded_sparsity(*sparsity);
  entry.path = cell("path");
  if (entry.path.empty()) {
    throw InputError("the path is empty", csv.where(row, csv.column("path")), "name the score table's file");
  }
  if (leaves_folder(entry.path)) {
    throw InputError(fmt::format("the path '{}' leaves the manifest's folder", entry.path),
                     csv.where(row, csv.column("path")), "put the table below the manifest and give a relative path");
  }
  return entry;
}

using Unit = std::tuple<std::string, std::uint64_t, double>;

/// `places` says where each entry was listed.
void check_listed_once(const std::vector<GridEntry>& entries, const std::vector<std::string>& places) {
  std::map<Unit, std::size_t> seen;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const GridEntry& entry = entries[i];
    const auto [first, is_new] = seen.insert({{entry.method, entry.seed, entry.sparsity}, i});
    if (!is_new) {
      throw InputError(fmt::format("{} is listed twice", unit_name(entry.method, entry.seed, entry.sparsity)),
                       places[i], fmt::format("keep one; the first is {}", places[first->second]));
    }
  }
}

std::vector<std::string> methods_with(const std::vector<GridEntry>& entries, bool dense) {
  std::vector<std::string> methods;
  for (const GridEntry& entry : entries) {
    if ((entry.sparsity == 0.0) == dense && std::find(methods.begin(), methods.end(), entry.method) == methods.end()) {
      methods.push_back(entry.method);
    }
  }
  return methods;
}

void check_complete(const ScoreGrid& grid, const std::vector<std::string>& dense_methods, const std::string& source) {
  std::set<Unit> there;
  for (const GridEntry& entry : grid.entries) {
    there.insert({entry.method, entry.seed, entry.sparsity});
  }
  std::vector<std::string> missing;
  std::set<Unit> counted;
  for (const std::string& method : grid.methods) {
    for (const double sparsity : grid.sparsities(method)) {
      const std::string& owner = sparsity == 0.0 && dense_methods.size() == 1 ? dense_methods.front() : method;
      for (const std::uint64_t seed : grid.seeds) {
        if (!there.contains({owner, seed, sparsity}) && counted.insert({owner, seed, sparsity}).second) {
          missing.push_back(unit_name(owner, seed, sparsity));
        }
      }
    }
  }
  if (!missing.empty()) {
    throw InputError(fmt::format("{} of the grid's tables are missing, the first: {}", missing.size(), missing.front()),
                     source, "list every seed and sparsity of every method, or leave the seed out everywhere");
  }
}

ScoreGrid grid_of(const std::filesystem::path& folder, std::vector<GridEntry> entries,
                  const std::vector<std::string>& places, const std::string& source) {
  if (entries.empty()) {
    throw InputError("the grid lists no table", source, "give one row a table: method,seed,sparsity,path");
  }
  check_listed_once(entries, places);
  ScoreGrid grid;
  grid.folder = folder;
  grid.entries = std::move(entries);
  const std::vector<std::string> dense_methods = methods_with(grid.entries, true);
  if (dense_methods.empty()) {
    throw InputError("the grid has no dense table (sparsity 0)", source,
                     "add the unpruned network's scores with sparsity 0");
  }
  std::set<std::uint64_t> seeds;
  const std::vector<std::string> pruned_methods = methods_with(grid.entries, false);
  for (const GridEntry& entry : grid.entries) {
    seeds.insert(entry.seed);
    const bool pruned = std::find(pruned_methods.begin(), pruned_methods.end(), entry.method) != pruned_methods.end();
    const bool shared_dense = !pruned && dense_methods.size() == 1 && !pruned_methods.empty();
    if (!shared_dense && std::find(grid.methods.begin(), grid.methods.end(), entry.method) == grid.methods.end()) {
      grid.methods.push_back(entry.method);
    }
  }
  grid.seeds.assign(seeds.begin(), seeds.end());
  check_complete(grid, dense_methods, source);
  return grid;
}

}  // namespace

std::vector<double> ScoreGrid::sparsities(const std::string& method) const {
  std::set<double> found = {0.0};
  for (const GridEntry& entry : entries) {
    if (entry.method == method) {
      found.insert(entry.sparsity);
    }
  }
  return {found.begin(), found.end()};
}

const GridEntry& ScoreGrid::entry(const std::string& method, std::uint64_t seed, double sparsity) const {
  const double wanted = rounded_sparsity(sparsity);
  const GridEntry* shared = nullptr;
  for (const GridEntry& candidate : entries) {
    if (candidate.seed == seed && rounded_sparsity(candidate.sparsity) == wanted) {
      if (candidate.method == method) {
        return candidate;
      }
      shared = &candidate;
    }
  }
  NIWAKI_CHECK(shared != nullptr && wanted == 0.0, "no table of {}", unit_name(method, seed, sparsity));
  return *shared;
}

ScoreGrid read_grid(const std::filesystem::path& manifest) {
  const CsvTable csv = read_csv(manifest);
  for (const char* name : {"method", "seed", "sparsity", "path"}) {
    if (std::ranges::find(csv.header, name) == csv.header.end()) {
      throw InputError(fmt::format("there is no column '{}'{}", name, did_you_mean(name, csv.header)),
                       manifest.string(),
                       "give a manifest with a row a score table: method,seed,sparsity,path (docs/formats.md)");
    }
  }
  std::vector<GridEntry> entries;
  std::vector<std::string> places;
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    entries.push_back(read_entry(csv, row));
    places.push_back(csv.where(row));
  }
  return grid_of(manifest.parent_path(), std::move(entries), places, manifest.string());
}

void write_grid(const ScoreGrid& grid, const std::filesystem::path& manifest) {
  CsvWriter csv({"method", "seed", "sparsity", "path"});
  for (const GridEntry& entry : grid.entries) {
    csv.cell(entry.method).cell(std::size_t{entry.seed}).cell(entry.sparsity).cell(entry.path).end_row();
  }
  write_file(manifest, csv.text());
}

ScoreGrid make_grid(const std::filesystem::path& folder, std::vector<GridEntry> entries, const std::string& source) {
  std::vector<std::string> places;
  for (GridEntry& entry : entries) {
    entry.sparsity = rounded_sparsity(entry.sparsity);
    places.push_back(fmt::format("{}, table '{}'", source, entry.path));
  }
  return grid_of(folder, std::move(entries), places, source);
}

}  // namespace niwaki
