#include "niwaki/cohort/labels.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/cohort/image_attributes.hpp"
#include "niwaki/cohort/label_format.hpp"
#include "niwaki/cohort/label_text.hpp"
#include "niwaki/cohort/nih_labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/name_index.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<LabelFormat, const char*>, 7> kFormatNames = {
    {{LabelFormat::kAuto, "auto"},
     {LabelFormat::kNiwaki, "niwaki"},
     {LabelFormat::kNih, "nih"},
     {LabelFormat::kNihCxrLt, "nih-cxr-lt"},
     {LabelFormat::kMimicCxrLt, "mimic-cxr-lt"},
     {LabelFormat::kChexpert, "chexpert"},
     {LabelFormat::kMimicCxr, "mimic-cxr"}}};

/// Leaves out what is listed before.
void check_ids_once(ReadRows& read, const CsvTable& table, ProblemReport* problems) {
  const Cohort& cohort = read.cohort;
  NameIndex ids(cohort.size());
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const auto [first, fresh] = ids.insert(cohort.records[row].id);
    if (fresh) {
      kept.push_back(row);  // so the number of a name is its place in `kept`
    } else {
      tell(problems,
           {"images listed twice",
            fmt::format("an image is listed twice, first in line {}", table.rows[read.rows[kept[first]]].line),
            table.where(read.rows[row]), "list each image once"});
    }
  }
  if (kept.size() < cohort.size()) {
    std::vector<std::size_t> rows;
    for (const std::size_t row : kept) {
      rows.push_back(read.rows[row]);
    }
    read.cohort = read.cohort.subset(kept);
    read.rows = std::move(rows);
  }
}

/// The classes asked for, in that order.
Cohort with_classes(Cohort cohort, const std::vector<std::string>& wanted, const std::string& source) {
  if (wanted.empty()) {
    return cohort;
  }
  const std::vector<std::size_t> places = match_classes(wanted, cohort.classes, source);
  std::vector<Label> labels;
  labels.reserve(cohort.size() * places.size());
  const MatrixView<const Label> all = cohort.label_view();
  for (std::size_t row = 0; row < all.rows(); ++row) {
    for (const std::size_t place : places) {
      labels.push_back(all(row, place));
    }
  }
  cohort.classes = wanted;
  cohort.labels = std::move(labels);
  return cohort;
}

/// `all` has the records of the part already. What only one of the files says is unknown elsewhere.
void append_attributes(Cohort& all, std::vector<ImageAttribute> of_part) {
  for (ImageAttribute& part : of_part) {
    auto place = std::ranges::find(all.attributes, part.name, &ImageAttribute::name);
    if (place == all.attributes.end()) {
      place = all.attributes.insert(all.attributes.end(), ImageAttribute{part.name, {}});
    }
    place->values.resize(all.size() - part.values.size());
    std::move(part.values.begin(), part.values.end(), std::back_inserter(place->values));
  }
  for (ImageAttribute& attribute : all.attributes) {
    attribute.values.resize(all.size());
  }
}

void append(Cohort& all, Cohort part, Split split) {
  all.given_splits.insert(all.given_splits.end(), part.size(), split);
  std::move(part.records.begin(), part.records.end(), std::back_inserter(all.records));
  all.labels.insert(all.labels.end(), part.labels.begin(), part.labels.end());
  append_attributes(all, std::move(part.attributes));
}

}  // namespace

LabelFormat parse_label_format(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [format, format_name] : kFormatNames) {
    if (name == format_name) {
      return format;
    }
    names.emplace_back(format_name);
  }
  throw InputError(fmt::format("there is no label format '{}'{}", name, did_you_mean(name, names)), "label format",
                   fmt::format("choose one of {}", joined(names, ", ")));
}

const char* label_format_name(LabelFormat format) {
  const auto* const found =
      std::find_if(kFormatNames.begin(), kFormatNames.end(), [&](const auto& entry) { return entry.first == format; });
  return found->second;
}

LabelOptions label_options(const std::string& format, const std::string& uncertain, const std::string& blank,
                           const fs::path& class_map) {
  LabelOptions options;
  options.format = parse_label_format(format);
  options.uncertain = parse_uncertain_policy(uncertain);
  options.blank = parse_blank_policy(blank);
  if (!class_map.empty()) {
    options.map = read_class_map(class_map);
  }
  return options;
}

Cohort read_labels(const fs::path& path, const LabelOptions& options) {
  // NIH's header has fewer names than its rows have cells, so widths are checked once the format is known.
  const CsvTable table = read_csv(path, {.same_width = false});
  const LabelFormat format = options.format == LabelFormat::kAuto ? recognise_label_format(table) : options.format;
  ReadRows read = format == LabelFormat::kNih ? read_nih_labels(table, options.problems)
                                              : read_label_columns(table, format, options);
  check_ids_once(read, table, options.problems);
  Cohort cohort = std::move(read.cohort);
  cohort.attributes = read_attributes(table, read.rows);
  cohort.check(path.string());
  if (!options.map.empty()) {
    cohort = with_class_map(std::move(cohort), options.map, path.string());
  }
  return with_classes(std::move(cohort), options.classes, path.string());
}

Cohort read_split_labels(const SplitLabelFiles& files, const LabelOptions& options) {
  Cohort all;
  LabelOptions same_classes = options;
  const std::array<std::pair<const fs::path*, Split>, 3> parts = {
      {{&files.train, Split::kTrain}, {&files.validation, Split::kValidation}, {&files.test, Split::kTest}}};
  for (const auto& [path, split] : parts) {
    if (path->empty()) {
      continue;
    }
    Cohort part = read_labels(*path, same_classes);
    if (all.classes.empty()) {
      all.classes = same_classes.classes = part.classes;
    }
    append(all, std::move(part), split);
  }
  all.check("the label files of the splits together");
  return all;
}

void write_labels(const Cohort& cohort, const fs::path& path) {
  check_class_names(cohort, LabelFormat::kNiwaki);
  std::vector<std::string> header = {"id", "patient_id", "image", "site"};
  header.insert(header.end(), cohort.classes.begin(), cohort.classes.end());
  CsvWriter writer(header);
  const MatrixView<const Label> labels = cohort.label_view();
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const Record& record = cohort.records[row];
    writer.cell(record.id).cell(record.patient).cell(record.image).cell(record.site);
    for (const Label label : labels.row(row)) {
      writer.cell(label_cell(label));
    }
    writer.end_row();
  }
  write_file(path, writer.text());
}

}  // namespace niwaki
