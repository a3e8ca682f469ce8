#include "niwaki/explain/explain_files.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "niwaki/cohort/label_text.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kInsufficient = "insufficient evidence";
constexpr double kLevel = 0.05;

std::string maps_name(std::size_t network) {
  return fmt::format("maps/network-{}.npy", network);
}

Json figure(const std::optional<double>& value) {
  NIWAKI_CHECK(!value || std::isfinite(*value), "a figure is {}", value.value_or(0.0));
  return value ? Json(*value) : Json(nullptr);
}

void add(Json& object, const std::string& name, const Estimate& estimate) {
  object[name] = figure(estimate.value);
  object[name + "_low"] = figure(estimate.interval ? std::optional(estimate.interval->low) : std::nullopt);
  object[name + "_high"] = figure(estimate.interval ? std::optional(estimate.interval->high) : std::nullopt);
}

Json verdict(bool enough) {
  return enough ? Json(nullptr) : Json(kInsufficient);
}

Json moved_json(const MapsMoved& moved) {
  Json object = {{"compared", moved.compared}, {"constant", moved.constant}, {"patients", moved.patients}};
  add(object, "correlation", moved.correlation);
  add(object, "overlap", moved.overlap);
  object["verdict"] = verdict(moved.correlation.value.has_value());
  return object;
}

Json pointing_json(const PointingRate& pointing) {
  Json object = {{"maps", pointing.trials},
                 {"patients", pointing.patients},
                 {"hits", pointing.hits},
                 {"flat", pointing.flat},
                 {"tied", pointing.tied}};
  add(object, "rate", pointing.rate.share);
  object["interval_by"] = pointing.rate.interval_by.empty() ? Json(nullptr) : Json(pointing.rate.interval_by);
  object["verdict"] = verdict(pointing.rate.share.value.has_value());
  return object;
}

Json change_json(const PointingChange& change, const std::optional<double>& holm, bool pooled) {
  Json object = {{"gained", change.gained}, {"lost", change.lost}};
  add(object, "difference", change.difference);
  object["p"] = figure(change.p);
  if (!pooled) {
    object["holm"] = figure(holm);
  }
  object["verdict"] = change_verdict(change, pooled ? change.p : holm);
  return object;
}

Json summary_json(const Explanation& explanation, const ExplainSummary& summary, bool pooled) {
  Json object;
  if (!pooled) {
    object["name"] = summary.name;
  }
  object["maps"] = summary.maps;
  object["patients"] = summary.patients;
  if (explanation.boxed) {
    object["rate_by_chance"] = figure(summary.by_chance);
    object["rate_of_centre"] = figure(summary.centre);
  }
  object["networks"] = Json::array();
  for (std::size_t number = 0; number < summary.networks.size(); ++number) {
    const NetworkSummary& network = summary.networks[number];
    Json entry = {{"name", explanation.networks[number].name}, {"flat", network.flat}};
    if (network.moved) {
      entry["moved"] = moved_json(*network.moved);
    }
    if (network.pointing) {
      entry["pointing"] = pointing_json(*network.pointing);
    }
    if (network.change) {
      entry["change"] = change_json(*network.change, network.holm, pooled);
    }
    object["networks"].push_back(std::move(entry));
  }
  return object;
}

Json options_json(const Explanation& explanation) {
  const ExplainOptions& options = explanation.options;
  Json object = {{"classes", options.classes},
                 {"windows", options.reading.windows},
                 {"top_share", options.top_share},
                 {"bootstrap", options.estimates.resamples},
                 {"minimum_patients", options.estimates.minimum_patients},
                 {"seed", options.estimates.seed}};
  if (options.maps.method == MapMethod::kOcclusion) {
    object["patch"] = options.maps.patch;
    object["stride"] = options.maps.stride;
  }
  if (explanation.boxed) {
    object["tolerance"] = options.tolerance;
  }
  return object;
}

Json networks_json(const Explanation& explanation) {
  Json array = Json::array();
  for (std::size_t number = 0; number < explanation.networks.size(); ++number) {
    const NetworkMaps& network = explanation.networks[number];
    array.push_back({{"name", network.name},
                     {"layer", network.layer.empty() ? Json(nullptr) : Json(network.layer)},
                     {"rows", network.grid.rows()},
                     {"columns", network.grid.columns()},
                     {"maps", maps_name(number)}});
  }
  return array;
}

