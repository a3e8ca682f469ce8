#include "niwaki/report/exemplar_maps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "niwaki/audit/decision/outside_evidence.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/version.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::size_t kLargestIndex = std::size_t{16} << 20;
constexpr std::size_t kLargestPicture = std::size_t{64} << 10;
constexpr std::size_t kLargestSide = 256;                 // pixels of a picture
constexpr std::size_t kMostCells = std::size_t{1} << 20;  // a side
constexpr double kSame = 1e-9;
constexpr const char* kAdvice = "make them anew: niwaki explain --study STUDY";
constexpr std::array kRoles = {MappedRole::kDense, MappedRole::kPruned, MappedRole::kAnotherTraining};

std::string picture_path(std::size_t exemplar, std::size_t network) {
  return fmt::format("exemplars/{:04}-{}.jpg", exemplar, network);
}

// --- writing ---

Json network_json(const MappedNetwork& network, const std::string& method) {
  return {{"role", mapped_role_name(network.role)},
          {"method", network.role == MappedRole::kPruned ? Json(method) : Json(nullptr)},
          {"seed", network.seed},
          {"sparsity", network.sparsity},
          {"sha256", network.sha256},
          {"layer", network.layer.empty() ? Json(nullptr) : Json(network.layer)},
          {"rows", network.rows},
          {"columns", network.columns}};
}

Json exemplar_json(const MappedExemplar& exemplar, std::size_t place) {
  Json maps = Json::array();
  for (std::size_t network = 0; network < exemplar.maps.size(); ++network) {
    const ExemplarMap& map = exemplar.maps[network];
    maps.push_back({{"probability", json_figure(map.probability)},
                    {"flat", map.flat},
                    {"correlation", json_figure(map.correlation)},
                    {"picture", map.flat ? Json(nullptr) : Json(picture_path(place, network))}});
  }
  return {{"id", exemplar.id}, {"class", exemplar.finding}, {"maps", std::move(maps)}};
}

std::string index_text(const MethodMaps& maps) {
  Json document = {{"niwaki", version()}, {"method", maps.method},     {"sparsity", maps.sparsity}, {"maps", maps.kind},
                   {"data", maps.data},   {"networks", Json::array()}, {"exemplars", Json::array()}};
  for (const MappedNetwork& network : maps.networks) {
    document["networks"].push_back(network_json(network, maps.method));
  }
  for (std::size_t place = 0; place < maps.exemplars.size(); ++place) {
    document["exemplars"].push_back(exemplar_json(maps.exemplars[place], place));
  }
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// --- reading ---

/// A file that others may have put there: never a pipe that would be waited for, nor a link to somewhere else.
std::string read_plain_file(const fs::path& path, std::size_t limit) {
  std::error_code error;
  if (fs::symlink_status(path, error).type() != fs::file_type::regular) {
    throw InputError("a file of the attention maps is not there, or is no plain file", path.string(), kAdvice);
  }
  return read_file(path, limit);
}

/// The longer side that a JPEG says it has, in pixels: its start of frame (ITU-T T.81, B.2.2), before which stand
/// segments that say how long they are. Nothing where it is no JPEG.
std::optional<std::size_t> longer_side_of_jpeg(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const auto number = [&](std::size_t at) { return std::size_t{byte(at)} << 8 | byte(at + 1); };
  if (!bytes.starts_with("\xFF\xD8\xFF")) {
    return std::nullopt;
  }
  for (std::size_t at = 2; at + 9 <= bytes.size() && byte(at) == 0xFF; at += 2 + number(at + 2)) {
    const unsigned char marker = byte(at + 1);
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
      return std::max(number(at + 5), number(at + 7));
    }
  }
  return std::nullopt;
}

/// Reads one index; every method throws Json::exception for a key that is missing or of another kind.
class IndexReader {
 public:
  IndexReader(const fs::path& index, const AuditResult& audit, const MethodResult& method)
      : index_(index), audit_(audit), method_(method) {}

  [[nodiscard]] MethodMaps head(const Json& document) const {
    MethodMaps maps{.method = document.at("method").get<std::string>(),
                    .sparsity = document.at("sparsity").get<double>(),
                    .kind = document.at("maps").get<std::string>(),
                    .data = document.at("data").get<std::string>(),
                    .networks = {},
                    .exemplars = {}};
    if (maps.method != method_.method || (maps.kind != "grad-cam" && maps.kind != "occlusion")) {
      refuse("these are attention maps of another method");
    }
    for (const Json& entry : document.at("networks")) {
      maps.networks.push_back(network(entry));
    }
    if (maps.networks.size() < 2 || maps.networks.size() > kRoles.size()) {
      refuse("the networks are not two or three");
    }
    for (std::size_t i = 0; i < maps.networks.size(); ++i) {
      if (maps.networks[i].role != kRoles[i]) {
        refuse("the networks are not a dense one, a pruned one and perhaps another training");
      }
    }
    return maps;
  }

