#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace niwaki {

/// One row of a CSV file and where it stands, for error messages.
struct CsvRow {
  std::span<const std::string_view> cells;
  std::size_t line = 0;  // 1-based line where the row begins
};

/// A CSV file (RFC 4180: quoted cells, doubled quotes; LF or CRLF; a UTF-8 byte-order mark is
/// dropped; blank lines are passed over). Cells keep their bytes, outer blanks trimmed where unquoted. They lie in the
/// file's text, which the table and its copies share; a cell taken out of it must not outlive them all.
struct CsvTable {
  std::string path;  // for error messages
  std::vector<std::string> header;
  std::vector<CsvRow> rows;

  /// The column of this name. Throws InputError naming the file, the column and the nearest name there is.
  [[nodiscard]] std::size_t column(std::string_view name) const;
  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view name) const;
  /// The first of these names that is a column's.
  [[nodiscard]] std::optional<std::size_t> find_any_column(std::initializer_list<const char*> names) const;
  /// "labels.csv, line 12, column 'Edema'".
  [[nodiscard]] std::string where(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::string where(std::size_t row) const;

  /// What the cells lie in.
  struct Text {
    std::string bytes;
    std::vector<std::string_view> cells;  // of all rows
  };
  std::shared_ptr<const Text> text;
};

struct CsvOptions {
  /// Rows must have as many cells as the header. NIH's label file has 9 names over rows of 11 cells,
  /// so its reader turns this off.
  bool same_width = true;
  /// Files larger than this are refused.
  std::size_t limit_bytes = std::size_t{2} << 30;
};

/// Throws InputError for a missing or empty file, an open quote, or a row of another width.
CsvTable read_csv(const std::filesystem::path& path, const CsvOptions& options = {});
/// As above, from text; `name` stands for the path in messages.
CsvTable parse_csv(std::string_view text, const std::string& name, const CsvOptions& options = {});

/// Builds a CSV text: cells are quoted where they must be; numbers print shortest that reads back
/// to the same value; std::nullopt is an empty cell.
class CsvWriter {
 public:
  explicit CsvWriter(const std::vector<std::string>& header);
  /// Of rows without a header, each of `width` cells: a later part of a file, perhaps of about so many rows.
  explicit CsvWriter(std::size_t width, std::size_t rows = 0) : width_(width), expected_rows_(rows) {}
  CsvWriter& cell(std::string_view text);
  CsvWriter& cell(const char* text) { return cell(std::string_view(text)); }
  CsvWriter& cell(const std::string& text) { return cell(std::string_view(text)); }
  CsvWriter& cell(double number);
  CsvWriter& cell(std::optional<double> number);
  CsvWriter& cell(std::size_t number);
  CsvWriter& cell(int number);
  /// Ends the row; it must have as many cells as the header.
  void end_row();
  [[nodiscard]] const std::string& text() const& { return text_; }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  static constexpr std::size_t kPrintedBytes = 31;

  /// A number and its text, kept because a number often comes again (a rank correlation of few classes has few values).
  struct Printed {
    std::uint64_t bits = 0;
    std::uint8_t length = 0;  // 0: none yet
    std::array<char, kPrintedBytes> text{};
  };

  /// Begins a cell, and answers where its bytes go: at most so many. Who has written them moves row_size_.
  char* begin_cell(std::size_t most);

  std::string text_;       // of whole rows
  std::vector<char> row_;  // of the one that is being written
  std::size_t row_size_ = 0;
  std::vector<Printed> printed_;  // at a place that follows from the number's bits
  std::size_t width_ = 0;
  std::size_t expected_rows_ = 0;  // for which memory is taken once the first is known
  std::size_t filled_ = 0;
};

}  // namespace niwaki
