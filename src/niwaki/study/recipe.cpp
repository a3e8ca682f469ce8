#include "niwaki/study/recipe.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/metrics/operating_point.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/prune/structure.hpp"
#include "niwaki/study/recipe_fields.hpp"
#include "niwaki/train/repair/method.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void wrong_kind(const std::string& key, const std::string& where, const char* wanted) {
  throw InputError(fmt::format("'{}' is of the wrong kind", key), where, fmt::format("give {}", wanted));
}

/// Turns one TOML value into one field. `folder` is what paths are relative to.
struct ValueReader {
  const toml::node& node;
  const std::string& key;
  const std::string& where;
  const fs::path& folder;

  void into(std::string& field) const {
    const auto value = node.value_exact<std::string>();
    field = value ? *value : (wrong_kind(key, where, "a text in quotes"), "");
  }
  void into(fs::path& field) const {
    std::string text;
    into(text);
    field = text.empty() ? fs::path() : fs::absolute(folder / text).lexically_normal();
  }
  void into(bool& field) const {
    const auto value = node.value_exact<bool>();
    field = value ? *value : (wrong_kind(key, where, "true or false"), false);
  }
  void into(std::uint64_t& field) const {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 0) {
      wrong_kind(key, where, "a whole number, 0 or more");
    }
    field = static_cast<std::uint64_t>(*value);
  }
  void into(double& field) const {
    if (!node.is_number()) {
      wrong_kind(key, where, "a number");
    }
    field = *node.value<double>();
  }
  void into(float& field) const {
    double wide = 0;
    into(wide);
    field = static_cast<float>(wide);
  }
  template <typename T>
  void into(std::vector<T>& field) const {
    const toml::array* array = node.as_array();
    if (array == nullptr) {
      wrong_kind(key, where, "a list in square brackets");
    }
    field.clear();
    for (const toml::node& element : *array) {
      T value{};
      ValueReader{element, key, where, folder}.into(value);
      field.push_back(value);
    }
  }
};

/// The shortest decimal of a float, so that 0.449F does not print as 0.4490000009536743.
double printable(float value) {
  return *parse_number(fmt::format("{}", value));
}

