#include <cstdint>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Npz : public testing::Test {
 protected:
  Npz() {
    std::filesystem::remove_all(folder_);
    make_folder(folder_);
  }
  ~Npz() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  // The bytes of a .npy file of shape [2, 2].
  [[nodiscard]] std::string array_bytes(float first) const {
    write_npy(path("one.npy"), {2, 2}, std::vector<float>{first, 0.5F, 0.25F, 0.125F});
    return read_file(path("one.npy"));
  }

  static void write_archive(const std::filesystem::path& path,
                            const std::vector<std::pair<std::string, std::string>>& entries, zip_int32_t method) {
    int code = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    ASSERT_NE(archive, nullptr);
    for (const auto& [name, bytes] : entries) {
      zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
      const zip_int64_t index = zip_file_add(archive, name.c_str(), source, 0);
      ASSERT_GE(index, 0);
      ASSERT_EQ(zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0), 0);
    }
    ASSERT_EQ(zip_close(archive), 0);
  }

  static std::string refusal(const std::filesystem::path& path, const std::string& key = {}) {
    try {
      (void)read_npz(path, key);
    } catch (const InputError& error) {
      EXPECT_THAT(error.where(), HasSubstr(path.string()));
      return error.problem() + " | " + error.what_to_do();
    }
    return "not refused";
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("npz_test_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(Npz, reads_the_only_array_stored_or_deflated) {
  for (const zip_int32_t method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
    write_archive(path("a.npz"), {{"scores.npy", array_bytes(1.0F)}}, method);
    EXPECT_THAT(read_npz(path("a.npz")).values, ElementsAre(1.0F, 0.5F, 0.25F, 0.125F));
    EXPECT_THAT(read_npz(path("a.npz")).shape, ElementsAre(2, 2));
  }
}

TEST_F(Npz, a_key_chooses_among_several_and_none_is_guessed) {
  write_archive(path("b.npz"), {{"val.npy", array_bytes(0.0F)}, {"test.npy", array_bytes(1.0F)}}, ZIP_CM_STORE);
  EXPECT_EQ(read_npz(path("b.npz"), "test").values[0], 1.0F);
  EXPECT_EQ(read_scores(path("b.npz").string() + ":val").values[0], 0.0F);
  EXPECT_THAT(refusal(path("b.npz")), HasSubstr("2 arrays (val, test)"));
  EXPECT_THAT(refusal(path("b.npz"), "tests"), HasSubstr("did you mean 'test'"));
}

TEST_F(Npz, what_is_no_archive_or_holds_no_array_is_refused) {
  write_file(path("c.npz"), "not a zip file at all");
  EXPECT_THAT(refusal(path("c.npz")), HasSubstr("no .npz archive"));
  EXPECT_THAT(refusal(path("absent.npz")), HasSubstr("no such file"));
  EXPECT_THAT(refusal(folder_), HasSubstr("no such file"));
  write_archive(path("d.npz"), {{"readme.txt", "hello"}}, ZIP_CM_STORE);
  EXPECT_THAT(refusal(path("d.npz")), HasSubstr("no array"));
}

TEST_F(Npz, damaged_data_fails_its_checksum) {
  write_archive(path("e.npz"), {{"scores.npy", array_bytes(1.0F)}}, ZIP_CM_STORE);
  std::string bytes = read_file(path("e.npz"));
  const std::size_t data = bytes.find("\x93NUMPY") + 128;
  ASSERT_LT(data, bytes.size());
  bytes[data] = static_cast<char>(bytes[data] ^ 1);
  write_file(path("e.npz"), bytes);
  EXPECT_THAT(refusal(path("e.npz")), HasSubstr("cannot be unpacked"));
}

TEST_F(Npz, every_cut_of_the_file_is_refused) {
  write_archive(path("f.npz"), {{"scores.npy", array_bytes(1.0F)}}, ZIP_CM_DEFLATE);
  const std::string whole = read_file(path("f.npz"));
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    write_file(path("cut.npz"), whole.substr(0, length));
    EXPECT_NE(refusal(path("cut.npz")), "not refused") << length;
  }
}

TEST_F(Npz, a_claim_of_gigabytes_in_a_small_archive_is_refused) {
  write_archive(path("g.npz"), {{"scores.npy", array_bytes(1.0F)}}, ZIP_CM_DEFLATE);
  std::string bytes = read_file(path("g.npz"));
  const auto claim = [&](std::size_t at) {
    const std::uint32_t size = 4'000'000'000U;
    for (int i = 0; i < 4; ++i) {
      bytes[at + i] = static_cast<char>((size >> (8 * i)) & 0xFF);
    }
  };
  // The unpacked size stands in the local and in the central header (APPNOTE 4.3.7, 4.3.12).
  claim(bytes.find("PK\x03\x04") + 22);
  claim(bytes.find("PK\x01\x02") + 24);
  write_file(path("g.npz"), bytes);
  EXPECT_THAT(refusal(path("g.npz")), HasSubstr("4000000000 bytes, more than it can hold"));
}

TEST_F(Npz, pickled_arrays_are_refused) {
  const std::string header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size());
  bytes += '\0';
  write_archive(path("h.npz"), {{"scores.npy", bytes + header + "\x80\x04N."}}, ZIP_CM_STORE);
  EXPECT_THAT(refusal(path("h.npz")), HasSubstr("pickled"));
}

}  // namespace
}  // namespace niwaki