/// What somebody who reads the figures must know.
Json notes_json(const Explanation& explanation) {
  constexpr std::size_t kFewCells = 64;
  Json notes = Json::array();
  for (const NetworkMaps& network : explanation.networks) {
    if (network.grid.cells() < kFewCells) {
      notes.push_back(
          fmt::format("{}: a map has {} x {} cells, so ranks and places are coarse; an earlier --layer, or "
                      "occlusion, shows more places",
                      network.name, network.grid.rows(), network.grid.columns()));
    }
    if (network.grid != explanation.networks[0].grid) {
      notes.push_back(fmt::format("{}: its cells are not those of {}, so their maps are compared pixel by pixel",
                                  network.name, explanation.networks[0].name));
    }
  }
  return notes;
}

std::string maps_table(const Explanation& explanation, const std::vector<std::size_t>& drawn) {
  CsvWriter csv({"map", "id", "class", "network", "method", "label", "probability", "flat", "tied", "peak_x", "peak_y",
                 "rank_correlation", "top_overlap", "boxes", "hit", "picture"});
  for (std::size_t pair = 0; pair < explanation.pairs.size(); ++pair) {
    const ExplainedPair& explained = explanation.pairs[pair];
    const auto place = std::ranges::find(drawn, pair);
    for (const NetworkMaps& network : explanation.networks) {
      const MapFigures& figures = network.figures[pair];
      csv.cell(pair).cell(explanation.cohort.records[explained.row].id).cell(explanation.classes[explained.name]);
      csv.cell(network.name).cell(map_method_name(explanation.options.maps.method));
      csv.cell(label_cell(explained.label));
      csv.cell(static_cast<double>(figures.probability)).cell(figures.flat ? 1 : 0).cell(figures.tied ? 1 : 0);
      csv.cell(figures.peak_x).cell(figures.peak_y).cell(figures.correlation).cell(figures.overlap);
      csv.cell(explained.boxes ? std::to_string(explained.boxes->boxes.size()) : "");
      csv.cell(!figures.hit ? "" : *figures.hit ? "1" : "0");
      csv.cell(place == drawn.end() ? "" : picture_name(static_cast<std::size_t>(place - drawn.begin())));
      csv.end_row();
    }
  }
  return csv.text();
}

void write_maps(const NetworkMaps& network, const std::filesystem::path& path) {
  std::vector<float> values;
  values.reserve(network.maps.size() * network.grid.cells());
  for (const HeatMap& map : network.maps) {
    values.insert(values.end(), map.begin(), map.end());
  }
  write_npy(path, {network.maps.size(), network.grid.rows(), network.grid.columns()}, values);
}

}  // namespace

std::string change_verdict(const PointingChange& change, const std::optional<double>& p) {
  if (!change.difference.value || !p) {
    return kInsufficient;
  }
  return *p > kLevel ? "not shown" : *change.difference.value > 0 ? "higher" : "lower";
}

std::string explanation_json(const Explanation& explanation, const std::vector<std::size_t>& drawn) {
  Json document = {{"method", map_method_name(explanation.options.maps.method)},
                   {"networks", networks_json(explanation)},
                   {"images", explanation.cohort.size()},
                   {"patients", explanation.cohort.patients()},
                   {"maps", explanation.pairs.size()}};
  document["boxes"] = !explanation.boxed ? Json(nullptr)
                                         : Json{{"without_image", explanation.boxes_without_image},
                                                {"without_class", explanation.boxes_without_class},
                                                {"unknown_classes", explanation.boxed_unknown}};
  document["options"] = options_json(explanation);
  document["all"] = summary_json(explanation, explanation.summaries.front(), true);
  document["classes"] = Json::array();
  for (std::size_t i = 1; i < explanation.summaries.size(); ++i) {
    document["classes"].push_back(summary_json(explanation, explanation.summaries[i], false));
  }
  document["pictures"] = Json::array();
  for (std::size_t place = 0; place < drawn.size(); ++place) {
    const ExplainedPair& pair = explanation.pairs[drawn[place]];
    document["pictures"].push_back({{"map", drawn[place]},
                                    {"id", explanation.cohort.records[pair.row].id},
                                    {"class", explanation.classes[pair.name]},
                                    {"file", picture_name(place)}});
  }
  document["notes"] = notes_json(explanation);
  return document.dump(2) + "\n";
}

void write_explanation(const Explanation& explanation, const std::filesystem::path& folder, std::size_t pictures) {
  make_folder(folder / "maps");
  make_folder(folder / "pictures");
  for (std::size_t number = 0; number < explanation.networks.size(); ++number) {
    write_maps(explanation.networks[number], folder / maps_name(number));
  }
  const std::vector<std::size_t> drawn = pairs_to_draw(explanation, pictures);
  for (std::size_t place = 0; place < drawn.size(); ++place) {
    write_file(folder / picture_name(place), pair_overlay(explanation, drawn[place]));
  }
  write_file(folder / "maps.csv", maps_table(explanation, drawn));
  write_file(folder / "explain.json", explanation_json(explanation, drawn));
}

}  // namespace niwaki
