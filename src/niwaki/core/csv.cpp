#include "niwaki/core/csv.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

bool blank(char character) {
  return character == ' ' || character == '\t' || character == '\r';
}

/// Reads cells one after the other. They are views into the text; where a quote was doubled, the text is changed to
/// what the cell holds.
class CsvParser {
 public:
  CsvParser(std::string& text, const std::string& name)
      : name_(name), position_(text.data()), end_(text.data() + text.size()) {
    if (text.starts_with("\xEF\xBB\xBF")) {
      position_ += 3;
    }
  }

  /// Appends the cells of the next row that is not blank and answers its line, or nothing at the end.
  std::optional<std::size_t> next(std::vector<std::string_view>& cells) {
    const std::size_t before = cells.size();
    while (position_ < end_) {
      const std::size_t line = line_;
      read_row(cells);
      if (cells.size() != before + 1 || !cells.back().empty()) {
        return line;
      }
      cells.pop_back();
    }
    return std::nullopt;
  }

 private:
  void read_row(std::vector<std::string_view>& cells) {
    while (true) {
      cells.push_back(at('"') ? quoted_cell() : plain_cell());
      if (!at(',')) {
        break;
      }
      ++position_;
    }
    if (at('\n')) {
      ++position_;
      ++line_;
    }
  }

  [[nodiscard]] bool at(char character) const { return position_ < end_ && *position_ == character; }

  std::string_view plain_cell() {
    const char* first = position_;
    char* after = position_;
    while (after < end_ && *after != ',' && *after != '\n') {
      ++after;
    }
    position_ = after;
    const char* last = after;
    while (first < last && blank(*first)) {
      ++first;
    }
    while (first < last && blank(last[-1])) {
      --last;
    }
    return {first, static_cast<std::size_t>(last - first)};
  }

  std::string_view quoted_cell() {
    const std::size_t opened = line_;
    ++position_;
    const char* cell = position_;
    char* written = position_;
    while (position_ < end_) {
      const char character = *position_++;
      if (character == '"') {
        if (!at('"')) {
          pass_blanks(opened);
          return {cell, static_cast<std::size_t>(written - cell)};
        }
        ++position_;
      }
      line_ += character == '\n' ? 1 : 0;
      *written++ = character;
    }
    throw InputError("a quoted cell is never closed", fmt::format("{}, line {}", name_, opened), "close the quote");
  }

  void pass_blanks(std::size_t line) {
    while (position_ < end_ && blank(*position_)) {
      ++position_;
    }
    if (position_ < end_ && !at(',') && !at('\n')) {
      throw InputError("text follows a closed quote", fmt::format("{}, line {}", name_, line),
                       "double the quotes inside a quoted cell");
    }
  }

  const std::string& name_;
  char* position_;
  char* end_;
  std::size_t line_ = 1;
};

bool needs_quotes(std::string_view text) {
  if (text.empty()) {
    return false;
  }
  const auto wanted = [](char character) {
    return character == ',' || character == '"' || character == '\r' || character == '\n';
  };
  return blank(text.front()) || blank(text.back()) || std::any_of(text.begin(), text.end(), wanted);
}

constexpr std::size_t kMostDigits = 24;

/// Writes the number to `text` and answers its length.
template <typename Integer>
std::size_t integer_digits(Integer number, char* text) {
  return static_cast<std::size_t>(std::to_chars(text, text + kMostDigits, number).ptr - text);
}

}  // namespace

std::optional<std::size_t> CsvTable::find_column(std::string_view name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  return found == header.end() ? std::nullopt : std::optional<std::size_t>(found - header.begin());
}

