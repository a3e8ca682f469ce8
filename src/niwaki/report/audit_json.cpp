#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/operating_point.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/evidence_json.hpp"
#include "niwaki/report/json_figures.hpp"
#include "niwaki/report/report.hpp"
#include "niwaki/report/strata_report.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

/// What an audit may leave out altogether: nothing, or one figure a sparsity.
Json optional_figures(const std::vector<Figure>& values, std::size_t count, const std::string& of) {
  return values.empty() && count > 0 ? Json(nullptr) : json_figures(values, count, of);
}

Json correlation(const Correlation& value) {
  return {{"pearson", json_figure(value.pearson)},
          {"pearson_p", json_figure(value.pearson_p)},
          {"spearman", json_figure(value.spearman)},
          {"spearman_p", json_figure(value.spearman_p)},
          {"points", value.points}};
}

Json cohort(const AuditResult& result) {
  Json classes = Json::array();
  for (const AuditClass& entry : result.classes) {
    classes.push_back({{"name", entry.name},
                       {"positives", entry.positives},
                       {"train_positives", entry.train_positives ? Json(*entry.train_positives) : Json(nullptr)},
                       {"unknown", entry.unknown},
                       {"positive_patients", entry.positive_patients}});
  }
  return {{"images", result.images}, {"patients", result.patients}, {"classes", std::move(classes)}};
}

Json options(const AuditOptions& value, bool validated) {
  return {{"exemplar_sparsity", value.exemplar_sparsity},
          {"exemplar_fraction", value.exemplar_fraction},
          {"drop", value.drop},
          {"threshold", value.threshold},
          {"tolerance", value.tolerance},
          {"target_specificity", value.target_specificity},
          {"minimum_patients", value.minimum_patients},
          {"bootstrap", value.resamples},
          {"seed", value.seed},
          {"operating_point", validated ? Json(operating_point_text(value.operating_point)) : Json(nullptr)}};
}

Json macro(const std::vector<MacroPoint>& points) {
  Json array = Json::array();
  for (const MacroPoint& point : points) {
    Json object = {{"sparsity", point.sparsity},
                   {"auroc", json_figure(point.auroc)},
                   {"ap", json_figure(point.ap)},
                   {"f1", json_figure(point.f1)}};
    add_interval(object, "auroc", point.auroc_interval);
    add_interval(object, "ap", point.ap_interval);
    add_interval(object, "f1", point.f1_interval);
    object["auroc_mean"] = json_figure(point.auroc_mean);
    add_interval(object, "auroc_mean", point.auroc_mean_interval);
    object["ap_mean"] = json_figure(point.ap_mean);
    add_interval(object, "ap_mean", point.ap_mean_interval);
    object["f1_mean"] = json_figure(point.f1_mean);
    object["brier"] = json_figure(point.brier);
    object["log_loss"] = json_figure(point.log_loss);
    object["calibration_error"] = json_figure(point.calibration_error);
    object["pooled_calibration_error"] = json_figure(point.pooled_calibration_error);
    array.push_back(std::move(object));
  }
  return array;
}

Json class_curve(const ClassCurve& curve, std::size_t sparsities) {
  const std::size_t pruned = sparsities - 1;
  return {{"name", curve.name},
          {"first_drop", json_figure(curve.first_drop)},
          {"delta_ap", json_figures(curve.delta_ap, pruned, curve.name)},
          {"delta_ap_low", optional_figures(curve.delta_ap_low, pruned, curve.name)},
          {"delta_ap_high", optional_figures(curve.delta_ap_high, pruned, curve.name)},
          {"ap_dense", json_figure(curve.ap_dense)},
          {"auroc_dense", json_figure(curve.auroc_dense)},
          {"ap", optional_figures(curve.ap, sparsities, curve.name)},
          {"auroc", optional_figures(curve.auroc, sparsities, curve.name)},
          {"f1", optional_figures(curve.f1, sparsities, curve.name)},
          {"delta_auroc_at_max", json_figure(curve.delta_auroc_at_max)},
          {"sensitivity", optional_figures(curve.sensitivity, sparsities, curve.name)},
          {"specificity", optional_figures(curve.specificity, sparsities, curve.name)},
          {"precision", optional_figures(curve.precision, sparsities, curve.name)},
          {"sensitivity_at_specificity", optional_figures(curve.sensitivity_at_specificity, sparsities, curve.name)},
          {"brier", optional_figures(curve.brier, sparsities, curve.name)},
          {"log_loss", optional_figures(curve.log_loss, sparsities, curve.name)},
          {"calibration_error", optional_figures(curve.calibration_error, sparsities, curve.name)},
          {"evidence", evidence_json(curve.evidence)}};
}

