#include "niwaki/audit/audit.hpp"

#include <cmath>
#include <filesystem>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/cohort_for_tests.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

// A folder of score tables and the manifest's entries for them.
class Audit : public testing::Test {
 protected:
  Audit() {
    std::filesystem::remove_all(folder_);
    make_folder(folder_);
  }
  ~Audit() override { std::filesystem::remove_all(folder_); }

  void add(const std::string& method, std::uint64_t seed, double sparsity, const std::vector<std::size_t>& shape,
           const std::vector<float>& values) {
    const std::string name = fmt::format("{}-{}-{}.npy", method, seed, sparsity);
    write_npy(folder_ / name, shape, values);
    entries_.push_back({method, seed, sparsity, name});
  }

  // Random scores of every seed and sparsity, quarters of them tied.
  void add_random(const std::string& method, const Cohort& cohort, std::uint64_t seeds,
                  const std::vector<double>& sparsities) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      for (const double sparsity : sparsities) {
        RandomStream random(seed, method, {static_cast<std::uint64_t>(sparsity * 100)});
        std::vector<float> values(cohort.labels.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
          const double signal = cohort.labels[i] == Label::kPositive ? 0.3 * (1.0 - sparsity) : 0.0;
          values[i] = static_cast<float>(signal + std::floor(random.uniform() * 50.0) / 100.0);
        }
        add(method, seed, sparsity, {cohort.size(), cohort.classes.size()}, values);
      }
    }
  }

  [[nodiscard]] ScoreGrid grid() const { return make_grid(folder_, entries_, "test"); }

  static Cohort random_cohort(std::size_t images, bool unknowns) {
    RandomStream random(1, "audit_test", {});
    std::vector<std::string> labels(images);
    for (std::string& row : labels) {
      for (const double prevalence : {0.3, 0.2, 0.1, 0.4}) {
        row += unknowns && random.chance(0.1) ? '?' : random.chance(prevalence) ? '1' : '0';
      }
    }
    return cohort_for_tests({"A", "B", "C", "D"}, labels);
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("audit_test_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  std::vector<GridEntry> entries_;
};

// Dense: both classes ranked without a fault. Pruned: class A's order is turned around in part.
const std::vector<float> kDense = {0.9F, 0.1F, 0.1F, 0.2F, 0.8F, 0.3F, 0.2F, 0.4F};
const std::vector<float> kPruned = {0.1F, 0.1F, 0.9F, 0.2F, 0.8F, 0.3F, 0.2F, 0.4F};

Cohort small_cohort() {
  return cohort_for_tests({"A", "B"}, {"10", "00", "10", "01"});
}

testing::Matcher<const Note&> note_at(const std::string& where) {
  return Field(&Note::where, where);
}

TEST_F(Audit, figures_calculated_by_hand) {
  add("l1", 1, 0.0, {4, 2}, kDense);
  add("l1", 1, 0.5, {4, 2}, kPruned);
  const AuditResult result = audit(small_cohort(), {100, 10}, grid(), {});
  EXPECT_EQ(result.images, 4U);
  EXPECT_EQ(result.patients, 2U);
  EXPECT_EQ(result.classes[0].positives, 2U);
  EXPECT_EQ(result.classes[1].train_positives, 10U);
  EXPECT_EQ(result.classes[0].positive_patients, 2U);
  EXPECT_EQ(result.classes[1].positive_patients, 1U);
  const MethodResult& method = result.methods.at(0);
  EXPECT_THAT(method.sparsities, ElementsAre(0.0, 0.5));
  // A pruned: labels 0 1 0 1 from the highest score down.
  const ClassCurve& a = method.classes[0];
  EXPECT_DOUBLE_EQ(*a.ap_dense, 1.0);
  EXPECT_DOUBLE_EQ(*a.auroc_dense, 1.0);
  EXPECT_DOUBLE_EQ(*a.ap[1], 0.5);
  EXPECT_DOUBLE_EQ(*a.auroc[1], 0.25);
  EXPECT_DOUBLE_EQ(*a.f1[1], 0.5);
  EXPECT_NEAR(*a.delta_ap[0], -0.5, 1e-11);
  EXPECT_DOUBLE_EQ(*a.delta_auroc_at_max, -0.75);
  EXPECT_EQ(*a.first_drop, 0.5);
  EXPECT_FALSE(method.classes[1].first_drop);
  EXPECT_DOUBLE_EQ(*method.classes[1].f1[0], 0.0);  // nothing is called at 0.5
  EXPECT_DOUBLE_EQ(*method.macro[0].ap, 1.0);
  EXPECT_DOUBLE_EQ(*method.macro[1].auroc, 0.625);
  EXPECT_DOUBLE_EQ(*method.macro[0].f1, 0.5);
  EXPECT_NEAR(*method.pairs.at(0).fcd, 0.5, 1e-11);
  EXPECT_DOUBLE_EQ(*method.pairs[0].log_frequency_gap, std::log(2.0));
}

TEST_F(Audit, figures_are_medians_over_seeds_and_quartiles_stand_beside_them) {
  for (const std::uint64_t seed : {3, 1, 2}) {
    add("l1", seed, 0.0, {4, 2}, kDense);
    add("l1", seed, 0.5, {4, 2}, seed == 2 ? kPruned : kDense);
  }
  const AuditResult result = audit(small_cohort(), {}, grid(), {});
  EXPECT_THAT(result.seeds, ElementsAre(1, 2, 3));
  const ClassCurve& a = result.methods[0].classes[0];
  EXPECT_NEAR(*a.delta_ap[0], 0.0, 1e-11);
  EXPECT_NEAR(*a.delta_ap_low[0], -0.25, 1e-11);  // halfway between -0.5 and 0
  EXPECT_NEAR(*a.delta_ap_high[0], 0.0, 1e-11);
  EXPECT_FALSE(a.first_drop);
}

TEST_F(Audit, images_of_one_patient_are_one_positive_patient) {
  add("l1", 1, 0.0, {4, 2}, kDense);
  const AuditResult result = audit(cohort_for_tests({"A", "B"}, {"11", "1?", "00", "00"}), {}, grid(), {});
  EXPECT_EQ(result.classes[0].positives, 2U);
  EXPECT_EQ(result.classes[0].positive_patients, 1U);
  EXPECT_EQ(result.classes[1].positive_patients, 1U);
}

TEST_F(Audit, the_drop_that_counts_as_forgotten_can_be_set) {
  add("l1", 1, 0.0, {4, 2}, kDense);
  add("l1", 1, 0.5, {4, 2}, kPruned);
  AuditOptions options;
  options.drop = 0.6;
  EXPECT_FALSE(audit(small_cohort(), {}, grid(), options).methods[0].classes[0].first_drop);
}

TEST_F(Audit, a_class_without_positives_or_negatives_is_empty_noted_and_out_of_the_macro_figures) {
  const Cohort cohort = cohort_for_tests({"Never", "A", "Always", "Unknown"}, {"011?", "001?", "011?", "001?"});
  const std::vector<float> dense = {0.5F, 0.9F, 0.5F, 0.5F, 0.5F, 0.1F, 0.5F, 0.4F,
                                    0.5F, 0.8F, 0.5F, 0.3F, 0.5F, 0.2F, 0.5F, 0.2F};
  add("l1", 1, 0.0, {4, 4}, dense);
  add("l1", 1, 0.5, {4, 4}, dense);
  const AuditResult result = audit(cohort, {}, grid(), {});
  const MethodResult& method = result.methods[0];
  for (const std::size_t column : {0U, 2U, 3U}) {
    EXPECT_FALSE(method.classes[column].ap_dense);
    EXPECT_FALSE(method.classes[column].auroc[1]);
    EXPECT_FALSE(method.classes[column].f1[0]);
    EXPECT_EQ(method.classes[column].delta_ap.size(), 1U);
    EXPECT_FALSE(method.classes[column].delta_ap[0]);
    EXPECT_THAT(result.notes, Contains(note_at("classes." + cohort.classes[column])));
  }
  EXPECT_EQ(result.classes[3].unknown, 4U);
  EXPECT_DOUBLE_EQ(*method.macro[0].ap, 1.0);  // A alone
  EXPECT_FALSE(method.pairs[0].fcd);
}

TEST_F(Audit, where_no_class_can_be_measured_all_is_empty_and_said) {
  add("l1", 1, 0.0, {1, 2}, {0.2F, 0.3F});
  add("l1", 1, 0.9, {1, 2}, {0.2F, 0.3F});
  const AuditResult result = audit(cohort_for_tests({"A", "B"}, {"10"}), {5, 5}, grid(), {});  // one image
  EXPECT_FALSE(result.methods[0].macro[0].ap);
  EXPECT_THAT(result.notes, Contains(note_at("methods.l1.macro")));
  EXPECT_THAT(result.notes, Contains(note_at("methods.l1.exemplars")));
  EXPECT_THAT(result.notes, Contains(note_at("methods.l1.frequency.first_drop")));
  EXPECT_EQ(result.methods[0].exemplars.count, 0U);
}

TEST_F(Audit, unknown_labels_leave_their_image_out_of_that_class_only) {
  const Cohort all = cohort_for_tests({"A", "B"}, {"10", "00", "?0", "01"});
  add("l1", 1, 0.0, {4, 2}, kPruned);
  const AuditResult result = audit(all, {}, grid(), {});
  EXPECT_EQ(result.classes[0].unknown, 1U);
  EXPECT_EQ(result.classes[1].unknown, 0U);
  // A without image 2: 0.1 positive, 0.9 and 0.2 negative.
  EXPECT_DOUBLE_EQ(*result.methods[0].classes[0].ap_dense, 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(*result.methods[0].classes[0].auroc_dense, 0.0);
  EXPECT_DOUBLE_EQ(*result.methods[0].classes[1].ap_dense, 1.0);
}

TEST_F(Audit, one_sparsity_gives_dense_figures_and_a_note) {
  add("l1", 1, 0.0, {4, 2}, kDense);
  const AuditResult result = audit(small_cohort(), {100, 10}, grid(), {});
  EXPECT_DOUBLE_EQ(*result.methods[0].macro[0].ap, 1.0);
  EXPECT_THAT(result.methods[0].classes[0].delta_ap, IsEmpty());
  EXPECT_FALSE(result.methods[0].classes[0].delta_auroc_at_max);
  EXPECT_FALSE(result.methods[0].pairs[0].fcd);
  EXPECT_THAT(result.notes, Contains(note_at("methods.l1")));
}

TEST_F(Audit, a_grid_without_the_exemplar_sparsity_chooses_none_and_says_so) {
  const Cohort cohort = random_cohort(100, false);
  add_random("l1", cohort, 1, {0.0, 0.5});
  const AuditResult result = audit(cohort, {}, grid(), {});
  EXPECT_EQ(result.methods[0].exemplars.count, 0U);
  EXPECT_EQ(result.methods[0].exemplars.class_ratio.size(), 4U);
  EXPECT_THAT(result.notes, Contains(testing::AllOf(note_at("methods.l1.exemplars"),
                                                    Field(&Note::reason, HasSubstr("no scores at sparsity 0.9")))));
}

TEST_F(Audit, exemplars_come_from_the_scores_averaged_over_seeds) {
  // Each seed turns another class around; only on image 3 do both seeds agree.
  const Cohort cohort = cohort_for_tests({"A", "B", "C"}, {"100", "010", "001", "000"});
  const std::vector<float> dense = {0.1F, 0.2F, 0.3F, 0.1F, 0.2F, 0.3F, 0.1F, 0.2F, 0.3F, 0.1F, 0.2F, 0.3F};
  std::vector<float> first = dense;
  std::vector<float> second = dense;
  first[9] = second[9] = 0.9F;
  first[0] = 0.25F;  // average 0.175: the order holds
  for (const std::uint64_t seed : {1, 2}) {
    add("l1", seed, 0.0, {4, 3}, dense);
    add("l1", seed, 0.9, {4, 3}, seed == 1 ? first : second);
  }
  AuditOptions options;
  options.exemplar_fraction = 0.5;
  const ExemplarResult exemplars = audit(cohort, {}, grid(), options).methods[0].exemplars;
  ASSERT_EQ(exemplars.count, 2U);
  EXPECT_EQ(exemplars.exemplars[0].row, 3U);
  EXPECT_DOUBLE_EQ(exemplars.exemplars[0].correlation, -0.5);
  EXPECT_EQ(exemplars.exemplars[1].row, 0U);  // a tie with 1 and 2, at 1
  EXPECT_DOUBLE_EQ(*exemplars.threshold, 1.0);
  EXPECT_FLOAT_EQ(exemplars.exemplars[1].pruned[0], 0.175F);
}

TEST_F(Audit, methods_share_the_one_dense_network) {
  const Cohort cohort = random_cohort(200, false);
  add_random("dense", cohort, 2, {0.0});
  add_random("l1", cohort, 2, {0.5, 0.9});
  add_random("random", cohort, 2, {0.9});
  const AuditResult result = audit(cohort, {}, grid(), {});
  ASSERT_EQ(result.methods.size(), 2U);
  EXPECT_EQ(*result.methods[0].macro[0].ap, *result.methods[1].macro[0].ap);
  EXPECT_EQ(result.methods[0].exemplars.count, 10U);
  EXPECT_EQ(result.methods[1].exemplars.count, 10U);
}

// Everything that rounding could move, in one row.
std::vector<double> fingerprint(const AuditResult& result) {
  std::vector<double> numbers;
  for (const MethodResult& method : result.methods) {
    for (const MacroPoint& point : method.macro) {
      numbers.insert(numbers.end(), {*point.ap, *point.auroc, *point.f1});
    }
    for (const ClassPair& pair : method.pairs) {
      numbers.push_back(*pair.fcd);
    }
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      numbers.insert(numbers.end(), {static_cast<double>(exemplar.row), exemplar.correlation, exemplar.pruned[0]});
    }
  }
  return numbers;
}

TEST_F(Audit, any_number_of_threads_gives_the_same_bits) {
  const Cohort cohort = random_cohort(700, true);
  add_random("l1", cohort, 5, {0.0, 0.3, 0.6, 0.9});
  add_random("random", cohort, 5, {0.0, 0.9});
  const int threads = thread_count();
  set_thread_count(1);
  const std::vector<double> expected = fingerprint(audit(cohort, {9, 8, 7, 6}, grid(), {}));
  EXPECT_GT(expected.size(), 100U);
  for (const int count : {2, 3, 8}) {
    set_thread_count(count);
    EXPECT_EQ(fingerprint(audit(cohort, {9, 8, 7, 6}, grid(), {})), expected) << count << " threads";
  }
  set_thread_count(threads);
}

TEST_F(Audit, training_counts_that_are_absent_or_zero_are_noted) {
  const Cohort cohort = random_cohort(200, false);
  add_random("l1", cohort, 1, {0.0, 0.9});
  const AuditResult without = audit(cohort, {}, grid(), {});
  EXPECT_FALSE(without.classes[0].train_positives);
  EXPECT_FALSE(without.methods[0].frequency_delta_at_max.pearson);
  EXPECT_THAT(without.notes, Contains(note_at("methods.l1.frequency")));
  const AuditResult with_zero = audit(cohort, {50, 0, 20, 90}, grid(), {});
  EXPECT_EQ(with_zero.methods[0].frequency_delta_at_max.points, 3U);
  EXPECT_TRUE(with_zero.methods[0].frequency_delta_at_max.spearman_p);
  EXPECT_EQ(with_zero.methods[0].frequency_delta_auroc_at_max.points, 3U);
  EXPECT_TRUE(with_zero.methods[0].frequency_delta_auroc_at_max.spearman);
  EXPECT_THAT(with_zero.notes, Contains(note_at("classes.B")));
}

TEST_F(Audit, logits_are_audited_as_their_probabilities) {
  add("l1", 1, 0.0, {4, 2}, {2.0F, -2.0F, -2.0F, -1.0F, 1.0F, -0.5F, -1.0F, 1.0F});
  EXPECT_THROW((void)audit(small_cohort(), {}, grid(), {}), InputError);
  const AuditResult result = audit(small_cohort(), {}, grid(), {}, true);
  EXPECT_DOUBLE_EQ(*result.methods[0].macro[0].f1, 1.0);
  EXPECT_THAT(result.notes, testing::Not(Contains(note_at("scores"))));
}

TEST_F(Audit, logits_too_large_for_a_float32_probability_are_counted_in_a_note) {
  add("l1", 1, 0.0, {4, 2}, {20.0F, -2.0F, 30.0F, -1.0F, 1.0F, -0.5F, -1.0F, -200.0F});
  EXPECT_THAT(audit(small_cohort(), {}, grid(), {}, true).notes,
              Contains(testing::AllOf(note_at("scores"), Field(&Note::reason, HasSubstr("3 of 8 scores")))));
}

TEST_F(Audit, a_table_that_does_not_fit_the_labels_is_named) {
  const auto refusal = [&] {
    try {
      (void)audit(small_cohort(), {}, grid(), {});
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("not refused");
  };
  add("l1", 1, 0.0, {4, 2}, kDense);
  add("l1", 1, 0.5, {2, 4}, kDense);
  EXPECT_THAT(refusal(), HasSubstr("l1-1-0.5.npy"));
  entries_.pop_back();
  add("l1", 1, 0.6, {4, 2}, {0.9F, 0.1F, 0.1F, 0.2F, std::numeric_limits<float>::quiet_NaN(), 0.3F, 0.2F, 0.4F});
  EXPECT_THAT(refusal(), HasSubstr("l1-1-0.6.npy, row 2, column 0"));
  entries_.pop_back();
  entries_.push_back({"l1", 1, 0.7, "absent.npy"});
  EXPECT_THAT(refusal(), HasSubstr("absent.npy"));
}

TEST(AuditOptions, out_of_range_are_named) {
  const auto refusal = [](const AuditOptions& options) {
    try {
      options.check();
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("not refused");
  };
  EXPECT_EQ(refusal({}), "not refused");
  EXPECT_THAT(refusal({.exemplar_sparsity = 0.0}), HasSubstr("exemplar_sparsity"));
  EXPECT_THAT(refusal({.exemplar_fraction = 1.0}), HasSubstr("exemplar_fraction"));
  EXPECT_THAT(refusal({.drop = -0.2}), HasSubstr("drop"));
  EXPECT_THAT(refusal({.threshold = std::nan("")}), HasSubstr("threshold"));
  for (const double outside : {0.0, 1.0, -0.1, std::nan("")}) {
    EXPECT_THAT(refusal({.tolerance = outside}), HasSubstr("tolerance"));
    EXPECT_THAT(refusal({.target_specificity = outside}), HasSubstr("target_specificity"));
  }
  EXPECT_THAT(refusal({.minimum_patients = 1}), HasSubstr("minimum_patients is 1"));
  EXPECT_THAT(refusal({.resamples = 99}), HasSubstr("resamples is 99"));
  EXPECT_THAT(refusal({.resamples = 1'000'001}), HasSubstr("from 100 to 1000000, or 0"));
}

TEST(AuditOptions, at_the_ends_of_their_ranges_are_taken) {
  EXPECT_NO_THROW(AuditOptions{.resamples = 0}.check());
  EXPECT_NO_THROW((AuditOptions{.minimum_patients = 2, .resamples = 100}.check()));
  EXPECT_NO_THROW((AuditOptions{.tolerance = 0.999, .target_specificity = 0.001, .resamples = 1'000'000}.check()));
}

}  // namespace
}  // namespace niwaki
