#include "niwaki/audit/readers/reading_key.hpp"

#include <optional>
#include <unordered_map>

#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

struct KeyColumns {
  explicit KeyColumns(const CsvTable& table)
      : id(table.column("id")),
        image(table.column("image")),
        status(table.column("status")),
        patient(table.find_column("patient")),
        set(table.find_column("set")),
        repeat_of(table.find_column("repeat_of")),
        label(table.find_column("label")) {}

  std::size_t id, image, status;
  std::optional<std::size_t> patient, set, repeat_of, label;
};

KeyEntry entry_of(const CsvTable& table, const KeyColumns& columns, std::size_t row) {
  const std::span<const std::string_view> cells = table.rows[row].cells;
  for (const std::size_t column : {columns.id, columns.image}) {
    if (cells[column].empty()) {
      throw InputError("a cell of the key is empty", table.where(row, column), "take the key as it was written");
    }
  }
  const std::string_view status = cells[columns.status];
  if (status != "exemplar" && status != "other") {
    throw InputError(fmt::format("'{}' is no status", status), table.where(row, columns.status),
                     "write exemplar or other");
  }
  const auto text = [&](const std::optional<std::size_t>& column) { return std::string(column ? cells[*column] : ""); };
  KeyEntry entry{text(columns.id),  text(columns.image),     text(columns.patient), status == "exemplar",
                 text(columns.set), text(columns.repeat_of), text(columns.label)};
  if (entry.set.empty()) {
    entry.set = kEveryReader;
  }
  return entry;
}

void check_repeats(const std::vector<KeyEntry>& key, const std::unordered_map<std::string, std::size_t>& places,
                   const CsvTable& table) {
  for (std::size_t row = 0; row < key.size(); ++row) {
    if (key[row].repeat_of.empty()) {
      continue;
    }
    const auto first = places.find(key[row].repeat_of);
    if (first == places.end() || key[first->second].image != key[row].image || !key[first->second].repeat_of.empty()) {
      throw InputError(fmt::format("'{}' is no first showing of image '{}'", key[row].repeat_of, key[row].image),
                       table.where(row), "take the key as it was written");
    }
  }
}

}  // namespace

std::string key_text(const std::vector<KeyEntry>& key) {
  CsvWriter table({"id", "image", "patient", "status", "set", "repeat_of", "label"});
  for (const KeyEntry& entry : key) {
    table.cell(entry.id).cell(entry.image).cell(entry.patient).cell(entry.exemplar ? "exemplar" : "other");
    table.cell(entry.set).cell(entry.repeat_of).cell(entry.label).end_row();
  }
  return table.text();
}

std::vector<KeyEntry> read_key(const std::filesystem::path& path) {
  const CsvTable table = read_csv(path);
  const KeyColumns columns(table);
  std::vector<KeyEntry> key;
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    key.push_back(entry_of(table, columns, row));
    if (!places.emplace(key.back().id, row).second) {
      throw InputError(fmt::format("id '{}' stands in the key twice", key.back().id), table.where(row),
                       "take the key as it was written");
    }
  }
  if (key.empty()) {
    throw InputError("the key lists no image", path.string(), "take the key as it was written");
  }
  check_repeats(key, places, table);
  return key;
}

}  // namespace niwaki
