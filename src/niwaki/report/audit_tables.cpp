#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

std::string global_table(const AuditResult& result) {
  CsvWriter table({"method", "sparsity", "auroc", "ap", "f1"});
  for (const MethodResult& method : result.methods) {
    for (const MacroPoint& point : method.macro) {
      table.cell(method.method).cell(point.sparsity).cell(point.auroc).cell(point.ap).cell(point.f1).end_row();
    }
  }
  return table.text();
}

Figure count_figure(const std::optional<std::size_t>& count) {
  return count ? Figure(static_cast<double>(*count)) : std::nullopt;
}

std::string class_table(const AuditResult& result) {
  CsvWriter table({"method", "class", "positives", "train_positives", "unknown", "ap_dense", "auroc_dense",
                   "first_drop", "delta_ap_at_max", "exemplar_ratio", "positive_patients", "delta_auroc_at_max",
                   "exemplars", "exemplar_patients"});
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
      table.cell(count.exemplars).cell(count.patients).end_row();
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

std::string curve_table(const AuditResult& result) {
  CsvWriter table({"method", "class", "sparsity", "ap", "auroc", "f1", "delta_ap", "delta_ap_low", "delta_ap_high"});
  for (const MethodResult& method : result.methods) {
    const std::size_t count = method.sparsities.size();
    for (const ClassCurve& curve : method.classes) {
      for (std::size_t step = 0; step < count; ++step) {
        table.cell(method.method).cell(curve.name).cell(method.sparsities[step]);
        for (const auto* figures :
             {&curve.ap, &curve.auroc, &curve.f1, &curve.delta_ap, &curve.delta_ap_low, &curve.delta_ap_high}) {
          table.cell(at_sparsity(*figures, step, count));
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

std::string exemplar_table(const AuditResult& result) {
  std::vector<std::string> header = {"method", "sparsity", "rank", "row", "id", "correlation"};
  for (const char* when : {"dense ", "pruned "}) {
    for (const AuditClass& entry : result.classes) {
      header.push_back(when + entry.name);
    }
  }
  CsvWriter table(header);
  for (const MethodResult& method : result.methods) {
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      table.cell(method.method).cell(method.exemplars.sparsity).cell(exemplar.rank).cell(exemplar.row);
      table.cell(exemplar.id).cell(exemplar.correlation);
      for (const auto* scores : {&exemplar.dense, &exemplar.pruned}) {
        for (const float score : *scores) {
          table.cell(shortest_decimal(score));
        }
      }
      table.end_row();
    }
  }
  return table.text();
}

}  // namespace

void write_audit(const AuditResult& result, const std::filesystem::path& folder) {
  make_folder(folder);
  write_file(folder / "global.csv", global_table(result));
  write_file(folder / "classes.csv", class_table(result));
  write_file(folder / "curves.csv", curve_table(result));
  write_file(folder / "pairs.csv", pair_table(result));
  write_file(folder / "exemplars.csv", exemplar_table(result));
  // Last, because its presence says that the audit is written.
  write_file(folder / "audit.json", audit_json(result));
}

}  // namespace niwaki
