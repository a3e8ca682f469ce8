#include "niwaki/audit/operating_points.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/grid_for_tests.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/metrics/operating_point.hpp"

namespace niwaki {
namespace {

using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;

class OperatingPointsOfFiles : public testing::Test, protected GridForTests {
 protected:
  OperatingPointsOfFiles()
      : GridForTests(
            std::filesystem::path(testing::TempDir()) /
            (std::string("operating_points_test_") + testing::UnitTest::GetInstance()->current_test_info()->name())) {
    validation_.cohort = random_cohort({.images = 120, .seed = 2});
  }

  void add_validation(const std::string& method, std::uint64_t seed) {
    RandomStream random(seed, "validation/" + method);
    std::vector<float> values = random_scores(validation_.cohort, 0.3, random);
    const std::string name = fmt::format("validation-{}-{}.npy", method, seed);
    write_npy(folder_ / name, {validation_.cohort.size(), validation_.cohort.classes.size()}, values);
    validation_entries_.push_back({method, seed, 0.0, name});
    validation_tables_[{method, seed, 0.0}] = std::move(values);
  }

  [[nodiscard]] const ValidationScores& validation() {
    validation_.grid = make_grid(folder_, validation_entries_, "validation");
    return validation_;
  }

  // The threshold that a rule chooses on one validation table, NaN where it cannot.
  [[nodiscard]] double chosen(const std::string& method, std::uint64_t seed, std::size_t column,
                              const OperatingPointRule& rule) const {
    const std::vector<ClassLabels> labels = labels_by_class(validation_.cohort);
    const std::vector<float>& table = validation_tables_.at({method, seed, 0.0});
    std::vector<std::size_t> all(validation_.cohort.size());
    for (std::size_t row = 0; row < all.size(); ++row) {
      all[row] = row;
    }
    return choose_threshold(ranked_rows(table, labels, column, all), rule).value_or(std::nan(""));
  }

  OperatingPoints points(const AuditOptions& options = {}) {
    return {grid(), labels_by_class(cohort_), options, false, &validation(), notes_};
  }

  std::string refusal() {
    try {
      (void)points();
    } catch (const InputError& error) {
      return error.what();
    }
    return "not refused";
  }

  void expect_points(const OperatingPoints& points, const std::string& method, std::uint64_t seed,
                     const std::string& from) {
    for (std::size_t column = 0; column < 4; ++column) {
      EXPECT_EQ(points.of(method, seed)[column], chosen(from, seed, column, {})) << method << " " << seed;
    }
  }

