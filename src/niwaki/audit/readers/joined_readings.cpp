#include "niwaki/audit/readers/joined_readings.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

using Places = std::unordered_map<std::string, const KeyEntry*>;

/// A file in which no id is known is of another study; a single unknown id is a slip.
void check_same_study(const std::vector<Reading>& readings, const Places& places) {
  const auto known = [&](const Reading& reading) { return places.contains(reading.id); };
  // "FILE, line 3": what stands before the last comma is the file.
  const auto file = [](const Reading& reading) { return reading.where.substr(0, reading.where.rfind(", line ")); };
  std::map<std::string, std::pair<std::size_t, std::size_t>> counts;  // rows, and those known
  for (const Reading& reading : readings) {
    ++counts[file(reading)].first;
    counts[file(reading)].second += known(reading) ? 1 : 0;
  }
  for (const auto& [name, count] : counts) {
    if (count.second == 0) {
      throw InputError(fmt::format("none of its {} ids stands in the key", count.first), name,
                       "these readings are of another study, or the pictures were read under their own names: give the "
                       "key that they belong to");
    }
  }
}

const KeyEntry& entry_of(const Reading& reading, const Places& places, const std::vector<std::string>& ids) {
  const auto place = places.find(reading.id);
  if (place == places.end()) {
    throw InputError(fmt::format("id '{}' is not in the key{}", reading.id, did_you_mean(reading.id, ids)),
                     reading.where, "correct the id, or take the row out");
  }
  const KeyEntry& entry = *place->second;
  if (entry.set != kEveryReader && entry.set != reading.reader) {
    throw InputError(
        fmt::format("image '{}' is on the list of reader '{}', not of '{}'", reading.id, entry.set, reading.reader),
        reading.where, "check whose file this is");
  }
  return entry;
}

}  // namespace

std::vector<JoinedReading> join_readings(const std::vector<KeyEntry>& key, const std::vector<Reading>& readings) {
  Places places;
  std::vector<std::string> ids;
  for (const KeyEntry& entry : key) {
    places.emplace(entry.id, &entry);
    ids.push_back(entry.id);
  }
  if (readings.empty()) {
    throw InputError("there is no reading", "--readings", "give files with rows");
  }
  check_same_study(readings, places);
  std::vector<JoinedReading> joined;
  for (const Reading& reading : readings) {
    joined.push_back({reading, entry_of(reading, places, ids)});
  }
  std::stable_sort(joined.begin(), joined.end(), [](const JoinedReading& a, const JoinedReading& b) {
    return std::tie(a.reading.reader, a.reading.id) < std::tie(b.reading.reader, b.reading.id);
  });
  for (std::size_t i = 1; i < joined.size(); ++i) {
    const Reading& before = joined[i - 1].reading;
    const Reading& here = joined[i].reading;
    if (before.reader == here.reader && before.id == here.id) {
      throw InputError(fmt::format("reader '{}' read '{}' twice, first at {}", here.reader, here.id, before.where),
                       here.where, "keep one row for each reader and id");
    }
  }
  return joined;
}

}  // namespace niwaki