Json pairs(const std::vector<ClassPair>& values) {
  Json array = Json::array();
  for (const ClassPair& pair : values) {
    array.push_back({{"a", pair.a},
                     {"b", pair.b},
                     {"together", pair.together},
                     {"fcd", json_figure(pair.fcd)},
                     {"iou", json_figure(pair.iou)},
                     {"log_frequency_gap", json_figure(pair.log_frequency_gap)},
                     {"published_iou", json_figure(pair.published_iou)},
                     {"published_log_frequency_gap", json_figure(pair.published_log_frequency_gap)}});
  }
  return array;
}

Json probabilities(const std::vector<float>& values, std::size_t classes) {
  NIWAKI_CHECK(values.size() == classes, "{} probabilities for {} classes", values.size(), classes);
  Json::array_t array;
  array.reserve(classes);
  for (const float value : values) {
    NIWAKI_CHECK(std::isfinite(value), "a probability is {}", value);
    array.emplace_back(shortest_decimal(value));
  }
  return array;
}

Json flips(const std::vector<Flip>& values, const std::vector<AuditClass>& classes) {
  Json array = Json::array();
  for (const Flip& flip : values) {
    array.push_back({{"class", classes.at(flip.finding).name},
                     {"direction", flip.lost ? "lost" : "gained"},
                     {"seeds", flip.seeds}});
  }
  return array;
}

Json exemplar(const Exemplar& value, const ImageResult& images, std::size_t sparsities,
              const std::vector<AuditClass>& classes) {
  Json object = {{"rank", value.rank},
                 {"row", value.row},
                 {"id", value.id},
                 {"correlation", json_figure(value.correlation)},
                 {"dense", probabilities(value.dense, classes.size())},
                 {"pruned", probabilities(value.pruned, classes.size())}};
  if (!images.flips.empty()) {
    const std::size_t steps = sparsities - 1;
    Json::array_t curve;
    curve.reserve(steps);
    for (std::size_t step = 0; step < steps; ++step) {
      curve.push_back(json_figure(images.correlation(value.row, step)));
    }
    object["curve"] = std::move(curve);
    object["largest_fall"] = {{"class", classes.at(images.fallen.at(value.row)).name},
                              {"fall", json_figure(images.largest_fall.at(value.row))}};
    object["flips"] = flips(images.flips.at(value.row), classes);
  }
  return object;
}

Json class_ratios(const ExemplarResult& value, const std::vector<AuditClass>& classes) {
  NIWAKI_CHECK(value.class_ratio.size() == classes.size(), "{} exemplar ratios for {} classes",
               value.class_ratio.size(), classes.size());
  Json object = Json::object();
  for (std::size_t index = 0; index < classes.size(); ++index) {
    object[classes[index].name] = json_figure(value.class_ratio[index]);
  }
  return object;
}

Json class_counts(const ExemplarResult& value, const std::vector<AuditClass>& classes) {
  NIWAKI_CHECK(value.class_counts.size() == classes.size(), "{} exemplar counts for {} classes",
               value.class_counts.size(), classes.size());
  Json object = Json::object();
  for (std::size_t index = 0; index < classes.size(); ++index) {
    const ExemplarCount& count = value.class_counts[index];
    object[classes[index].name] = {{"exemplars", count.exemplars}, {"patients", count.patients}};
  }
  return object;
}

Json class_enrichment(const ExemplarResult& value, const std::vector<AuditClass>& classes) {
  NIWAKI_CHECK(value.class_enrichment.size() == classes.size(), "{} enrichments for {} classes",
               value.class_enrichment.size(), classes.size());
  Json object = Json::object();
  for (std::size_t index = 0; index < classes.size(); ++index) {
    Json entry = Json::object();
    add_interval(entry, "ratio", value.class_enrichment[index].ratio);
    entry["fisher_p"] = json_figure(value.class_enrichment[index].fisher_p);
    object[classes[index].name] = std::move(entry);
  }
  return object;
}

Json findings_ratios(const ExemplarResult& value) {
  Json array = Json::array();
  for (const FindingsRatio& entry : value.findings_ratio) {
    Json object = {{"findings", entry.findings},
                   {"ratio", json_figure(entry.ratio)},
                   {"exemplars", entry.count.exemplars},
                   {"patients", entry.count.patients}};
    add_interval(object, "ratio", entry.enrichment.ratio);
    object["fisher_p"] = json_figure(entry.enrichment.fisher_p);
    array.push_back(std::move(object));
  }
  return array;
}

