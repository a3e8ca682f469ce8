#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/gate_refusal.hpp"
#include "niwaki/report/audit_reading.hpp"
#include "niwaki/report/decision_report.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

struct GateCommand {
  CommonOptions common;
  std::string of, policy, certificate, guard, times;
  bool guarded = false;

  void run() const {
    common.apply();
    const bool study = fs::is_directory(of) && fs::exists(fs::path(of) / "audit" / "audit.json");
    const fs::path audit_path = study                  ? fs::path(of) / "audit" / "audit.json"
                                : fs::is_directory(of) ? fs::path(of) / "audit.json"
                                                       : fs::path(of);
    const AuditResult audit = read_audit(audit_path);
    const DeploymentInput input = deployment(audit, study);
    const Decision decision = decide(audit, input.policy, input.outside);
    tell(audit, decision, input);
    if (decision.verdict == DeploymentVerdict::kDeploy) {
      return;
    }
    if (decision.verdict == DeploymentVerdict::kDeployGuarded) {
      if (guarded) {
        return;
      }
      throw GateRefusal("the verdict is to deploy with guards, and nobody says that they are there", of,
                        "put them in place, then say so with --guarded");
    }
    throw GateRefusal(fmt::format("the verdict is: {}", deployment_verdict_name(decision.verdict)), of,
                      decision_sentence(audit, decision, input));
  }

 private:
  [[nodiscard]] DeploymentInput deployment(const AuditResult& audit, bool study) const {
    DeploymentInput input;
    const fs::path recipe = fs::path(of) / "recipe.toml";
    if (!policy.empty()) {
      input.policy = read_deployment_policy(policy);
    } else if (study && fs::exists(recipe)) {
      input.policy = read_deployment_policy(recipe);
    }
    OutsidePaths paths = study ? outside_paths_of_study(of) : OutsidePaths{};
    for (const auto& [given, path] :
         {std::pair{&certificate, &paths.certificate}, {&guard, &paths.guard}, {&times, &paths.times}}) {
      if (!given->empty()) {
        *path = *given;
      }
    }
    input.outside = read_outside_evidence(paths, audit);
    return input;
  }

  void tell(const AuditResult& audit, const Decision& decision, const DeploymentInput& input) const {
    if (common.json) {
      // The decision alone: prices and roll-out are no part of a gate.
      const auto document = nlohmann::ordered_json::parse(decision_json(audit, input));
      print_json(document.at("decision").dump(2));
      return;
    }
    for (const std::string& line : decision_text(audit, decision, input)) {
      fmt::print("{}\n", line);
    }
  }
};

}  // namespace

void add_gate_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "gate", "The report's verdict against the policy: exit code 0 to deploy, 4 not to (docs/report.md)");
  const auto command = std::make_shared<GateCommand>();
  verb->add_option("of", command->of, "A study's folder, or an audit.json")->required();
  verb->add_option("--policy", command->policy, "A TOML file with a table [policy]; the study's recipe without it");
  verb->add_option("--certificate", command->certificate,
                   "A certificate.json; STUDY/certificate/certificate.json without it");
  verb->add_option("--guard", command->guard, "A guard.json; STUDY/guard/guard.json without it");
  verb->add_option("--times", command->times, "Measured times; STUDY/times.json without it");
  verb->add_flag("--guarded", command->guarded, "The guards that the verdict names are in place: then it passes too");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
