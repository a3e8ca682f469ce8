#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/audit.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TrainCounts : public testing::Test {
 protected:
  ~TrainCounts() override { std::filesystem::remove(path_); }

  [[nodiscard]] std::vector<std::size_t> read(const std::string& text) const {
    write_file(path_, text);
    return read_train_counts(path_, {"Mass", "Pleural Thickening"});
  }

  [[nodiscard]] std::string refusal(const std::string& text) const {
    try {
      (void)read(text);
    } catch (const InputError& error) {
      return error.what();
    }
    return "not refused";
  }

  std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("train_counts_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(TrainCounts, are_in_the_order_of_the_classes_and_others_are_passed_over) {
  EXPECT_THAT(read("class,positives\nPleural_Thickening,7\nHernia,1\nMass,30\n"), ElementsAre(30, 7));
}

TEST_F(TrainCounts, a_missing_class_a_class_listed_twice_and_a_cell_that_is_no_count_are_refused) {
  EXPECT_THAT(refusal("class,positives\nMass,30\nPleural Thickenin,7\n"), HasSubstr("did you mean"));
  EXPECT_THAT(refusal("class,positives\nMass,30\nMass,7\n"), HasSubstr("line 3"));
  for (const char* count : {"-1", "many", "", "2.5"}) {
    EXPECT_THAT(refusal(std::string("class,positives\nMass,") + count + "\nPleural Thickening,7\n"),
                HasSubstr("line 2, column 'positives'"));
  }
  EXPECT_THAT(refusal("class,count\nMass,30\n"), HasSubstr("positives"));
}

}  // namespace
}  // namespace niwaki
