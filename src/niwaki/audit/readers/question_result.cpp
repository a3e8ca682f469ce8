#include "niwaki/audit/readers/question_result.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "niwaki/core/random.hpp"
#include "niwaki/metrics/kruskal_wallis.hpp"
#include "niwaki/metrics/permutation.hpp"
#include "niwaki/metrics/rater_agreement.hpp"
#include "niwaki/metrics/sample_size.hpp"

namespace niwaki {
namespace {

/// One answered first showing.
struct Answer {
  std::string reader, image, set;
  bool exemplar = false;
  double value = 0;
  double centred = 0;  // less the mean of the reader's answers
};

Figure mean_of(const std::vector<double>& values) {
  return values.empty() ? Figure{}
                        : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Figure deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) {
    return std::nullopt;
  }
  double squares = 0.0;
  for (const double value : values) {
    squares += (value - *mean_of(values)) * (value - *mean_of(values));
  }
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

class QuestionFigures {
 public:
  QuestionFigures(const std::vector<JoinedReading>& joined, std::size_t question, std::vector<Note>& notes)
      : name_(kQuestions[question].name), notes_(notes) {
    std::map<std::string, std::vector<double>> of_reader;
    for (const JoinedReading& reading : joined) {
      const Figure& value = reading.reading.answers[question];
      if (!reading.entry.repeat_of.empty()) {
        continue;
      }
      if (!value) {
        ++(reading.entry.exemplar ? missing_exemplars_ : missing_others_);
        continue;
      }
      of_reader[reading.reading.reader].push_back(*value);
      answers_.push_back(
          {reading.reading.reader, reading.entry.image, reading.entry.set, reading.entry.exemplar, *value});
    }
    for (Answer& answer : answers_) {
      answer.centred = answer.value - *mean_of(of_reader[answer.reader]);
    }
  }

  void describe(QuestionResult& result) {
    result.exemplars = group(true);
    result.others = group(false);
    if (result.exemplars.mean && result.others.mean) {
      result.difference = *result.exemplars.mean - *result.others.mean;
    }
    const std::vector<std::vector<double>> groups = {values(true), values(false)};
    if (const auto test = kruskal_wallis(groups)) {
      result.kruskal_h = test->h;
      result.kruskal_p = test->p;
    } else {
      note("kruskal", groups[0].empty() || groups[1].empty() ? "a group has no answer" : "all answers are the same");
    }
  }

  /// Status changes over among images of one set: an image keeps its readings together.
  void permute_over_images(QuestionResult& result, std::uint64_t seed) {
    std::map<std::pair<std::string, std::string>, PermutationUnit> images;
    const std::map<std::string, std::size_t> sets = numbered(&Answer::set);
    for (const Answer& answer : answers_) {
      const auto [place, fresh] =
          images.try_emplace({answer.set, answer.image}, PermutationUnit{sets.at(answer.set), answer.exemplar, 0, 0});
      place->second.sum += answer.centred;
      place->second.count += 1.0;
    }
    std::vector<PermutationUnit> units;
    for (const auto& [name, unit] : images) {
      units.push_back(unit);
    }
    result.over_images = permuted(units, "over_images", seed, result.centred_difference);
  }

  /// Status changes over among the readings of one reader.
  void permute_within_readers(QuestionResult& result, std::uint64_t seed) {
    const std::map<std::string, std::size_t> readers = numbered(&Answer::reader);
    std::vector<PermutationUnit> units;
    for (const Answer& answer : answers_) {
      units.push_back({readers.at(answer.reader), answer.exemplar, answer.centred, 1.0});
    }
    result.within_readers = permuted(units, "within_readers", seed, result.centred_difference);
  }

  void agree(QuestionResult& result) {
    std::map<std::string, ItemRatings> by_image;
    for (const Answer& answer : answers_) {
      by_image[answer.image].push_back(answer.value);
    }
    std::vector<ItemRatings> items;
    for (auto& [image, ratings] : by_image) {
      result.agreement.images += ratings.size() > 1 ? 1 : 0;
      items.push_back(std::move(ratings));
    }
    result.agreement.fleiss_kappa = fleiss_kappa(items);
    result.agreement.alpha_nominal = krippendorff_alpha(items, MeasurementLevel::kNominal);
    result.agreement.alpha_ordinal = krippendorff_alpha(items, MeasurementLevel::kOrdinal);
    result.agreement.alpha_interval = krippendorff_alpha(items, MeasurementLevel::kInterval);
    if (!result.agreement.fleiss_kappa) {
      note("agreement",
           result.agreement.images == 0 ? "no image has answers of two readers" : "all answers are the same");
    }
  }

