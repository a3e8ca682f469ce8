#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "niwaki/core/error.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

Json figure(const Figure& value) {
  if (!value) {
    return nullptr;
  }
  NIWAKI_CHECK(std::isfinite(*value), "a figure is {}, which has no place in a result", *value);
  return *value;
}

Json figures(const std::vector<Figure>& values, std::size_t count, const std::string& of) {
  NIWAKI_CHECK(values.size() == count, "{}: {} figures for {} sparsities", of, values.size(), count);
  Json array = Json::array();
  for (const Figure& value : values) {
    array.push_back(figure(value));
  }
  return array;
}

/// What an audit may leave out altogether: nothing, or one figure a sparsity.
Json optional_figures(const std::vector<Figure>& values, std::size_t count, const std::string& of) {
  return values.empty() && count > 0 ? Json(nullptr) : figures(values, count, of);
}

Json correlation(const Correlation& value) {
  return {{"pearson", figure(value.pearson)},
          {"pearson_p", figure(value.pearson_p)},
          {"spearman", figure(value.spearman)},
          {"spearman_p", figure(value.spearman_p)},
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

Json options(const AuditOptions& value) {
  return {{"exemplar_sparsity", value.exemplar_sparsity},
          {"exemplar_fraction", value.exemplar_fraction},
          {"drop", value.drop},
          {"threshold", value.threshold}};
}

Json macro(const std::vector<MacroPoint>& points) {
  Json array = Json::array();
  for (const MacroPoint& point : points) {
    array.push_back({{"sparsity", point.sparsity},
                     {"auroc", figure(point.auroc)},
                     {"ap", figure(point.ap)},
                     {"f1", figure(point.f1)}});
  }
  return array;
}

Json class_curve(const ClassCurve& curve, std::size_t sparsities) {
  const std::size_t pruned = sparsities - 1;
  return {{"name", curve.name},
          {"first_drop", figure(curve.first_drop)},
          {"delta_ap", figures(curve.delta_ap, pruned, curve.name)},
          {"delta_ap_low", optional_figures(curve.delta_ap_low, pruned, curve.name)},
          {"delta_ap_high", optional_figures(curve.delta_ap_high, pruned, curve.name)},
          {"ap_dense", figure(curve.ap_dense)},
          {"auroc_dense", figure(curve.auroc_dense)},
          {"ap", optional_figures(curve.ap, sparsities, curve.name)},
          {"auroc", optional_figures(curve.auroc, sparsities, curve.name)},
          {"f1", optional_figures(curve.f1, sparsities, curve.name)},
          {"delta_auroc_at_max", figure(curve.delta_auroc_at_max)}};
}

Json pairs(const std::vector<ClassPair>& values) {
  Json array = Json::array();
  for (const ClassPair& pair : values) {
    array.push_back({{"a", pair.a},
                     {"b", pair.b},
                     {"together", pair.together},
                     {"fcd", figure(pair.fcd)},
                     {"iou", figure(pair.iou)},
                     {"log_frequency_gap", figure(pair.log_frequency_gap)},
                     {"published_iou", figure(pair.published_iou)},
                     {"published_log_frequency_gap", figure(pair.published_log_frequency_gap)}});
  }
  return array;
}

Json probabilities(const std::vector<float>& values, std::size_t classes) {
  NIWAKI_CHECK(values.size() == classes, "{} probabilities for {} classes", values.size(), classes);
  Json array = Json::array();
  for (const float value : values) {
    NIWAKI_CHECK(std::isfinite(value), "a probability is {}", value);
    array.push_back(shortest_decimal(value));
  }
  return array;
}

Json exemplar(const Exemplar& value, std::size_t classes) {
  return {{"rank", value.rank},
          {"row", value.row},
          {"id", value.id},
          {"correlation", figure(value.correlation)},
          {"dense", probabilities(value.dense, classes)},
          {"pruned", probabilities(value.pruned, classes)}};
}

Json class_ratios(const ExemplarResult& value, const std::vector<AuditClass>& classes) {
  NIWAKI_CHECK(value.class_ratio.size() == classes.size(), "{} exemplar ratios for {} classes",
               value.class_ratio.size(), classes.size());
  Json object = Json::object();
  for (std::size_t index = 0; index < classes.size(); ++index) {
    object[classes[index].name] = figure(value.class_ratio[index]);
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

Json findings_ratios(const ExemplarResult& value) {
  Json array = Json::array();
  for (const FindingsRatio& entry : value.findings_ratio) {
    array.push_back({{"findings", entry.findings},
                     {"ratio", figure(entry.ratio)},
                     {"exemplars", entry.count.exemplars},
                     {"patients", entry.count.patients}});
  }
  return array;
}

Json exemplars(const ExemplarResult& value, const std::vector<AuditClass>& classes) {
  std::vector<std::size_t> rows;
  Json images = Json::array();
  for (const Exemplar& entry : value.exemplars) {
    rows.push_back(entry.row);
    images.push_back(exemplar(entry, classes.size()));
  }
  std::sort(rows.begin(), rows.end());
  return {{"sparsity", value.sparsity},
          {"count", value.count},
          {"threshold", figure(value.threshold)},
          {"rows", rows},
          {"class_ratio", class_ratios(value, classes)},
          {"findings_ratio", findings_ratios(value)},
          {"class_counts", class_counts(value, classes)},
          {"constant_order", figure(value.constant_order)},
          {"images", std::move(images)}};
}

Json method(const MethodResult& value, const std::vector<AuditClass>& classes) {
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
  return {{"sparsities", value.sparsities},
          {"macro", macro(value.macro)},
          {"classes", std::move(curves)},
          {"frequency", std::move(frequency)},
          {"pairs", pairs(value.pairs)},
          {"cooccurrence", std::move(cooccurrence)},
          {"exemplars", exemplars(value.exemplars, classes)}};
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
    methods[value.method] = method(value, result.classes);
  }
  Json notes = Json::array();
  for (const Note& note : result.notes) {
    notes.push_back({{"where", note.where}, {"reason", note.reason}});
  }
  return {{"cohort", cohort(result)},
          {"seeds", result.seeds},
          {"options", options(result.options)},
          {"methods", std::move(methods)},
          {"notes", std::move(notes)}};
}

std::string json_text(const nlohmann::ordered_json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string audit_json(const AuditResult& result) {
  return json_text(audit_document(result), 1) + "\n";
}

}  // namespace niwaki
