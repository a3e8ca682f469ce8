#include "niwaki/core/instruction_set.hpp"

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

TEST(InstructionSet, TheWidestUnlessANarrowerOneIsAskedFor) {
  EXPECT_EQ(chosen_instruction_set("", InstructionSet::kAvx2), InstructionSet::kAvx2);
  EXPECT_EQ(chosen_instruction_set("baseline", InstructionSet::kAvx512), InstructionSet::kBaseline);
  EXPECT_EQ(chosen_instruction_set("avx2", InstructionSet::kAvx512), InstructionSet::kAvx2);
}

TEST(InstructionSet, NeverOneThatTheProcessorLacks) {
  EXPECT_THROW((void)chosen_instruction_set("avx512", InstructionSet::kAvx2), InputError);
  EXPECT_THROW((void)chosen_instruction_set("AVX9", InstructionSet::kAvx512), InputError);
}

}  // namespace
}  // namespace niwaki
