#include "niwaki/study/study.hpp"

#include <chrono>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/model/normalisation.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/report/report.hpp"
#include "niwaki/study/plan.hpp"
#include "niwaki/study/store.hpp"
#include "niwaki/study/study_cohort.hpp"
#include "niwaki/study/study_report.hpp"
#include "niwaki/study/units.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// One unit's share of the whole study's bar.
class UnitProgress : public Progress {
 public:
  UnitProgress(Progress& study, const Unit& unit) : study_(study), unit_(unit) { study_.say(unit.what); }

  void start(const std::string& /*job*/, double total) override { scale_ = total > 0 ? unit_.cost / total : 1; }
  void say(const std::string& now) override { study_.say(unit_.what + ", " + now); }
  void advance(double amount) override {
    const double step = std::min(amount * scale_, unit_.cost - done_);
    done_ += step;
    study_.advance(step);
  }
  /// Training that stopped early leaves some of its share over.
  void finish() override {
    study_.advance(unit_.cost - done_);
    done_ = unit_.cost;
  }

 private:
  Progress& study_;
  const Unit& unit_;
  double scale_ = 1;
  double done_ = 0;
};

PlanInputs plan_inputs(const Recipe& recipe, const StudyCohort& cohort, const fs::path& folder) {
  PlanInputs inputs;
  inputs.beside_hash = hash_of_what_lies_beside(folder, recipe.methods);
  inputs.cohort_hash = cohort.hash;
  inputs.model_hash = recipe.model_file.empty() ? "" : sha256_file(recipe.model_file);
  for (const fs::path& file : {recipe.strata, recipe.image_measures}) {
    inputs.strata_hash += file.empty() ? "" : sha256_file(file);
  }
  inputs.train_images = cohort.train.rows.size();
  inputs.validation_images = cohort.validation.rows.size();
  inputs.test_images = cohort.test.rows.size();
  inputs.threads = thread_count();
  return inputs;
}

/// Does the units of one plan in order.
class Runner {
 public:
  Runner(const StudyContext& study, StudyStore& store, std::vector<Unit> plan, const StudyRun& run, Progress& progress)
      : study_(study), store_(store), plan_(std::move(plan)), run_(run), progress_(progress) {}

  void run(StudyOutcome& outcome) {
    if (run_.report_only) {
      check_predicted();
    }
    progress_.start("study", cost_left());
    for (const Unit& unit : plan_) {
      if (!wanted(unit)) {
        continue;
      }
      throw_if_cancelled();
      if (is_done(unit)) {
        ++outcome.units_kept;
      } else {
        do_unit(unit);
        ++outcome.units_done;
      }
    }
    progress_.finish();
    if (!run_.train_only) {
      outcome.audit = audit_result();
      outcome.report = run_.image_ids == ImageIds::kShown ? study_.folder / "report.html" : anonymous_report();
    }
  }

 private:
  [[nodiscard]] bool wanted(const Unit& unit) const {
    return !run_.train_only || unit.kind == UnitKind::kCohort || unit.kind == UnitKind::kTrain;
  }

  [[nodiscard]] bool is_done(const Unit& unit) const {
    const bool redo = run_.report_only && unit.kind == UnitKind::kReport;
    return !redo && store_.is_done(unit.id, unit.input_hash);
  }

  [[nodiscard]] double cost_left() const {
    double cost = 0;
    for (const Unit& unit : plan_) {
      cost += wanted(unit) && !is_done(unit) ? unit.cost : 0;
    }
    return cost;
  }

  void check_predicted() const {
    std::size_t missing = 0;
    for (const Unit& unit : plan_) {
      const bool reporting = unit.kind == UnitKind::kAudit || unit.kind == UnitKind::kReport;
      missing += reporting || is_done(unit) ? 0 : 1;
    }
    if (missing > 0) {
      throw InputError(
          fmt::format("{} of the study's {} units are not done, or were done from other pictures, by another "
                      "version or with another number of threads",
                      missing, plan_.size()),
          study_.folder.string(),
          fmt::format("niwaki study {0}/recipe.toml --out {0} does them", study_.folder.string()));
    }
  }

  void do_unit(const Unit& unit) {
    UnitProgress progress(progress_, unit);
    const auto began = Clock::now();
    store_.begin(unit.id, unit.input_hash);
    const std::vector<std::string> outputs = outputs_of(unit, progress);
    store_.finish(unit.id, outputs, std::chrono::duration<double>(Clock::now() - began).count());
    progress.finish();
  }

  std::vector<std::string> outputs_of(const Unit& unit, Progress& progress) {
    switch (unit.kind) {
      case UnitKind::kCohort:
        return write_study_cohort(study_.cohort, study_.folder);
      case UnitKind::kTrain:
        return train_unit(study_, unit, progress);
      case UnitKind::kPredict:
        return predict_unit(study_, unit, progress);
      case UnitKind::kAudit:
        return audit_outputs();
      case UnitKind::kReport:
        return write_study_report(study_.folder, audit_result(), report_input());
    }
    return {};
  }