Json exemplars(const ExemplarResult& value, std::size_t sparsities, const std::vector<AuditClass>& classes) {
  std::vector<std::size_t> rows;
  Json::array_t images;
  images.reserve(value.exemplars.size());
  for (const Exemplar& entry : value.exemplars) {
    rows.push_back(entry.row);
    images.push_back(exemplar(entry, value.images, sparsities, classes));
  }
  std::sort(rows.begin(), rows.end());
  return {{"sparsity", value.sparsity},
          {"count", value.count},
          {"threshold", json_figure(value.threshold)},
          {"rows", rows},
          {"class_ratio", class_ratios(value, classes)},
          {"findings_ratio", findings_ratios(value)},
          {"class_counts", class_counts(value, classes)},
          {"class_enrichment", class_enrichment(value, classes)},
          {"constant_order", json_figure(value.constant_order)},
          {"images", std::move(images)}};
}

Json method(const MethodResult& value, const AuditResult& result) {
  const std::vector<AuditClass>& classes = result.classes;
  NIWAKI_CHECK(!value.sparsities.empty(), "method {} has no sparsity", value.method);
  NIWAKI_CHECK(value.macro.size() == value.sparsities.size(), "method {}: {} macro points for {} sparsities",
               value.method, value.macro.size(), value.sparsities.size());
  Json curves = Json::array();
  for (const ClassCurve& curve : value.classes) {
    curves.push_back(class_curve(curve, value.sparsities.size()));
  }
  Json frequency = {{"first_drop", correlation(value.frequency_first_drop)},
                    {"delta_ap_at_max", correlation(value.frequency_delta_at_max)},
                    {"delta_auroc_at_max", correlation(value.frequency_delta_auroc_at_max)}};
  Json cooccurrence = {{"fcd_vs_log_frequency_gap", correlation(value.fcd_frequency_gap)},
                       {"fcd_vs_iou_fourth_root", correlation(value.fcd_iou)},
                       {"published_fcd_vs_log_frequency_gap", correlation(value.published_fcd_frequency_gap)},
                       {"published_fcd_vs_iou_fourth_root", correlation(value.published_fcd_iou)}};
  Json document = {{"sparsities", value.sparsities},
                   {"macro", macro(value.macro)},
                   {"global", global_json(value.global, result.options.tolerance)},
                   {"classes", std::move(curves)},
                   {"frequency", std::move(frequency)},
                   {"pairs", pairs(value.pairs)},
                   {"cooccurrence", std::move(cooccurrence)},
                   {"companions", companions_json(value.companions, classes)},
                   {"exemplars", exemplars(value.exemplars, value.sparsities.size(), classes)},
                   {"operating_points", operating_points_json(value.operating_points, classes)}};
  if (!value.strata.columns.empty()) {
    document["strata"] = strata_json(value.strata, classes);
  }
  if (!value.image_measures.measures.empty()) {
    document["image_measures"] = image_measures_json(value.image_measures);
  }
  return document;
}

}  // namespace

double shortest_decimal(float number) {
  std::array<char, 64> text{};
  const auto printed = std::to_chars(text.data(), text.data() + text.size(), number);
  double read = 0;
  std::from_chars(text.data(), printed.ptr, read);
  return read;
}

nlohmann::ordered_json audit_document(const AuditResult& result) {
  Json methods = Json::object();
  for (const MethodResult& value : result.methods) {
    methods[value.method] = method(value, result);
  }
  Json notes = Json::array();
  for (const Note& note : result.notes) {
    notes.push_back({{"where", note.where}, {"reason", note.reason}});
  }
  return {{"cohort", cohort(result)},
          {"seeds", result.seeds},
          {"options", options(result.options, result.validated)},
          {"methods", std::move(methods)},
          {"notes", std::move(notes)}};
}

std::string json_text(const nlohmann::ordered_json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string audit_json(const AuditResult& result) {
  return json_text(audit_document(result), 1) + "\n";
}

std::string exemplars_json(const AuditResult& result) {
  const MethodResult& pair = result.methods.front();
  Json document = exemplars(pair.exemplars, pair.sparsities.size(), result.classes);
  document.erase("sparsity");
  return json_text(document, 1);
}

}  // namespace niwaki