  /// Those of the method's first `shown`, with their pictures.
  [[nodiscard]] std::vector<MappedExemplar> exemplars(const Json& document, std::size_t networks,
                                                      std::size_t shown) const {
    std::set<std::string> wanted;
    const std::vector<Exemplar>& all = method_.exemplars.exemplars;
    for (std::size_t i = 0; i < std::min(shown, all.size()); ++i) {
      wanted.insert(all[i].id);
    }
    std::vector<MappedExemplar> read;
    const Json& entries = document.at("exemplars");
    for (std::size_t place = 0; place < entries.size(); ++place) {
      const Json& entry = entries.at(place);
      if (wanted.erase(entry.at("id").get<std::string>()) == 1) {
        read.push_back(exemplar(entry, place, networks));
      }
    }
    return read;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw InputError(what, index_.string(), kAdvice); }

  [[nodiscard]] MappedNetwork network(const Json& entry) const {
    const auto name = entry.at("role").get<std::string>();
    const auto* const role =
        std::ranges::find_if(kRoles, [&](MappedRole known) { return name == mapped_role_name(known); });
    if (role == kRoles.end()) {
      refuse("a network has a role that is none");
    }
    return {.role = *role,
            .seed = entry.at("seed").get<std::uint64_t>(),
            .sparsity = entry.at("sparsity").get<double>(),
            .sha256 = entry.at("sha256").get<std::string>(),
            .layer = entry.at("layer").is_null() ? "" : entry.at("layer").get<std::string>(),
            .rows = cells(entry.at("rows")),
            .columns = cells(entry.at("columns"))};
  }

  [[nodiscard]] std::size_t cells(const Json& value) const {
    if (!value.is_number_unsigned() || value.get<std::size_t>() == 0 || value.get<std::size_t>() > kMostCells) {
      refuse("a number of cells is none");
    }
    return value.get<std::size_t>();
  }

  [[nodiscard]] MappedExemplar exemplar(const Json& entry, std::size_t place, std::size_t networks) const {
    MappedExemplar read{
        .id = entry.at("id").get<std::string>(), .finding = entry.at("class").get<std::string>(), .maps = {}};
    if (std::ranges::find(audit_.classes, read.finding, &AuditClass::name) == audit_.classes.end()) {
      refuse("an attention map is of a class that the audit does not have");
    }
    if (entry.at("maps").size() != networks) {
      refuse("an exemplar has not one attention map a network");
    }
    for (const Json& map : entry.at("maps")) {
      read.maps.push_back(this->map(map, picture_path(place, read.maps.size())));
    }
    return read;
  }

  [[nodiscard]] ExemplarMap map(const Json& entry, const std::string& name) const {
    ExemplarMap read{.probability = entry.at("probability").get<double>(), .flat = entry.at("flat").get<bool>()};
    read.correlation = figure_of(entry.at("correlation"));
    if (!(read.probability >= 0.0 && read.probability <= 1.0) ||
        !(std::abs(read.correlation.value_or(0.0)) <= 1.0 + kSame)) {
      refuse("a figure of an attention map is out of range");
    }
    if (!read.flat) {
      if (entry.at("picture").get<std::string>() != name) {
        refuse(fmt::format("an attention map's picture is not {}", name));
      }
      const fs::path path = index_.parent_path() / name;
      read.picture = read_plain_file(path, kLargestPicture);
      const std::optional<std::size_t> side = longer_side_of_jpeg(read.picture);
      if (!side || *side > kLargestSide) {
        throw InputError(
            side ? fmt::format("an attention map has {} pixels a side", *side) : "an attention map is no JPEG",
            path.string(), kAdvice);
      }
    }
    return read;
  }

  const fs::path& index_;
  const AuditResult& audit_;
  const MethodResult& method_;
};

/// The study's network files, each hashed once.
class Networks {
 public:
  explicit Networks(const fs::path& study) : files_(network_files(study)) {}

