#include "niwaki/audit/readers/exemplar_list.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

using Group = std::pair<std::string, double>;  // method and sparsity

std::string described(const std::set<Group>& groups) {
  std::vector<std::string> names;
  for (const auto& [method, sparsity] : groups) {
    names.push_back(ExemplarList{method, sparsity, {}}.name());
  }
  return joined(names, ", ");
}

/// `niwaki exemplars` compares two networks, and its list has neither column.
Group group_of(const CsvTable& table, std::size_t row) {
  if (table.find_column("correlation") && !table.find_column("method") && !table.find_column("sparsity")) {
    return {"", 0.0};
  }
  const std::size_t column = table.column("sparsity");
  const std::optional<double> sparsity = parse_number(table.rows[row].cells[column]);
  if (!sparsity) {
    throw InputError(fmt::format("'{}' is no sparsity", table.rows[row].cells[column]), table.where(row, column),
                     "take the file as the audit wrote it");
  }
  return {std::string(table.rows[row].cells[table.column("method")]), *sparsity};
}

Group only_fitting(const std::set<Group>& groups, const std::string& method, std::optional<double> sparsity,
                   const CsvTable& table) {
  std::set<Group> fitting;
  std::copy_if(groups.begin(), groups.end(), std::inserter(fitting, fitting.end()), [&](const Group& group) {
    return (method.empty() || group.first == method) && (!sparsity || std::abs(group.second - *sparsity) < 1e-9);
  });
  if (fitting.empty()) {
    throw InputError(groups.empty() ? "the file lists no exemplar" : "no exemplar has that method and sparsity",
                     table.path,
                     groups.empty() ? "audit at a sparsity that the grid has (--exemplar-sparsity)"
                                    : fmt::format("there are: {}", described(groups)));
  }
  if (fitting.size() > 1) {
    throw InputError("which exemplars is not clear", table.path,
                     fmt::format("choose with --method and --sparsity: {}", described(fitting)));
  }
  return *fitting.begin();
}

}  // namespace

std::string ExemplarList::name() const {
  return method.empty() ? "two networks" : fmt::format("{} at {}", method, shortest(sparsity));
}

ExemplarList read_exemplar_list(const std::filesystem::path& path, const std::string& method,
                                std::optional<double> sparsity) {
  const CsvTable table = read_csv(path);
  const std::size_t id = table.column("id");
  if (!table.find_column("correlation")) {
    (void)table.column("method");  // this is another file: the message names the column
  }
  std::vector<Group> of_row;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    of_row.push_back(group_of(table, row));
  }
  const Group group = only_fitting({of_row.begin(), of_row.end()}, method, sparsity, table);
  ExemplarList list{group.first, group.second, {}};
  std::set<std::string> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (of_row[row] == group) {
      list.ids.emplace_back(table.rows[row].cells[id]);
      if (!seen.insert(list.ids.back()).second) {
        throw InputError("an image is listed twice", table.where(row, id), "take the file as the audit wrote it");
      }
    }
  }
  return list;
}

}  // namespace niwaki
