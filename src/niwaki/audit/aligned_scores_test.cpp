#include "niwaki/audit/aligned_scores.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/cohort_for_tests.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AlignedScores : public testing::Test {
 protected:
  ~AlignedScores() override {
    std::filesystem::remove(csv_);
    std::filesystem::remove(npy_);
  }

  [[nodiscard]] AlignedScoreReader::Scores read_text(const std::string& text) const {
    write_file(csv_, text);
    return AlignedScoreReader(cohort_, false).read(csv_.string());
  }

  [[nodiscard]] AlignedScoreReader::Scores read_array(const std::vector<std::size_t>& shape,
                                                      const std::vector<float>& values) const {
    write_npy(npy_, shape, values);
    return AlignedScoreReader(cohort_, false).read(npy_.string());
  }

  template <typename Read>
  static std::string refusal(const Read& read) {
    try {
      (void)read();
    } catch (const InputError& error) {
      return error.what();
    }
    return "not refused";
  }

  Cohort cohort_ = cohort_for_tests({"Mass", "Edema"}, {"10", "01"});
  std::string name_ = testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::path csv_ = std::filesystem::path(testing::TempDir()) / ("aligned_" + name_ + ".csv");
  std::filesystem::path npy_ = std::filesystem::path(testing::TempDir()) / ("aligned_" + name_ + ".npy");
};

TEST_F(AlignedScores, a_table_with_names_is_put_in_the_order_of_the_labels) {
  const auto scores = read_text("id,edema,Hernia,Mass\nimage-1,0.1,0.2,0.3\nimage-0,0.4,0.5,0.6\n");
  EXPECT_THAT(scores.values, ElementsAre(0.6F, 0.4F, 0.3F, 0.1F));
  EXPECT_THAT(scores.left_out, ElementsAre("Hernia"));
}

TEST_F(AlignedScores, a_table_without_names_is_taken_as_it_lies) {
  const auto scores = read_array({2, 2}, {0.1F, 0.2F, 0.3F, 0.4F});
  EXPECT_THAT(scores.values, ElementsAre(0.1F, 0.2F, 0.3F, 0.4F));
  EXPECT_TRUE(scores.left_out.empty());
}

TEST_F(AlignedScores, logits_that_become_exactly_0_or_1_are_counted) {
  write_npy(npy_, {2, 2}, std::vector<float>{20.0F, 1.0F, -200.0F, 16.0F});
  EXPECT_EQ(AlignedScoreReader(cohort_, true).read(npy_.string()).saturated, 2U);
  EXPECT_EQ(read_array({2, 2}, {0.0F, 1.0F, 0.5F, 1.0F}).saturated, 0U);  // probabilities are as they were given
}

TEST_F(AlignedScores, another_number_of_images_or_classes_is_refused) {
  const std::string rows = refusal([&] { return read_array({3, 2}, std::vector<float>(6)); });
  EXPECT_THAT(rows, HasSubstr("3 images, the labels 2"));
  EXPECT_THAT(rows, HasSubstr(npy_.string()));
  EXPECT_THAT(refusal([&] { return read_array({2, 3}, std::vector<float>(6)); }), HasSubstr("3 classes, the labels 2"));
  EXPECT_THAT(refusal([&] { return read_text("id,Mass,Edema\nimage-0,0,0\n"); }), HasSubstr("1 images, the labels 2"));
}

TEST_F(AlignedScores, an_image_or_a_class_without_scores_is_named) {
  EXPECT_THAT(refusal([&] { return read_text("id,Mass,Edema\nimage-0,0,0\nimage-7,0,0\n"); }), HasSubstr("image-7"));
  EXPECT_THAT(refusal([&] { return read_text("id,Mass,Oedema\nimage-0,0,0\nimage-1,0,0\n"); }),
              HasSubstr("no class 'Edema' (did you mean 'Oedema'?)"));
}

TEST_F(AlignedScores, memory_that_is_used_again_holds_the_last_table_alone) {
  const AlignedScoreReader reader(cohort_, false);
  AlignedScoreReader::Scores scores;
  write_npy(npy_, {2, 2}, std::vector<float>{0.1F, 0.2F, 0.3F, 0.4F});
  reader.read(npy_.string(), scores);
  const float* memory = scores.values.data();
  write_npy(npy_, {2, 2}, std::vector<float>{0.5F, 0.6F, 0.7F, 0.8F});
  reader.read(npy_.string(), scores);
  EXPECT_THAT(scores.values, ElementsAre(0.5F, 0.6F, 0.7F, 0.8F));
  EXPECT_EQ(scores.values.data(), memory);
}

}  // namespace
}  // namespace niwaki