  Cohort cohort_ = random_cohort();
  ValidationScores validation_;
  std::vector<GridEntry> validation_entries_;
  std::map<Unit, std::vector<float>> validation_tables_;
  std::vector<Note> notes_;
};

TEST_F(OperatingPointsOfFiles, are_the_one_threshold_without_validation_scores) {
  add_random(cohort_, "l1", 2, {0.0, 0.5});
  std::vector<Note> notes;
  const OperatingPoints points(grid(), labels_by_class(cohort_), {.threshold = 0.3}, false, nullptr, notes);
  EXPECT_THAT(points.of("l1", 3), Each(0.3));
  EXPECT_EQ(points.of("l1", 7).size(), 4U);
  EXPECT_THROW((void)points.of("l1", 4), BrokenInvariant);
}

TEST_F(OperatingPointsOfFiles, are_of_the_same_method_and_seed) {
  add_random(cohort_, "l1", 2, {0.0, 0.5});
  add_random(cohort_, "random", 2, {0.0, 0.5});
  for (const std::uint64_t seed : {7, 3}) {
    add_validation("random", seed);
    add_validation("l1", seed);
  }
  const OperatingPoints points = this->points();
  for (const std::uint64_t seed : {3, 7}) {
    expect_points(points, "l1", seed, "l1");
    expect_points(points, "random", seed, "random");
  }
  EXPECT_NE(chosen("l1", 3, 0, {}), chosen("random", 3, 0, {}));
  EXPECT_NE(chosen("l1", 3, 1, {}), chosen("l1", 7, 1, {}));
}

TEST_F(OperatingPointsOfFiles, of_a_shared_dense_network_are_shared) {
  add_random(cohort_, "dense", 2, {0.0});
  add_random(cohort_, "l1", 2, {0.5});
  add_random(cohort_, "random", 2, {0.9});
  for (const std::uint64_t seed : {3, 7}) {
    add_validation("unpruned", seed);  // the one dense network, by another name
  }
  const OperatingPoints points = this->points();
  for (const char* method : {"dense", "l1", "random"}) {
    expect_points(points, method, 3, "unpruned");
    expect_points(points, method, 7, "unpruned");
  }
}

TEST_F(OperatingPointsOfFiles, are_those_of_the_dense_network_that_the_method_shares) {
  // l1's dense network is random's as well; another one on the validation images is not it.
  add_random(cohort_, "l1", 1, {0.0, 0.5});
  add_random(cohort_, "random", 1, {0.5});
  add_validation("random", 3);
  add_validation("l1", 3);
  const OperatingPoints points = this->points();
  expect_points(points, "l1", 3, "l1");
  expect_points(points, "random", 3, "l1");
}

TEST_F(OperatingPointsOfFiles, are_not_taken_from_another_methods_network) {
  for (const char* method : {"l1", "random", "taylor"}) {
    add_random(cohort_, method, 1, {0.0, 0.5});
  }
  add_validation("l1", 3);
  add_validation("random", 3);
  EXPECT_THAT(refusal(), HasSubstr("taylor"));
}

TEST_F(OperatingPointsOfFiles, need_every_seed) {
  add_random(cohort_, "l1", 2, {0.0, 0.5});
  add_validation("l1", 3);
  EXPECT_THAT(refusal(), testing::AllOf(HasSubstr("seed 7"), HasSubstr("sparsity 0 of every seed")));
}

TEST_F(OperatingPointsOfFiles, follow_the_rule_that_is_asked_for) {
  add_random(cohort_, "l1", 1, {0.0, 0.5});
  add_validation("l1", 3);
  for (const char* text : {"youden", "f1", "sensitivity=0.9", "specificity=0.8"}) {
    const OperatingPointRule rule = parse_operating_point(text);
    const OperatingPoints points = this->points({.operating_point = rule});
    for (std::size_t column = 0; column < 4; ++column) {
      EXPECT_EQ(points.of("l1", 3)[column], chosen("l1", 3, column, rule)) << text;
    }
  }
}

TEST_F(OperatingPointsOfFiles, are_missing_with_a_note_where_validation_cannot_tell) {
  add_random(cohort_, "l1", 2, {0.0, 0.9});
  for (std::size_t row = 0; row < validation_.cohort.size(); ++row) {
    validation_.cohort.labels[4 * row + 1] = row == 0 ? Label::kUnknown : Label::kPositive;
  }
  add_validation("l1", 3);
  add_validation("l1", 7);
  const AuditResult result =
      audit(cohort_, {}, grid(), {.minimum_patients = 5, .resamples = 100}, false, &validation());
  const MethodResult& method = result.methods[0];
  for (const std::size_t column : {0U, 1U}) {
    const bool known = column == 0;
    const ClassCurve& curve = method.classes[column];
    EXPECT_EQ(curve.sensitivity[0].has_value(), known);
    EXPECT_EQ(curve.specificity[1].has_value(), known);
    EXPECT_EQ(curve.precision[1].has_value(), known);
    EXPECT_TRUE(curve.f1[1]);  // of another threshold
    EXPECT_EQ(method.operating_points.at(column).threshold.has_value(), known);
  }
  EXPECT_THAT(result.notes, Contains(Field(&Note::where, "operating_points.B")));
  for (const std::vector<Flip>& flips : method.exemplars.images.flips) {
    EXPECT_THAT(flips, testing::Not(Contains(Field(&Flip::finding, 1U))));
  }
  for (const CompanionEffect& effect : method.companions.pairs) {
    EXPECT_EQ(effect.recall.excess.has_value(), effect.finding != 1);
  }
  EXPECT_FALSE(method.companions.pairs.empty());
}

TEST_F(OperatingPointsOfFiles, are_there_where_the_rule_needs_one_side_only) {
  add_random(cohort_, "l1", 1, {0.0, 0.5});
  for (std::size_t row = 0; row < validation_.cohort.size(); ++row) {
    validation_.cohort.labels[4 * row + 1] = Label::kPositive;
    validation_.cohort.labels[4 * row + 2] = Label::kNegative;
  }
  add_validation("l1", 3);
  const auto points_and_notes = [&](const char* rule) {
    notes_.clear();
    const OperatingPoints points = this->points({.operating_point = parse_operating_point(rule)});
    for (std::size_t column = 0; column < 4; ++column) {
      const bool noted = std::any_of(notes_.begin(), notes_.end(), [&](const Note& note) {
        return note.where == "operating_points." + cohort_.classes[column];
      });
      EXPECT_EQ(noted, std::isnan(points.of("l1", 3)[column])) << rule << ", class " << cohort_.classes[column];
    }
    return notes_.size();
  };
  EXPECT_EQ(points_and_notes("youden"), 2U);
  EXPECT_EQ(points_and_notes("f1"), 1U);
  EXPECT_EQ(points_and_notes("sensitivity=0.9"), 1U);
  EXPECT_EQ(points_and_notes("specificity=0.9"), 1U);
}

TEST_F(OperatingPointsOfFiles, stay_as_they_are_for_the_pruned_networks) {
  add_random(cohort_, "dense", 3, {0.0});
  add_random(cohort_, "l1", 3, {0.5, 0.9});
  add_random(cohort_, "random", 3, {0.9});
  for (const std::uint64_t seed : {3, 7, 11}) {
    add_validation("dense", seed);
  }
  const AuditResult result = audit(cohort_, {}, grid(), {}, false, &validation());
  EXPECT_TRUE(result.validated);
  const std::vector<ClassLabels> labels = labels_by_class(cohort_);
  for (const MethodResult& method : result.methods) {
    ASSERT_EQ(method.operating_points.size(), 3U * 4U);
    for (const OperatingPoint& point : method.operating_points) {
      EXPECT_EQ(point.threshold.value(), chosen("dense", point.seed, point.finding, {}));
    }
    for (std::size_t column = 0; column < 4; ++column) {
      for (std::size_t step = 0; step < method.sparsities.size(); ++step) {
        std::vector<double> sensitivity;
        std::vector<double> specificity;
        std::vector<double> precision;
        for (const std::uint64_t seed : result.seeds) {
          const double threshold = chosen("dense", seed, column, {});
          const std::vector<float>& table =
              tables_.at({step == 0 ? "dense" : method.method, seed, method.sparsities[step]});
          double counts[2][2] = {};  // [label][called]
          for (std::size_t row = 0; row < cohort_.size(); ++row) {
            if (labels[column].values[row] >= 0) {
              counts[labels[column].values[row]][table[4 * row + column] >= threshold ? 1 : 0] += 1.0;
            }
          }
          sensitivity.push_back(counts[1][1] / (counts[1][0] + counts[1][1]));
          specificity.push_back(counts[0][0] / (counts[0][0] + counts[0][1]));
          const double called = counts[0][1] + counts[1][1];
          precision.push_back(called > 0.0 ? counts[1][1] / called : 0.0);
        }
        const ClassCurve& curve = method.classes[column];
        EXPECT_DOUBLE_EQ(curve.sensitivity[step].value(), slow_median(sensitivity));
        EXPECT_DOUBLE_EQ(curve.specificity[step].value(), slow_median(specificity));
        EXPECT_DOUBLE_EQ(curve.precision[step].value(), slow_median(precision));
      }
    }
  }
}

TEST_F(OperatingPointsOfFiles, a_validation_table_that_does_not_fit_its_labels_is_named) {
  add_random(cohort_, "l1", 1, {0.0});
  write_npy(folder_ / "short.npy", {2, 4}, std::vector<float>(8, 0.5F));
  validation_entries_.push_back({"l1", 3, 0.0, "short.npy"});
  EXPECT_THAT(refusal(), HasSubstr("short.npy"));
}

}  // namespace
}  // namespace niwaki
