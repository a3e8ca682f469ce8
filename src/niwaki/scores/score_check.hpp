#pragma once

#include <span>

#include "niwaki/core/instruction_set.hpp"

namespace niwaki {

/// Whether every value is finite; whether every one is from 0 to 1. Told in one pass with no way out; who wants to say
/// which value is wrong looks again.
bool all_finite(std::span<const float> values, InstructionSet set = instruction_set());
bool all_probabilities(std::span<const float> values, InstructionSet set = instruction_set());

}  // namespace niwaki
