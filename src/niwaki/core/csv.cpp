#include "niwaki/core/csv.hpp"

#include <algorithm>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

/// Reads cells one after the other.
class CsvParser {
 public:
  CsvParser(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with("\xEF\xBB\xBF")) {
      text_.remove_prefix(3);
    }
  }

  /// The next row that is not blank, or false at the end.
  bool next(CsvRow& row) {
    while (position_ < text_.size()) {
      row.line = line_;
      row.cells.clear();
      read_row(row.cells);
      if (row.cells.size() != 1 || !row.cells[0].empty()) {
        return true;
      }
    }
    return false;
  }

 private:
  void read_row(std::vector<std::string>& cells) {
    while (true) {
      cells.push_back(at('"') ? quoted_cell() : plain_cell());
      if (!at(',')) {
        break;
      }
      ++position_;
    }
    end_line();
  }

  [[nodiscard]] bool at(char character) const { return position_ < text_.size() && text_[position_] == character; }

  std::string plain_cell() {
    std::size_t end = position_;
    while (end < text_.size() && text_[end] != ',' && text_[end] != '\n') {
      ++end;
    }
    const std::string_view cell = text_.substr(position_, end - position_);
    position_ = end;
    return std::string(trimmed(cell));
  }

  std::string quoted_cell() {
    const std::size_t opened = line_;
    std::string cell;
    ++position_;
    while (position_ < text_.size()) {
      const char character = text_[position_++];
      if (character == '"') {
        if (!at('"')) {
          pass_blanks(opened);
          return cell;
        }
        ++position_;
      }
      line_ += character == '\n' ? 1 : 0;
      cell += character;
    }
    throw InputError("a quoted cell is never closed", fmt::format("{}, line {}", name_, opened), "close the quote");
  }

  void pass_blanks(std::size_t line) {
    while (at(' ') || at('\t') || at('\r')) {
      ++position_;
    }
    if (position_ < text_.size() && !at(',') && !at('\n')) {
      throw InputError("text follows a closed quote", fmt::format("{}, line {}", name_, line),
                       "double the quotes inside a quoted cell");
    }
  }

  void end_line() {
    if (at('\n')) {
      ++position_;
      ++line_;
    }
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

bool needs_quotes(std::string_view text) {
  return text.find_first_of(",\"\r\n") != std::string_view::npos || text != trimmed(text);
}

}  // namespace

std::optional<std::size_t> CsvTable::find_column(std::string_view name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  return found == header.end() ? std::nullopt : std::optional<std::size_t>(found - header.begin());
}

std::size_t CsvTable::column(std::string_view name) const {
  const std::optional<std::size_t> found = find_column(name);
  if (!found) {
    throw InputError(fmt::format("there is no column '{}'{}", name, did_you_mean(name, header)), path,
                     fmt::format("its columns are: {}", joined(header, ", ")));
  }
  return *found;
}

std::string CsvTable::where(std::size_t row) const {
  return fmt::format("{}, line {}", path, rows.at(row).line);
}

std::string CsvTable::where(std::size_t row, std::size_t column) const {
  const std::string name = column < header.size() ? fmt::format("'{}'", header[column]) : std::to_string(column + 1);
  return fmt::format("{}, column {}", where(row), name);
}

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  CsvTable table;
  table.path = name;
  CsvParser parser(text, name);
  CsvRow row;
  if (!parser.next(row)) {
    throw InputError("the file is empty", name, "it must begin with a line of column names");
  }
  table.header = std::move(row.cells);
  while (parser.next(row)) {
    if (options.same_width && row.cells.size() != table.header.size()) {
      throw InputError(fmt::format("{} cells under {} column names", row.cells.size(), table.header.size()),
                       fmt::format("{}, line {}", name, row.line), "give each row as many cells as the header");
    }
    table.rows.push_back(std::move(row));
    row = {};
  }
  return table;
}

CsvTable read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return parse_csv(read_file(path, options.limit_bytes), path.string(), options);
}

CsvWriter::CsvWriter(const std::vector<std::string>& header) : width_(header.size()) {
  for (const std::string& name : header) {
    cell(name);
  }
  end_row();
}

void CsvWriter::separate() {
  NIWAKI_CHECK(filled_ < width_, "a row of {} cells", width_);
  if (filled_++ > 0) {
    text_ += ',';
  }
}

CsvWriter& CsvWriter::cell(std::string_view text) {
  separate();
  if (!needs_quotes(text)) {
    text_ += text;
    return *this;
  }
  text_ += '"';
  for (const char character : text) {
    text_ += character;
    if (character == '"') {
      text_ += '"';
    }
  }
  text_ += '"';
  return *this;
}

CsvWriter& CsvWriter::cell(double number) {
  return cell(std::string_view(shortest(number)));
}

CsvWriter& CsvWriter::cell(std::optional<double> number) {
  return number ? cell(*number) : cell(std::string_view());
}

CsvWriter& CsvWriter::cell(std::size_t number) {
  return cell(std::string_view(std::to_string(number)));
}

CsvWriter& CsvWriter::cell(int number) {
  return cell(std::string_view(std::to_string(number)));
}

void CsvWriter::end_row() {
  NIWAKI_CHECK(filled_ == width_, "{} cells in a row of {}", filled_, width_);
  text_ += '\n';
  filled_ = 0;
}

}  // namespace niwaki
