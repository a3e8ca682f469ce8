#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/report/image_tables.hpp"
#include "niwaki/report/report.hpp"
#include "niwaki/report/strata_report.hpp"

namespace niwaki {
namespace {

Figure low(const FigureInterval& interval) {
  return interval ? Figure(interval->low) : std::nullopt;
}

Figure high(const FigureInterval& interval) {
  return interval ? Figure(interval->high) : std::nullopt;
}

FigureInterval at(const std::vector<FigureInterval>& intervals, std::size_t step) {
  return step < intervals.size() ? intervals[step] : std::nullopt;
}

std::string global_table(const AuditResult& result) {
  CsvWriter table({"method",
                   "sparsity",
                   "auroc",
                   "ap",
                   "f1",
                   "auroc_low",
                   "auroc_high",
                   "ap_low",
                   "ap_high",
                   "f1_low",
                   "f1_high",
                   "brier",
                   "log_loss",
                   "calibration_error",
                   "pooled_calibration_error",
                   "ap_mean",
                   "ap_deviation",
                   "ap_mean_low_over_seeds",
                   "ap_mean_high_over_seeds",
                   "paired_p",
                   "paired_holm",
                   "welch_p",
                   "welch_holm",
                   "mann_whitney_p",
                   "mann_whitney_holm"});
  for (const MethodResult& method : result.methods) {
    for (std::size_t step = 0; step < method.macro.size(); ++step) {
      const MacroPoint& point = method.macro[step];
      table.cell(method.method).cell(point.sparsity).cell(point.auroc).cell(point.ap).cell(point.f1);
      for (const FigureInterval& interval : {point.auroc_interval, point.ap_interval, point.f1_interval}) {
        table.cell(low(interval)).cell(high(interval));
      }
      table.cell(point.brier).cell(point.log_loss).cell(point.calibration_error).cell(point.pooled_calibration_error);
      const SeedPoint seeds = step < method.global.points.size() ? method.global.points[step] : SeedPoint{};
      table.cell(seeds.mean).cell(seeds.deviation).cell(low(seeds.interval)).cell(high(seeds.interval));
      table.cell(seeds.paired_p)
          .cell(seeds.paired_holm)
          .cell(seeds.welch_p)
          .cell(seeds.welch_holm)
          .cell(seeds.mann_whitney_p)
          .cell(seeds.mann_whitney_holm);
      table.end_row();
    }
  }
  return table.text();
}

Figure count_figure(const std::optional<std::size_t>& count) {
  return count ? Figure(static_cast<double>(*count)) : std::nullopt;
}

std::string class_table(const AuditResult& result) {
  CsvWriter table({"method",
                   "class",
                   "positives",
                   "train_positives",
                   "unknown",
                   "ap_dense",
                   "auroc_dense",
                   "first_drop",
                   "delta_ap_at_max",
                   "exemplar_ratio",
                   "positive_patients",
                   "delta_auroc_at_max",
                   "exemplars",
                   "exemplar_patients",
                   "effective_patients",
                   "verdict",
                   "loses_from",
                   "forgotten_from",
                   "kept_up_to",
                   "loss_p",
                   "loss_holm",
                   "exemplar_ratio_low",
                   "exemplar_ratio_high",
                   "exemplar_fisher_p"});
  for (const MethodResult& method : result.methods) {
    NIWAKI_CHECK(method.classes.size() == result.classes.size(), "method {}: {} curves for {} classes", method.method,
                 method.classes.size(), result.classes.size());
    for (std::size_t index = 0; index < method.classes.size(); ++index) {
      const ClassCurve& curve = method.classes[index];
      const AuditClass& entry = result.classes[index];
      table.cell(method.method).cell(entry.name).cell(entry.positives).cell(count_figure(entry.train_positives));
      table.cell(entry.unknown).cell(curve.ap_dense).cell(curve.auroc_dense).cell(curve.first_drop);
      table.cell(curve.delta_ap.empty() ? std::nullopt : curve.delta_ap.back());
      table.cell(method.exemplars.class_ratio.at(index)).cell(entry.positive_patients).cell(curve.delta_auroc_at_max);
      const ExemplarCount& count = method.exemplars.class_counts.at(index);
      table.cell(count.exemplars).cell(count.patients);
      const ClassEvidence& evidence = curve.evidence;
      table.cell(evidence.effective_patients);
      table.cell(evidence.verdict == ClassVerdict::kNone ? "" : verdict_name(evidence.verdict));
      table.cell(evidence.loses_from).cell(evidence.forgotten_from).cell(evidence.kept_up_to);
      table.cell(evidence.loss_p).cell(evidence.loss_holm);
      const Enrichment& enrichment = method.exemplars.class_enrichment.at(index);
      table.cell(low(enrichment.ratio)).cell(high(enrichment.ratio)).cell(enrichment.fisher_p).end_row();
    }
  }
  return table.text();
}

/// Curves of changes have no point at sparsity 0 and may be absent altogether; those of figures have one.
Figure at_sparsity(const std::vector<Figure>& curve, std::size_t step, std::size_t sparsities) {
  if (curve.empty()) {
    return std::nullopt;
  }
  const std::size_t skipped = sparsities - curve.size();
  return step < skipped ? std::nullopt : curve[step - skipped];
}

/// The cells of a change at one sparsity: value, interval, band. The dense network has none.
void add_change(const std::vector<Figure>& values, const std::vector<FigureInterval>& intervals,
                const std::vector<FigureInterval>& band, std::size_t step, CsvWriter& table) {
  const bool pruned = step > 0;
  table.cell(pruned && step <= values.size() ? values[step - 1] : std::nullopt);
  for (const auto* ends : {&intervals, &band}) {
    const FigureInterval interval = pruned ? at(*ends, step - 1) : std::nullopt;
    table.cell(low(interval)).cell(high(interval));
  }
}

std::vector<std::string> curve_header() {
  std::vector<std::string> header = {"method",
                                     "class",
                                     "sparsity",
                                     "ap",
                                     "auroc",
                                     "f1",
                                     "delta_ap",
                                     "delta_ap_low",
                                     "delta_ap_high",
                                     "sensitivity",
                                     "specificity",
                                     "precision",
                                     "sensitivity_at_specificity",
                                     "brier",
                                     "log_loss",
                                     "calibration_error",
                                     "ap_interval_low",
                                     "ap_interval_high",
                                     "auroc_interval_low",
                                     "auroc_interval_high"};
  for (const std::string change : {"relative_ap_change", "ap_change", "auroc_change"}) {
    for (const char* what : {"", "_low", "_high", "_band_low", "_band_high"}) {
      header.push_back(change + what);
    }
  }
  return header;
}

std::string curve_table(const AuditResult& result) {
  CsvWriter table(curve_header());
  for (const MethodResult& method : result.methods) {
    const std::size_t count = method.sparsities.size();
    for (const ClassCurve& curve : method.classes) {
      const ClassEvidence& evidence = curve.evidence;
      for (std::size_t step = 0; step < count; ++step) {
        table.cell(method.method).cell(curve.name).cell(method.sparsities[step]);
        for (const auto* figures :
             {&curve.ap, &curve.auroc, &curve.f1, &curve.delta_ap, &curve.delta_ap_low, &curve.delta_ap_high,
              &curve.sensitivity, &curve.specificity, &curve.precision, &curve.sensitivity_at_specificity, &curve.brier,
              &curve.log_loss, &curve.calibration_error}) {
          table.cell(at_sparsity(*figures, step, count));
        }
        for (const auto* intervals : {&evidence.ap, &evidence.auroc}) {
          table.cell(low(at(*intervals, step))).cell(high(at(*intervals, step)));
        }
        add_change(curve.delta_ap, evidence.delta_ap, evidence.delta_ap_band, step, table);
        for (const ChangeCurve* change : {&evidence.ap_change, &evidence.auroc_change}) {
          add_change(change->values, change->intervals, change->band, step, table);
        }
        table.end_row();
      }
    }
  }
  return table.text();
}

std::string pair_table(const AuditResult& result) {
  CsvWriter table({"method", "a", "b", "together", "fcd", "iou", "log_frequency_gap", "published_iou",
                   "published_log_frequency_gap"});
  for (const MethodResult& method : result.methods) {
    for (const ClassPair& pair : method.pairs) {
      table.cell(method.method).cell(pair.a).cell(pair.b).cell(pair.together).cell(pair.fcd).cell(pair.iou);
      table.cell(pair.log_frequency_gap).cell(pair.published_iou).cell(pair.published_log_frequency_gap).end_row();
    }
  }
  return table.text();
}

void add_loss(const CompanionEffect::Loss& loss, CsvWriter& table) {
  table.cell(loss.dense_with).cell(loss.dense_without).cell(loss.pruned_with).cell(loss.pruned_without);
  table.cell(loss.loss_with).cell(loss.loss_without).cell(loss.excess).cell(low(loss.interval));
  table.cell(high(loss.interval)).cell(loss.p).cell(loss.holm);
}

std::string companion_table(const AuditResult& result) {
  std::vector<std::string> header = {"method", "sparsity",    "companions",     "rank",          "class",
                                     "given",  "images_with", "images_without", "patients_with", "patients_without"};
  for (const std::string figure : {"recall", "ap"}) {
    for (const char* what : {"_dense_with", "_dense_without", "_pruned_with", "_pruned_without", "_loss_with",
                             "_loss_without", "_excess", "_excess_low", "_excess_high", "_p", "_holm"}) {
      header.push_back(figure + what);
    }
  }
  CsvWriter table(header);
  for (const MethodResult& method : result.methods) {
    for (const auto* effects : {&method.companions.pairs, &method.companions.triples}) {
      for (const CompanionEffect& effect : *effects) {
        std::string given;
        for (const std::size_t companion : effect.companions) {
          given += (given.empty() ? "" : "|") + result.classes.at(companion).name;
        }
        table.cell(method.method).cell(method.companions.sparsity).cell(effect.companions.size()).cell(effect.rank);
        table.cell(result.classes.at(effect.finding).name).cell(given);
        table.cell(effect.images_with).cell(effect.images_without);
        table.cell(effect.patients_with).cell(effect.patients_without);
        add_loss(effect.recall, table);
        add_loss(effect.ap, table);
        table.end_row();
      }
    }
  }
  return table.text();
}

}  // namespace

std::vector<std::string> audit_files() {
  return {"audit.json",    "global.csv",     "classes.csv", "curves.csv", "pairs.csv",
          "exemplars.csv", "companions.csv", "strata.csv",  "images.csv"};
}

void write_exemplars(const AuditResult& result, const std::filesystem::path& path) {
  write_file(path, pair_exemplar_table(result));
}

void write_audit(const AuditResult& result, const std::filesystem::path& folder) {
  make_folder(folder);
  const auto file = [&](const char* name, std::string (*text)(const AuditResult&)) {
    return FileToWrite(folder / name, [&result, text] { return text(result); });
  };
  // audit.json last, because its presence says that the audit is written.
  write_files(std::vector<FileToWrite>{
      file("global.csv", global_table), file("classes.csv", class_table), file("curves.csv", curve_table),
      file("pairs.csv", pair_table), file("exemplars.csv", exemplar_table), file("companions.csv", companion_table),
      file("strata.csv", strata_table), FileToWrite(folder / "images.csv", image_table(result)),
      file("audit.json", audit_json)});
}

}  // namespace niwaki
