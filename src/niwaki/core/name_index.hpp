#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace niwaki {

/// Numbers distinct names 0, 1, 2, ... in the order in which they come: a hash table without an allocation a name, for
/// the ids and patients of large cohorts. The names' bytes must outlive it.
class NameIndex {
 public:
  /// `expected`: how many names may come; more may.
  explicit NameIndex(std::size_t expected = 0);

  /// The name's number, and whether it is new.
  std::pair<std::size_t, bool> insert(std::string_view name);
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  [[nodiscard]] std::size_t slot_of(std::string_view name, std::size_t hash) const;
  void grow();

  std::vector<std::string_view> names_;
  std::vector<std::size_t> hashes_;   // of each name
  std::vector<std::uint32_t> slots_;  // a power of two of them: 0, or a name's number plus 1
};

}  // namespace niwaki
