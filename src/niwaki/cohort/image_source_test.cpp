#include "niwaki/cohort/image_source.hpp"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ImageFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("niwaki-images-{}", ::getpid());
    fs::create_directories(folder_ / "images_001/images");
    cohort_.classes = {"A"};
  }
  void TearDown() override { fs::remove_all(folder_); }
  void add(const std::string& name, const fs::path& where, float value, std::size_t side = 4) {
    const Image image{1, side, side, std::vector<float>(side * side, value)};
    fs::create_directories(where);
    write_file(where / fs::path(name).filename(), encode_png(image));
    list(name);
  }
  void list(const std::string& name) {
    cohort_.records.push_back({name, "p", name, ""});
    cohort_.labels.push_back(Label::kNegative);
  }
  std::string error_of_opening() {
    try {
      open_image_files(cohort_, folder_, shape_);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  fs::path folder_;
  Cohort cohort_;
  Preprocessing shape_ = imagenet_preprocessing(3, 2, 2);
};

TEST_F(ImageFilesTest, are_resized_and_given_the_networks_channels) {
  add("a.png", folder_, 0.2F);
  add("b.png", folder_, 0.6F, 9);  // another size
  const auto images = open_image_files(cohort_, folder_, shape_);
  ASSERT_EQ(images->size(), 2U);
  std::vector<float> pixels(shape_.values());
  images->read(1, pixels);
  EXPECT_THAT(pixels, ::testing::Each(::testing::FloatNear(0.6F, 1e-5F)));
}

TEST_F(ImageFilesTest, are_found_in_the_layout_of_the_nih) {
  add("a.png", folder_ / "images_001/images", 0.2F);
  EXPECT_EQ(open_image_files(cohort_, folder_, shape_)->files()[0], folder_ / "images_001/images/a.png");
}

TEST_F(ImageFilesTest, two_files_of_one_bare_name_are_refused) {
  add("a.png", folder_ / "patient1", 0.2F);
  add("a.png", folder_ / "patient2", 0.4F);
  EXPECT_THAT(error_of_opening(), HasSubstr("2 files have the name of one picture"));
}

TEST_F(ImageFilesTest, one_that_is_named_with_its_folder_is_looked_for_there_alone) {
  add("a.png", folder_ / "patient1", 0.2F);
  cohort_.records[0].image = "patient2/a.png";
  EXPECT_THAT(error_of_opening(), HasSubstr("1 of 1 pictures are missing"));
}

TEST_F(ImageFilesTest, one_file_for_two_images_is_refused) {
  add("a.png", folder_, 0.2F);
  list("b");
  cohort_.records[1].image = "./a.png";
  EXPECT_THAT(error_of_opening(), HasSubstr("'a.png' and 'b' are one file"));
}

TEST_F(ImageFilesTest, missing_ones_are_counted_and_the_first_is_named) {
  add("a.png", folder_, 0.2F);
  list("b.png");
  list("c.png");
  EXPECT_THAT(error_of_opening(), HasSubstr("2 of 3 pictures are missing"));
  EXPECT_THAT(error_of_opening(), HasSubstr("b.png"));
}

TEST_F(ImageFilesTest, a_folder_that_is_not_there_and_a_name_that_leads_out_are_refused) {
  list("../../etc/passwd");
  EXPECT_THAT(error_of_opening(), HasSubstr("leads out"));
  folder_ /= "nothing";
  EXPECT_THAT(error_of_opening(), HasSubstr("no such folder"));
  fs::remove_all(folder_);
  folder_ = folder_.parent_path();
}

TEST_F(ImageFilesTest, an_unreadable_one_is_named_when_it_is_read) {
  add("a.png", folder_, 0.2F);
  write_file(folder_ / "a.png", read_file(folder_ / "a.png").substr(0, 40));
  const auto images = open_image_files(cohort_, folder_, shape_);
  std::vector<float> pixels(shape_.values());
  try {
    images->read(0, pixels);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.where(), HasSubstr("a.png"));
  }
}

/// Counts how often each picture is read.
class Counting : public ImageSource {
 public:
  explicit Counting(std::size_t count) : reads(count) {}
  [[nodiscard]] std::size_t size() const override { return reads.size(); }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return shape_; }
  void read(std::size_t index, std::span<float> pixels) const override {
    ++reads[index];
    std::fill(pixels.begin(), pixels.end(), static_cast<float>(index) / 255.0F);
  }
  mutable std::vector<std::atomic<int>> reads;

 private:
  Preprocessing shape_ = imagenet_preprocessing(1, 2, 2);
};

TEST(CachedImages, are_read_once_by_many_threadsand_come_back_the_same) {
  auto counting = std::make_unique<Counting>(50);
  const Counting& counter = *counting;
  const auto images = cached(std::move(counting), 1 << 20);
  parallel_for(500, [&](std::size_t i) {
    std::vector<float> pixels(4);
    images->read(i % 50, pixels);
    EXPECT_NEAR(pixels[3], static_cast<float>(i % 50) / 255.0F, 1.0 / 131000);
  });
  for (const auto& reads : counter.reads) {
    EXPECT_EQ(reads, 1);
  }
}

TEST(CachedImages, are_not_kept_beyond_the_limit) {
  auto counting = std::make_unique<Counting>(2);
  const Counting& counter = *counting;
  const auto images = cached(std::move(counting), 15);  // 16 bytes are needed
  std::vector<float> pixels(4);
  images->read(0, pixels);
  images->read(0, pixels);
  EXPECT_EQ(counter.reads[0], 2);
}

}  // namespace
}  // namespace niwaki
