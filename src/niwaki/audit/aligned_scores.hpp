#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/name_index.hpp"
#include "niwaki/scores/table.hpp"

namespace niwaki {

/// Reads score tables in the order of a cohort's images and classes: by position where a table has no names (.npy,
/// .npz), by name where it has them (CSV). Safe to use from several threads.
class AlignedScoreReader {
 public:
  /// Keeps a reference to `cohort`.
  AlignedScoreReader(const Cohort& cohort, bool logits);

  struct Scores {
    std::vector<float> values;          // [images, classes] row-major, in the cohort's order
    std::vector<std::string> left_out;  // named columns that are no class of the cohort
    std::size_t saturated = 0;          // of `values`, from logits: exactly 0 or 1 as a float32 probability
  };
  /// Throws InputError naming `path`: another number of images or classes, an image or a class without scores.
  [[nodiscard]] Scores read(const std::string& path) const;
  /// As above, into memory that is used again.
  void read(const std::string& path, Scores& scores) const;

 private:
  void read_aligned(const std::string& path, Scores& scores) const;
  void check_shape(const ScoreTable& table, const std::string& path) const;
  [[nodiscard]] std::vector<std::size_t> match_images(const ScoreTable& table, const std::string& path) const;
  [[nodiscard]] Scores by_name(const ScoreTable& table, const std::string& path) const;

  const Cohort& cohort_;
  bool logits_;
  NameIndex rows_;  // of the image ids
};

}  // namespace niwaki
