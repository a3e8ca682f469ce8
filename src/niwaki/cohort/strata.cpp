#include "niwaki/cohort/strata.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/name_index.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

/// Columns that name images and patients.
bool is_name(const std::string& column) {
  constexpr std::array<std::string_view, 4> kNames = {"id", "image", "patient", "patient_id"};
  return std::ranges::find(kNames, column) != kNames.end();
}

std::size_t distinct(const ImageAttribute& attribute) {
  std::set<std::string_view> values(attribute.values.begin(), attribute.values.end());
  values.erase("");
  return values.size();
}

/// The side file, joined with the cohort.
class SideFile {
 public:
  SideFile(const Cohort& cohort, const fs::path& path) : table_(read_csv(path)) {
    const std::optional<std::size_t> id = table_.find_column("id");
    const std::size_t key = id ? *id : table_.column("image");
    NameIndex names(table_.rows.size());
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      if (!names.insert(table_.rows[row].cells[key]).second) {
        throw InputError("an image is listed twice", table_.where(row), "list each image once");
      }
    }
    for (const Record& record : cohort.records) {
      const std::optional<std::size_t> by_id = names.find(record.id);
      rows_.push_back(by_id ? by_id : names.find(record.image));
      missing_ += rows_.back() ? 0 : 1;
    }
    if (missing_ == cohort.size()) {
      throw InputError("no image of the labels is listed", path.string(),
                       "give rows whose `id` is the images' id or file name in the label file");
    }
  }

  [[nodiscard]] const std::vector<std::string>& names() const { return table_.header; }
  [[nodiscard]] std::size_t missing() const { return missing_; }

  [[nodiscard]] std::optional<ImageAttribute> column(const std::string& name) const {
    const std::optional<std::size_t> column = table_.find_column(name);
    if (!column || is_name(name)) {
      return std::nullopt;
    }
    ImageAttribute attribute{name, {}};
    for (const std::optional<std::size_t>& row : rows_) {
      attribute.values.emplace_back(row ? table_.rows[*row].cells[*column] : std::string_view());
    }
    return attribute;
  }

 private:
  CsvTable table_;
  std::vector<std::optional<std::size_t>> rows_;  // of each image of the cohort
  std::size_t missing_ = 0;
};

std::vector<ImageAttribute> attributes_of(const Cohort& cohort) {
  std::vector<ImageAttribute> attributes = cohort.attributes;
  ImageAttribute site{"site", {}};
  for (const Record& record : cohort.records) {
    site.values.push_back(record.site);
  }
  if (distinct(site) > 0) {
    attributes.push_back(std::move(site));
  }
  return attributes;
}

ImageAttribute named_column(const std::string& name, const std::optional<SideFile>& side,
                            const std::vector<ImageAttribute>& own, const std::string& source) {
  if (side) {
    if (std::optional<ImageAttribute> column = side->column(name)) {
      return *column;
    }
  }
  const auto found = std::ranges::find(own, name, &ImageAttribute::name);
  if (found != own.end()) {
    return *found;
  }
  std::vector<std::string> there = side ? side->names() : std::vector<std::string>();
  std::erase_if(there, is_name);
  for (const ImageAttribute& attribute : own) {
    there.push_back(attribute.name);
  }
  throw InputError(fmt::format("there is no column '{}' to group images by{}", name, did_you_mean(name, there)), source,
                   there.empty() ? "give a file with --strata" : fmt::format("there are: {}", joined(there, ", ")));
}

void check_groups(const ImageAttribute& column, const std::string& source) {
  const std::size_t groups = distinct(column);
  if (groups > kMostStrata) {
    throw InputError(fmt::format("the column '{}' has {} different values", column.name, groups), source,
                     fmt::format("group them into at most {}", kMostStrata));
  }
}

}  // namespace

StrataColumns read_strata(const Cohort& cohort, const fs::path& file, const std::vector<std::string>& names) {
  StrataColumns result;
  std::optional<SideFile> side;
  if (!file.empty()) {
    side.emplace(cohort, file);
    if (side->missing() > 0) {
      result.notes.push_back(
          fmt::format("{} images are not listed in the file of strata; they are in no group", side->missing()));
    }
  }
  const std::vector<ImageAttribute> own = attributes_of(cohort);
  const std::string source = file.empty() ? std::string("the label file") : file.string();
  for (const std::string& name : names) {
    result.columns.push_back(named_column(name, side, own, source));
    check_groups(result.columns.back(), source);
  }
  if (!names.empty() || !side) {
    return result;
  }
  for (const std::string& name : side->names()) {
    std::optional<ImageAttribute> column = side->column(name);
    if (!column) {
      continue;
    }
    const std::size_t groups = distinct(*column);
    if (groups >= 2 && groups <= kMostStrata) {
      result.columns.push_back(std::move(*column));
    } else {
      result.notes.push_back(fmt::format("column '{}' of the file of strata is left out: it has {} different value{}",
                                         name, groups, groups == 1 ? "" : "s"));
    }
  }
  return result;
}

std::vector<ImageMeasure> read_image_measures(const Cohort& cohort, const fs::path& file) {
  const SideFile side(cohort, file);
  std::vector<ImageMeasure> measures;
  for (const std::string& name : side.names()) {
    const std::optional<ImageAttribute> column = side.column(name);
    if (!column) {
      continue;
    }
    ImageMeasure& measure = measures.emplace_back(ImageMeasure{name, {}});
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      const std::string& cell = column->values[row];
      measure.values.push_back(parse_number(cell));
      if (!cell.empty() && !measure.values.back()) {
        throw InputError(fmt::format("'{}' is no number", cell),
                         fmt::format("{}, column '{}', image '{}'", file.string(), name, cohort.records[row].id),
                         "give numbers, or leave the cell empty");
      }
    }
  }
  if (measures.empty()) {
    throw InputError("no measure is there", file.string(), "give a column id and one a measure");
  }
  return measures;
}

void write_attributes(const Cohort& cohort, const fs::path& path) {
  const std::vector<ImageAttribute> attributes = attributes_of(cohort);
  std::vector<std::string> header = {"id"};
  for (const ImageAttribute& attribute : attributes) {
    header.push_back(attribute.name);
  }
  CsvWriter writer(header);
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    writer.cell(cohort.records[row].id);
    for (const ImageAttribute& attribute : attributes) {
      writer.cell(attribute.values[row]);
    }
    writer.end_row();
  }
  write_file(path, writer.text());
}

}  // namespace niwaki