  std::vector<std::string> audit_outputs() {
    std::vector<std::string> outputs = write_manifests(study_.folder, plan_);
    write_audit(audit_result(), study_.folder / "audit");
    for (const std::string& name : audit_files()) {
      outputs.push_back("audit/" + name);
    }
    return outputs;
  }

  [[nodiscard]] ReportInput report_input() { return study_report_input(study_, audit_result(), plan_, store_); }

  /// A page to hand on. The key that turns ids into hashes is drawn once a study and stays in its folder, so that who
  /// has the folder can find the image again and nobody else can.
  fs::path anonymous_report() {
    ReportInput input = report_input();
    input.image_ids = run_.image_ids;
    input.id_key = run_.image_ids == ImageIds::kHashed ? secret_key(study_.folder / "report.key") : "";
    fs::path page = study_.folder / "report-anonymous.html";
    write_file(page, report_html(audit_result(), input));
    return page;
  }

  /// Computed once a run: the audit's tables, the report and the outcome all show the same.
  const AuditResult& audit_result() {
    if (!audit_) {
      audit_ = run_audit(study_);
    }
    return *audit_;
  }

  const StudyContext& study_;
  StudyStore& store_;
  std::vector<Unit> plan_;
  const StudyRun& run_;
  Progress& progress_;
  std::optional<AuditResult> audit_;
};

/// The recipe as it will run: where an imported network says its input, that holds.
Recipe completed(Recipe recipe, std::vector<std::string>& warnings) {
  recipe.check();
  const Preprocessing usual = imagenet_preprocessing(recipe.input.channels, recipe.input.height, recipe.input.width);
  if (recipe.input.mean.empty()) {
    recipe.input.mean = usual.mean;
  }
  if (recipe.input.deviation.empty()) {
    recipe.input.deviation = usual.deviation;
  }
  if (!recipe.model_file.empty()) {
    const Graph graph = read_onnx(recipe.model_file);
    if (graph.preprocessing && *graph.preprocessing != recipe.input) {
      recipe.input = *graph.preprocessing;
      warnings.emplace_back("the input's size and normalisation are taken from the network file");
    }
  }
  return recipe;
}

/// Classes that the policy and the prices name are there; else it would be found out after the training.
void check_named_classes(const Recipe& recipe, const std::vector<std::string>& classes) {
  AuditResult named;
  for (const std::string& name : classes) {
    named.classes.emplace_back().name = name;
  }
  (void)tolerances_of(recipe.policy, named);
  (void)missed_costs(recipe.economics, classes);
}

void note_imported_network(const Recipe& recipe, const StudyCohort& cohort, std::vector<std::string>& warnings) {
  if (recipe.model_file.empty()) {
    return;
  }
  const Graph imported = read_onnx(recipe.model_file);
  const std::string fitting = fitting_note(imported, cohort.cohort.classes);
  for (const std::string& note : {fitting, folding_note(normalisation_of(imported))}) {
    if (!note.empty()) {
      warnings.push_back(note);
    }
  }
  warnings.emplace_back(
      "what the imported network was trained on is not known here: where test images were among it, every figure is "
      "too good");
  if (recipe.train.epochs == 0 && fitting.empty() && recipe.seeds > 1) {
    warnings.emplace_back(
        "all seeds share the imported network, which is not trained here: their spread is that of the pruning alone");
  }
}

}  // namespace

StudyOutcome run_study(const Recipe& recipe, const fs::path& folder, Progress& progress, const StudyRun& run) {
  const auto began = Clock::now();
  StudyOutcome outcome;
  outcome.warnings = run.warnings;
  const Recipe resolved = completed(recipe, outcome.warnings);
  StudyCohort cohort = open_study_cohort(resolved, resolved.input);
  check_named_classes(resolved, cohort.cohort.classes);
  note_imported_network(resolved, cohort, outcome.warnings);
  cohort.warnings.insert(cohort.warnings.begin(), outcome.warnings.begin(), outcome.warnings.end());
  for (const std::string& warning : cohort.warnings) {
    log_warning(warning);
  }
  StudyStore store(folder);
  write_file(folder / "recipe.toml", recipe_text(resolved));
  SeedStatistics statistics(resolved, cohort);
  const StudyContext study{resolved, cohort, folder, statistics};
  Runner(study, store, make_plan(resolved, plan_inputs(resolved, cohort, folder)), run, progress).run(outcome);
  outcome.warnings = cohort.warnings;
  outcome.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return outcome;
}

Recipe recipe_of_study(const fs::path& folder) {
  if (!fs::exists(folder / "recipe.toml") || !fs::exists(folder / "study.db")) {
    throw InputError("this is no study folder", folder.string(), "name the --out of a study");
  }
  return read_recipe(folder / "recipe.toml");
}

}  // namespace niwaki
