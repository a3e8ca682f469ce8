#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/problems.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {

/// What to do about pictures that are missing, cannot be read, or are another's second file.
struct BadImagePolicy {
  std::string action = "stop";  // at the first; or "leave-out": they are counted and the others used
  double limit = 0.05;          // share of the images that may be left out at most, 0 to 1
  void check() const;           // throws InputError naming the field
};

/// The images that can be used, and why the others cannot.
struct ReadableImages {
  std::vector<std::size_t> rows;  // of the cohort, rising
  std::size_t left_out = 0;
  ProblemReport problems;  // of those left out

  /// One line a kind of problem: how many, and the first of them.
  [[nodiscard]] std::vector<std::string> notes() const;
};

/// With "leave-out" every picture is decoded once, by all threads; the answer does not depend on how many. With "stop"
/// none is, and all rows are readable until somebody reads them. Throws InputError for one SOP instance or one file
/// twice ("stop"), more images left out than the policy's limit, and where none is left.
ReadableImages readable_images(const Cohort& cohort, const std::filesystem::path& folder,
                               const ImageReadOptions& options, const BadImagePolicy& policy);

}  // namespace niwaki