std::string toml_value(const std::string& value) {
  return fmt::format("{}", (std::ostringstream() << toml::value<std::string>(value)).str());
}
std::string toml_value(const fs::path& value) {
  return toml_value(value.string());
}
std::string toml_value(bool value) {
  return value ? "true" : "false";
}
std::string toml_value(std::uint64_t value) {
  return std::to_string(value);
}
std::string toml_value(double value) {
  const std::string text = shortest(value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}
std::string toml_value(float value) {
  return toml_value(printable(value));
}
template <typename T>
std::string toml_value(const std::vector<T>& values) {
  std::vector<std::string> parts;
  for (const T& value : values) {
    parts.push_back(toml_value(value));
  }
  return "[" + joined(parts, ", ") + "]";
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  Recipe recipe;
  visit_fields(recipe, [&](const char* key, auto&, const char*) { names.emplace_back(key); });
  return names;
}

void assign(Recipe& recipe, const std::string& key, const toml::node& value, const fs::path& folder,
            const std::string& where) {
  bool found = false;
  visit_fields(recipe, [&](const char* name, auto& field, const char*) {
    if (key == name) {
      ValueReader{value, key, where, folder}.into(field);
      found = true;
    }
  });
  if (!found) {
    throw InputError(fmt::format("there is no key '{}'{}", key, did_you_mean(key, key_names())), where,
                     "`niwaki study --keys` lists the keys");
  }
}

void assign_table(Recipe& recipe, const toml::table& table, const std::string& prefix, const fs::path& folder,
                  const std::string& name) {
  for (const auto& [key, value] : table) {
    const std::string full = prefix + std::string(key.str());
    if (const toml::table* inner = value.as_table()) {
      assign_table(recipe, *inner, full + ".", folder, name);
    } else {
      assign(recipe, full, value, folder, fmt::format("{}, line {}", name, value.source().begin.line));
    }
  }
}

void check_sparsities(const std::vector<double>& sparsities) {
  if (sparsities.empty()) {
    throw InputError("no sparsity is given", "prune.sparsities", "give at least one above 0 and below 1");
  }
  for (std::size_t i = 0; i < sparsities.size(); ++i) {
    const double sparsity = sparsities[i];
    if (!(sparsity > 0 && sparsity < 1) || sparsity * 1000 != std::round(sparsity * 1000)) {
      throw InputError(fmt::format("{} is no sparsity that can be studied", shortest(sparsity)), "prune.sparsities",
                       "give numbers above 0 and below 1 with at most 3 decimals, such as 0.9");
    }
    if (i > 0 && sparsity <= sparsities[i - 1]) {
      throw InputError("the sparsities do not rise", "prune.sparsities", "list each once, from low to high");
    }
  }
}

void check_methods(const std::vector<std::string>& methods) {
  if (methods.empty()) {
    throw InputError("no method is given", "prune.methods", "give at least one, such as \"l1\"");
  }
  for (const std::string& method : methods) {
    (void)criterion_entry(parse_method(method).criterion);
  }
  if (std::set<std::string>(methods.begin(), methods.end()).size() != methods.size()) {
    throw InputError("a method is listed twice", "prune.methods", "list each once");
  }
}

/// An N:M pattern has one sparsity, and a study prunes by every method at every sparsity.
void check_patterns(const Recipe& recipe) {
  for (const std::string& method : recipe.methods) {
    for (const double sparsity : recipe.sparsities) {
      check_sparsity(structure_of(parse_method(method).criterion), sparsity,
                     fmt::format("prune.sparsities, method '{}'", method));
    }
  }
}

/// Files beside a drawn cohort would be passed over in silence.
void check_no_files(const Recipe& recipe) {
  const std::pair<const char*, bool> given[] = {{"cohort.images", !recipe.images.empty()},
                                                {"cohort.labels", !recipe.labels.empty()},
                                                {"cohort.train_labels", !recipe.train_labels.empty()},
                                                {"cohort.test_labels", !recipe.test_labels.empty()}};
  for (const auto& [key, is_given] : given) {
    if (is_given) {
      throw InputError("it is given, but the cohort is drawn (cohort.kind is \"phantom\")", key,
                       "set cohort.kind = \"files\" to study these files, or leave it out");
    }
  }
}

/// Exemplars are sought at a sparsity that is studied.
void check_exemplar_sparsity(const Recipe& recipe) {
  const double wanted = recipe.audit.exemplar_sparsity;
  if (std::ranges::none_of(recipe.sparsities,
                           [wanted](double sparsity) { return std::abs(sparsity - wanted) < 1e-9; })) {
    throw InputError(fmt::format("{} is not one of prune.sparsities", wanted), "audit.exemplar_sparsity",
                     fmt::format("add it there, or choose one of {}", fmt::join(recipe.sparsities, ", ")));
  }
}

/// What the policy decided beforehand is studied; else it would be found wanting after the training.
void check_decided_beforehand(const Recipe& recipe) {
  const std::string& method = recipe.policy.method;
  if (!method.empty() && std::ranges::find(recipe.methods, method) == recipe.methods.end()) {
    throw InputError(fmt::format("'{}' is not one of prune.methods{}", method, did_you_mean(method, recipe.methods)),
                     "policy.method", fmt::format("choose one of {}", joined(recipe.methods, ", ")));
  }
  const double wanted = recipe.policy.sparsity;
  if (wanted > 0.0 && std::ranges::none_of(recipe.sparsities,
                                           [wanted](double sparsity) { return std::abs(sparsity - wanted) < 1e-9; })) {
    throw InputError(fmt::format("{} is not one of prune.sparsities", wanted), "policy.sparsity",
                     fmt::format("choose one of {}", fmt::join(recipe.sparsities, ", ")));
  }
}

void check_range(std::size_t value, std::size_t low, std::size_t high, const char* key) {
  if (value < low || value > high) {
    throw InputError(fmt::format("{} is out of range", value), key, fmt::format("choose {} to {}", low, high));
  }
}

void check_files(const Recipe& recipe) {
  if (recipe.images.empty()) {
    throw InputError("no folder of pictures is given", "cohort.images", "add --set cohort.images=FOLDER");
  }
  const bool one_file = !recipe.labels.empty();
  const bool file_a_split =
      !recipe.train_labels.empty() && !recipe.validation_labels.empty() && !recipe.test_labels.empty();
  if (one_file == file_a_split) {
    throw InputError(
        one_file ? "labels are given twice" : "no labels are given", "cohort.labels",
        "give cohort.labels, or all of cohort.train_labels, cohort.validation_labels and cohort.test_labels");
  }
  if (recipe.train_val_list.empty() != recipe.test_list.empty()) {
    throw InputError("one of two lists is missing", "cohort.train_val_list, cohort.test_list", "give both or neither");
  }
  (void)parse_label_format(recipe.label_format);
  (void)parse_uncertain_policy(recipe.uncertain);
  (void)parse_blank_policy(recipe.blank);
}

void check_architecture(const std::string& name) {
  const std::vector<std::string> names = architecture_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw InputError(fmt::format("there is no architecture '{}'{}", name, did_you_mean(name, names)),
                     "model.architecture", fmt::format("choose one of {}", joined(names, ", ")));
  }
}

/// What the file leaves open.
void complete(Recipe& recipe) {
  const Preprocessing usual = imagenet_preprocessing(recipe.input.channels, recipe.input.height, recipe.input.width);
  if (recipe.input.mean.empty()) {
    recipe.input.mean = usual.mean;
  }
  if (recipe.input.deviation.empty()) {
    recipe.input.deviation = usual.deviation;
  }
  recipe.phantom.seed = recipe.seed;
}

}  // namespace

