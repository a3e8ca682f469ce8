#include <map>

#include <nlohmann/json.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/report/page_document.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDigits = 12;

/// Id -> what it is called instead.
using Names = std::map<std::string, std::string>;

std::string hashed(const std::string& id, const std::string& key) {
  return Hasher().add(key).add(id).hex().substr(0, kDigits);
}

Names names_of(const Json& methods, const ReportInput& input) {
  NIWAKI_CHECK(input.image_ids != ImageIds::kHashed || !input.id_key.empty(), "ids are to be hashed without a key");
  Names names;
  std::map<std::string, std::string> ids;  // the other way round
  for (const Json& method : methods) {
    for (const Json& image : method["exemplars"]["images"]) {
      const auto id = image["id"].get<std::string>();
      if (names.contains(id)) {
        continue;
      }
      const std::string name =
          input.image_ids == ImageIds::kHashed ? hashed(id, input.id_key) : std::to_string(names.size() + 1);
      NIWAKI_CHECK(ids.emplace(name, id).second, "two ids have the hash {}", name);
      names.emplace(id, name);
    }
  }
  return names;
}

Json renamed(const Json& by_id, const Names& names) {
  Json object = Json::object();
  for (const auto& [id, value] : by_id.items()) {
    object[names.at(id)] = value;
  }
  return object;
}

}  // namespace

void hide_image_ids(nlohmann::ordered_json& document, const ReportInput& input) {
  Json& methods = document["audit"]["methods"];
  const Names names = names_of(methods, input);
  for (Json& method : methods) {
    method["exemplars"]["rows"] = Json::array();
    for (Json& image : method["exemplars"]["images"]) {
      image["id"] = names.at(image["id"].get<std::string>());
      image.erase("row");
    }
  }
  for (const char* by_id : {"pictures", "findings", "sites"}) {
    document[by_id] = renamed(document[by_id], names);
  }
  for (Json& of : document["maps"]) {
    of["images"] = renamed(of["images"], names);
  }
  document["image_ids"] = input.image_ids == ImageIds::kHashed ? "hashed" : "left out";
}

}  // namespace niwaki
