#include "niwaki/report/model_card.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "niwaki/core/hash.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/core/version.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

/// Markdown that shows this text and nothing else: names may hold pipes, brackets, tags and line ends.
std::string plain(const std::string& text) {
  static const std::string kSpecial = "\\`*_{}[]()<>#+-.!|~$";
  std::string escaped;
  for (const char character : text) {
    if (character == '\n' || character == '\r') {
      escaped += ' ';
      continue;
    }
    if (kSpecial.find(character) != std::string::npos) {
      escaped += '\\';
    }
    escaped += character;
  }
  return escaped;
}

std::string figure(const Figure& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

std::string with_interval(const Figure& value, const FigureInterval& interval) {
  return interval ? fmt::format("{} ({:.3f} to {:.3f})", figure(value), interval->low, interval->high) : figure(value);
}

std::string relative(const Figure& value, const FigureInterval& band) {
  if (!value) {
    return "-";
  }
  const std::string text = fmt::format("{:+.1f}%", 100.0 * *value);
  return band ? fmt::format("{} ({:+.1f} to {:+.1f})", text, 100.0 * band->low, 100.0 * band->high) : text;
}

/// What the card is of: the considered network's place in the audit.
struct Subject {
  const MethodResult* method = nullptr;
  std::size_t place = 0;  // in curves over all sparsities
};

Subject subject_of(const AuditResult& audit, const Decision& decision) {
  Subject subject;
  if (!decision.considered || !decision.considered->sparsity) {
    return subject;
  }
  for (const MethodResult& method : audit.methods) {
    for (std::size_t place = 1; place < method.sparsities.size(); ++place) {
      if (method.method == decision.considered->method &&
          std::abs(method.sparsities[place] - *decision.considered->sparsity) < 1e-9) {
        subject = {&method, place};
      }
    }
  }
  return subject;
}

FigureInterval interval_at(const std::vector<FigureInterval>& intervals, std::size_t place) {
  return place < intervals.size() ? intervals[place] : std::nullopt;
}

Figure figure_at(const std::vector<Figure>& figures, std::size_t place) {
  return place < figures.size() ? figures[place] : std::nullopt;
}

std::vector<const NetworkFile*> files_of(const Decision& decision, const OutsideEvidence& outside) {
  std::vector<const NetworkFile*> files;
  for (const NetworkFile& file : outside.files) {
    const bool pruned = decision.considered && decision.considered->sparsity &&
                        file.method == decision.considered->method &&
                        std::abs(file.sparsity - *decision.considered->sparsity) < 1e-9;
    if (file.sparsity == 0.0 || pruned) {
      files.push_back(&file);
    }
  }
  return files;
}

std::string file_name(const NetworkFile& file) {
  return fmt::format("{}seed {}",
                     file.sparsity == 0.0 ? "dense, " : fmt::format("{} at {}, ", file.method, shortest(file.sparsity)),
                     file.seed);
}

std::string intended_use(const ReportInput& input) {
  return input.deployment.intended_use.empty() ? "Not stated (study.intended_use)." : input.deployment.intended_use;
}

std::string class_row(const AuditResult& audit, const Decision& decision, const Subject& subject, std::size_t column) {
  const ClassCurve& curve = subject.method->classes[column];
  const auto requirement = std::ranges::find_if(
      decision.requirements, [&](const Requirement& of) { return of.column == std::optional(column); });
  const bool few = audit.classes[column].positive_patients < audit.options.minimum_patients;
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", plain(curve.name), audit.classes[column].positive_patients,
                     with_interval(curve.ap_dense, interval_at(curve.evidence.ap, 0)),
                     with_interval(figure_at(curve.ap, subject.place), interval_at(curve.evidence.ap, subject.place)),
                     few ? "-"
                         : relative(figure_at(curve.delta_ap, subject.place - 1),
                                    interval_at(curve.evidence.delta_ap_band, subject.place - 1)),
                     requirement == decision.requirements.end() ? "-" : requirement_status_name(requirement->status));
}

std::string figures_section(const AuditResult& audit, const Decision& decision) {
  const Subject subject = subject_of(audit, decision);
  if (subject.method == nullptr) {
    return "There is no audited network to give figures of.\n";
  }
  const MacroPoint& dense = subject.method->macro.front();
  const MacroPoint& pruned = subject.method->macro[subject.place];
  std::string text = fmt::format(
      "Medians over {} seeds; 95% intervals over resamples of the patients, networks held fixed. Changes are relative, "
      "with "
      "bands that hold for all sparsities of a class at once.\n\n| | dense | pruned |\n|---|---|---|\n| macro AP | {} "
      "| {} |\n"
      "| macro AUROC | {} | {} |\n\n| class | patients with it | AP, dense | AP, pruned | change of AP | by the policy "
      "|\n"
      "|---|---:|---|---|---|---|\n",
      audit.seeds.size(), with_interval(dense.ap, dense.ap_interval), with_interval(pruned.ap, pruned.ap_interval),
      with_interval(dense.auroc, dense.auroc_interval), with_interval(pruned.auroc, pruned.auroc_interval));
  for (std::size_t column = 0; column < audit.classes.size(); ++column) {
    text += class_row(audit, decision, subject, column);
  }
  return text;
}

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += fmt::format("- {}\n", plain(line));
  }
  return text.empty() ? "- nothing\n" : text;
}

std::string hashes_section(const Decision& decision, const ReportInput& input) {
  std::string text;
  for (const Fact& fact : input.facts) {
    text += fmt::format("- {}: {}\n", plain(fact.name), plain(fact.value));
  }
  for (const NetworkFile* file : files_of(decision, input.deployment.outside)) {
    text += fmt::format("- Network, {}: SHA-256 {}\n", plain(file_name(*file)), sha256_file(file->path));
  }
  text += fmt::format("- Recipe: {}\n", input.recipe.empty() ? "none" : "SHA-256 " + sha256(input.recipe));
  return text + fmt::format("- Made by niwaki {}\n", version());
}

}  // namespace

