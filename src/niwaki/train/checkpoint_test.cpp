#include "niwaki/train/checkpoint.hpp"

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/train/test_networks.hpp"

namespace niwaki {
namespace {

using namespace testing_networks;

class CheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / fmt::format("niwaki-checkpoint-{}", ::getpid());
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  [[nodiscard]] std::optional<Checkpoint> read() const { return read_checkpoint(path_, "tag", start_); }

  /// A training after two epochs.
  [[nodiscard]] Checkpoint halfway() const {
    Learner learner(start_, {}, "cpu");
    const std::vector<float> pixels = noise(2 * 8 * 8, 1);
    const std::vector<float> targets = {0, 1, 1, 0};
    const std::vector<float> known = {1, 1, 0, 1};
    learner.step({.pixels = pixels, .shape = {2, 1, 8, 8}, .targets = targets, .known = known}, 0.1);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {.tag = "tag",
            .history = {{1, 0.1, 0.7, 0.6, nan, true}, {2, 0.05, 0.5, 0.65, 0.25, false}},
            .best = start_.tensors,
            .last = learner.graph().tensors,
            .adam = learner.state()};
  }

  const Graph start_ = small_network(2);
  std::filesystem::path path_;
};

TEST_F(CheckpointTest, comes_back_as_it_went) {
  const Checkpoint written = halfway();
  write_checkpoint(written, path_);
  const std::optional<Checkpoint> found = read();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tag, "tag");
  EXPECT_FALSE(found->finished);
  EXPECT_FALSE(found->stopped_early);
  EXPECT_EQ(found->best, written.best);
  EXPECT_EQ(found->last, written.last);
  EXPECT_EQ(found->adam, written.adam);
  ASSERT_EQ(found->history.size(), 2U);
  EXPECT_TRUE(found->history[0].best);
  EXPECT_TRUE(std::isnan(found->history[0].validation_ap));
  const Epoch& epoch = found->history[1];
  EXPECT_EQ(epoch.number, 2U);
  EXPECT_EQ(epoch.learning_rate, 0.05);
  EXPECT_EQ(epoch.train_loss, 0.5);
  EXPECT_EQ(epoch.validation_loss, 0.65);
  EXPECT_EQ(epoch.validation_ap, 0.25);
  EXPECT_FALSE(epoch.best);
}

TEST_F(CheckpointTest, a_finished_one_comes_back_without_an_optimiser) {
  write_checkpoint({.tag = "tag", .finished = true, .stopped_early = true, .best = start_.tensors}, path_);
  const std::optional<Checkpoint> found = read();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->finished);
  EXPECT_TRUE(found->stopped_early);
  EXPECT_TRUE(found->last.empty());
}

TEST_F(CheckpointTest, a_missing_one_is_none) {
  EXPECT_FALSE(read());
}

TEST_F(CheckpointTest, of_another_run_or_network_is_discarded) {
  write_checkpoint(halfway(), path_);
  EXPECT_FALSE(read_checkpoint(path_, "another tag", start_));
  EXPECT_FALSE(read_checkpoint(path_, "tag", small_network(3)));
  EXPECT_TRUE(read());
}

TEST_F(CheckpointTest, cut_off_anywhere_it_is_discarded) {
  write_checkpoint(halfway(), path_);
  const std::string bytes = read_file(path_);
  for (std::size_t length = 0; length < bytes.size(); length += length < 300 ? 13 : 977) {
    write_file(path_, bytes.substr(0, length));
    EXPECT_FALSE(read()) << length << " of " << bytes.size() << " bytes";
  }
  write_file(path_, bytes + "x");
  EXPECT_FALSE(read());
}

TEST_F(CheckpointTest, with_a_byte_changed_anywhere_it_is_discarded) {
  write_checkpoint(halfway(), path_);
  const std::string bytes = read_file(path_);
  for (std::size_t place = 0; place < bytes.size(); place += place < 300 ? 17 : 1009) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    write_file(path_, damaged);
    EXPECT_FALSE(read()) << "byte " << place;
  }
}

TEST_F(CheckpointTest, sizes_beyond_the_file_are_not_believed_though_the_hash_be_right) {
  write_checkpoint(halfway(), path_);
  const std::string bytes = read_file(path_);
  constexpr std::size_t kHash = 64;
  const std::size_t after_magic = bytes.find('\n') + 1;
  // Eight bytes of 0xff at any place: the size of the tag, the number of epochs, and whatever else is there.
  for (std::size_t place = after_magic; place + 8 + kHash <= bytes.size(); place += place < 400 ? 1 : 331) {
    std::string content = bytes.substr(0, bytes.size() - kHash);
    content.replace(place, 8, 8, '\xff');
    write_file(path_, content + sha256(content));
    EXPECT_NO_THROW(static_cast<void>(read())) << "byte " << place;
  }
  std::string content = bytes.substr(0, bytes.size() - kHash);
  content.replace(after_magic, 8, 8, '\xff');
  write_file(path_, content + sha256(content));
  EXPECT_FALSE(read());
}

}  // namespace
}  // namespace niwaki
