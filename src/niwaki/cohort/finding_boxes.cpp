#include "niwaki/cohort/finding_boxes.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr double kNihSide = 1024.0;     // of the pictures that NIH published
constexpr double kSlack = 1.0 / 1000;   // of a side
constexpr std::size_t kNihColumns = 6;  // image, finding, x, y, w, h

/// Where the cells of one format are; of the last four, nothing where the format says no size.
struct BoxColumns {
  std::size_t image = 0;
  std::size_t finding = 1;
  std::array<std::size_t, 4> sides = {2, 3, 4, 5};  // x, y, width, height
  std::optional<std::array<std::size_t, 2>> picture;
};

BoxColumns columns_of(const CsvTable& table) {
  if (table.find_column("Image Index")) {
    if (table.header.size() < kNihColumns || !table.header[2].starts_with("Bbox")) {
      throw InputError("the columns of boxes are not clear", table.path,
                       "give NIH's BBox_List_2017.csv as it is, or id,class,x,y,width,height,picture_width,"
                       "picture_height");
    }
    return {};
  }
  return {.image = table.column("id"),
          .finding = table.column("class"),
          .sides = {table.column("x"), table.column("y"), table.column("width"), table.column("height")},
          .picture = std::array{table.column("picture_width"), table.column("picture_height")}};
}

double number_at(const CsvTable& table, std::size_t row, std::size_t column) {
  const std::span<const std::string_view> cells = table.rows[row].cells;
  const auto number = column < cells.size() ? parse_number(cells[column]) : std::nullopt;
  if (!number) {
    throw InputError(column < cells.size() ? fmt::format("'{}' is not a number", cells[column]) : "a cell is missing",
                     column < table.header.size() ? table.where(row, column) : table.where(row), "give pixels");
  }
  return *number;
}

/// The box of a row in shares of its picture.
FindingBox box_at(const CsvTable& table, std::size_t row, const BoxColumns& columns) {
  FindingBox found{.picture_width = kNihSide, .picture_height = kNihSide};
  if (columns.picture) {
    found.picture_width = number_at(table, row, (*columns.picture)[0]);
    found.picture_height = number_at(table, row, (*columns.picture)[1]);
    if (!(found.picture_width >= 1 && found.picture_height >= 1)) {
      throw InputError(fmt::format("a picture of {} x {} pixels", found.picture_width, found.picture_height),
                       table.where(row), "give the size of the picture in which the box was measured");
    }
  }
  std::array<double, 4> side{};
  for (std::size_t i = 0; i < side.size(); ++i) {
    side[i] = number_at(table, row, columns.sides[i]);
  }
  const auto [x, y, width, height] = side;
  const double slack_x = kSlack * found.picture_width;
  const double slack_y = kSlack * found.picture_height;
  if (!(width > 0 && height > 0)) {
    throw InputError(fmt::format("a box of {} x {} pixels", width, height), table.where(row),
                     "give a width and a height above 0, or take the row out");
  }
  if (x < -slack_x || y < -slack_y || x + width > found.picture_width + slack_x ||
      y + height > found.picture_height + slack_y) {
    throw InputError(fmt::format("a box from ({}, {}) to ({}, {}) reaches out of its picture of {} x {} pixels", x, y,
                                 x + width, y + height, found.picture_width, found.picture_height),
                     table.where(row), "measure it in the picture that the file is about, or take the row out");
  }
  const auto share = [](double at, double of) { return std::clamp(at / of, 0.0, 1.0); };
  found.box = {share(x, found.picture_width), share(y, found.picture_height), share(x + width, found.picture_width),
               share(y + height, found.picture_height)};
  return found;
}

std::string file_name(const std::string& image) {
  return image.substr(image.find_last_of('/') + 1);
}

/// Rows of the cohort by identifier and by file name; a file name that two records have stands for neither.
std::unordered_map<std::string, std::size_t> rows_by_name(const Cohort& cohort) {
  std::unordered_map<std::string, std::size_t> by_file;
  constexpr std::size_t kSeveral = static_cast<std::size_t>(-1);
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const auto [at, fresh] = by_file.emplace(file_name(cohort.records[row].image), row);
    at->second = fresh ? row : kSeveral;
  }
  std::erase_if(by_file, [](const auto& entry) { return entry.second == kSeveral; });
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    by_file.insert_or_assign(cohort.records[row].id, row);
  }
  return by_file;
}

std::optional<std::size_t> class_of(std::string_view finding, const std::vector<std::string>& classes) {
  return find_class(comparable_class_name(finding) == "infiltrate" ? "Infiltration" : finding, classes);
}

}  // namespace

FindingBoxes read_finding_boxes(const std::filesystem::path& path, const Cohort& cohort,
                                const std::vector<std::string>& classes) {
  const CsvTable table = read_csv(path, {.same_width = false});
  const BoxColumns columns = columns_of(table);
  const auto rows = rows_by_name(cohort);
  FindingBoxes result;
  for (std::size_t line = 0; line < table.rows.size(); ++line) {
    FindingBox found = box_at(table, line, columns);
    if (table.rows[line].cells.size() <= std::max(columns.image, columns.finding)) {
      throw InputError("a cell is missing", table.where(line), "give each box its image and its finding");
    }
    const std::string_view finding = table.rows[line].cells[columns.finding];
    const auto row = rows.find(std::string(table.rows[line].cells[columns.image]));
    const auto name = class_of(finding, classes);
    if (!name) {
      ++result.without_class;
      if (std::ranges::find(result.unknown, finding) == result.unknown.end()) {
        result.unknown.emplace_back(finding);
      }
    } else if (row == rows.end()) {
      ++result.without_image;
    } else {
      found.row = row->second;
      found.name = *name;
      result.boxes.push_back(found);
    }
  }
  std::ranges::stable_sort(result.boxes, {}, [](const FindingBox& box) { return std::pair(box.row, box.name); });
  return result;
}

}  // namespace niwaki
