#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/audit/readers/exemplar_list.hpp"
#include "niwaki/audit/readers/reading_key.hpp"
#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// What an exemplar's counterpart among the others must share with it.
enum class MatchBy {
  kNothing,
  kFindings,  // the number of findings: 0, 1, 2, 3, 4 or more ("No Finding" is none)
  kLabels,    // all labels
};
MatchBy parse_match(const std::string& name);  // "none", "findings", "labels"; throws InputError

struct SampleOptions {
  std::size_t images_per_group = 20;                // exemplars, and as many others; as published
  std::vector<std::string> readers = {"reader-1"};  // names that can stand in a file's name
  std::size_t repeats = 4;                          // images shown to each reader a second time
  MatchBy match = MatchBy::kNothing;
  bool one_image_a_patient = true;  // among all images of the round
  bool separate = false;            // every reader reads images of their own, and not all the same
  std::uint64_t seed = 1;
  void check() const;  // throws InputError naming the field
};

/// Readers' names from "3" (reader-1, reader-2, reader-3) or "Ada,Ben". Throws InputError as SampleOptions::check().
std::vector<std::string> parse_readers(const std::string& text);

/// Who reads what, in which order.
struct ReadingList {
  std::string reader;
  std::vector<std::size_t> entries;  // places in the key
};

struct ReadingRound {
  std::vector<KeyEntry> key;      // by opaque id, so that its order says nothing
  std::vector<std::size_t> rows;  // of each entry's image in the label file
  std::vector<ReadingList> lists;
};

/// Draws a blinded reading round: exemplars at random among `exemplars`, others at random among the images that are not
/// on that list. Opaque ids are drawn from (seed, images, readers), so that two rounds share none; a repeat has its
/// own. Each reader has an order of their own, in which a first showing stands in the first third and its repeat in the
/// last. As many exemplars as others are repeated, or one more. The same arguments give the same round. Throws
/// InputError for an exemplar that is no image of the cohort, and where there are too few exemplars, or too few others
/// that match.
ReadingRound draw_reading_round(const Cohort& cohort, const ExemplarList& exemplars, const SampleOptions& options);

/// What a reader is told of an image: its positive labels ("Edema; Mass"), "none" where there is none, and those that
/// are not known.
std::string label_text(const Cohort& cohort, std::size_t row);

}  // namespace niwaki
