#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// A .npy file with this header text, in version 1, 2 or 3.
std::string npy(const std::string& header, const std::string& data, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  std::size_t length = header.size();
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) {
    bytes += static_cast<char>(length & 0xFF);
    length >>= 8;
  }
  return bytes + header + data;
}

std::string described(const std::string& type, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

std::string refusal(const std::string& bytes) {
  try {
    (void)parse_npy(bytes, "x.npy");
  } catch (const InputError& error) {
    EXPECT_THAT(error.where(), HasSubstr("x.npy"));
    EXPECT_FALSE(error.what_to_do().empty());
    return error.problem();
  }
  return "not refused";
}

TEST(Npy, reads_both_float_types_in_all_three_versions) {
  const std::string narrow = bytes_of(std::vector<float>{1.5F, -2.0F, 0.25F, 4.0F, 5.0F, 6.0F});
  const std::string wide = bytes_of(std::vector<double>{1.5, -2.0, 0.25, 4.0, 5.0, 6.0});
  for (const char version : {'\1', '\2', '\3'}) {
    for (const auto& [type, data] : {std::pair{"<f4", narrow}, std::pair{"<f8", wide}}) {
      const FloatArray array = parse_npy(npy(described(type, "(2, 3)"), data, version), "x.npy");
      EXPECT_THAT(array.shape, ElementsAre(2, 3));
      EXPECT_THAT(array.values, ElementsAre(1.5F, -2.0F, 0.25F, 4.0F, 5.0F, 6.0F));
    }
  }
}

TEST(Npy, reads_headers_as_other_writers_write_them) {
  const std::string data = bytes_of(std::vector<float>{7.0F});
  const std::string header = "{\"shape\": (1,), \"fortran_order\": False,\n\"descr\": \"<f4\"}";
  EXPECT_THAT(parse_npy(npy(header, data), "x.npy").shape, ElementsAre(1));
  EXPECT_TRUE(parse_npy(npy(described("<f4", "()"), data), "x.npy").shape.empty());
  EXPECT_TRUE(parse_npy(npy(described("<f4", "(0, 14)"), ""), "x.npy").values.empty());
}

TEST(Npy, what_is_written_is_read_and_is_aligned_as_numpy_has_it) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "npy_test_round.npy";
  const std::vector<float> values = {0.0F, 1.0F, 0.1F, -3.0e38F, 1.0e-40F, 2.0F};
  for (const std::vector<std::size_t>& shape : {std::vector<std::size_t>{6}, {2, 3}, {1, 3, 2, 1}}) {
    write_npy(path, shape, values);
    const FloatArray array = read_npy(path);
    EXPECT_EQ(array.shape, shape);
    EXPECT_EQ(array.values, values);
    EXPECT_EQ((std::filesystem::file_size(path) - sizeof(float) * values.size()) % 64, 0U);
  }
  std::filesystem::remove(path);
}

TEST(Npy, a_header_of_40_gigabytes_on_a_small_file_is_refused_before_memory_is_asked_for) {
  const std::string data(1000, '\0');
  EXPECT_THAT(refusal(npy(described("<f4", "(10000000000, 1)"), data)), HasSubstr("1000 bytes follow"));
  EXPECT_THAT(refusal(npy(described("<f4", "(4611686018427387904, 4)"), data)), HasSubstr("more than any"));
  EXPECT_THAT(refusal(npy(described("<f4", "(99999999999999999999, 4)"), data)), HasSubstr("no whole number"));
  EXPECT_THAT(refusal(npy(described("<f4", "(-1, 4)"), data)), HasSubstr("no whole number"));
  // A header that claims to be longer than the file.
  std::string long_header = npy(described("<f4", "(1,)"), "1234", 2);
  long_header[11] = '\x7F';
  EXPECT_THAT(refusal(long_header), HasSubstr("ends within its header"));
}

