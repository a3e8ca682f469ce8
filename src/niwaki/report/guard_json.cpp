#include <cmath>

#include "niwaki/report/guard_report.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

const char* needs_name(SignalNeeds needs) {
  switch (needs) {
    case SignalNeeds::kNothing:
      return "";
    case SignalNeeds::kSecondNetwork:
      return "second network";
    case SignalNeeds::kFeatures:
      return "features";
    case SignalNeeds::kDenseNetwork:
      return "dense network";
  }
  return "";
}

Json figures(const std::vector<Figure>& values) {
  return json_figures(values, values.size(), "seeds");
}

Json finite(const std::vector<double>& values) {
  Json array = Json::array();
  for (const double value : values) {
    array.push_back(std::isfinite(value) ? Json(value) : Json(nullptr));
  }
  return array;
}

Json seed_figure(const SeedFigure& value) {
  return {{"mean", json_figure(value.mean)},
          {"interval", json_interval(value.interval)},
          {"by_seed", figures(value.by_seed)}};
}

Json point(const DeferralPoint& value, bool timed) {
  Json object = {{"rate", value.rate},
                 {"thresholds", finite(value.thresholds)},
                 {"calibration_deferred", finite(value.calibration)},
                 {"deferred", seed_figure(value.deferred)},
                 {"exemplars", seed_figure(value.exemplars)},
                 {"exemplars_of_seed", seed_figure(value.exemplars_of_seed)},
                 {"changed_calls", seed_figure(value.changed_calls)}};
  object["milliseconds"] = timed ? seed_figure(value.milliseconds) : Json(nullptr);
  object["speed"] = timed ? seed_figure(value.speed) : Json(nullptr);
  return object;
}

Json signals(const GuardResult& result) {
  Json array = Json::array();
  for (const SignalResult& signal : result.signals) {
    Json points = Json::array();
    for (const DeferralPoint& value : signal.points) {
      points.push_back(point(value, result.options.times.has_value()));
    }
    array.push_back({{"name", signal.name}, {"needs", needs_name(signal.needs)}, {"rates", std::move(points)}});
  }
  return array;
}

Json combination(const Combination& value) {
  return {{"columns", value.columns},
          {"means", finite(value.model.standardiser.means())},
          {"deviations", finite(value.model.standardiser.deviations())},
          {"coefficients", finite(value.model.coefficients)},
          {"intercept", value.model.intercept}};
}

Json guards(const GuardResult& result) {
  Json array = Json::array();
  for (const FittedGuard& guard : result.guards) {
    Json combinations = Json::object();
    for (const Combination& value : guard.combinations) {
      combinations[value.name] = combination(value);
    }
    array.push_back({{"seed", guard.seed},
                     {"learnt_from", guard.targets},
                     {"operating_points", finite(guard.operating_points)},
                     {"combinations", std::move(combinations)}});
  }
  return array;
}

Json restored(const RestoredFigure& value) {
  const std::string verdict = restored_verdict_name(value.verdict);
  return {{"value", json_figure(value.value)},
          {"interval", json_interval(value.interval)},
          {"gain", json_figure(value.gain)},
          {"gain_interval", json_interval(value.gain_interval)},
          {"gap", json_figure(value.gap)},
          {"gap_interval", json_interval(value.gap_interval)},
          {"verdict", verdict.empty() ? Json(nullptr) : Json(verdict)}};
}

Json guarded_class(const GuardedClass& value, const std::vector<double>& rates, std::size_t figure_count) {
  Json object = {{"name", value.name}, {"positives", value.positives}, {"positive_patients", value.positive_patients}};
  for (std::size_t of = 0; of < figure_count; ++of) {
    Json at_rates = Json::array();
    for (std::size_t i = 0; i < value.guarded.size(); ++i) {
      Json one = {{"rate", i == 0 ? 0.0 : rates[i - 1]}};
      one.update(restored(value.guarded[i][of]));
      at_rates.push_back(std::move(one));
    }
    object[kGuardedFigures[of]] = {{"dense", json_figure(value.dense[of])},
                                   {"dense_interval", json_interval(value.dense_interval[of])},
                                   {"pruned", json_figure(value.pruned[of])},
                                   {"pruned_interval", json_interval(value.pruned_interval[of])},
                                   {"guarded", std::move(at_rates)}};
  }
  return object;
}

Json options_of(const GuardResult& result) {
  const GuardOptions& options = result.options;
  return {{"signal", options.signal},
          {"kept_scores", options.foretold_scores ? "foretold" : "pruned"},
          {"target", guard_target_name(options.target)},
          {"exemplar_fraction", options.exemplar_fraction},
          {"ridge", options.ridge},
          {"operating_point", operating_point_text(options.operating_point)},
          {"minimum_patients", options.minimum_patients},
          {"bootstrap", options.resamples},
          {"seed", options.seed}};
}

Json times_of(const std::optional<GuardTimes>& times) {
  if (!times) {
    return nullptr;
  }
  return {{"dense", times->dense}, {"pruned", times->pruned}, {"second", json_figure(times->second)}};
}

}  // namespace

std::string guard_json(const GuardResult& result) {
  Json classes = Json::array();
  for (std::size_t column = 0; column + 1 < result.guarded.size(); ++column) {
    classes.push_back(guarded_class(result.guarded[column], result.options.rates, kGuardedFigures.size()));
  }
  Json notes = Json::array();
  for (const Note& note : result.notes) {
    notes.push_back({{"where", note.where}, {"reason", note.reason}});
  }
  const Json document = {
      {"method", result.method},
      {"sparsity", result.sparsity},
      {"second_sparsity", json_figure(result.second_sparsity)},
      {"seeds", result.seeds},
      {"calibration",
       {{"images", result.calibration_images},
        {"patients", result.calibration_patients},
        {"exemplars", result.calibration_exemplars},
        {"divided_from_the_same_labels", result.divided}}},
      {"test",
       {{"images", result.test_images}, {"patients", result.test_patients}, {"exemplars", result.test_exemplars}}},
      {"rarest", result.rarest},
      {"options", options_of(result)},
      {"times", times_of(result.options.times)},
      {"signals", signals(result)},
      {"macro", guarded_class(result.guarded.back(), result.options.rates, 1)},
      {"classes", std::move(classes)},
      {"guards", guards(result)},
      {"notes", std::move(notes)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace niwaki
