#include "niwaki/report/frequency_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/report/example_result.hpp"

namespace niwaki {
namespace {

using testing::HasSubstr;
using testing::Not;

AuditResult with_first_drop(const Correlation& correlation) {
  AuditResult result = example_result();
  result.methods[0].frequency_first_drop = correlation;
  return result;
}

std::string text_of(const AuditResult& result) {
  return frequency_text(result, result.methods[0]);
}

TEST(FrequencyText, has_no_p_value_below_ten_classes) {
  const std::string few = text_of(with_first_drop({1.0, 0.0, 1.0, 0.0, 9}));
  EXPECT_THAT(few, HasSubstr("rho = 1.00 over 9 classes (too few classes for a p-value)"));
  EXPECT_THAT(few, Not(HasSubstr("p =")));
  EXPECT_THAT(few, HasSubstr("never dropped left out"));
}

TEST(FrequencyText, says_what_the_p_value_takes_for_granted) {
  EXPECT_THAT(text_of(with_first_drop({0.5, 0.1, 0.6, 0.067, 10})),
              HasSubstr("rho = 0.60 over 10 classes (p = 0.067, which takes classes as independent, though"));
}

TEST(FrequencyText, has_the_change_of_auroc_beside_it) {
  EXPECT_THAT(text_of(example_result()), HasSubstr("change of AUROC at sparsity 0.9: rho = 0.40 over 2 classes"));
}

TEST(FrequencyText, gives_the_note_where_there_is_no_correlation) {
  AuditResult result = example_result();
  EXPECT_THAT(text_of(result), HasSubstr("left out: no correlation can be had\n"));
  result.notes.push_back({"methods.l1.frequency.first_drop", "one side is the same for all 5 classes"});
  EXPECT_THAT(text_of(result), HasSubstr("no correlation can be had: one side is the same for all 5 classes\n"));
  result.notes.push_back({"methods.l1.frequency", "no training counts were given"});
  EXPECT_THAT(text_of(result), HasSubstr("no correlation can be had: no training counts were given\n"));
}

}  // namespace
}  // namespace niwaki
