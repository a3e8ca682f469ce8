#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"

namespace niwaki {

/// One network's map of an exemplar: what in the picture speaks for the class (docs/explain.md).
struct ExemplarMap {
  double probability = 0.0;  // that this network gives the class
  bool flat = false;         // nothing in the picture speaks for it
  std::optional<double>
      correlation;      // Spearman's, with the dense network's map; none for that itself, and for flat ones
  std::string picture;  // the map over the picture, a JPEG; "" where flat
};

struct MappedExemplar {
  std::string id;
  std::string finding;            // the class
  std::vector<ExemplarMap> maps;  // one a network
};

enum class MappedRole : std::uint8_t { kDense, kPruned, kAnotherTraining };
const char* mapped_role_name(MappedRole role);  // "dense", "pruned", "another training"

struct MappedNetwork {
  MappedRole role = MappedRole::kDense;
  std::uint64_t seed = 0;
  double sparsity = 0.0;
  std::string sha256;  // of its file
  std::string layer;   // whose output Grad-CAM weighs; "" for occlusion
  std::size_t rows = 0;
  std::size_t columns = 0;  // of a map's cells
};

/// The maps of one method's exemplars: what `niwaki explain --study` leaves in STUDY/explain/METHOD for the page.
struct MethodMaps {
  std::string method;                   // of pruning
  double sparsity = 0.0;                // of the exemplars
  std::string kind;                     // "grad-cam" or "occlusion"
  std::string data;                     // hash of the cohort that the study is of
  std::vector<MappedNetwork> networks;  // the dense one, the pruned one, and another training where there is one
  std::vector<MappedExemplar> exemplars;
};

/// Why maps that were made do not count.
enum class StaleMaps : std::uint8_t {
  kNetworks,  // a network's file is not what it was
  kData,      // labels, splits or pictures are not what they were
  kSparsity,  // exemplars are sought at another sparsity now
};
const char* stale_maps_name(StaleMaps reason);  // "networks", "data", "sparsity"

/// What the page knows of the maps of one method.
struct MapsOnPage {
  std::string method;
  std::optional<StaleMaps> stale;
  MethodMaps maps;  // of exemplars that the page shows; without any where stale
};

/// STUDY/explain/METHOD. Throws InputError for a method that is no name of a folder.
std::filesystem::path maps_folder(const std::filesystem::path& study, const std::string& method);

/// The index in that folder.
std::filesystem::path maps_index(const std::filesystem::path& study, const std::string& method);

/// Removes that index and the pictures that it tells of.
void remove_method_maps(const std::filesystem::path& study, const std::string& method);

/// Writes the pictures, exemplars/<place>-<network>.jpg, and last their index, exemplars.json (docs/formats.md). What
/// an older index tells of is removed before, so that there are all pictures of one run or none.
void write_method_maps(const std::filesystem::path& study, const MethodMaps& maps);

/// The maps of the first `shown` exemplars of each of the audit's methods, methods without any left out. They count
/// only where the study's data, the files of all their networks and the sparsity of the exemplars are those that the
/// index records. `data`: hash of the cohort.
///
/// What lies there may be anybody's. Throws InputError for an index that is none, and of maps that count for a class
/// that the audit does not have, figures out of range, a picture that has another name than its place gives it (such as
/// one that leads out of the folder), that is no plain file, no JPEG, or larger than 64 KiB or
/// 256 pixels a side.
std::vector<MapsOnPage> read_exemplar_maps(const std::filesystem::path& study, const std::string& data,
                                           const AuditResult& audit, std::size_t shown);

}  // namespace niwaki
