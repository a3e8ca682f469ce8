#include "niwaki/study/store.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("niwaki-store-{}", ::getpid());
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(StoreTest, a_unit_is_done_only_from_the_same_inputs_and_with_its_files) {
  StudyStore store(folder_);
  EXPECT_FALSE(store.is_done("train/seed-0", "hash"));
  store.begin("train/seed-0", "hash");
  EXPECT_FALSE(store.is_done("train/seed-0", "hash"));
  write_file(folder_ / "weights", "12345");
  store.finish("train/seed-0", {"weights"}, 1.5);
  EXPECT_TRUE(store.is_done("train/seed-0", "hash"));
  EXPECT_FALSE(store.is_done("train/seed-0", "other"));
  write_file(folder_ / "weights", "123");
  EXPECT_FALSE(store.is_done("train/seed-0", "hash"));
  fs::remove(folder_ / "weights");
  EXPECT_FALSE(store.is_done("train/seed-0", "hash"));
}

TEST_F(StoreTest, records_outlive_the_process_that_made_them) {
  {
    StudyStore store(folder_);
    store.begin("a", "1");
    write_file(folder_ / "file", "abc");
    store.finish("a", {"file"}, 2);
    store.begin("b", "2");
  }
  const std::vector<UnitRecord> units = read_study_records(folder_);
  ASSERT_EQ(units.size(), 2U);
  EXPECT_EQ(units[0].status, "done");
  EXPECT_EQ(units[0].outputs.at(0).sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(units[1].status, "running");
}

TEST_F(StoreTest, beginning_anew_forgets_the_older_files) {
  StudyStore store(folder_);
  store.begin("a", "1");
  write_file(folder_ / "file", "abc");
  store.finish("a", {"file"}, 2);
  store.begin("a", "2");
  EXPECT_TRUE(store.find("a")->outputs.empty());
}

TEST_F(StoreTest, a_second_run_on_one_folder_is_refused) {
  const StudyStore first(folder_);
  try {
    const StudyStore second(folder_);
    FAIL() << "two runs on one folder";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("another niwaki is at work"));
  }
}

TEST_F(StoreTest, a_folder_of_other_things_is_left_alone) {
  fs::create_directories(folder_);
  write_file(folder_ / "holiday.jpg", "x");
  EXPECT_THROW(StudyStore{folder_}, InputError);
  EXPECT_FALSE(fs::exists(folder_ / "study.db"));
  write_file(folder_ / "file", "x");
  EXPECT_THROW(StudyStore{folder_ / "file"}, InputError);
}

TEST_F(StoreTest, a_folder_that_cannot_be_made_is_named) {
  EXPECT_THROW(StudyStore{"/proc/niwaki/study"}, MachineError);
}

TEST_F(StoreTest, a_broken_database_is_named) {
  fs::create_directories(folder_);
  write_file(folder_ / "study.db", std::string(5000, 'x'));
  try {
    const StudyStore store(folder_);
    FAIL() << "opened a broken database";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("study.db"));
  }
}

TEST_F(StoreTest, reading_what_is_no_study_is_refused) {
  EXPECT_THROW(read_study_records(folder_), InputError);
}

}  // namespace
}  // namespace niwaki