std::optional<std::size_t> CsvTable::find_any_column(std::initializer_list<const char*> names) const {
  for (const char* name : names) {
    if (const auto found = find_column(name)) {
      return found;
    }
  }
  return std::nullopt;
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

namespace {

/// How many of these characters a text may hold, from its beginning, so that memory for them seldom moves.
std::size_t estimated_count(std::string_view text, std::string_view characters) {
  constexpr std::size_t kSample = std::size_t{1} << 16;
  const std::string_view sample = text.substr(0, kSample);
  const auto counted = std::count_if(sample.begin(), sample.end(), [&](char character) {
    return characters.find(character) != std::string_view::npos;
  });
  const double share = static_cast<double>(counted + 1) / static_cast<double>(sample.size() + 1);
  return static_cast<std::size_t>(1.05 * share * static_cast<double>(text.size())) + 1;
}

CsvTable parse_owned(std::string bytes, const std::string& name, const CsvOptions& options) {
  CsvTable table;
  table.path = name;
  const auto text = std::make_shared<CsvTable::Text>();
  text->bytes = std::move(bytes);
  CsvParser parser(text->bytes, name);
  std::vector<std::string_view>& cells = text->cells;
  if (!parser.next(cells)) {
    throw InputError("the file is empty", name, "it must begin with a line of column names");
  }
  table.header.assign(cells.begin(), cells.end());
  cells.clear();
  const std::size_t lines = estimated_count(text->bytes, "\n");
  cells.reserve(estimated_count(text->bytes, ",\n"));
  table.rows.reserve(lines);
  std::vector<std::size_t> ends;
  ends.reserve(lines);
  for (std::size_t begin = 0; const std::optional<std::size_t> line = parser.next(cells); begin = cells.size()) {
    const std::size_t width = cells.size() - begin;
    if (options.same_width && width != table.header.size()) {
      throw InputError(fmt::format("{} cells under {} column names", width, table.header.size()),
                       fmt::format("{}, line {}", name, *line), "give each row as many cells as the header");
    }
    table.rows.push_back({{}, *line});
    ends.push_back(cells.size());
  }
  // Only now do the cells stay where they are.
  for (std::size_t row = 0; row < ends.size(); ++row) {
    const std::size_t begin = row == 0 ? 0 : ends[row - 1];
    table.rows[row].cells = std::span(cells).subspan(begin, ends[row] - begin);
  }
  table.text = text;
  return table;
}

}  // namespace

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  return parse_owned(std::string(text), name, options);
}

CsvTable read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return parse_owned(read_file(path, options.limit_bytes), path.string(), options);
}

CsvWriter::CsvWriter(const std::vector<std::string>& header) : width_(header.size()) {
  for (const std::string& name : header) {
    cell(name);
  }
  end_row();
}

char* CsvWriter::begin_cell(std::size_t most) {
  NIWAKI_CHECK(filled_ < width_, "a row of {} cells", width_);
  const std::size_t needed = row_size_ + 1 + most;
  if (needed > row_.size()) {
    row_.resize(2 * needed);
  }
  if (filled_++ > 0) {
    row_[row_size_++] = ',';
  }
  return row_.data() + row_size_;
}

CsvWriter& CsvWriter::cell(std::string_view text) {
  if (!needs_quotes(text)) {
    std::copy(text.begin(), text.end(), begin_cell(text.size()));
    row_size_ += text.size();
    return *this;
  }
  char* const begin = begin_cell(2 * text.size() + 2);
  char* end = begin;
  *end++ = '"';
  for (const char character : text) {
    *end++ = character;
    if (character == '"') {
      *end++ = '"';
    }
  }
  *end++ = '"';
  row_size_ += static_cast<std::size_t>(end - begin);
  return *this;
}

CsvWriter& CsvWriter::cell(double number) {
  constexpr int kPlaceBits = 10;
  constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15U;  // Fibonacci hashing: Knuth, volume 3, 6.4
  if (printed_.empty()) {
    printed_.resize(std::size_t{1} << kPlaceBits);
  }
  const auto bits = std::bit_cast<std::uint64_t>(number);
  Printed& printed = printed_[(bits * kSpread) >> (64 - kPlaceBits)];
  if (printed.length == 0 || printed.bits != bits) {
    const auto end = fmt::format_to_n(printed.text.data(), printed.text.size(), "{}", number);  // as shortest()
    printed.bits = bits;
    printed.length = static_cast<std::uint8_t>(end.size);
  }
  std::copy(printed.text.begin(), printed.text.end(), begin_cell(printed.text.size()));  // as many bytes each time
  row_size_ += printed.length;
  return *this;
}

CsvWriter& CsvWriter::cell(std::optional<double> number) {
  return number ? cell(*number) : cell(std::string_view());
}

CsvWriter& CsvWriter::cell(std::size_t number) {
  row_size_ += integer_digits(number, begin_cell(kMostDigits));
  return *this;
}

CsvWriter& CsvWriter::cell(int number) {
  row_size_ += integer_digits(number, begin_cell(kMostDigits));
  return *this;
}

void CsvWriter::end_row() {
  NIWAKI_CHECK(filled_ == width_, "{} cells in a row of {}", filled_, width_);
  if (text_.empty()) {
    text_.reserve(expected_rows_ * (row_size_ + row_size_ / 4));
  }
  text_.append(row_.data(), row_size_);
  text_ += '\n';
  row_size_ = 0;
  filled_ = 0;
}

}  // namespace niwaki
