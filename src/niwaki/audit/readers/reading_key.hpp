#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace niwaki {

/// One showing of one image, and what the readers must not know of it.
struct KeyEntry {
  std::string id;         // opaque: what readers see
  std::string image;      // id in the label file
  std::string patient;    // "" where the key does not say
  bool exemplar = false;  // or one of the others
  std::string set;        // "all": every reader reads it; else the one reader who does
  std::string repeat_of;  // the opaque id of its first showing; "" where this is the first
  std::string label;      // as shown
};

/// The set of images that every reader reads.
inline constexpr const char* kEveryReader = "all";

/// The key of a reading round: `id,image,patient,status,set,repeat_of,label`, status being "exemplar" or "other".
std::string key_text(const std::vector<KeyEntry>& key);

/// Columns are matched by name; `patient`, `set` (then "all"), `repeat_of` and `label` may be absent. Throws InputError
/// naming file, line and column for a column that is missing, another status, an empty cell, an id that stands there
/// twice, and a repeat of nothing or of an image that is another.
std::vector<KeyEntry> read_key(const std::filesystem::path& path);

}  // namespace niwaki
