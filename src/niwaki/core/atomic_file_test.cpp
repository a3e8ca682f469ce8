#include "niwaki/core/atomic_file.hpp"

#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("niwaki-atomic-{}", ::getpid());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

/// No file may grow past `bytes` while this lives: what a full disk looks like to a write.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  FileSizeLimit(FileSizeLimit&&) = delete;
  FileSizeLimit& operator=(FileSizeLimit&&) = delete;
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(AtomicFileTest, appears_whole_on_commit) {
  AtomicFile file(folder_ / "a.txt");
  file.write("one ");
  file.write("two");
  EXPECT_FALSE(fs::exists(folder_ / "a.txt"));
  file.commit();
  EXPECT_EQ(read_file(folder_ / "a.txt"), "one two");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFileTest, without_commit_the_older_file_stays) {
  write_file(folder_ / "a.txt", "old");
  {
    AtomicFile file(folder_ / "a.txt");
    file.write("new");
  }
  EXPECT_EQ(read_file(folder_ / "a.txt"), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFileTest, a_disk_that_fills_up_leaves_nothing_half_written) {
  write_file(folder_ / "a.txt", "old");
  const std::string large(100000, 'x');
  {
    const FileSizeLimit limit(1000);
    EXPECT_THROW(write_file(folder_ / "a.txt", large), MachineError);
    EXPECT_THROW(write_file(folder_ / "b.txt", large), MachineError);
  }
  EXPECT_EQ(read_file(folder_ / "a.txt"), "old");
  EXPECT_FALSE(fs::exists(folder_ / "b.txt"));
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFileTest, a_folder_that_is_not_there_is_named) {
  try {
    write_file(folder_ / "missing" / "a.txt", "text");
    FAIL() << "wrote into a folder that is not there";
  } catch (const MachineError& error) {
    EXPECT_THAT(error.where(), ::testing::HasSubstr("missing/a.txt"));
  }
}

TEST_F(AtomicFileTest, a_folder_cannot_be_made_where_a_file_stands) {
  write_file(folder_ / "taken", "text");
  EXPECT_THROW(make_folder(folder_ / "taken"), MachineError);
  EXPECT_THROW(make_folder(folder_ / "taken" / "below"), MachineError);
}

TEST_F(AtomicFileTest, reading_refuses_what_is_missing_a_folder_or_too_large) {
  EXPECT_THROW(read_file(folder_ / "nothing"), InputError);
  EXPECT_THROW(read_file(folder_), InputError);
  write_file(folder_ / "a.txt", "12345");
  EXPECT_THROW(read_file(folder_ / "a.txt", 4), InputError);
  EXPECT_EQ(read_file(folder_ / "a.txt", 5), "12345");
}

TEST_F(AtomicFileTest, what_killed_processes_left_is_swept) {
  write_file(folder_ / "a.txt", "kept");
  std::ofstream(folder_ / ".b.txt.partial-123") << "half";
  remove_partial_files(folder_);
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(read_file(folder_ / "a.txt"), "kept");
}

TEST_F(AtomicFileTest, several_files_appear_together) {
  std::vector<FileToWrite> files;
  for (int i = 0; i < 20; ++i) {
    files.emplace_back(folder_ / std::to_string(i), [i] { return std::string(1000, static_cast<char>('a' + i)); });
  }
  write_files(files);
  EXPECT_EQ(this->files(), 20U);
  EXPECT_EQ(read_file(folder_ / "7"), std::string(1000, 'h'));
}

TEST_F(AtomicFileTest, parts_stand_in_their_order_whoever_is_through_first) {
  std::vector<FileToWrite::Part> parts;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const auto text = [i] {
      return std::string(static_cast<std::size_t>(1 + 37 * i % 5000), static_cast<char>('a' + i % 26));
    };
    parts.emplace_back(text);
    expected += text();
  }
  write_files(std::vector<FileToWrite>{{folder_ / "parts", parts}, {folder_ / "one", [] { return "one"; }}});
  EXPECT_EQ(read_file(folder_ / "parts"), expected);
  EXPECT_EQ(read_file(folder_ / "one"), "one");
  EXPECT_EQ(files(), 2U);
}

TEST_F(AtomicFileTest, of_several_files_none_appears_where_a_part_cannot_be_made) {
  std::vector<FileToWrite::Part> parts(50, [] { return std::string("part"); });
  parts[30] = []() -> std::string { throw InputError("a", "b", "c"); };
  const std::vector<FileToWrite> files = {{folder_ / "parts", parts}, {folder_ / "one", [] { return "one"; }}};
  EXPECT_THROW(write_files(files), InputError);
  EXPECT_EQ(this->files(), 0U);
}

TEST_F(AtomicFileTest, of_several_files_none_appears_where_one_cannot_be_made) {
  write_file(folder_ / "0", "old");
  const std::vector<FileToWrite> files = {{folder_ / "0", [] { return "new"; }},
                                          {folder_ / "1", []() -> std::string { throw InputError("a", "b", "c"); }},
                                          {folder_ / "2", [] { return "new"; }}};
  EXPECT_THROW(write_files(files), InputError);
  EXPECT_EQ(this->files(), 1U);
  EXPECT_EQ(read_file(folder_ / "0"), "old");
}

}  // namespace
}  // namespace niwaki
