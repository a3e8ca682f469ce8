#include "niwaki/audit/readers/via.hpp"

#include <nlohmann/json.hpp>

#include "niwaki/audit/readers/questions.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

/// Nothing that VIA writes lies deeper than a checkbox's options.
std::string value_text(const Json& value, const std::string& name, const std::string& where) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_null()) {
    return "";
  }
  if (value.is_number() || value.is_boolean()) {
    return value.dump();
  }
  // Checkboxes: {"option": true}. One that is ticked is the answer.
  if (value.is_object() && value.size() <= 1) {
    return value.empty() ? "" : value.begin().key();
  }
  throw InputError(fmt::format("attribute '{}' has no single answer", name), where,
                   "ask with radio buttons, a list or text");
}

Json text_attribute(const char* description) {
  return {{"type", "text"}, {"description", description}, {"default_value", ""}};
}

Json radio_attribute(const Question& question) {
  Json options = Json::object();
  if (question.scale) {
    for (const char* option : {"1", "2", "3", "4", "5"}) {
      options[option] = option;
    }
  } else {
    options = {{"yes", "yes"}, {"no", "no"}};
  }
  return {
      {"type", "radio"}, {"description", question.wording}, {"options", options}, {"default_options", Json::object()}};
}

/// The settings that VIA 2 gives a new project.
Json settings(const std::string& reader, const std::string& folder) {
  const Json grid = {{"img_height", 80},          {"rshape_fill", "none"},    {"rshape_fill_opacity", 0.3},
                     {"rshape_stroke", "yellow"}, {"rshape_stroke_width", 2}, {"show_region_shape", true},
                     {"show_image_policy", "all"}};
  const Json image = {{"region_label", "__via_region_id__"},
                      {"region_color", "__via_default_region_color__"},
                      {"region_label_font", "10px Sans"},
                      {"on_image_annotation_editor_placement", "NEAR_REGION"}};
  return {{"ui",
           {{"annotation_editor_height", 40},
            {"annotation_editor_fontsize", 0.8},
            {"leftsidebar_width", 18},
            {"image_grid", grid},
            {"image", image}}},
          {"core", {{"buffer_size", 18}, {"filepath", Json::object()}, {"default_filepath", folder}}},
          {"project", {{"name", "reading-" + reader}}}};
}

}  // namespace

std::map<std::string, std::string> parse_via_attributes(const std::string& json, const std::string& where) {
  const Json document = json.size() > kMostBytes ? Json() : Json::parse(json, nullptr, false);
  if (!document.is_object()) {
    throw InputError("the cell is not a JSON object", where, "export the annotations from VIA as CSV again");
  }
  std::map<std::string, std::string> attributes;
  for (const auto& [name, value] : document.items()) {
    attributes[name] = value_text(value, name, where);
  }
  return attributes;
}

std::string via_project(const std::string& reader, const std::string& folder, const std::vector<ViaPicture>& pictures) {
  Json attributes = {{"reader", text_attribute("")}, {"label", text_attribute("")}};
  for (const Question& question : kQuestions) {
    attributes[question.column] = radio_attribute(question);
  }
  Json images = Json::object();
  Json order = Json::array();
  for (const ViaPicture& picture : pictures) {
    const std::string id = picture.filename + std::to_string(picture.bytes);
    order.push_back(id);
    images[id] = {{"filename", picture.filename},
                  {"size", picture.bytes},
                  {"regions", Json::array()},
                  {"file_attributes", {{"reader", reader}, {"label", picture.label}}}};
  }
  const Json project = {{"_via_settings", settings(reader, folder)},
                        {"_via_img_metadata", images},
                        {"_via_attributes", {{"region", Json::object()}, {"file", attributes}}},
                        {"_via_data_format_version", "2.0.10"},
                        {"_via_image_id_list", order}};
  return project.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace niwaki