  void need(QuestionResult& result) {
    ReadingsNeeded& needed = result.needed;
    needed.independent_readings = mann_whitney_sample_size(values(true), values(false));
    needed.intraclass_correlation = intraclass_correlation(std::vector<Clusters>{clusters(true), clusters(false)});
    const std::size_t images = result.exemplars.images + result.others.images;
    if (images > 0) {
      needed.readings_an_image = static_cast<double>(answers_.size()) / static_cast<double>(images);
    }
    const bool one_each = answers_.size() == images;
    if (!needed.independent_readings) {
      note("needed", "no difference is seen");
      return;
    }
    if (!needed.intraclass_correlation && !one_each) {
      note("needed.design_effect", "the readings do not tell how alike the readings of one image are");
      return;
    }
    needed.design_effect = design_effect(needed.intraclass_correlation.value_or(0.0), *needed.readings_an_image);
    const double readings = *needed.independent_readings * *needed.design_effect;
    needed.images_a_group = std::ceil(readings / (2.0 * *needed.readings_an_image) - 1e-9);
    needed.readings = std::ceil(2.0 * *needed.images_a_group * *needed.readings_an_image - 1e-9);
  }

 private:
  void note(const std::string& figure, const std::string& reason) {
    notes_.push_back({fmt::format("questions.{}.{}", name_, figure), reason});
  }

  [[nodiscard]] std::vector<double> values(bool exemplar) const {
    std::vector<double> result;
    for (const Answer& answer : answers_) {
      if (answer.exemplar == exemplar) {
        result.push_back(answer.value);
      }
    }
    return result;
  }

  [[nodiscard]] GroupAnswers group(bool exemplar) const {
    const std::vector<double> answered = values(exemplar);
    std::set<std::string> images;
    for (const Answer& answer : answers_) {
      if (answer.exemplar == exemplar) {
        images.insert(answer.image);
      }
    }
    return {answered.size(), exemplar ? missing_exemplars_ : missing_others_, images.size(), mean_of(answered),
            deviation_of(answered)};
  }

  /// The centred answers of each image of one group.
  [[nodiscard]] Clusters clusters(bool exemplar) const {
    std::map<std::string, std::vector<double>> images;
    for (const Answer& answer : answers_) {
      if (answer.exemplar == exemplar) {
        images[answer.image].push_back(answer.centred);
      }
    }
    Clusters result;
    for (auto& [image, centred] : images) {
      result.push_back(std::move(centred));
    }
    return result;
  }

  [[nodiscard]] std::map<std::string, std::size_t> numbered(std::string Answer::*name) const {
    std::map<std::string, std::size_t> numbers;
    for (const Answer& answer : answers_) {
      numbers.emplace(answer.*name, numbers.size());
    }
    return numbers;
  }

  PermutedP permuted(const std::vector<PermutationUnit>& units, const char* test, std::uint64_t seed,
                     Figure& difference) {
    RandomStream random(seed, fmt::format("readers/{}/{}", test, name_));
    const auto result = permutation_test(units, random);
    if (!result) {
      note(test, "a group has no answer");
      return {};
    }
    difference = result->statistic;
    return {result->p, result->exact, result->arrangements};
  }

  std::string name_;
  std::vector<Note>& notes_;
  std::vector<Answer> answers_;
  std::size_t missing_exemplars_ = 0;
  std::size_t missing_others_ = 0;
};

}  // namespace

RepeatAgreement repeat_agreement(const std::vector<JoinedReading>& joined, std::size_t question,
                                 const std::string* reader) {
  std::map<std::pair<std::string, std::string>, double> first;  // by reader and opaque id
  for (const JoinedReading& reading : joined) {
    if (reading.reading.answers[question]) {
      first[{reading.reading.reader, reading.reading.id}] = *reading.reading.answers[question];
    }
  }
  RepeatAgreement result;
  double same = 0.0;
  double gaps = 0.0;
  for (const JoinedReading& reading : joined) {
    const Figure& again = reading.reading.answers[question];
    const auto before = first.find({reading.reading.reader, reading.entry.repeat_of});
    if (!again || before == first.end() || (reader != nullptr && reading.reading.reader != *reader)) {
      continue;
    }
    ++result.pairs;
    same += *again == before->second ? 1.0 : 0.0;
    gaps += std::abs(*again - before->second);
  }
  if (result.pairs > 0) {
    result.same = same / static_cast<double>(result.pairs);
    result.gap = gaps / static_cast<double>(result.pairs);
  }
  return result;
}

QuestionResult question_result(const std::vector<JoinedReading>& joined, std::size_t question, std::uint64_t seed,
                               std::vector<Note>& notes) {
  QuestionResult result;
  result.name = kQuestions[question].name;
  QuestionFigures figures(joined, question, notes);
  figures.describe(result);
  figures.permute_over_images(result, seed);
  figures.permute_within_readers(result, seed);
  figures.agree(result);
  figures.need(result);
  result.repeats = repeat_agreement(joined, question, nullptr);
  return result;
}

}  // namespace niwaki