void Recipe::check() const {
  check_range(seeds, 1, 1000, "study.seeds");
  if (cohort_kind != "phantom" && cohort_kind != "files") {
    throw InputError(fmt::format("'{}' is no kind of cohort", cohort_kind), "cohort.kind",
                     "choose \"phantom\" or \"files\"");
  }
  if (cohort_kind == "files") {
    check_files(*this);
  } else {
    check_no_files(*this);
    phantom.check();
  }
  split.check();
  reading.check();
  bad_images.check();
  if (!(cache_gigabytes >= 0 && cache_gigabytes <= 1024)) {
    throw InputError(fmt::format("{} is out of range", cache_gigabytes), "cohort.cache_gigabytes", "choose 0 to 1024");
  }
  check_architecture(architecture);
  Recipe completed = *this;
  complete(completed);
  completed.input.check();
  train.check();
  fine_tune_options(0).check();
  gradual.check();
  check_methods(methods);
  check_sparsities(sparsities);
  check_patterns(*this);
  scope.check();
  calibration.check();
  tail.check();
  audit_options().check();
  check_exemplar_sparsity(*this);
  check_range(gallery, 0, 1000, "report.gallery");
  policy.check();
  check_decided_beforehand(*this);
  economics.check();
  rollout.check();
}

FineTuneOptions Recipe::fine_tune_options(std::uint64_t training_seed) const {
  FineTuneOptions options = fine_tune;
  options.loss = train.loss;
  options.loss.name = fine_tune.loss.name;
  options.augmentation = train.augmentation;
  options.device = train.device;
  options.seed = RandomStream(seed, "fine-tune", {training_seed}).bits();
  return options;
}

AuditOptions Recipe::audit_options() const {
  AuditOptions options = audit;
  options.operating_point = parse_operating_point(operating_point, "audit.operating_point");
  options.seed = seed;
  return options;
}

Recipe default_recipe() {
  Recipe recipe;
  recipe.audit.resamples = 2000;
  recipe.input.channels = 1;
  recipe.input.height = recipe.input.width = 64;
  recipe.input.mean.clear();
  recipe.input.deviation.clear();
  for (int step = 1; step <= 19; ++step) {
    recipe.sparsities.push_back(step * 5 / 100.0);
  }
  return recipe;
}

Recipe parse_recipe(const std::string& text, const fs::path& folder, const std::string& name) {
  Recipe recipe = default_recipe();
  try {
    assign_table(recipe, toml::parse(text), "", folder, name);
  } catch (const toml::parse_error& error) {
    throw InputError(fmt::format("this is not TOML ({})", error.description()),
                     fmt::format("{}, line {}", name, error.source().begin.line), "mend the line");
  }
  return recipe;
}

Recipe read_recipe(const fs::path& path) {
  constexpr std::size_t kLargestRecipe = std::size_t{1} << 20;
  return parse_recipe(read_file(path, kLargestRecipe), fs::absolute(path).parent_path(), path.string());
}

void set_key(Recipe& recipe, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw InputError("this sets nothing", fmt::format("--set {}", assignment),
                     "write key=value, such as train.epochs=3");
  }
  const std::string key(trimmed(std::string_view(assignment).substr(0, equals)));
  const std::string value = assignment.substr(equals + 1);
  bool known = false;
  bool plain_text = false;
  visit_fields(recipe, [&](const char* name, auto& field, const char*) {
    using Field = std::decay_t<decltype(field)>;
    known |= key == name;
    plain_text |=
        key == name && (std::is_same_v<Field, std::string> || std::is_same_v<Field, fs::path>)&&!value.starts_with('"');
  });
  const std::string where = fmt::format("--set {}", key);
  if (plain_text || !known) {  // assign() names the nearest key
    assign(recipe, key, toml::value<std::string>(value), fs::current_path(), where);
    return;
  }
  try {
    const toml::table table = toml::parse(fmt::format("value = {}", value));
    if (table.size() != 1) {
      throw InputError("this sets more than one key", where, "give --set once for each key");
    }
    assign(recipe, key, *table.get("value"), fs::current_path(), where);
  } catch (const toml::parse_error& error) {
    throw InputError(fmt::format("the value is not TOML ({})", error.description()), where,
                     "bracket lists and quote the texts in them: --set 'prune.methods=[\"l1\"]'");
  }
}

std::string recipe_text(const Recipe& recipe) {
  Recipe completed = recipe;
  complete(completed);
  std::string text;
  std::string section;
  visit_fields(completed, [&](const std::string& key, const auto& field, const char* meaning) {
    const std::size_t dot = key.find('.');
    if (key.substr(0, dot) != section) {
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", key.substr(0, dot));
      section = key.substr(0, dot);
    }
    text += fmt::format("{} = {}  # {}\n", key.substr(dot + 1), toml_value(field), meaning);
  });
  return text;
}

std::vector<RecipeKey> recipe_keys() {
  std::vector<RecipeKey> keys;
  const Recipe recipe = default_recipe();
  visit_fields(recipe, [&](const char* key, const auto& field, const char* meaning) {
    keys.push_back({key, toml_value(field), meaning});
  });
  return keys;
}

}  // namespace niwaki
