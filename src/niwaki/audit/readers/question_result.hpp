#pragma once

#include <cstdint>
#include <vector>

#include "niwaki/audit/readers/analysis.hpp"

namespace niwaki {

/// Answers of one reader, or of all, to images shown twice.
RepeatAgreement repeat_agreement(const std::vector<JoinedReading>& joined, std::size_t question,
                                 const std::string* reader);

/// Every figure of one question; those that cannot be had have a note at "questions.<name>".
QuestionResult question_result(const std::vector<JoinedReading>& joined, std::size_t question, std::uint64_t seed,
                               std::vector<Note>& notes);

}  // namespace niwaki
