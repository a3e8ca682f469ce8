#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "niwaki/audit/audit.hpp"
#include "niwaki/cli/label_choice.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

struct ExemplarsCommand {
  CommonOptions common;
  std::string labels;
  LabelChoice label_choice;
  std::vector<std::string> dense;
  std::vector<std::string> against;
  std::string out;
  AuditOptions options;
  bool logits = false;

  void run() {
    common.apply();
    options.exemplar_sparsity = kAgainst;
    options.seed = common.seed.value_or(options.seed);
    options.check();
    check_output(out, {".csv"});
    const Cohort cohort = read_labels(labels, label_choice.options());
    const AuditResult result = audit(cohort, {}, table_pair(), options, logits);
    write_exemplars(result, out);
    if (common.json) {
      print_json(exemplars_json(result));
      return;
    }
    print(result);
  }

 private:
  // The second network stands where the audit has a pruned one; no figure of this verb shows the number.
  static constexpr double kAgainst = 1.0;

  [[nodiscard]] ScoreGrid table_pair() const {
    if (dense.size() != against.size()) {
      throw UsageError(fmt::format("{} tables against {}", dense.size(), against.size()), "--dense, --against",
                       "give as many of each: one a seed, in the same order");
    }
    std::vector<GridEntry> entries;
    for (std::size_t seed = 0; seed < dense.size(); ++seed) {
      entries.push_back({"pair", seed, 0.0, dense[seed]});
      entries.push_back({"pair", seed, kAgainst, against[seed]});
    }
    return make_grid({}, std::move(entries), "--dense, --against");
  }

  void print(const AuditResult& result) const {
    const MethodResult& pair = result.methods.front();
    const auto figure = [](const Figure& value) { return value ? fmt::format("{:.3f}", *value) : std::string("-"); };
    fmt::print("{:<10}{:>10}{:>10}\n", "", "AUROC", "AP");
    fmt::print("{:<10}{:>10}{:>10}\n", "dense", figure(pair.macro[0].auroc), figure(pair.macro[0].ap));
    fmt::print("{:<10}{:>10}{:>10}\n", "against", figure(pair.macro[1].auroc), figure(pair.macro[1].ap));
    fmt::print("{} exemplars of {} images; written to {}\n", pair.exemplars.count, result.images, out);
    for (const Note& note : result.notes) {
      if (note.where.find(".exemplars") != std::string::npos) {
        log_note(note.reason);
      }
    }
  }
};

}  // namespace

void add_exemplars_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "exemplars", "The images on which any two networks disagree most: dense against quantised, or another one");
  const auto command = std::make_shared<ExemplarsCommand>();
  verb->add_option("--labels", command->labels, "Label file of the scored images")->required();
  command->label_choice.add_to(*verb);
  verb->add_option("--dense", command->dense, "Score tables of the network that is trusted, one a seed")->required();
  verb->add_option("--against", command->against, "Score tables of the other one, in the same order")->required();
  verb->add_option("--out", command->out, "The list, a CSV")->required();
  verb->add_option("--exemplar-fraction", command->options.exemplar_fraction, "Share of images that are exemplars")
      ->capture_default_str();
  verb->add_option("--threshold", command->options.threshold, "Probability at which a finding counts as called")
      ->capture_default_str();
  verb->add_flag("--logits", command->logits, "The scores are logits");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
