#include "niwaki/cohort/label_policy.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr std::array<std::pair<UncertainPolicy, const char*>, 4> kUncertain = {
    {{UncertainPolicy::kRefuse, "refuse"},
     {UncertainPolicy::kNegative, "negative"},
     {UncertainPolicy::kPositive, "positive"},
     {UncertainPolicy::kUnknown, "unknown"}}};
constexpr std::array<std::pair<BlankPolicy, const char*>, 3> kBlank = {
    {{BlankPolicy::kByFormat, "auto"}, {BlankPolicy::kNegative, "negative"}, {BlankPolicy::kUnknown, "unknown"}}};

template <typename Table>
auto parse(const Table& table, const std::string& name, const char* what) {
  std::vector<std::string> names;
  for (const auto& [policy, policy_name] : table) {
    if (name == policy_name) {
      return policy;
    }
    names.emplace_back(policy_name);
  }
  throw InputError(fmt::format("'{}' is no policy{}", name, did_you_mean(name, names)), what,
                   fmt::format("choose one of {}", joined(names, ", ")));
}

template <typename Table, typename Policy>
const char* name_in(const Table& table, Policy wanted) {
  return std::ranges::find(table, wanted, &Table::value_type::first)->second;
}

}  // namespace

UncertainPolicy parse_uncertain_policy(const std::string& name) {
  return parse(kUncertain, name, "labels of -1 (--uncertain)");
}
BlankPolicy parse_blank_policy(const std::string& name) {
  return parse(kBlank, name, "empty labels (--blank)");
}
const char* policy_name(UncertainPolicy policy) {
  return name_in(kUncertain, policy);
}
const char* policy_name(BlankPolicy policy) {
  return name_in(kBlank, policy);
}

}  // namespace niwaki
