#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/patient_resamples.hpp"
#include "niwaki/metrics/ranking.hpp"
#include "niwaki/scores/grid.hpp"

namespace niwaki {

/// What the patients of random_cohort() are like.
struct RandomCohort {
  std::size_t images = 150;
  std::vector<double> prevalences = {0.4, 0.3, 0.25, 0.35};
  double unknown = 0.1;
  std::size_t patients = 90;  // at most; an image is of any of them, so that they have none, one or several
  std::uint64_t seed = 1;
};

/// Classes "A", "B", ...; patients in no order.
inline Cohort random_cohort(const RandomCohort& options = {}) {
  RandomStream random(options.seed, "random_cohort");
  Cohort cohort;
  for (std::size_t column = 0; column < options.prevalences.size(); ++column) {
    cohort.classes.emplace_back(1, static_cast<char>('A' + column));
  }
  for (std::size_t row = 0; row < options.images; ++row) {
    cohort.records.push_back(
        {fmt::format("image-{}", row), fmt::format("patient-{}", random.below(options.patients)), "", ""});
    for (const double prevalence : options.prevalences) {
      cohort.labels.push_back(random.chance(options.unknown) ? Label::kUnknown
                              : random.chance(prevalence)    ? Label::kPositive
                                                             : Label::kNegative);
    }
  }
  return cohort;
}

/// Scores of which many are tied; those of positive images are higher by `signal`.
inline std::vector<float> random_scores(const Cohort& cohort, double signal, RandomStream& random) {
  std::vector<float> values(cohort.labels.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double lift = cohort.labels[i] == Label::kPositive ? signal : 0.0;
    values[i] = static_cast<float>(std::floor((lift + 0.6 * random.uniform()) * 25.0) / 25.0);
  }
  return values;
}

/// A folder of score tables, and what is in them.
class GridForTests {
 public:
  using Unit = std::tuple<std::string, std::uint64_t, double>;

  /// `folder` is emptied, and removed at the end.
  explicit GridForTests(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::remove_all(folder_);
    make_folder(folder_);
  }
  ~GridForTests() { std::filesystem::remove_all(folder_); }
  GridForTests(const GridForTests&) = delete;
  GridForTests& operator=(const GridForTests&) = delete;
  GridForTests(GridForTests&&) = delete;
  GridForTests& operator=(GridForTests&&) = delete;

  void add(const Cohort& cohort, const std::string& method, std::uint64_t seed, double sparsity,
           std::vector<float> values) {
    const std::string name = fmt::format("{}-{}-{}.npy", method, seed, sparsity);
    write_npy(folder_ / name, {cohort.size(), cohort.classes.size()}, values);
    entries_.push_back({method, seed, sparsity, name});
    tables_[{method, seed, sparsity}] = std::move(values);
  }

  /// Scores that get worse with sparsity, for seeds 3, 7, 11, ...
  void add_random(const Cohort& cohort, const std::string& method, std::size_t seeds,
                  const std::vector<double>& sparsities) {
    for (std::size_t i = 0; i < seeds; ++i) {
      for (const double sparsity : sparsities) {
        RandomStream random(i, "add_random/" + method, {static_cast<std::uint64_t>(sparsity * 100)});
        add(cohort, method, 3 + 4 * i, sparsity, random_scores(cohort, 0.4 * (1.0 - 0.8 * sparsity), random));
      }
    }
  }

  [[nodiscard]] ScoreGrid grid() const { return make_grid(folder_, entries_, "test"); }

 protected:
  std::filesystem::path folder_;
  std::vector<GridEntry> entries_;
  std::map<Unit, std::vector<float>> tables_;
};

// The slow and obvious way: a resample is the rows of its images, each as often as its patient was drawn.

inline std::vector<std::size_t> copied_out(const PatientResamples& resamples, std::size_t resample,
                                           const std::vector<std::uint32_t>& patient_of_image) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < patient_of_image.size(); ++row) {
    rows.insert(rows.end(), resamples.weight(resample, patient_of_image[row]), row);
  }
  return rows;
}

/// One class of the images at `rows`, as a ranking.
inline RankedScores ranked_rows(const std::vector<float>& table, const std::vector<ClassLabels>& labels,
                                std::size_t column, const std::vector<std::size_t>& rows) {
  std::vector<float> scores;
  std::vector<std::int8_t> values;
  for (const std::size_t row : rows) {
    scores.push_back(table[row * labels.size() + column]);
    values.push_back(labels[column].values[row]);
  }
  return {scores, values};
}

inline double slow_median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
}

/// (sum of sizes)^2 / sum of squared sizes of the patients who have one of these images.
inline double slow_effective_patients(const std::vector<std::size_t>& rows,
                                      const std::vector<std::uint32_t>& patient_of_image) {
  std::map<std::uint32_t, double> sizes;
  for (const std::size_t row : rows) {
    sizes[patient_of_image[row]] += 1.0;
  }
  double sum = 0.0;
  double squares = 0.0;
  for (const auto& [patient, size] : sizes) {
    sum += size;
    squares += size * size;
  }
  return squares > 0.0 ? sum * sum / squares : 0.0;
}

/// "" where the two are within `tolerance` of each other, or both are nothing; else what they are.
inline std::string apart(const std::optional<Interval>& interval, const std::optional<Interval>& expected,
                         double tolerance) {
  if (interval.has_value() == expected.has_value() &&
      (!interval || (std::abs(interval->low - expected->low) <= tolerance &&
                     std::abs(interval->high - expected->high) <= tolerance))) {
    return "";
  }
  const auto text = [](const std::optional<Interval>& which) {
    return which ? fmt::format("[{}, {}]", which->low, which->high) : "nothing";
  };
  return fmt::format("{} instead of {}", text(interval), text(expected));
}

}  // namespace niwaki
