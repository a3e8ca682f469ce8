#include "niwaki/audit/certificate/policy_table.hpp"

#include <algorithm>
#include <optional>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {

struct PolicyTable::Node {
  std::shared_ptr<const toml::table> file;
  const toml::table* table = nullptr;  // nothing where the file has no such table
};

namespace {

std::optional<std::string> value_of(const toml::node& node, const std::string& /*kind*/) {
  return node.value_exact<std::string>();
}
std::optional<double> value_of(const toml::node& node, double /*kind*/) {
  return node.is_number() ? node.value<double>() : std::nullopt;
}
std::optional<std::uint64_t> value_of(const toml::node& node, std::uint64_t /*kind*/) {
  const auto value = node.value_exact<std::int64_t>();
  return value && *value >= 0 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}
template <typename T>
std::optional<std::vector<T>> value_of(const toml::node& node, const std::vector<T>& /*kind*/) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) {
    return std::nullopt;
  }
  std::vector<T> values;
  for (const toml::node& element : *array) {
    const std::optional<T> value = value_of(element, T{});
    if (!value) {
      return std::nullopt;
    }
    values.push_back(*value);
  }
  return values;
}

const char* kind_of(const std::string& /*kind*/) {
  return "a text in quotes";
}
const char* kind_of(double /*kind*/) {
  return "a number";
}
const char* kind_of(std::uint64_t /*kind*/) {
  return "a whole number, 0 or more";
}
const char* kind_of(const std::vector<std::string>& /*kind*/) {
  return "a list of texts in square brackets";
}
const char* kind_of(const std::vector<double>& /*kind*/) {
  return "a list of numbers in square brackets";
}

[[noreturn]] void wrong_kind(const std::string& key, const std::string& where, const std::string& wanted) {
  throw InputError(fmt::format("'{}' is of the wrong kind", key), where, fmt::format("give {}", wanted));
}

}  // namespace

PolicyTable::PolicyTable(std::shared_ptr<const Node> node, std::string file, std::string prefix, std::string name)
    : node_(std::move(node)), file_(std::move(file)), prefix_(std::move(prefix)), name_(std::move(name)) {}

PolicyTable PolicyTable::parse(const std::string& text, const std::string& name) {
  try {
    auto file = std::make_shared<const toml::table>(toml::parse(text));
    const toml::table* const table = file.get();
    return {std::make_shared<const Node>(Node{std::move(file), table}), name, "", ""};
  } catch (const toml::parse_error& error) {
    throw InputError(fmt::format("this is not TOML ({})", error.description()),
                     fmt::format("{}, line {}", name, error.source().begin.line), "mend the line");
  }
}

template <typename T>
bool PolicyTable::read_value(const std::string& key, T& field) {
  asked_.push_back(key);
  const toml::node* const node = node_->table == nullptr ? nullptr : node_->table->get(key);
  if (node == nullptr) {
    return false;
  }
  const std::optional<T> value = value_of(*node, T{});
  if (!value) {
    wrong_kind(key, where(key), kind_of(T{}));
  }
  field = *value;
  return true;
}

bool PolicyTable::read(const std::string& key, std::string& field) {
  return read_value(key, field);
}
bool PolicyTable::read(const std::string& key, double& field) {
  return read_value(key, field);
}
bool PolicyTable::read(const std::string& key, std::uint64_t& field) {
  return read_value(key, field);
}
bool PolicyTable::read(const std::string& key, std::vector<std::string>& field) {
  return read_value(key, field);
}
bool PolicyTable::read(const std::string& key, std::vector<double>& field) {
  return read_value(key, field);
}

std::size_t PolicyTable::choose(const std::string& key, const std::vector<std::string>& names) {
  std::string name;
  if (!read(key, name)) {
    return 0;
  }
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    throw InputError(fmt::format("'{}' is no choice{}", name, did_you_mean(name, names)), where(key),
                     fmt::format("choose {}", joined(names, " or ")));
  }
  return static_cast<std::size_t>(found - names.begin());
}

PolicyTable PolicyTable::table(const std::string& key) {
  asked_.push_back(key);
  const toml::node* const node = node_->table == nullptr ? nullptr : node_->table->get(key);
  if (node != nullptr && !node->is_table()) {
    wrong_kind(key, where(key), fmt::format("a table [{}]", key));
  }
  const toml::table* const inner = node == nullptr ? nullptr : node->as_table();
  return {std::make_shared<const Node>(Node{node_->file, inner}), file_, prefix_ + key + ".", key};
}

std::vector<PolicyTable> PolicyTable::tables(const std::string& key) {
  PolicyTable outer = table(key);
  std::vector<PolicyTable> inner;
  if (outer.node_->table != nullptr) {
    std::vector<std::pair<toml::source_position, std::string>> order;
    for (const auto& [name, node] : *outer.node_->table) {
      order.emplace_back(node.source().begin, std::string(name.str()));
    }
    std::ranges::sort(order, [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [position, name] : order) {
      inner.push_back(outer.table(name));
    }
  }
  return inner;
}

std::vector<PolicyTable> PolicyTable::list(const std::string& key) {
  asked_.push_back(key);
  std::vector<PolicyTable> tables;
  const toml::node* const node = node_->table == nullptr ? nullptr : node_->table->get(key);
  if (node == nullptr) {
    return tables;
  }
  const toml::array* const array = node->as_array();
  if (array == nullptr || !std::ranges::all_of(*array, [](const toml::node& element) { return element.is_table(); })) {
    wrong_kind(key, where(key), fmt::format("tables, each begun by [[{}]]", key));
  }
  for (const toml::node& element : *array) {
    PolicyTable& table = tables.emplace_back(PolicyTable(
        std::make_shared<const Node>(Node{node_->file, element.as_table()}), file_, prefix_ + key + ".", key));
    (void)table;
  }
  return tables;
}

std::string PolicyTable::where(const std::string& key) const {
  const toml::node* node = node_->table;
  if (node_->table != nullptr && !key.empty() && node_->table->get(key) != nullptr) {
    node = node_->table->get(key);
  }
  std::string place = file_;
  if (node != nullptr && node->source().begin.line > 0) {
    place += fmt::format(", line {}", node->source().begin.line);
  }
  const std::string full = prefix_ + key;
  if (!full.empty()) {
    place += fmt::format(", key '{}'", full.ends_with('.') ? full.substr(0, full.size() - 1) : full);
  }
  return place;
}

void PolicyTable::refuse_unknown() const {
  if (node_->table == nullptr) {
    return;
  }
  for (const auto& [key, value] : *node_->table) {
    const std::string name(key.str());
    if (std::ranges::find(asked_, name) == asked_.end()) {
      throw InputError(fmt::format("there is no key '{}'{}", prefix_ + name, did_you_mean(name, asked_)),
                       fmt::format("{}, line {}", file_, value.source().begin.line),
                       fmt::format("the keys here are {}", joined(asked_, ", ")));
    }
  }
}

}  // namespace niwaki
