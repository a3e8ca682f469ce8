#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "niwaki/audit/result.hpp"

namespace niwaki {

/// How figures stand in audit.json; inside this room only, because it shows nlohmann-json.

/// null where there is none; a broken invariant where it is not finite.
nlohmann::ordered_json json_figure(const Figure& value);
/// The figure that json_figure() wrote. Throws nlohmann's exception for another kind of value.
Figure figure_of(const nlohmann::ordered_json& value);
/// An array of `count` figures; `of` names them in the message should they be another number.
nlohmann::ordered_json json_figures(const std::vector<Figure>& values, std::size_t count, const std::string& of);
/// [low, high], or null.
nlohmann::ordered_json json_interval(const FigureInterval& interval);
/// An array of them; null where there is none at all.
nlohmann::ordered_json json_intervals(const std::vector<FigureInterval>& intervals);
/// Adds <name>_low and <name>_high.
void add_interval(nlohmann::ordered_json& object, const std::string& name, const FigureInterval& interval);

}  // namespace niwaki
