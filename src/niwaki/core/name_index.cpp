#include "niwaki/core/name_index.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>

#include "niwaki/core/error.hpp"

namespace niwaki {

NameIndex::NameIndex(std::size_t expected) : slots_(std::bit_ceil(2 * std::max<std::size_t>(expected, 8))) {
  names_.reserve(expected);
  hashes_.reserve(expected);
}

std::size_t NameIndex::slot_of(std::string_view name, std::size_t hash) const {
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot] != 0) {
    const std::size_t number = slots_[slot] - 1;
    if (hashes_[number] == hash && names_[number] == name) {
      break;
    }
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

std::pair<std::size_t, bool> NameIndex::insert(std::string_view name) {
  const std::size_t hash = std::hash<std::string_view>()(name);
  std::size_t slot = slot_of(name, hash);
  if (slots_[slot] != 0) {
    return {slots_[slot] - 1, false};
  }
  if (2 * (names_.size() + 1) > slots_.size()) {
    grow();
    slot = slot_of(name, hash);
  }
  NIWAKI_CHECK(names_.size() < std::numeric_limits<std::uint32_t>::max(), "{} names", names_.size());
  names_.push_back(name);
  hashes_.push_back(hash);
  slots_[slot] = static_cast<std::uint32_t>(names_.size());
  return {names_.size() - 1, true};
}

std::optional<std::size_t> NameIndex::find(std::string_view name) const {
  const std::uint32_t found = slots_[slot_of(name, std::hash<std::string_view>()(name))];
  return found == 0 ? std::nullopt : std::optional<std::size_t>(found - 1);
}

void NameIndex::grow() {
  slots_.assign(2 * slots_.size(), 0);
  for (std::size_t number = 0; number < names_.size(); ++number) {
    slots_[slot_of(names_[number], hashes_[number])] = static_cast<std::uint32_t>(number + 1);
  }
}

}  // namespace niwaki
