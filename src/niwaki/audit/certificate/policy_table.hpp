#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace niwaki {

/// A table of a policy file, read key by key: it remembers what was asked for, so that what is left is unknown. Behind
/// it stands toml++, which no other header of the room shows. Every method that reads throws InputError naming file and
/// line for a value of another kind.
class PolicyTable {
 public:
  /// Throws InputError naming file and line for what is no TOML.
  static PolicyTable parse(const std::string& text, const std::string& name);

  /// False where the key is not there; the field then stays.
  bool read(const std::string& key, std::string& field);
  bool read(const std::string& key, double& field);
  bool read(const std::string& key, std::uint64_t& field);
  bool read(const std::string& key, std::vector<std::string>& field);
  bool read(const std::string& key, std::vector<double>& field);
  /// Which of `names` the key says; 0 where it is not there.
  std::size_t choose(const std::string& key, const std::vector<std::string>& names);

  /// The table of this key; an empty one where it is not there.
  PolicyTable table(const std::string& key);
  /// The tables in the table of this key, in the order of the file.
  std::vector<PolicyTable> tables(const std::string& key);
  /// The tables of an array of tables ([[key]]).
  std::vector<PolicyTable> list(const std::string& key);

  /// The key under which it stands in its own table; "" of the whole file.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// "policy.toml, line 7, key 'groups.rare.missed'"; of the table itself where `key` is "".
  [[nodiscard]] std::string where(const std::string& key) const;
  /// Throws InputError naming the first key that nothing asked for, and the nearest that something did.
  void refuse_unknown() const;

 private:
  struct Node;  // a toml++ table, and the file that owns it
  PolicyTable(std::shared_ptr<const Node> node, std::string file, std::string prefix, std::string name);
  template <typename T>
  bool read_value(const std::string& key, T& field);

  std::shared_ptr<const Node> node_;
  std::string file_;
  std::string prefix_;  // "groups.rare."
  std::string name_;
  std::vector<std::string> asked_;
};

}  // namespace niwaki