std::vector<std::string> evidence_limits(const AuditResult& audit) {
  std::vector<std::string> limits = {
      fmt::format(
          "The figures are of {} images of {} patients. Other hospitals, devices and prevalences may give others.",
          audit.images, audit.patients),
      audit.seeds.size() > 1 ? fmt::format("They rest on {} trainings.", audit.seeds.size())
                             : "They rest on one training: how much others would differ is not known.",
      audit.options.resamples > 0 ? "Intervals over patients hold the networks fixed."
                                  : "There are no intervals over patients, so a difference may be chance.",
      "The network was chosen on the patients who give the figures, unless a certificate says otherwise.",
      "Labels are taken as they are; where they err, so do the figures."};
  const auto few = std::ranges::count_if(
      audit.classes, [&](const AuditClass& entry) { return entry.positive_patients < audit.options.minimum_patients; });
  if (few > 0) {
    limits.push_back(fmt::format(
        "For {} of {} classes there are too few patients: no loss seen there does not mean that there is none.", few,
        audit.classes.size()));
  }
  return limits;
}

std::string model_card_markdown(const AuditResult& audit, const ReportInput& input) {
  const DeploymentInput& deployment = input.deployment;
  const Decision decision = decide(audit, deployment.policy, deployment.outside);
  return fmt::format("# Model card: {}\n\n", plain(input.title)) +
         fmt::format("## Verdict\n\n**{}.** {}\n\n", plain(decision_headline(decision)),
                     plain(decision_sentence(audit, decision, deployment))) +
         list(decision_text(audit, decision, deployment)) +
         fmt::format(
             "\n## Intended use\n\n{}\n\nNot for: patients, hospitals and devices unlike those below; findings of "
             "which "
             "too little is known; use without the guards named above.\n\n",
             plain(intended_use(input))) +
         fmt::format("## Data\n\n{} test images of {} patients, {} classes.\n\n", audit.images, audit.patients,
                     audit.classes.size()) +
         "## Figures\n\n" + figures_section(audit, decision) + "\n## Limits\n\n" + list(evidence_limits(audit)) +
         "\n## Origin and hashes\n\n" + hashes_section(decision, input);
}

std::string model_card_json(const AuditResult& audit, const ReportInput& input) {
  const DeploymentInput& deployment = input.deployment;
  const Decision decision = decide(audit, deployment.policy, deployment.outside);
  const Subject subject = subject_of(audit, decision);
  Json classes = Json::array();
  for (std::size_t column = 0; subject.method != nullptr && column < audit.classes.size(); ++column) {
    const ClassCurve& curve = subject.method->classes[column];
    classes.push_back({{"class", curve.name},
                       {"positive_patients", audit.classes[column].positive_patients},
                       {"ap_dense", json_figure(curve.ap_dense)},
                       {"ap_dense_interval", json_interval(interval_at(curve.evidence.ap, 0))},
                       {"ap_pruned", json_figure(figure_at(curve.ap, subject.place))},
                       {"ap_pruned_interval", json_interval(interval_at(curve.evidence.ap, subject.place))},
                       {"change", json_figure(figure_at(curve.delta_ap, subject.place - 1))},
                       {"band", json_interval(interval_at(curve.evidence.delta_ap_band, subject.place - 1))},
                       {"status", requirement_status_name(decision.requirements.at(column + 1).status)}});
  }
  Json macro = nullptr;
  if (subject.method != nullptr) {
    const MacroPoint& dense = subject.method->macro.front();
    const MacroPoint& pruned = subject.method->macro[subject.place];
    macro = {
        {"ap_dense", json_figure(dense.ap)},         {"ap_dense_interval", json_interval(dense.ap_interval)},
        {"ap_pruned", json_figure(pruned.ap)},       {"ap_pruned_interval", json_interval(pruned.ap_interval)},
        {"auroc_dense", json_figure(dense.auroc)},   {"auroc_dense_interval", json_interval(dense.auroc_interval)},
        {"auroc_pruned", json_figure(pruned.auroc)}, {"auroc_pruned_interval", json_interval(pruned.auroc_interval)}};
  }
  Json facts = Json::object();
  for (const Fact& fact : input.facts) {
    facts[fact.name] = fact.value;
  }
  Json networks = Json::array();
  for (const NetworkFile* file : files_of(decision, deployment.outside)) {
    networks.push_back({{"method", file->method},
                        {"seed", file->seed},
                        {"sparsity", file->sparsity},
                        {"bytes", file->bytes},
                        {"sha256", sha256_file(file->path)}});
  }
  const Json document = {
      {"title", input.title},
      {"niwaki", version()},
      {"verdict", deployment_verdict_name(decision.verdict)},
      {"headline", decision_headline(decision)},
      {"reason", decision_sentence(audit, decision, deployment)},
      {"statements", decision_text(audit, decision, deployment)},
      {"intended_use", deployment.intended_use.empty() ? Json(nullptr) : Json(deployment.intended_use)},
      {"data",
       {{"images", audit.images},
        {"patients", audit.patients},
        {"classes", audit.classes.size()},
        {"seeds", audit.seeds.size()}}},
      {"macro", std::move(macro)},
      {"classes", std::move(classes)},
      {"limits", evidence_limits(audit)},
      {"facts", std::move(facts)},
      {"networks", std::move(networks)},
      {"recipe_sha256", input.recipe.empty() ? Json(nullptr) : Json(sha256(input.recipe))}};
  return json_text(document, 1) + "\n";
}

}  // namespace niwaki
