#include "niwaki/report/page_document.hpp"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/decision_document.hpp"
#include "niwaki/report/html_text.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPairsOnThePage = 100;
constexpr std::size_t kTriplesOnThePage = 50;

const char* picture_type(std::string_view bytes) {
  return bytes.starts_with("\x89PNG\r\n\x1a\n") ? "image/png"
         : bytes.starts_with("\xFF\xD8\xFF")    ? "image/jpeg"
                                                : nullptr;
}

/// The values of those ids that are exemplars of some method.
template <typename Value, typename Convert>
Json of_exemplars(const AuditResult& result, const std::map<std::string, Value>& values, const Convert& convert) {
  Json object = Json::object();
  for (const MethodResult& method : result.methods) {
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      const auto found = values.find(exemplar.id);
      if (found != values.end() && !object.contains(exemplar.id)) {
        object[exemplar.id] = convert(*found);
      }
    }
  }
  return object;
}

std::string data_address(const std::string& picture, const std::string& id) {
  const char* const type = picture_type(picture);
  NIWAKI_CHECK(type != nullptr, "the picture of {} is neither PNG nor JPEG", id);
  return fmt::format("data:{};base64,{}", type, base64(picture));
}

Json pictures(const AuditResult& result, const ReportInput& input) {
  return of_exemplars(result, input.pictures,
                      [](const auto& picture) { return data_address(picture.second, picture.first); });
}

Json map_json(const ExemplarMap& map, const std::string& id) {
  return {{"probability", json_figure(map.probability)},
          {"flat", map.flat},
          {"correlation", json_figure(map.correlation)},
          {"picture", map.flat ? Json(nullptr) : Json(data_address(map.picture, id))}};
}

Json mapped_networks(const MethodMaps& maps) {
  Json array = Json::array();
  for (const MappedNetwork& network : maps.networks) {
    array.push_back({{"role", mapped_role_name(network.role)},
                     {"seed", network.seed},
                     {"layer", network.layer.empty() ? Json(nullptr) : Json(network.layer)},
                     {"rows", network.rows},
                     {"columns", network.columns}});
  }
  return array;
}

/// A list, as methods may have any name.
Json attention_maps(const std::vector<MapsOnPage>& methods) {
  Json array = Json::array();
  for (const MapsOnPage& of : methods) {
    Json images = Json::object();
    for (const MappedExemplar& exemplar : of.maps.exemplars) {
      Json maps = Json::array();
      for (const ExemplarMap& map : exemplar.maps) {
        maps.push_back(map_json(map, exemplar.id));
      }
      images[exemplar.id] = {{"class", exemplar.finding}, {"maps", std::move(maps)}};
    }
    array.push_back({{"method", of.method},
                     {"stale", of.stale ? Json(stale_maps_name(*of.stale)) : Json(nullptr)},
                     {"kind", of.maps.kind},
                     {"networks", mapped_networks(of.maps)},
                     {"images", std::move(images)}});
  }
  return array;
}

/// Keeps the first of a ranked list, and says how many there were beyond.
void keep_first(Json& companions, const std::string& list, std::size_t most) {
  Json& effects = companions[list];
  if (effects.size() <= most) {
    return;
  }
  const std::size_t beyond = effects.size() - most;
  effects.erase(effects.begin() + static_cast<std::ptrdiff_t>(most), effects.end());
  companions[list + "_not_shown"] = beyond;  // last: a new key may move the others
}

/// What no section of the page shows of a class; audit.json has it.
void leave_out_unshown(Json& curve) {
  for (const char* name : {"f1", "precision", "sensitivity_at_specificity", "brier", "log_loss", "calibration_error"}) {
    curve.erase(name);
  }
  curve["evidence"].erase("ap_change");
  curve["evidence"].erase("auroc_change");
}

}  // namespace

nlohmann::ordered_json page_document(const AuditResult& result, const ReportInput& input) {
  Json facts = Json::array();
  for (const Fact& fact : input.facts) {
    facts.push_back({{"name", fact.name}, {"value", fact.value}});
  }
  Json audit = audit_document(result);
  for (auto& method : audit["methods"]) {
    keep_first(method["companions"], "pairs", kPairsOnThePage);
    keep_first(method["companions"], "triples", kTriplesOnThePage);
    for (auto& curve : method["classes"]) {
      leave_out_unshown(curve);
    }
  }
  const auto value = [](const auto& entry) { return Json(entry.second); };
  Json document = {{"title", input.title},
                   {"warnings", input.warnings},
                   {"facts", std::move(facts)},
                   {"recipe", input.recipe},
                   {"pictures", pictures(result, input)},
                   {"findings", of_exemplars(result, input.findings, value)},
                   {"sites", of_exemplars(result, input.sites, value)},
                   {"maps", attention_maps(input.maps)},
                   {"image_ids", "shown"},
                   {"model_card", input.card_beside && input.image_ids == ImageIds::kShown},
                   {"audit", std::move(audit)}};
  document.update(decision_document(result, input.deployment));
  if (input.image_ids != ImageIds::kShown) {
    hide_image_ids(document, input);
  }
  return document;
}

}  // namespace niwaki
