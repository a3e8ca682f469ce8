#include "niwaki/report/strata_report.hpp"

#include "niwaki/core/csv.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

void add_figure(Json& object, const std::string& name, const StratumFigure& figure) {
  object[name] = json_figure(figure.value);
  add_interval(object, name, figure.interval);
}

Json measure_json(const StratumMeasure& measure) {
  Json object = Json::object();
  add_figure(object, "dense", measure.dense);
  add_figure(object, "pruned", measure.pruned);
  add_figure(object, "change", measure.change);
  Json gap = Json::object();
  add_figure(gap, "dense", measure.gap_dense);
  add_figure(gap, "pruned", measure.gap_pruned);
  add_figure(gap, "change", measure.gap_change);
  gap["p"] = json_figure(measure.p);
  gap["holm"] = json_figure(measure.holm);
  gap["verdict"] = stratum_verdict_name(measure.verdict);
  gap["widens"] = measure.widens ? Json(*measure.widens) : Json(nullptr);
  object["gap"] = std::move(gap);
  return object;
}

Json calls_json(const StratumThresholds::Calls& calls) {
  return {{"sensitivity", json_figure(calls.sensitivity)}, {"specificity", json_figure(calls.specificity)}};
}

Json thresholds_json(const StratumThresholds& thresholds) {
  Json dense = {{"carried", calls_json(thresholds.dense_carried)}, {"retuned", calls_json(thresholds.dense_retuned)}};
  add_figure(dense, "gain", thresholds.dense_gain);
  Json pruned = {{"carried", calls_json(thresholds.pruned_carried)},
                 {"retuned", calls_json(thresholds.pruned_retuned)}};
  add_figure(pruned, "gain", thresholds.pruned_gain);
  return {{"dense", std::move(dense)}, {"pruned", std::move(pruned)}};
}

Json stratum_json(const Stratum& stratum, const std::vector<AuditClass>& classes) {
  Json list = Json::array();
  for (const StratumClass& one : stratum.classes) {
    list.push_back({{"name", classes.at(one.finding).name},
                    {"positives", one.positives},
                    {"positive_patients", one.positive_patients},
                    {"negative_patients", one.negative_patients},
                    {"auroc", measure_json(one.auroc)},
                    {"ap", measure_json(one.ap)},
                    {"thresholds", thresholds_json(one.thresholds)}});
  }
  return {{"name", stratum.name},
          {"images", stratum.images},
          {"patients", stratum.patients},
          {"classes_compared", stratum.classes_compared},
          {"auroc", measure_json(stratum.auroc)},
          {"ap", measure_json(stratum.ap)},
          {"thresholds", thresholds_json(stratum.thresholds)},
          {"classes", std::move(list)}};
}

void add_cells(const StratumFigure& figure, CsvWriter& table) {
  table.cell(figure.value);
  table.cell(figure.interval ? std::optional(figure.interval->low) : std::nullopt);
  table.cell(figure.interval ? std::optional(figure.interval->high) : std::nullopt);
}

std::vector<std::string> table_header() {
  std::vector<std::string> header = {"method",   "sparsity", "column",    "stratum",           "images",
                                     "patients", "class",    "positives", "positive_patients", "negative_patients",
                                     "figure"};
  for (const std::string figure : {"dense", "pruned", "change", "gap_dense", "gap_pruned", "gap_change"}) {
    for (const char* what : {"", "_low", "_high"}) {
      header.push_back(figure + what);
    }
  }
  header.insert(header.end(), {"p", "holm", "verdict", "widens"});
  return header;
}

/// Where a row stands: method, sparsity, column and group.
struct Place {
  const MethodResult& method;
  const StrataColumn& column;
  const Stratum& stratum;
};

void add_rows(const Place& place, const std::string& name, const StratumClass* one, const StratumMeasure& auroc,
              const StratumMeasure& ap, CsvWriter& table) {
  const auto count = [&](std::size_t StratumClass::*which) {
    return one == nullptr ? std::nullopt : std::optional(static_cast<double>(one->*which));
  };
  for (const auto& [figure, measure] : {std::pair{"auroc", &auroc}, std::pair{"ap", &ap}}) {
    table.cell(place.method.method).cell(place.method.strata.sparsity).cell(place.column.name);
    table.cell(place.stratum.name).cell(place.stratum.images).cell(place.stratum.patients).cell(name);
    table.cell(count(&StratumClass::positives)).cell(count(&StratumClass::positive_patients));
    table.cell(count(&StratumClass::negative_patients)).cell(figure);
    for (const StratumFigure* value : {&measure->dense, &measure->pruned, &measure->change, &measure->gap_dense,
                                       &measure->gap_pruned, &measure->gap_change}) {
      add_cells(*value, table);
    }
    table.cell(measure->p).cell(measure->holm).cell(stratum_verdict_name(measure->verdict));
    table.cell(measure->widens ? (*measure->widens ? "1" : "0") : "").end_row();
  }
}

}  // namespace

nlohmann::ordered_json strata_json(const StrataResult& strata, const std::vector<AuditClass>& classes) {
  Json columns = Json::array();
  for (const StrataColumn& column : strata.columns) {
    Json groups = Json::array();
    for (const Stratum& stratum : column.strata) {
      groups.push_back(stratum_json(stratum, classes));
    }
    columns.push_back(
        {{"column", column.name}, {"images_without", column.images_without}, {"strata", std::move(groups)}});
  }
  return {{"sparsity", strata.sparsity}, {"columns", std::move(columns)}};
}

nlohmann::ordered_json image_measures_json(const ImageMeasuresResult& result) {
  const auto effect = [](const MeasureCorrelation& correlation) {
    Json object = {{"images", correlation.images}};
    add_figure(object, "spearman", correlation.spearman);
    object["p"] = json_figure(correlation.p);
    object["holm"] = json_figure(correlation.holm);
    return object;
  };
  Json list = Json::array();
  for (const MeasureEffects& measure : result.measures) {
    list.push_back({{"name", measure.name}, {"loss", effect(measure.loss)}, {"agreement", effect(measure.agreement)}});
  }
  return {{"sparsity", result.sparsity}, {"measures", std::move(list)}};
}

std::string strata_table(const AuditResult& result) {
  CsvWriter table(table_header());
  for (const MethodResult& method : result.methods) {
    for (const StrataColumn& column : method.strata.columns) {
      for (const Stratum& stratum : column.strata) {
        const Place place{method, column, stratum};
        add_rows(place, "", nullptr, stratum.auroc, stratum.ap, table);
        for (const StratumClass& one : stratum.classes) {
          add_rows(place, result.classes.at(one.finding).name, &one, one.auroc, one.ap, table);
        }
      }
    }
  }
  return table.text();
}

}  // namespace niwaki
