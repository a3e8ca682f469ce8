#include "niwaki/cohort/image_attributes.hpp"

#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

std::string first_letter(std::string_view sex) {
  const std::string lower = lower_case(sex.substr(0, 1));
  return lower == "f" ? "F" : lower == "m" ? "M" : "";
}

using CellText = std::function<std::string(std::span<const std::string_view>)>;

void add(const CsvTable& table, const std::vector<std::size_t>& rows, const char* name, const CellText& text,
         std::vector<ImageAttribute>& attributes) {
  ImageAttribute& attribute = attributes.emplace_back(ImageAttribute{name, {}});
  attribute.values.reserve(rows.size());
  for (const std::size_t row : rows) {
    attribute.values.push_back(text(table.rows[row].cells));
  }
}

std::string_view cell_of(std::span<const std::string_view> cells, std::size_t column) {
  return column < cells.size() ? cells[column] : std::string_view();
}

}  // namespace

std::string age_band(std::string_view age) {
  constexpr double kOldest = 120;
  if (age.ends_with('Y') || age.ends_with('y')) {
    age.remove_suffix(1);
  }
  const std::optional<double> years = parse_number(age);
  if (!years || *years < 0 || *years > kOldest) {
    return "";
  }
  constexpr std::array<std::pair<double, const char*>, 4> kBands = {
      {{18, "0-17"}, {40, "18-39"}, {60, "40-59"}, {80, "60-79"}}};
  for (const auto& [below, name] : kBands) {
    if (*years < below) {
      return name;
    }
  }
  return "80+";
}

std::vector<ImageAttribute> read_attributes(const CsvTable& table, const std::vector<std::size_t>& rows) {
  std::vector<ImageAttribute> attributes;
  const auto view = table.find_any_column({"View Position", "ViewPosition", "AP/PA"});
  const auto side = table.find_any_column({"Frontal/Lateral"});
  if (view || side) {
    add(
        table, rows, "view",
        [&](std::span<const std::string_view> cells) {
          const bool lateral = side && lower_case(cell_of(cells, *side)) == "lateral";
          return lateral ? "LATERAL" : std::string(view ? cell_of(cells, *view) : "FRONTAL");
        },
        attributes);
  }
  if (const auto sex = table.find_any_column({"Patient Sex", "Patient Gender", "Sex"})) {
    add(
        table, rows, "sex", [&](std::span<const std::string_view> cells) { return first_letter(cell_of(cells, *sex)); },
        attributes);
  }
  if (const auto age = table.find_any_column({"Patient Age", "Age"})) {
    add(
        table, rows, "age_band",
        [&](std::span<const std::string_view> cells) { return age_band(cell_of(cells, *age)); }, attributes);
  }
  return attributes;
}

}  // namespace niwaki