TEST(Npy, a_cut_or_lengthened_file_is_refused) {
  const std::string whole = npy(described("<f4", "(2, 1)"), bytes_of(std::vector<float>{1.0F, 2.0F}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(refusal(whole.substr(0, length)), "not refused") << length;
  }
  EXPECT_THAT(refusal(whole + "x"), HasSubstr("9 bytes follow"));
}

TEST(Npy, objects_and_other_types_and_orders_are_refused_by_name) {
  EXPECT_THAT(refusal(npy(described("|O", "(1,)"), "\x80\x04N.")), HasSubstr("pickled"));
  EXPECT_THAT(refusal("\x80\x04K\x01."), HasSubstr("pickled"));
  EXPECT_THAT(refusal(npy(described(">f4", "(1,)"), "1234")), HasSubstr("'>f4'"));
  EXPECT_THAT(refusal(npy(described("<i8", "(1,)"), "12345678")), HasSubstr("'<i8'"));
  EXPECT_THAT(refusal(npy(described("<f4", "(1, 1)", "True"), "1234")), HasSubstr("Fortran"));
  EXPECT_THAT(refusal(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234")),
              HasSubstr("named fields"));
}

TEST(Npy, broken_headers_are_refused) {
  for (const char* header :
       {"", "{", "{'descr", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1}", "{'evil': __import__('os')}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}"}) {
    EXPECT_THAT(refusal(npy(header, "1234")), HasSubstr("header")) << header;
  }
  std::string deep = "(";
  for (int i = 0; i < 1000; ++i) {
    deep += "1,";
  }
  EXPECT_THAT(refusal(npy(described("<f4", deep + ")"), "1234")), HasSubstr("dimensions"));
  EXPECT_THAT(refusal(npy(described("<f4", "(1,)"), "1234", 9)), HasSubstr("version 9"));
}

TEST(Npy, a_float64_that_float32_cannot_hold_is_refused_but_infinity_is_kept) {
  EXPECT_THAT(refusal(npy(described("<f8", "(1,)"), bytes_of(std::vector<double>{1e300}))), HasSubstr("does not fit"));
  const double infinity = std::numeric_limits<double>::infinity();
  const FloatArray array = parse_npy(npy(described("<f8", "(1,)"), bytes_of(std::vector<double>{infinity})), "x");
  EXPECT_TRUE(std::isinf(array.values[0]));
}

TEST(Npy, a_missing_file_is_named) {
  EXPECT_THROW((void)read_npy("no/such/file.npy"), InputError);
}

TEST(Npy, files_are_read_as_their_bytes_are_into_memory_that_is_used_again) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "used_again.npy";
  const std::string wide = bytes_of(std::vector<double>{1.5, -2.0});
  const std::string long_header = described("<f4", "(1, 2)") + std::string(200, ' ') + "\n";
  const std::string padded = described("<f4", "(3,)") + std::string(128 - 10 - described("<f4", "(3,)").size(), ' ');
  FloatArray array{{7}, std::vector<float>(7, 9.0F)};
  for (const std::string& bytes :
       {npy(padded, bytes_of(std::vector<float>{1.0F, 2.0F, 3.0F})), npy(described("<f8", "(2,)"), wide),
        npy(long_header, bytes_of(std::vector<float>{0.5F, 0.25F})), npy(described("<f4", "(0, 4)"), ""),
        npy(padded, bytes_of(std::vector<float>{4.0F, 5.0F, 6.0F}))}) {
    write_file(path, bytes);
    read_npy(path, array);
    const FloatArray wanted = parse_npy(bytes, "x.npy");
    EXPECT_EQ(array.shape, wanted.shape);
    EXPECT_EQ(array.values, wanted.values);
  }
  for (const std::size_t missing : {1, 4, 12, 13, 130}) {
    const std::string whole = npy(padded, bytes_of(std::vector<float>{1.0F, 2.0F, 3.0F}));
    write_file(path, whole.substr(0, whole.size() - missing));
    EXPECT_THROW(read_npy(path, array), InputError) << missing;
    write_file(path, whole + std::string(missing, 'x'));
    EXPECT_THROW(read_npy(path, array), InputError) << missing;
  }
  std::filesystem::remove(path);
  EXPECT_THROW(read_npy(path, array), InputError);
}

}  // namespace
}  // namespace niwaki
