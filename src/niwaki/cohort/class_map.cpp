#include "niwaki/cohort/class_map.hpp"

#include <optional>
#include <string_view>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kLargestMap = std::size_t{1} << 20;

std::string text_of(const toml::node& node, const std::string& path) {
  if (const auto value = node.value_exact<std::string>()) {
    return *value;
  }
  throw InputError("a class name is no text", fmt::format("{}, line {}", path, node.source().begin.line),
                   "put it into quotes");
}

void read_names(const toml::node& node, ClassMap& map) {
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    throw InputError("'names' is no table", fmt::format("{}, line {}", map.source, node.source().begin.line),
                     "write [names], then \"the file's name\" = \"the name to use\"");
  }
  for (const auto& [name, value] : *table) {
    map.names.emplace_back(std::string(name.str()), text_of(value, map.source));
  }
}

void read_targets(const toml::node& node, ClassMap& map) {
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    throw InputError("'targets' is no list", fmt::format("{}, line {}", map.source, node.source().begin.line),
                     "write targets = [\"Effusion\", \"Mass\"]");
  }
  for (const toml::node& value : *array) {
    map.targets.push_back(text_of(value, map.source));
  }
}

/// Positive where one is, else unknown where one is, else negative.
Label either(Label a, Label b) {
  if (a == Label::kPositive || b == Label::kPositive) {
    return Label::kPositive;
  }
  return a == Label::kUnknown || b == Label::kUnknown ? Label::kUnknown : Label::kNegative;
}

/// The new name of each class; nothing where it is left out.
std::vector<std::optional<std::string>> renamed(const std::vector<std::string>& classes, const ClassMap& map,
                                                const std::string& source) {
  std::vector<std::optional<std::string>> names(classes.begin(), classes.end());
  for (const auto& [from, to] : map.names) {
    const std::vector<std::string> wanted = {from};
    const std::size_t place = match_classes(wanted, classes, fmt::format("{}, for {}", map.source, source)).front();
    names[place] = to.empty() ? std::nullopt : std::optional(to);
  }
  return names;
}

}  // namespace

const std::vector<std::string>& torchxrayvision_targets() {
  static const std::vector<std::string> targets = {"Atelectasis",  "Consolidation",
                                                   "Infiltration", "Pneumothorax",
                                                   "Edema",        "Emphysema",
                                                   "Fibrosis",     "Effusion",
                                                   "Pneumonia",    "Pleural_Thickening",
                                                   "Cardiomegaly", "Nodule",
                                                   "Mass",         "Hernia",
                                                   "Lung Lesion",  "Fracture",
                                                   "Lung Opacity", "Enlarged Cardiomediastinum"};
  return targets;
}

ClassMap read_class_map(const std::filesystem::path& path) {
  // A recipe makes paths absolute, the name of a map among them.
  if (path.filename() == "torchxrayvision" && !std::filesystem::exists(path)) {
    return {.names = {}, .targets = torchxrayvision_targets(), .source = "torchxrayvision"};
  }
  ClassMap map{.names = {}, .targets = {}, .source = path.string()};
  try {
    const std::string text = read_file(path, kLargestMap);
    for (const auto& [key, value] : toml::parse(text)) {
      if (key.str() == "names") {
        read_names(value, map);
      } else if (key.str() == "targets") {
        read_targets(value, map);
      } else {
        throw InputError(fmt::format("there is no key '{}'", key.str()),
                         fmt::format("{}, line {}", map.source, value.source().begin.line),
                         "a class map has `targets` and `names`");
      }
    }
  } catch (const toml::parse_error& error) {
    throw InputError(fmt::format("this is not TOML ({})", error.description()),
                     fmt::format("{}, line {}", map.source, error.source().begin.line), "mend the line");
  }
  if (map.empty()) {
    throw InputError("the class map is empty", map.source, "give it `targets`, or `names`");
  }
  return map;
}

Cohort with_class_map(Cohort cohort, const ClassMap& map, const std::string& source) {
  const std::vector<std::optional<std::string>> names = renamed(cohort.classes, map, source);
  std::vector<std::string> classes;
  std::vector<std::optional<std::size_t>> place(names.size());  // of each old class among the new ones
  for (std::size_t column = 0; column < names.size(); ++column) {
    if (names[column]) {
      const std::optional<std::size_t> found = find_class(*names[column], classes);
      place[column] = found.value_or(classes.size());
      if (!found) {
        classes.push_back(*names[column]);
      }
    }
  }
  if (classes.empty()) {
    throw InputError("the class map leaves every class out", map.source, "keep at least one");
  }
  std::vector<Label> labels(cohort.size() * classes.size(), Label::kNegative);
  const MatrixView<const Label> old = cohort.label_view();
  for (std::size_t row = 0; row < old.rows(); ++row) {
    for (std::size_t column = 0; column < old.columns(); ++column) {
      if (place[column]) {
        Label& label = labels[row * classes.size() + *place[column]];
        label = either(label, old(row, column));
      }
    }
  }
  cohort.classes = std::move(classes);
  cohort.labels = std::move(labels);
  return map.targets.empty() ? cohort : with_targets(cohort, map.targets);
}

Cohort with_targets(const Cohort& cohort, const std::vector<std::string>& targets) {
  Cohort result = cohort;
  result.classes = targets;
  result.labels.assign(cohort.size() * targets.size(), Label::kUnknown);
  const MatrixView<const Label> old = cohort.label_view();
  for (std::size_t column = 0; column < targets.size(); ++column) {
    if (const std::optional<std::size_t> place = find_class(targets[column], cohort.classes)) {
      for (std::size_t row = 0; row < old.rows(); ++row) {
        result.labels[row * targets.size() + column] = old(row, *place);
      }
    }
  }
  return result;
}

}  // namespace niwaki
