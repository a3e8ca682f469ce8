#include "niwaki/audit/readers/readings.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "niwaki/audit/readers/via.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

std::optional<double> parse_yes_no(const std::string& text, const std::string& where) {
  const std::string word = lower_case(text);
  if (word == "yes" || word == "y" || word == "true" || word == "1") {
    return 1.0;
  }
  if (word == "no" || word == "n" || word == "false" || word == "0") {
    return 0.0;
  }
  throw InputError(fmt::format("'{}' is no answer", text), where, "write yes, no or nothing");
}

std::optional<double> parse_scale(const std::string& text, const std::string& where) {
  const std::optional<double> number = parse_number(text);
  if (!number || *number < 1.0 || *number > 5.0 || *number != std::floor(*number)) {
    throw InputError(fmt::format("'{}' is no answer", text), where, "write 1, 2, 3, 4, 5 or nothing");
  }
  return number;
}

std::optional<double> parse_answer(std::size_t question, std::string_view text, const std::string& where) {
  const std::string word(trimmed(text));
  if (word.empty()) {
    return std::nullopt;
  }
  return kQuestions[question].scale ? parse_scale(word, where) : parse_yes_no(word, where);
}

/// The reader that the file's name says: "Ada" of reading-Ada.csv, via-Ada.csv and what VIA calls its export of the
/// project reading-Ada, reading-Ada_csv.csv.
std::string reader_of_name(const std::filesystem::path& path) {
  std::string stem = path.stem().string();
  if (stem.ends_with("_csv")) {
    stem.resize(stem.size() - 4);
  }
  for (const std::string_view head : {"reading-", "via-"}) {
    if (stem.starts_with(head)) {
      return stem.substr(head.size());
    }
  }
  return "";
}

/// Whose reading a row is.
class ReaderNames {
 public:
  ReaderNames(const std::filesystem::path& path, const ReadingOptions& options)
      : given_(options.reader), of_file_(options.reader.empty() ? reader_of_name(path) : options.reader) {}

  /// `said`: by the row itself, or nothing where it has no place for it.
  [[nodiscard]] std::string of_row(const std::optional<std::string>& said, const std::string& where) const {
    std::string name(trimmed(said.value_or(of_file_)));
    if (name.empty()) {
      throw InputError("a reading has no reader's name", where,
                       "fill in the column 'reader', call the file reading-<reader>.csv, or give --reader");
    }
    if (!given_.empty() && name != given_) {
      throw InputError(fmt::format("the reader is '{}' here and '{}' by --reader", name, given_), where,
                       "leave --reader out for this file");
    }
    return name;
  }

 private:
  std::string given_;
  std::string of_file_;
};

std::size_t question_column(const CsvTable& table, std::size_t question, const ReadingOptions& options) {
  if (!options.columns[question].empty()) {
    return table.column(options.columns[question]);
  }
  const auto published = table.find_column(kQuestions[question].published);
  return published ? *published : table.column(kQuestions[question].column);
}

std::vector<Reading> own_readings(const CsvTable& table, const ReaderNames& names, const ReadingOptions& options) {
  const std::size_t id = table.column("id");
  const std::optional<std::size_t> reader = table.find_column("reader");
  std::array<std::size_t, kQuestions.size()> columns{};
  for (std::size_t question = 0; question < kQuestions.size(); ++question) {
    columns[question] = question_column(table, question, options);
  }
  std::vector<Reading> readings;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::span<const std::string_view> cells = table.rows[row].cells;
    const std::optional<std::string> said = reader ? std::optional<std::string>(cells[*reader]) : std::nullopt;
    Reading reading{names.of_row(said, reader ? table.where(row, *reader) : table.where(row)),
                    std::string(cells[id]),
                    {},
                    table.where(row)};
    for (std::size_t question = 0; question < kQuestions.size(); ++question) {
      reading.answers[question] = parse_answer(question, cells[columns[question]], table.where(row, columns[question]));
    }
    readings.push_back(std::move(reading));
  }
  return readings;
}

