#include "niwaki/audit/decision/deployment_policy.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/audit/certificate/policy_table.hpp"
#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

void check_share(double value, const char* key, const char* meaning) {
  if (!(value >= 0.0 && value < 1.0)) {
    throw InputError(fmt::format("{} is out of range", shortest(value)), key,
                     fmt::format("choose a share above 0 and below 1, or 0: {}", meaning));
  }
}

std::size_t column_of(const std::string& name, const AuditResult& audit, const std::string& key) {
  std::vector<std::string> names;
  for (const AuditClass& entry : audit.classes) {
    names.push_back(entry.name);
  }
  const std::optional<std::size_t> found = find_class(name, names);
  if (!found) {
    throw InputError(
        fmt::format("the policy names the class '{}', which was not audited{}", name, did_you_mean(name, names)), key,
        fmt::format("name one of {}", joined(names, ", ")));
  }
  return *found;
}

/// "Hernia=0.3". The last equals sign parts them: a class name may hold one.
std::pair<std::string, double> class_loss(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const std::optional<double> value =
      equals == std::string::npos ? std::nullopt : parse_number(trimmed(std::string_view(text).substr(equals + 1)));
  if (!value || !(*value > 0.0 && *value < 1.0)) {
    throw InputError(fmt::format("'{}' is no class with its tolerance", text), "policy.class_losses",
                     "write \"class=0.1\", a share above 0 and below 1");
  }
  return {std::string(trimmed(std::string_view(text).substr(0, equals))), *value};
}

}  // namespace

void DeploymentPolicy::check() const {
  check_share(macro_loss, "policy.macro_loss", "as audit.tolerance");
  check_share(worst_class_loss, "policy.worst_class_loss", "as audit.drop");
  check_share(least_sparsity, "policy.least_sparsity", "any sparsity is worth it");
  check_share(sparsity, "policy.sparsity", "as far as the policy holds");
  for (const std::string& text : class_losses) {
    (void)class_loss(text);
  }
  const std::vector<std::string> choices = {"block", "report"};
  if (std::ranges::find(choices, unknown_classes) == choices.end()) {
    throw InputError(fmt::format("'{}' is no choice{}", unknown_classes, did_you_mean(unknown_classes, choices)),
                     "policy.unknown_classes", "choose block or report");
  }
}

DeploymentPolicy parse_deployment_policy(const std::string& text, const std::string& name) {
  DeploymentPolicy policy;
  PolicyTable table = PolicyTable::parse(text, name).table("policy");
  visit_policy_fields(policy, [&](const std::string& key, auto& field, const char*) {
    table.read(key.substr(key.find('.') + 1), field);
  });
  table.refuse_unknown();
  policy.check();
  return policy;
}

DeploymentPolicy read_deployment_policy(const std::filesystem::path& path) {
  constexpr std::size_t kLargestPolicy = std::size_t{1} << 20;
  return parse_deployment_policy(read_file(path, kLargestPolicy), path.string());
}

DeploymentTolerances tolerances_of(const DeploymentPolicy& policy, const AuditResult& audit) {
  policy.check();
  DeploymentTolerances tolerances;
  tolerances.macro = policy.macro_loss > 0.0 ? policy.macro_loss : audit.options.tolerance;
  const double usual = policy.worst_class_loss > 0.0 ? policy.worst_class_loss : audit.options.drop;
  tolerances.classes.assign(audit.classes.size(), usual);
  std::vector<bool> named(audit.classes.size(), false);
  const auto name = [&](std::size_t column, const char* key) {
    if (named[column]) {
      throw InputError(fmt::format("the class '{}' is named twice", audit.classes[column].name), key,
                       "name it once: tolerated or excluded");
    }
    named[column] = true;
  };
  for (const std::string& text : policy.class_losses) {
    const auto [class_name, loss] = class_loss(text);
    const std::size_t column = column_of(class_name, audit, "policy.class_losses");
    name(column, "policy.class_losses");
    tolerances.classes[column] = loss;
  }
  for (const std::string& class_name : policy.exclude) {
    const std::size_t column = column_of(class_name, audit, "policy.exclude");
    name(column, "policy.exclude");
    tolerances.classes[column] = std::nullopt;
  }
  if (!audit.classes.empty() &&
      std::ranges::none_of(tolerances.classes, [](const auto& of) { return of.has_value(); })) {
    throw InputError("every class is excluded", "policy.exclude", "leave at least one to be judged");
  }
  return tolerances;
}

}  // namespace niwaki
