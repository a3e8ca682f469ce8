#include "niwaki/audit/certificate/policy.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "niwaki/audit/certificate/policy_table.hpp"
#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

// In the order of the enumerations.
const std::vector<std::string> kClaims = {"all-classes", "single-classes"};
const std::vector<std::string> kUncertifiable = {"block", "report"};
const std::vector<std::string> kPatientEvents = {"finding", "every-image"};
const std::vector<std::string> kOwnPoints = {"same", "own"};

template <typename Choice>
const char* name_in(const std::vector<std::string>& names, Choice choice) {
  return names.at(static_cast<std::size_t>(choice)).c_str();
}

void check_tolerance(double value, const std::string& where) {
  if (!(value > 0.0 && value < 1.0)) {
    throw InputError(fmt::format("the tolerance {} is out of range", shortest(value)), where,
                     "give a share above 0 and below 1, such as 0.05: no data can show that nothing is ever lost");
  }
}

Tolerances read_tolerances(PolicyTable& table) {
  Tolerances tolerances;
  for (const auto& [key, field] :
       {std::pair{"missed", &tolerances.missed}, {"false_alarms", &tolerances.false_alarms}}) {
    double value = 0.0;
    if (table.read(key, value)) {
      check_tolerance(value, table.where(key));
      *field = value;
    }
  }
  return tolerances;
}

void read_sparsities(PolicyTable& table, CertificatePolicy& policy) {
  if (!table.read("sparsities", policy.sparsities)) {
    return;
  }
  const std::set<double> distinct(policy.sparsities.begin(), policy.sparsities.end());
  const bool possible =
      std::ranges::all_of(policy.sparsities, [](double value) { return value > 0.0 && value <= 1.0; });
  if (policy.sparsities.empty() || distinct.size() != policy.sparsities.size() || !possible) {
    throw InputError("this is no order of sparsities", table.where("sparsities"),
                     "list each sparsity above 0 once, in the order in which they are to be tried");
  }
}

void read_split(PolicyTable table, CertificatePolicy& policy) {
  table.read("build", policy.shares[0]);
  table.read("certify", policy.shares[1]);
  table.read("test", policy.shares[2]);
  table.read("seed", policy.seed);
  table.refuse_unknown();
  const double sum = policy.shares[0] + policy.shares[1] + policy.shares[2];
  if (!std::ranges::all_of(policy.shares, [](double share) { return share > 0.0 && share < 1.0; }) ||
      std::abs(sum - 1.0) > 1e-6) {
    throw InputError(fmt::format("build, certify and test are {}", fmt::join(policy.shares, ", ")), table.where(""),
                     "give three shares of the patients, each above 0, that sum to 1");
  }
}

void read_rules(PolicyTable& table, CertificatePolicy& policy) {
  for (PolicyTable& group : table.tables("groups")) {
    ClassGroup& read = policy.groups.emplace_back();
    read.name = group.name();
    group.read("classes", read.classes);
    read.tolerances = read_tolerances(group);
    group.refuse_unknown();
    if (read.classes.empty() || (!read.tolerances.missed && !read.tolerances.false_alarms)) {
      throw InputError(fmt::format("the group '{}' says nothing", read.name), group.where(""),
                       "give its classes, and missed or false_alarms");
    }
  }
  for (PolicyTable& of_class : table.tables("classes")) {
    ClassTolerances& read = policy.classes.emplace_back();
    read.name = of_class.name();
    read.tolerances = read_tolerances(of_class);
    of_class.refuse_unknown();
  }
  for (PolicyTable& pair : table.list("pairs")) {
    std::vector<std::string> classes;
    pair.read("classes", classes);
    PairTolerance& read = policy.pairs.emplace_back();
    const bool tolerated = pair.read("missed", read.missed);
    pair.refuse_unknown();
    if (classes.size() != read.classes.size() || !tolerated) {
      throw InputError("this is no pair with a tolerance", pair.where(""),
                       "give classes = [\"A\", \"B\"] and missed = 0.05");
    }
    check_tolerance(read.missed, pair.where("missed"));
    std::ranges::copy(classes, read.classes.begin());
  }
}

void read_options(PolicyTable& table, CertificatePolicy& policy) {
  table.read("title", policy.title);
  if (table.read("confidence", policy.confidence) && !(policy.confidence >= 0.5 && policy.confidence < 1.0)) {
    throw InputError(fmt::format("the confidence {} is out of range", shortest(policy.confidence)),
                     table.where("confidence"), "give a share from 0.5 and below 1, such as 0.95");
  }
  policy.claim = static_cast<CertificateClaim>(table.choose("claim", kClaims));
  policy.uncertifiable = static_cast<Uncertifiable>(table.choose("uncertifiable", kUncertifiable));
  policy.patient_event = static_cast<PatientEvent>(table.choose("patient_event", kPatientEvents));
  policy.own_operating_point = table.choose("pruned_operating_point", kOwnPoints) == 1;
  std::string rule;
  if (table.read("operating_point", rule)) {
    policy.operating_point = parse_operating_point(rule, table.where("operating_point"));
  }
  table.read("exclude", policy.exclude);
  read_sparsities(table, policy);
  std::uint64_t resamples = policy.resamples;
  if (table.read("resamples", resamples) && resamples != 0 && (resamples < 100 || resamples > 1'000'000)) {
    throw InputError(fmt::format("{} resamples", resamples), table.where("resamples"),
                     "choose 100 to 1000000, or 0 for no bands");
  }
  policy.resamples = resamples;
}

/// Class names of a policy, to columns.
class Columns {
 public:
  Columns(const std::vector<std::string>& classes, const std::string& source) : classes_(classes), source_(source) {}

