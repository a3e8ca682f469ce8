#include "niwaki/audit/audit.hpp"
#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {

std::vector<std::size_t> read_train_counts(const std::filesystem::path& path, const std::vector<std::string>& classes) {
  const CsvTable csv = read_csv(path);
  const std::size_t name_column = csv.column("class");
  const std::size_t count_column = csv.column("positives");
  std::vector<std::string> names;
  std::vector<std::size_t> counts;
  for (std::size_t row = 0; row < csv.rows.size(); ++row) {
    const std::string name(csv.rows[row].cells[name_column]);
    if (find_class(name, names)) {
      throw InputError(fmt::format("the class '{}' is listed twice", name), csv.where(row, name_column),
                       "list each class once");
    }
    const std::optional<std::int64_t> count = parse_integer(csv.rows[row].cells[count_column]);
    if (!count || *count < 0) {
      throw InputError(fmt::format("'{}' is no count", csv.rows[row].cells[count_column]), csv.where(row, count_column),
                       "give the number of training images that are labelled positive");
    }
    names.push_back(name);
    counts.push_back(static_cast<std::size_t>(*count));
  }
  std::vector<std::size_t> result;
  for (const std::size_t place : match_classes(classes, names, path.string())) {
    result.push_back(counts[place]);
  }
  return result;
}

}  // namespace niwaki
