#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// What a label file's classes are called elsewhere.
struct ClassMap {
  /// The file's name and the one to use; "" leaves the class out. Names are compared as find_class() does.
  std::vector<std::pair<std::string, std::string>> names;
  /// Where not empty: these classes, in this order; one that the labels lack is unknown for all images.
  std::vector<std::string> targets;
  std::string source;  // for messages

  [[nodiscard]] bool empty() const { return names.empty() && targets.empty(); }
};

/// The eighteen targets of TorchXRayVision's networks (Cohen et al., MIDL 2022; torchxrayvision.datasets
/// .default_pathologies), in the order of their outputs.
const std::vector<std::string>& torchxrayvision_targets();

/// "torchxrayvision", or a TOML file:
///
///     targets = ["Effusion", "Lung Lesion"]    # may be left out
///     [names]
///     "Pleural Effusion" = "Effusion"
///     "Support Devices" = ""
///
/// Throws InputError naming file and line for another key, or a value that is no text.
ClassMap read_class_map(const std::filesystem::path& path);

/// The cohort with its classes renamed. Several that become one are joined: positive where one is, else unknown where
/// one is, else negative. Throws InputError for a name that the cohort does not have, and where nothing is left.
Cohort with_class_map(Cohort cohort, const ClassMap& map, const std::string& source);

/// The cohort with these classes, in this order; those that it lacks are unknown for all images.
Cohort with_targets(const Cohort& cohort, const std::vector<std::string>& targets);

}  // namespace niwaki
