#include "niwaki/report/json_figures.hpp"

#include <algorithm>
#include <cmath>

#include "niwaki/core/error.hpp"

namespace niwaki {

using Json = nlohmann::ordered_json;

Json json_figure(const Figure& value) {
  if (!value) {
    return nullptr;
  }
  NIWAKI_CHECK(std::isfinite(*value), "a figure is {}, which has no place in a result", *value);
  return *value;
}

Json json_figures(const std::vector<Figure>& values, std::size_t count, const std::string& of) {
  NIWAKI_CHECK(values.size() == count, "{}: {} figures for {} sparsities", of, values.size(), count);
  Json::array_t array;
  array.reserve(count);
  for (const Figure& value : values) {
    array.push_back(json_figure(value));
  }
  return array;
}

Json json_interval(const FigureInterval& interval) {
  return interval ? Json::array({json_figure(interval->low), json_figure(interval->high)}) : Json(nullptr);
}

Json json_intervals(const std::vector<FigureInterval>& intervals) {
  if (std::none_of(intervals.begin(), intervals.end(), [](const FigureInterval& interval) { return interval; })) {
    return nullptr;
  }
  Json array = Json::array();
  for (const FigureInterval& interval : intervals) {
    array.push_back(json_interval(interval));
  }
  return array;
}

void add_interval(Json& object, const std::string& name, const FigureInterval& interval) {
  object[name + "_low"] = interval ? json_figure(interval->low) : Json(nullptr);
  object[name + "_high"] = interval ? json_figure(interval->high) : Json(nullptr);
}

Figure figure_of(const nlohmann::ordered_json& value) {
  return value.is_null() ? Figure() : Figure(value.get<double>());
}

}  // namespace niwaki
