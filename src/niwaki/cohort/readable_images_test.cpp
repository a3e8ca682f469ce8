#include "niwaki/cohort/readable_images.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/cohort/described_images.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/picture_copy.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/imaging/dicom_for_tests.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ReadableImagesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("niwaki-readable-{}", ::getpid());
    fs::create_directories(folder_);
    cohort_.classes = {"A"};
  }
  void TearDown() override {
    set_thread_count(0 < threads_ ? threads_ : 1);
    fs::remove_all(folder_);
  }
  void add(const std::string& name, const std::string& bytes) {
    if (!bytes.empty()) {
      write_file(folder_ / name, bytes);
    }
    cohort_.records.push_back({name, "p" + name, name, ""});
    cohort_.labels.push_back(Label::kNegative);
  }
  static std::string dicom(const std::string& instance) {
    return radiograph({.instance = instance})
        .add(0x00100010, "PN", "Doe^Jane")
        .add(0x00100020, "LO", "MRN-1")
        .words(0x7FE00010, {0, 1, 2, 3, 4, 4095}, "OW")
        .bytes();
  }
  std::string error_of(const BadImagePolicy& policy) {
    try {
      readable_images(cohort_, folder_, full_range_, policy);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  int threads_ = thread_count();
  const ImageReadOptions full_range_{.windows = {"full-range"}};
  fs::path folder_;
  Cohort cohort_;
};

TEST_F(ReadableImagesTest, bad_ones_are_left_out_and_counted_by_kind) {
  add("good.dcm", dicom("1.1"));
  add("cut.dcm", dicom("1.2").substr(0, dicom("1.2").size() - 3));
  add("missing.dcm", "");
  add("again.dcm", dicom("1.1"));
  add("picture.png", encode_png({1, 2, 2, {0, 0, 1, 1}}));
  add("letter.png", "Dear colleague");
  cohort_.records.push_back({"twice", "q", "good.dcm", ""});
  cohort_.labels.push_back(Label::kPositive);
  for (const int threads : {1, 2}) {
    set_thread_count(threads);
    const ReadableImages images = readable_images(cohort_, folder_, full_range_, {.action = "leave-out", .limit = 0.9});
    EXPECT_THAT(images.rows, ElementsAre(0, 4));
    EXPECT_EQ(images.left_out, 5U);
    EXPECT_EQ(images.problems.count(), 5U);
    EXPECT_THAT(images.notes(), ElementsAre(HasSubstr("1 of 7 images left out: pictures that are missing"),
                                            HasSubstr("1 of 7 images left out: two images of one file"),
                                            HasSubstr("1 of 7 images left out: two files of one SOP instance"),
                                            AllOf(HasSubstr("2 of 7 images left out: pictures that cannot be read"),
                                                  HasSubstr("cut.dcm"))));
  }
}

TEST_F(ReadableImagesTest, too_many_bad_ones_stop_whatever_was_asked) {
  for (int i = 0; i < 3000; ++i) {
    add(fmt::format("{}.dcm", i), i % 2 == 0 ? dicom(fmt::format("1.{}", i)) : "no picture");
  }
  EXPECT_THAT(error_of({.action = "leave-out", .limit = 0.1}),
              AllOf(HasSubstr("1500 of 3000 pictures cannot be used, more than the 10 %"), HasSubstr("1.dcm")));
  EXPECT_EQ(error_of({.action = "leave-out", .limit = 0.5}), "");
}

TEST_F(ReadableImagesTest, no_image_left_is_an_error_whatever_the_limit) {
  add("a.dcm", "no picture");
  EXPECT_THAT(error_of({.action = "leave-out", .limit = 1}), HasSubstr("1 of 1 pictures cannot be used"));
}

TEST_F(ReadableImagesTest, to_stop_reads_nothing_but_one_sop_instance_twice_is_seen) {
  add("a.dcm", dicom("1.1"));
  add("letter.png", "Dear colleague");
  EXPECT_EQ(error_of({}), "");
  add("b.dcm", dicom("1.1"));
  EXPECT_THAT(error_of({}), AllOf(HasSubstr("'a.dcm' and 'b.dcm' are one SOP instance"), HasSubstr("keep one")));
  EXPECT_THROW(open_image_files(cohort_, folder_, imagenet_preprocessing(1, 2, 2), full_range_), InputError);
}

TEST_F(ReadableImagesTest, a_policy_that_there_is_not_is_named) {
  EXPECT_THAT(error_of({.action = "guess"}), HasSubstr("cohort.bad_images"));
  EXPECT_THAT(error_of({.action = "leave-out", .limit = 2}), HasSubstr("cohort.bad_images_limit"));
}

TEST_F(ReadableImagesTest, are_read_by_the_window_that_is_named) {
  add("a.dcm", dicom("1.1"));
  const auto images = open_image_files(cohort_, folder_, imagenet_preprocessing(3, 2, 3), full_range_);
  std::vector<float> pixels(18);
  images->read(0, pixels);
  EXPECT_FLOAT_EQ(pixels[4], 4 / 4095.0F);
  EXPECT_FLOAT_EQ(pixels[17], 1);
}

TEST_F(ReadableImagesTest, a_copy_to_show_holds_the_picture_and_not_the_patient) {
  add("a.dcm", dicom("1.1"));
  EXPECT_EQ(copy_ending(folder_ / "a.dcm"), ".png");
  const std::string copy = copy_to_show(folder_ / "a.dcm");
  EXPECT_THAT(copy, Not(HasSubstr("Doe")));
  EXPECT_EQ(decode_image(copy, "x").width, 3U);
}

TEST_F(ReadableImagesTest, described_say_no_name_and_no_id) {
  add("b.dcm", dicom("1.1"));
  add("a.dcm", dicom("1.2"));
  add("c.png", encode_png({1, 1, 1, {0}}));
  add("d.dcm", dicom("1.3").substr(0, 200));
  const std::string salt(16, 's');
  EXPECT_THROW(describe_images(folder_, salt, {}), InputError);
  const DescribedImages images = describe_images(folder_, salt, {.action = "leave-out", .limit = 0.5});
  ASSERT_EQ(images.rows.size(), 2U);
  EXPECT_EQ(images.rows[0].id, "a.dcm");
  EXPECT_EQ(images.rows[0].attributes.patient, images.rows[1].attributes.patient);
  EXPECT_EQ(images.other_files, 1U);
  EXPECT_EQ(images.left_out, 1U);
  const std::string table = described_table(images);
  EXPECT_THAT(table,
              AllOf(HasSubstr("id,patient,manufacturer,model,view"), Not(HasSubstr("Doe")), Not(HasSubstr("MRN"))));
  EXPECT_THROW(describe_images(folder_, salt, {.action = "leave-out", .limit = 0.1}), InputError);
  EXPECT_THROW(describe_images(folder_ / "none", salt, {}), InputError);
}

}  // namespace
}  // namespace niwaki
