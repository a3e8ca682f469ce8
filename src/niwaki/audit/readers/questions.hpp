#pragma once

#include <array>
#include <cstddef>
#include <optional>

namespace niwaki {

/// What each reader is asked of each image (Holste et al., MICCAI 2023).
struct Question {
  const char* name;       // of its figures
  const char* column;     // of its answers
  const char* published;  // the words of the published study's forms, also taken as a column
  const char* wording;    // put to readers
  bool scale;             // 1 to 5; else yes (1) or no (0)
};

inline constexpr std::array<Question, 3> kQuestions = {{
    {"agreement", "agrees", "Do you fully agree with the label?", "Do you fully agree with the label? yes or no",
     false},
    {"quality", "quality", "How would you rate the image quality?",
     "How would you rate the image quality? 1 (poor) to 5 (excellent)", true},
    {"difficulty", "difficulty", "How difficult would you consider it to properly diagnose this image?",
     "How difficult is it to diagnose this image? 1 (very easy) to 5 (very difficult)", true},
}};

/// One answer a question: 1 to 5, or 1 (yes) and 0 (no); nothing where it is missing.
using Answers = std::array<std::optional<double>, kQuestions.size()>;

}  // namespace niwaki