  [[nodiscard]] std::size_t of(const std::string& name) const {
    const std::optional<std::size_t> found = find_class(name, classes_);
    if (!found) {
      throw InputError(fmt::format("the policy names the class '{}', which is not among the labels{}", name,
                                   did_you_mean(name, classes_)),
                       source_, fmt::format("name one of {}", joined(classes_, ", ")));
    }
    return *found;
  }

  [[noreturn]] void refuse(const std::string& what, const std::string& what_to_do) const {
    throw InputError(what, source_, what_to_do);
  }

 private:
  const std::vector<std::string>& classes_;
  const std::string& source_;
};

void apply(const Tolerances& tolerances, const std::string& rule, CertificateRequirements::OfClass& of_class) {
  of_class.missed = tolerances.missed.value_or(of_class.missed);
  of_class.false_alarms = tolerances.false_alarms.value_or(of_class.false_alarms);
  of_class.rule = rule;
}

void apply_groups(const CertificatePolicy& policy, const Columns& columns, CertificateRequirements& requirements) {
  std::set<std::size_t> grouped;
  for (const ClassGroup& group : policy.groups) {
    for (const std::string& name : group.classes) {
      const std::size_t column = columns.of(name);
      if (!grouped.insert(column).second) {
        columns.refuse(fmt::format("the class '{}' is in two groups, or twice in one", name),
                       "leave it in one: it could not have two tolerances");
      }
      apply(group.tolerances, fmt::format("group '{}'", group.name), requirements.classes[column]);
    }
  }
}

void apply_classes(const CertificatePolicy& policy, const Columns& columns, CertificateRequirements& requirements) {
  std::set<std::size_t> named;
  for (const ClassTolerances& of_class : policy.classes) {
    const std::size_t column = columns.of(of_class.name);
    if (!named.insert(column).second) {
      columns.refuse(fmt::format("the class '{}' is named twice", of_class.name), "give it one table");
    }
    apply(of_class.tolerances, "the class", requirements.classes[column]);
  }
}

void apply_pairs(const CertificatePolicy& policy, const Columns& columns, CertificateRequirements& requirements) {
  std::set<std::array<std::size_t, 2>> named;
  for (const PairTolerance& pair : policy.pairs) {
    CertificateRequirements::OfPair of_pair{{columns.of(pair.classes[0]), columns.of(pair.classes[1])}, pair.missed};
    std::ranges::sort(of_pair.classes);
    if (of_pair.classes[0] == of_pair.classes[1] || !named.insert(of_pair.classes).second) {
      columns.refuse(
          fmt::format("the pair of '{}' and '{}' is one class, or named twice", pair.classes[0], pair.classes[1]),
          "name two classes, and each pair once");
    }
    requirements.pairs.push_back(of_pair);
  }
}

void apply_exclusions(const CertificatePolicy& policy, const Columns& columns, CertificateRequirements& requirements) {
  for (const std::string& name : policy.exclude) {
    CertificateRequirements::OfClass& of_class = requirements.classes[columns.of(name)];
    const auto in_pair = [&](const CertificateRequirements::OfPair& pair) {
      return std::ranges::find(pair.classes, columns.of(name)) != pair.classes.end();
    };
    if (of_class.rule != "the default" || std::ranges::any_of(requirements.pairs, in_pair)) {
      columns.refuse(fmt::format("the class '{}' is excluded, and yet it is in a group, a pair or a table", name),
                     "take it out of one of them");
    }
    of_class.excluded = true;
  }
  if (std::ranges::all_of(requirements.classes, &CertificateRequirements::OfClass::excluded)) {
    columns.refuse("every class is excluded", "leave at least one to be certified");
  }
}

}  // namespace

const char* claim_name(CertificateClaim claim) {
  return name_in(kClaims, claim);
}
const char* uncertifiable_name(Uncertifiable choice) {
  return name_in(kUncertifiable, choice);
}
const char* patient_event_name(PatientEvent event) {
  return name_in(kPatientEvents, event);
}

CertificatePolicy parse_policy(const std::string& text, const std::string& name) {
  CertificatePolicy policy;
  policy.text = text;
  PolicyTable table = PolicyTable::parse(text, name);
  read_options(table, policy);
  PolicyTable tolerance = table.table("tolerance");
  policy.tolerance = read_tolerances(tolerance);
  tolerance.refuse_unknown();
  if (!policy.tolerance.missed || !policy.tolerance.false_alarms) {
    throw InputError("the policy does not say what is tolerated", name,
                     "give tolerance.missed and tolerance.false_alarms, such as 0.05 each");
  }
  read_rules(table, policy);
  read_split(table.table("split"), policy);
  table.refuse_unknown();
  return policy;
}

CertificatePolicy read_policy(const std::filesystem::path& path) {
  constexpr std::size_t kLargestPolicy = std::size_t{1} << 20;
  return parse_policy(read_file(path, kLargestPolicy), path.string());
}

CertificateRequirements requirements_of(const CertificatePolicy& policy, const std::vector<std::string>& classes,
                                        const std::string& source) {
  const Columns columns(classes, source);
  CertificateRequirements requirements;
  for (const std::string& name : classes) {
    CertificateRequirements::OfClass& of_class = requirements.classes.emplace_back();
    of_class.name = name;
    apply(policy.tolerance, "the default", of_class);
  }
  apply_groups(policy, columns, requirements);
  apply_classes(policy, columns, requirements);
  apply_pairs(policy, columns, requirements);
  apply_exclusions(policy, columns, requirements);
  return requirements;
}

}  // namespace niwaki
