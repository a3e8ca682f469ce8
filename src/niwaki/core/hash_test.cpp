#include "niwaki/core/hash.hpp"

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

TEST(Hash, meets_the_published_test_vectors) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, parts_are_told_apart) {
  EXPECT_NE(Hasher().add("ab").add("c").hex(), Hasher().add("a").add("bc").hex());
  EXPECT_NE(Hasher().add(1).add(2).hex(), Hasher().add(2).add(1).hex());
  EXPECT_EQ(Hasher().add("ab").hex(), Hasher().add("ab").hex());
}

TEST(Hash, a_missing_file_is_named) {
  EXPECT_THROW(sha256_file("/no/such/file"), InputError);
}

}  // namespace
}  // namespace niwaki
