#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include "niwaki/audit/audit.hpp"
#include "niwaki/cli/figures.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

struct AuditCommand {
  CommonOptions common;
  std::string labels;
  std::string label_format = "auto";
  std::string scores;
  std::string train_labels;
  std::string train_counts;
  std::string out;
  AuditOptions options;
  bool logits = false;

  void run() const {
    common.apply();
    options.check();
    const Cohort cohort = read_labels(labels, {.format = parse_label_format(label_format), .classes = {}});
    const AuditResult result = audit(cohort, train_positives(cohort), read_grid(scores), options, logits);
    write_audit(result, out);
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
  [[nodiscard]] std::vector<std::size_t> train_positives(const Cohort& cohort) const {
    if (!train_labels.empty() && !train_counts.empty()) {
      throw UsageError("training frequencies are given twice", "--train-labels, --train-counts", "give one");
    }
    if (!train_counts.empty()) {
      return read_train_counts(train_counts, cohort.classes);
    }
    if (!train_labels.empty()) {
      return read_labels(train_labels, {.format = parse_label_format(label_format), .classes = cohort.classes})
          .positives();
    }
    return {};
  }
};

}  // namespace

void add_audit_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("audit", "What pruning made a network forget, from labels and scores");
  const auto command = std::make_shared<AuditCommand>();
  verb->add_option("--labels", command->labels, "Label file of the scored images")->required();
  verb->add_option("--label-format", command->label_format, "auto, niwaki, nih, nih-cxr-lt, mimic-cxr-lt")
      ->capture_default_str();
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
  verb->add_flag("--logits", command->logits, "The scores are logits");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
