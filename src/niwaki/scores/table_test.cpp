#include "niwaki/scores/table.hpp"

#include <cmath>
#include <filesystem>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ScoreTables : public testing::Test {
 protected:
  ScoreTables() {
    std::filesystem::remove_all(folder_);
    make_folder(folder_);
  }
  ~ScoreTables() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string csv(const std::string& text) const {
    const std::filesystem::path path = folder_ / "scores.csv";
    write_file(path, text);
    return path.string();
  }

  [[nodiscard]] std::string npy(const std::vector<std::size_t>& shape, const std::vector<float>& values) const {
    const std::filesystem::path path = folder_ / "scores.npy";
    write_npy(path, shape, values);
    return path.string();
  }

  static std::string refusal(const std::string& path, bool logits = false) {
    try {
      (void)read_scores(path, {logits});
    } catch (const InputError& error) {
      return error.what();
    }
    return "not refused";
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("table_test_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ScoreTables, npy_has_no_names) {
  const ScoreTable table = read_scores(npy({2, 3}, {0, 0.1F, 0.2F, 0.3F, 0.4F, 1}));
  EXPECT_EQ(table.images, 2U);
  EXPECT_EQ(table.classes, 3U);
  EXPECT_TRUE(table.ids.empty());
  EXPECT_FLOAT_EQ(table.view()(1, 0), 0.3F);
}

TEST_F(ScoreTables, csv_has_ids_and_classes_wherever_the_id_stands) {
  const ScoreTable table = read_scores(csv("Mass,id,\"Edema, mild\"\n0.5,a.png,1\n1e-3,b.png,0\n"));
  EXPECT_THAT(table.ids, ElementsAre("a.png", "b.png"));
  EXPECT_THAT(table.class_names, ElementsAre("Mass", "Edema, mild"));
  EXPECT_THAT(table.values, ElementsAre(0.5F, 1.0F, 0.001F, 0.0F));
}

TEST_F(ScoreTables, logits_become_probabilities) {
  const ScoreTable table = read_scores(npy({1, 4}, {0.0F, 2.0F, -2.0F, 1000.0F}), {true});
  EXPECT_THAT(table.values, ElementsAre(0.5F, testing::FloatEq(0.88079708F), testing::FloatEq(0.11920292F), 1.0F));
}

TEST_F(ScoreTables, scores_that_are_no_probabilities_are_refused_with_their_place) {
  EXPECT_THAT(refusal(npy({2, 2}, {0, 0, 0, 1.5F})), HasSubstr("row 1, column 1"));
  EXPECT_THAT(refusal(npy({1, 1}, {-0.1F})), HasSubstr("--logits"));
  EXPECT_THAT(refusal(csv("id,Mass\na,0.5\nb,7\n")), HasSubstr("image 'b', class 'Mass'"));
}

TEST_F(ScoreTables, nan_and_infinity_are_refused_with_and_without_logits) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const bool logits : {false, true}) {
      EXPECT_THAT(refusal(npy({1, 2}, {0.5F, bad}), logits), HasSubstr("row 0, column 1"));
    }
  }
  EXPECT_THAT(refusal(csv("id,Mass\na,nan\n")), HasSubstr("line 2, column 'Mass'"));
  EXPECT_THAT(refusal(csv("id,Mass\na,\n")), HasSubstr("no finite number"));
  EXPECT_THAT(refusal(csv("id,Mass\na,1e300\n"), true), HasSubstr("no finite number"));
}

TEST_F(ScoreTables, tables_of_another_form_are_refused) {
  EXPECT_THAT(refusal(npy({3}, {0, 0, 0})), HasSubstr("shape is [3]"));
  EXPECT_THAT(refusal(npy({0, 14}, {})), HasSubstr("shape is [0, 14]"));
  EXPECT_THAT(refusal(csv("id\na\n")), HasSubstr("no score"));
  EXPECT_THAT(refusal(csv("id,Mass\n")), HasSubstr("no score"));
  EXPECT_THAT(refusal(csv("image,Mass\na,0.5\n")), HasSubstr("id"));
  EXPECT_THAT(refusal("scores.pkl"), HasSubstr(".pkl"));
}

TEST_F(ScoreTables, an_image_or_class_listed_twice_is_refused) {
  EXPECT_THAT(refusal(csv("id,Mass\na,0.5\nb,0.5\na,0.5\n")), HasSubstr("line 4"));
  EXPECT_THAT(refusal(csv("id,Mass,Mass\na,0.5,0.5\n")), HasSubstr("'Mass' is there twice"));
}

TEST(Probability, is_the_logistic_function_without_overflow) {
  EXPECT_EQ(probability(0.0F), 0.5F);
  EXPECT_EQ(probability(-1000.0F), 0.0F);
  EXPECT_EQ(probability(1000.0F), 1.0F);
  EXPECT_FLOAT_EQ(probability(-20.0F), 2.0611536e-9F);
  EXPECT_FLOAT_EQ(probability(1.0F) + probability(-1.0F), 1.0F);
}

}  // namespace
}  // namespace niwaki
