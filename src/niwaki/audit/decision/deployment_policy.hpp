#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/result.hpp"

namespace niwaki {

/// What may be lost for the sake of what pruning gains; the table [policy] of a recipe (docs/report.md). Losses are
/// relative losses of average precision, as the audit's.
struct DeploymentPolicy {
  double macro_loss = 0.0;                // of macro AP; 0: AuditOptions::tolerance
  double worst_class_loss = 0.0;          // of each class's AP; 0: AuditOptions::drop
  std::vector<std::string> class_losses;  // "class=0.1": of single classes
  std::vector<std::string> exclude;       // classes of which nothing is asked
  std::string unknown_classes = "block";  // of which too little is known: "block", or "report" them as a guard
  double least_sparsity = 0.5;            // below which pruning is not worth a deployment
  std::string method;                     // decided beforehand; empty: the one that goes furthest
  double sparsity = 0.0;                  // decided beforehand; 0: as far as the policy holds

  /// Throws InputError naming the key that is out of range.
  void check() const;
};

/// Calls visit(key, field, meaning) for every key of [policy]: the one list that recipes and `niwaki gate` share.
template <typename SomePolicy, typename Visitor>
void visit_policy_fields(SomePolicy& policy, Visitor&& visit) {
  visit("policy.macro_loss", policy.macro_loss, "relative loss of macro AP that is tolerated; 0: audit.tolerance");
  visit("policy.worst_class_loss", policy.worst_class_loss,
        "relative loss of any class's AP that is tolerated; 0: audit.drop");
  visit("policy.class_losses", policy.class_losses, "\"class=0.1\": tolerances of single classes");
  visit("policy.exclude", policy.exclude, "classes of which nothing is asked");
  visit("policy.unknown_classes", policy.unknown_classes,
        "classes of which too little is known: block a deployment, or report them");
  visit("policy.least_sparsity", policy.least_sparsity, "below it pruning is not worth a deployment");
  visit("policy.method", policy.method, "the method, decided beforehand; empty: the one that goes furthest");
  visit("policy.sparsity", policy.sparsity, "the sparsity, decided beforehand; 0: as far as the policy holds");
}

/// The table [policy] of a TOML file; other tables are passed over, so a recipe will do. Throws InputError naming file
/// and line for what is no TOML, an unknown key there, or a value of another kind or out of range.
DeploymentPolicy read_deployment_policy(const std::filesystem::path& path);
DeploymentPolicy parse_deployment_policy(const std::string& text, const std::string& name);

/// What a policy asks of an audit's classes.
struct DeploymentTolerances {
  double macro = 0.0;
  std::vector<std::optional<double>> classes;  // one a class of the audit; nothing: excluded
};

/// Throws InputError naming the key for a class that the audit does not have (and the nearest that it has), a class
/// named twice, a tolerance that is none, a class that is both excluded and tolerated, and where all are excluded.
DeploymentTolerances tolerances_of(const DeploymentPolicy& policy, const AuditResult& audit);

}  // namespace niwaki