  /// Whether the file of this network is the one that is meant.
  bool is(const MappedNetwork& network, const std::string& method) {
    const bool pruned = network.role == MappedRole::kPruned;
    const NetworkFile* const file = find_network_file(files_, method, network.seed, network.sparsity);
    if (file == nullptr || (pruned ? file->method != method : file->sparsity != 0.0)) {
      return false;
    }
    std::string& hash = hashes_[file->path];
    hash = hash.empty() ? sha256_file(file->path) : hash;
    return hash == network.sha256;
  }

 private:
  std::vector<NetworkFile> files_;
  std::map<fs::path, std::string> hashes_;
};

std::optional<StaleMaps> staleness(const MethodMaps& maps, const MethodResult& method, const std::string& data,
                                   Networks& networks) {
  if (maps.data != data) {
    return StaleMaps::kData;
  }
  const bool pruned_elsewhere = std::abs(maps.networks[1].sparsity - maps.sparsity) >= kSame;
  if (pruned_elsewhere || std::abs(maps.sparsity - method.exemplars.sparsity) >= kSame) {
    return StaleMaps::kSparsity;
  }
  const bool unchanged = std::ranges::all_of(
      maps.networks, [&](const MappedNetwork& network) { return networks.is(network, maps.method); });
  return unchanged ? std::nullopt : std::optional(StaleMaps::kNetworks);
}

MapsOnPage read_index(const fs::path& index, const std::string& data, const AuditResult& audit,
                      const MethodResult& method, std::size_t shown, Networks& networks) {
  const IndexReader reader(index, audit, method);
  const std::string text = read_plain_file(index, kLargestIndex);
  try {
    const Json document = Json::parse(text);
    MapsOnPage read{.method = method.method, .stale = {}, .maps = reader.head(document)};
    read.stale = staleness(read.maps, method, data, networks);
    if (!read.stale) {
      read.maps.exemplars = reader.exemplars(document, read.maps.networks.size(), shown);
    }
    return read;
  } catch (const Json::exception&) {
    throw InputError("this is no index of attention maps", index.string(), kAdvice);
  }
}

}  // namespace

const char* mapped_role_name(MappedRole role) {
  switch (role) {
    case MappedRole::kDense:
      return "dense";
    case MappedRole::kPruned:
      return "pruned";
    case MappedRole::kAnotherTraining:
      return "another training";
  }
  return "";
}

const char* stale_maps_name(StaleMaps reason) {
  switch (reason) {
    case StaleMaps::kNetworks:
      return "networks";
    case StaleMaps::kData:
      return "data";
    case StaleMaps::kSparsity:
      return "sparsity";
  }
  return "";
}

fs::path maps_folder(const fs::path& study, const std::string& method) {
  if (method.empty() || method == "." || method == ".." || method.find('/') != std::string::npos) {
    throw InputError(fmt::format("'{}' is no name of a folder", method), "the method", "give the method another name");
  }
  return study / "explain" / method;
}

fs::path maps_index(const fs::path& study, const std::string& method) {
  return maps_folder(study, method) / "exemplars.json";
}

void remove_method_maps(const fs::path& study, const std::string& method) {
  const fs::path folder = maps_folder(study, method);
  std::error_code error;
  if (fs::remove(maps_index(study, method), error); !error) {
    fs::remove_all(folder / "exemplars", error);
  }
  if (error) {
    throw MachineError(fmt::format("older attention maps cannot be removed ({})", error.message()), folder.string(),
                       "change the folder's rights");
  }
}

void write_method_maps(const fs::path& study, const MethodMaps& maps) {
  const fs::path folder = maps_folder(study, maps.method);
  remove_method_maps(study, maps.method);
  make_folder(folder / "exemplars");
  std::vector<FileToWrite> files;
  for (std::size_t place = 0; place < maps.exemplars.size(); ++place) {
    for (std::size_t network = 0; network < maps.exemplars[place].maps.size(); ++network) {
      const ExemplarMap& map = maps.exemplars[place].maps[network];
      if (!map.flat) {
        files.emplace_back(folder / picture_path(place, network), [&map] { return map.picture; });
      }
    }
  }
  files.emplace_back(maps_index(study, maps.method), [&maps] { return index_text(maps); });
  write_files(files);
}

std::vector<MapsOnPage> read_exemplar_maps(const fs::path& study, const std::string& data, const AuditResult& audit,
                                           std::size_t shown) {
  std::vector<MapsOnPage> found;
  Networks networks(study);
  for (const MethodResult& method : audit.methods) {
    const fs::path index = maps_index(study, method.method);
    if (fs::exists(fs::symlink_status(index))) {
      found.push_back(read_index(index, data, audit, method, shown, networks));
    }
  }
  return found;
}

}  // namespace niwaki