/// "pictures/qrstvwxz.png" is of showing qrstvwxz.
std::string stem_of(const std::string& filename) {
  const std::size_t folder = filename.find_last_of("/\\");
  const std::string name = folder == std::string::npos ? filename : filename.substr(folder + 1);
  return name.substr(0, name.rfind('.'));
}

using Attributes = std::map<std::string, std::string>;

/// The attribute that answers a question in some row of the file; nothing where no row has it.
std::optional<std::string> question_attribute(std::size_t question, const std::set<std::string>& there,
                                              const ReadingOptions& options) {
  std::vector<std::string> wanted = {options.columns[question]};
  if (wanted.front().empty()) {
    wanted = {kQuestions[question].column, kQuestions[question].published};
  }
  const auto found = std::find_if(wanted.begin(), wanted.end(), [&](const auto& name) { return there.contains(name); });
  return found == wanted.end() ? std::nullopt : std::optional(*found);
}

/// VIA leaves out what was never answered, so one question's attribute may be missing, but not all three.
std::array<std::optional<std::string>, kQuestions.size()> question_attributes(const std::vector<Attributes>& rows,
                                                                              const CsvTable& table,
                                                                              const ReadingOptions& options) {
  std::set<std::string> there;
  for (const Attributes& row : rows) {
    for (const auto& [name, value] : row) {
      there.insert(name);
    }
  }
  std::array<std::optional<std::string>, kQuestions.size()> names;
  bool any = false;
  for (std::size_t question = 0; question < kQuestions.size(); ++question) {
    names[question] = question_attribute(question, there, options);
    any = any || names[question];
  }
  if (!any) {
    throw InputError("no file attribute answers a question", table.path,
                     fmt::format("name them with --agrees, --quality and --difficulty; the file has: {}",
                                 there.empty() ? "none" : fmt::format("{}", fmt::join(there, ", "))));
  }
  return names;
}

std::vector<Reading> via_readings(const CsvTable& table, const ReaderNames& names, const ReadingOptions& options) {
  const std::size_t filename = table.find_column("#filename").value_or(0);
  const std::size_t file = table.find_column("filename").value_or(filename);
  const std::size_t column = table.column("file_attributes");
  std::vector<Attributes> rows;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    rows.push_back(parse_via_attributes(std::string(table.rows[row].cells[column]), table.where(row, column)));
  }
  const auto attributes = question_attributes(rows, table, options);
  std::map<std::string, std::size_t> first;  // row of each file
  std::vector<Reading> readings;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto [place, fresh] = first.emplace(table.rows[row].cells[file], row);
    if (!fresh && rows[place->second] != rows[row]) {
      throw InputError(
          fmt::format("the answers differ from those of line {} for the same picture", table.rows[place->second].line),
          table.where(row, column), "export the annotations from VIA again");
    }
    if (!fresh) {
      continue;
    }
    const auto said = rows[row].find("reader");
    Reading reading{
        names.of_row(said == rows[row].end() ? std::nullopt : std::optional(said->second), table.where(row, column)),
        stem_of(place->first),
        {},
        table.where(row)};
    for (std::size_t question = 0; question < kQuestions.size(); ++question) {
      const auto answer = attributes[question] ? rows[row].find(*attributes[question]) : rows[row].end();
      if (answer != rows[row].end()) {
        reading.answers[question] = parse_answer(
            question, answer->second, fmt::format("{}, attribute '{}'", table.where(row, column), answer->first));
      }
    }
    readings.push_back(std::move(reading));
  }
  return readings;
}

}  // namespace

std::vector<Reading> read_readings(const std::filesystem::path& path, const ReadingOptions& options) {
  const CsvTable table = read_csv(path);
  const ReaderNames names(path, options);
  const bool named = table.find_column("filename") || table.find_column("#filename");
  return named && table.find_column("file_attributes") ? via_readings(table, names, options)
                                                       : own_readings(table, names, options);
}

}  // namespace niwaki
