#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/readers/questions.hpp"
#include "niwaki/audit/readers/reading_key.hpp"
#include "niwaki/audit/readers/readings.hpp"

namespace niwaki {

/// Answers to one question for one group of images. Repeats are not among them.
struct GroupAnswers {
  std::size_t readings = 0;  // answered
  std::size_t missing = 0;   // read, but not answered
  std::size_t images = 0;    // with an answer
  Figure mean, deviation;    // deviation with n - 1, as the published study's
};

struct PermutedP {
  Figure p;
  bool exact = false;
  std::size_t arrangements = 0;
};

/// Agreement of readers about the same images.
struct ReaderAgreement {
  std::size_t images = 0;  // that two or more readers answered
  Figure fleiss_kappa;
  Figure alpha_nominal, alpha_ordinal, alpha_interval;
};

/// What the seen difference would need to be found with 80% power at a two-sided 5%, were it the true one.
struct ReadingsNeeded {
  Figure independent_readings;    // were every reading of an image of its own; both groups together
  Figure intraclass_correlation;  // of readings of one image, readers' and groups' means taken out
  Figure readings_an_image;       // in these data
  Figure design_effect;
  Figure images_a_group;  // whole; each read by as many readers as here
  Figure readings;        // of them all
};

/// Answers to one image shown twice to one reader.
struct RepeatAgreement {
  std::size_t pairs = 0;  // both answered
  Figure same;            // share of equal answers
  Figure gap;             // mean absolute difference
};

struct QuestionResult {
  std::string name;  // of kQuestions
  GroupAnswers exemplars, others;
  Figure difference;            // of the means, exemplars - others
  Figure kruskal_h, kruskal_p;  // as published: every reading on its own
  Figure centred_difference;    // of answers less their reader's mean: what the permutation tests look at
  PermutedP over_images;        // status changed over among images that the same readers read
  PermutedP within_readers;     // status changed over among each reader's readings
  ReaderAgreement agreement;
  ReadingsNeeded needed;
  RepeatAgreement repeats;
};

struct ReaderResult {
  std::string name;
  std::size_t listed = 0;                                // showings on the reader's list
  std::size_t read = 0;                                  // rows handed in
  std::array<std::size_t, kQuestions.size()> missing{};  // of those
  std::array<Figure, kQuestions.size()> means;           // without repeats
  std::array<RepeatAgreement, kQuestions.size()> repeats;
};

/// A reading with what the readers did not know.
struct JoinedReading {
  Reading reading;
  KeyEntry entry;
};

struct ReadingAnalysis {
  std::size_t images = 0, exemplars = 0, others = 0;
  std::size_t patients = 0;  // 0 where the key does not say
  std::vector<ReaderResult> readers;
  std::vector<QuestionResult> questions;
  std::vector<JoinedReading> joined;  // by reader and opaque id
  std::vector<Note> notes;            // every figure that is empty, and what must be known
};

/// What the readings say about exemplars and others. A reading's status is found by its opaque id alone. The first
/// showing of an image counts; its repeat only for `repeats`. Definitions: docs/readers.md. `seed`: of the
/// permutations that are drawn. Throws InputError for readings of another study, an unknown id, an id twice for one
/// reader, and an image that the reader was not to read.
ReadingAnalysis analyse_readings(const std::vector<KeyEntry>& key, const std::vector<Reading>& readings,
                                 std::uint64_t seed = 1);

}  // namespace niwaki
