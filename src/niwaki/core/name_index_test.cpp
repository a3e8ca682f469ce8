#include "niwaki/core/name_index.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

TEST(NameIndex, numbers_names_as_a_map_would) {
  RandomStream random(9, "name-index", {});
  std::vector<std::string> names;
  for (int i = 0; i < 5000; ++i) {
    names.push_back(std::to_string(random.below(2000)));
  }
  NameIndex index;  // that grows several times
  std::map<std::string, std::size_t> wanted;
  for (const std::string& name : names) {
    const auto [entry, fresh] = wanted.emplace(name, wanted.size());
    EXPECT_EQ(index.insert(name), std::pair(entry->second, fresh));
  }
  EXPECT_EQ(index.size(), wanted.size());
  EXPECT_EQ(index.find(names[7]), wanted.at(names[7]));
  EXPECT_EQ(index.find("2000"), std::nullopt);
}

TEST(NameIndex, the_empty_name_is_a_name) {
  NameIndex index(1);
  EXPECT_EQ(index.find(""), std::nullopt);
  EXPECT_TRUE(index.insert("").second);
  EXPECT_FALSE(index.insert("").second);
}

}  // namespace
}  // namespace niwaki
