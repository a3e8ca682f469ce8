#include "niwaki/report/evidence_json.hpp"

#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

Json seed_point(const SeedPoint& point) {
  Json object = {{"sparsity", point.sparsity},
                 {"ap_mean", json_figure(point.mean)},
                 {"ap_deviation", json_figure(point.deviation)}};
  add_interval(object, "ap_mean", point.interval);
  object["welch_p"] = json_figure(point.welch_p);
  object["welch_holm"] = json_figure(point.welch_holm);
  object["mann_whitney_p"] = json_figure(point.mann_whitney_p);
  object["mann_whitney_holm"] = json_figure(point.mann_whitney_holm);
  object["below_dense"] = point.below;
  return object;
}

Json loss(const CompanionEffect::Loss& value) {
  Json object = {{"dense_with", json_figure(value.dense_with)},
                 {"dense_without", json_figure(value.dense_without)},
                 {"pruned_with", json_figure(value.pruned_with)},
                 {"pruned_without", json_figure(value.pruned_without)},
                 {"loss_with", json_figure(value.loss_with)},
                 {"loss_without", json_figure(value.loss_without)},
                 {"excess", json_figure(value.excess)}};
  add_interval(object, "excess", value.interval);
  object["p"] = json_figure(value.p);
  object["holm"] = json_figure(value.holm);
  return object;
}

Json effects(const std::vector<CompanionEffect>& values, const std::vector<AuditClass>& classes) {
  Json array = Json::array();
  for (const CompanionEffect& effect : values) {
    Json given = Json::array();
    for (const std::size_t companion : effect.companions) {
      given.push_back(classes.at(companion).name);
    }
    array.push_back({{"rank", effect.rank},
                     {"class", classes.at(effect.finding).name},
                     {"given", std::move(given)},
                     {"images_with", effect.images_with},
                     {"images_without", effect.images_without},
                     {"patients_with", effect.patients_with},
                     {"patients_without", effect.patients_without},
                     {"recall", loss(effect.recall)},
                     {"ap", loss(effect.ap)}});
  }
  return array;
}

Json change_curve(const ChangeCurve& curve) {
  return {{"values", json_figures(curve.values, curve.values.size(), "changes")},
          {"intervals", json_intervals(curve.intervals)},
          {"band", json_intervals(curve.band)}};
}

}  // namespace

Json global_json(const GlobalResult& global, double tolerance) {
  Json points = Json::array();
  for (const SeedPoint& point : global.points) {
    points.push_back(seed_point(point));
  }
  return {{"over_seeds", std::move(points)},
          {"first_below",
           {{"welch", json_figure(global.first_below_welch)},
            {"mann_whitney", json_figure(global.first_below_mann_whitney)}}},
          {"within_tolerance",
           {{"tolerance", tolerance},
            {"sparsity", json_figure(global.within_tolerance)},
            {"shown", json_figure(global.shown_within_tolerance)}}},
          {"delta_ap",
           {{"values", json_figures(global.delta_ap, global.delta_ap.size(), "changes")},
            {"intervals", json_intervals(global.delta_ap_intervals)},
            {"band", json_intervals(global.delta_ap_band)}}}};
}

Json evidence_json(const ClassEvidence& evidence) {
  return {{"verdict", evidence.verdict == ClassVerdict::kNone ? Json(nullptr) : Json(verdict_name(evidence.verdict))},
          {"effective_patients", evidence.effective_patients},
          {"loses_from", json_figure(evidence.loses_from)},
          {"forgotten_from", json_figure(evidence.forgotten_from)},
          {"kept_up_to", json_figure(evidence.kept_up_to)},
          {"ap", json_intervals(evidence.ap)},
          {"auroc", json_intervals(evidence.auroc)},
          {"delta_ap", json_intervals(evidence.delta_ap)},
          {"delta_ap_band", json_intervals(evidence.delta_ap_band)},
          {"ap_change", change_curve(evidence.ap_change)},
          {"auroc_change", change_curve(evidence.auroc_change)},
          {"loss_p", json_figure(evidence.loss_p)},
          {"loss_holm", json_figure(evidence.loss_holm)}};
}

Json companions_json(const CompanionResult& companions, const std::vector<AuditClass>& classes) {
  return {{"sparsity", companions.sparsity},
          {"pairs", effects(companions.pairs, classes)},
          {"pairs_left_out", companions.pairs_left_out},
          {"triples", effects(companions.triples, classes)},
          {"triples_left_out", companions.triples_left_out}};
}

Json operating_points_json(const std::vector<OperatingPoint>& points, const std::vector<AuditClass>& classes) {
  Json array = Json::array();
  for (const OperatingPoint& point : points) {
    array.push_back(
        {{"seed", point.seed}, {"class", classes.at(point.finding).name}, {"threshold", json_figure(point.threshold)}});
  }
  return array;
}

}  // namespace niwaki
