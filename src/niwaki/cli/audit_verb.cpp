#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>

#include <CLI/CLI.hpp>

#include "niwaki/audit/audit.hpp"
#include "niwaki/cli/figures.hpp"
#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/scores_page.hpp"
#include "niwaki/cli/strata_choice.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/metrics/operating_point.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

struct AuditCommand {
  CommonOptions common;
  std::string labels;
  LabelChoice label_choice;
  StrataChoice strata;
  std::string scores;
  std::string train_labels;
  std::string train_counts;
  std::string validation_labels;
  std::string validation_scores;
  std::string operating_point = operating_point_text(OperatingPointRule{});
  std::string out;
  AuditOptions options;
  bool logits = false;
  bool page = false;
  std::string title;

  void run() {
    common.apply();
    options.operating_point = parse_operating_point(operating_point, "--operating-point");
    options.seed = common.seed.value_or(options.seed);
    options.check();
    const Cohort cohort = read_labels(labels, label_choice.options());
    const std::optional<ValidationScores> validation = read_validation(cohort);
    const AuditResult result = audit(cohort, train_positives(cohort), read_grid(scores), options, logits,
                                     validation ? &*validation : nullptr, strata.read(cohort));
    write_audit(result, out);
    if (page) {
      write_scores_page(result, cohort, labels, scores, title, out);
    }
    if (common.json) {
      print_json(audit_json(result));
      return;
    }
    fmt::print("{} images of {} patients, {} classes, {} methods, {} seeds; written to {}\n", result.images,
               result.patients, result.classes.size(), result.methods.size(), result.seeds.size(), out);
    print_figures(result);
    if (!result.notes.empty()) {
      log_note(fmt::format("{} note{} in audit.json", result.notes.size(), result.notes.size() == 1 ? "" : "s"));
    }
  }

 private:
  [[nodiscard]] std::optional<ValidationScores> read_validation(const Cohort& cohort) const {
    if (validation_labels.empty() != validation_scores.empty()) {
      throw UsageError("operating points need labels and scores of validation images",
                       "--validation-labels, --validation-scores", "give both, or neither");
    }
    if (validation_labels.empty()) {
      return std::nullopt;
    }
    ValidationScores validation = {read_labels(validation_labels, label_choice.options(cohort.classes)),
                                   read_grid(validation_scores)};
    check_other_patients(validation.cohort, cohort);
    return validation;
  }

  /// A threshold that was chosen on the audited patients would flatter them.
  void check_other_patients(const Cohort& validation, const Cohort& cohort) const {
    std::unordered_set<std::string_view> audited;
    for (const Record& record : cohort.records) {
      audited.insert(record.patient);
    }
    for (const Record& record : validation.records) {
      if (audited.contains(record.patient)) {
        throw InputError(fmt::format("patient '{}' is among the audited ones too", record.patient), validation_labels,
                         "choose operating points on other patients; where two sites number theirs alike, make the "
                         "numbers distinct");
      }
    }
  }

  [[nodiscard]] std::vector<std::size_t> train_positives(const Cohort& cohort) const {
    if (!train_labels.empty() && !train_counts.empty()) {
      throw UsageError("training frequencies are given twice", "--train-labels, --train-counts", "give one");
    }
    if (!train_counts.empty()) {
      return read_train_counts(train_counts, cohort.classes);
    }
    if (!train_labels.empty()) {
      return read_labels(train_labels, label_choice.options(cohort.classes)).positives();
    }
    return {};
  }
};

}  // namespace

void add_audit_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("audit", "What pruning made a network forget, from labels and scores");
  const auto command = std::make_shared<AuditCommand>();
  verb->add_option("--labels", command->labels, "Label file of the scored images")->required();
  command->label_choice.add_to(*verb);
  command->strata.add_to(*verb);
  verb->add_option("--scores", command->scores, "Manifest CSV: method,seed,sparsity,path")->required();
  verb->add_option("--train-labels", command->train_labels, "Label file of the training images");
  verb->add_option("--train-counts", command->train_counts, "Instead: CSV class,positives");
  verb->add_option("--out", command->out, "Folder for audit.json and the tables")->required();
  verb->add_option("--exemplar-sparsity", command->options.exemplar_sparsity, "Where exemplars are sought")
      ->capture_default_str();
  verb->add_option("--exemplar-fraction", command->options.exemplar_fraction, "Share of images that are exemplars")
      ->capture_default_str();
  verb->add_option("--drop", command->options.drop, "Relative loss of AP that counts as forgotten")
      ->capture_default_str();
  verb->add_option("--bootstrap", command->options.resamples,
                   "Resamples of the patients, for intervals and verdicts (2000 where no number follows; 0: none)")
      ->expected(0, 1)
      ->check(CLI::NonNegativeNumber)
      ->default_str("2000");
  verb->add_option("--minimum-patients", command->options.minimum_patients,
                   "Patients with or without a class below which it gets no verdict")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--tolerance", command->options.tolerance, "Relative loss of macro AP that is put up with")
      ->capture_default_str();
  verb->add_option("--threshold", command->options.threshold, "Probability at which F1 calls a finding present")
      ->capture_default_str();
  verb->add_option("--specificity", command->options.target_specificity, "At which sensitivity is read")
      ->capture_default_str();
  verb->add_option("--validation-labels", command->validation_labels,
                   "Label file of other images, on which operating points are chosen");
  CLI::Option* const validation = verb->add_option("--validation-scores", command->validation_scores,
                                                   "Manifest of their scores: the dense network of every seed");
  verb->add_option("--operating-point", command->operating_point,
                   "How: youden, f1, sensitivity=0.9 or specificity=0.95")
      ->capture_default_str()
      ->needs(validation);
  verb->add_flag("--logits", command->logits, "The scores are logits");
  CLI::Option* const page = verb->add_flag("--report", command->page, "Also make the page, report.html, in --out");
  verb->add_option("--title", command->title, "The page's title (default: the manifest's name)")->needs(page);
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
