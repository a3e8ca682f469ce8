#include "niwaki/audit/enrichment.hpp"

#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/grid_for_tests.hpp"
#include "niwaki/metrics/fisher_exact.hpp"

namespace niwaki {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kResamples = 100;

// Which images have a property: 1, 0, or -1 where nobody knows.
using Property = std::vector<int>;

class Enriched {
 public:
  explicit Enriched(const RandomCohort& drawn = {.images = 200, .prevalences = {0.4, 0.3, 0.02, 0.35}})
      : cohort(random_cohort(drawn)),
        labels(labels_by_class(cohort)),
        patients(number_patients(cohort)),
        resamples(cohort.patients(), kResamples, 6),
        chosen(cohort.size()) {
    cohort.classes[3] = labels[3].name = "No Finding";
    RandomStream random(4, "enrichment_test");
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      chosen[row] = random.chance(labels[0].values[row] == 1 ? 0.4 : 0.2);
    }
  }

  ExemplarResult describe(bool bootstrap = true) {
    const Resampling resampling{patients, resamples};
    ExemplarResult result;
    describe_exemplars(cohort, labels, chosen, bootstrap ? &resampling : nullptr, "here", result, notes);
    return result;
  }

  [[nodiscard]] Property of_class(std::size_t column) const {
    return {labels[column].values.begin(), labels[column].values.end()};
  }

  // "No Finding", the last class, is no finding.
  [[nodiscard]] Property of_findings(int findings) const {
    Property property;
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      int found = 0;
      bool known = true;
      for (std::size_t column = 0; column < 3; ++column) {
        found += labels[column].values[row] == 1 ? 1 : 0;
        known = known && labels[column].values[row] >= 0;
      }
      property.push_back(!known ? -1 : found == findings ? 1 : 0);
    }
    return property;
  }

  // P(property | exemplar) / P(property | not an exemplar) among these rows; NaN where there is none.
  [[nodiscard]] double ratio(const std::vector<std::size_t>& rows, const Property& property) const {
    double counts[2][2] = {};  // [exemplar][property]
    for (const std::size_t row : rows) {
      if (property[row] >= 0) {
        counts[chosen[row] ? 1 : 0][property[row]] += 1.0;
      }
    }
    const double exemplars = counts[1][1] / (counts[1][0] + counts[1][1]);
    const double others = counts[0][1] / (counts[0][0] + counts[0][1]);
    return others > 0.0 ? exemplars / others : kNone;
  }

  [[nodiscard]] std::vector<std::size_t> rows_with(const Property& property, bool exemplars, int value) const {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      if (chosen[row] == exemplars && property[row] == value) {
        rows.push_back(row);
      }
    }
    return rows;
  }

  void expect_ratio(const Enrichment& found, const Property& property) const {
    const std::vector<std::size_t> exemplars = rows_with(property, true, 1);
    const std::vector<std::size_t> others = rows_with(property, false, 1);
    const auto count = [&](const std::vector<std::size_t>& rows) {
      std::set<std::uint32_t> there;
      for (const std::size_t row : rows) {
        there.insert(patients[row]);
      }
      return there.size();
    };
    if (std::min(count(exemplars), count(others)) < 5) {
      EXPECT_FALSE(found.ratio);
      return;
    }
    std::vector<double> replicates;
    for (std::size_t resample = 0; resample < kResamples; ++resample) {
      replicates.push_back(ratio(copied_out(resamples, resample, patients), property));
    }
    const double effective =
        std::min(slow_effective_patients(exemplars, patients), slow_effective_patients(others, patients));
    EXPECT_EQ(apart(found.ratio, percentile_interval(replicates, {.confidence = 0.95, .effective_patients = effective}),
                    1e-9),
              "");
    EXPECT_TRUE(found.ratio);
  }

  Cohort cohort;
  std::vector<ClassLabels> labels;
  std::vector<std::uint32_t> patients;
  PatientResamples resamples;
  std::vector<bool> chosen;
  std::vector<Note> notes;
};

std::vector<std::size_t> all_rows(std::size_t count) {
  std::vector<std::size_t> rows(count);
  for (std::size_t row = 0; row < count; ++row) {
    rows[row] = row;
  }
  return rows;
}

TEST(Enrichment, of_classes_has_the_interval_of_copied_out_cohorts) {
  Enriched example;
  const ExemplarResult result = example.describe();
  ASSERT_EQ(result.class_enrichment.size(), 4U);
  for (std::size_t column = 0; column < 4; ++column) {
    SCOPED_TRACE(example.cohort.classes[column]);
    const Property property = example.of_class(column);
    EXPECT_NEAR(result.class_ratio[column].value(), example.ratio(all_rows(200), property), 1e-12);
    example.expect_ratio(result.class_enrichment[column], property);
  }
  EXPECT_TRUE(result.class_enrichment[0].ratio);
  EXPECT_FALSE(result.class_enrichment[2].ratio);  // a ratio, of too few patients for an interval
}

TEST(Enrichment, of_numbers_of_findings_has_the_interval_of_copied_out_cohorts) {
  Enriched example;
  const ExemplarResult result = example.describe();
  ASSERT_EQ(result.findings_ratio.size(), 5U);
  for (int findings = 0; findings < 3; ++findings) {
    SCOPED_TRACE(findings);
    const FindingsRatio& found = result.findings_ratio[static_cast<std::size_t>(findings)];
    const Property property = example.of_findings(findings);
    EXPECT_NEAR(found.ratio.value(), example.ratio(all_rows(200), property), 1e-12);
    example.expect_ratio(found.enrichment, property);
  }
  EXPECT_TRUE(result.findings_ratio[1].enrichment.ratio);
}

TEST(Enrichment, needs_5_patients_on_either_side) {
  // 40 patients of one image; the first 20 are exemplars.
  const auto has_interval = [](std::size_t exemplars, std::size_t others) {
    Enriched example({.images = 40, .unknown = 0.0, .patients = 1'000'000});
    for (std::size_t row = 0; row < 40; ++row) {
      example.chosen[row] = row < 20;
      example.labels[0].values[row] = row < exemplars || (row >= 20 && row < 20 + others) ? 1 : 0;
    }
    return example.describe().class_enrichment[0].ratio.has_value();
  };
  EXPECT_TRUE(has_interval(5, 5));
  EXPECT_FALSE(has_interval(4, 12));
  EXPECT_FALSE(has_interval(12, 4));
}

TEST(Enrichment, counts_patients_and_not_their_images) {
  Enriched example({.images = 40, .unknown = 0.0, .patients = 1'000'000});
  for (std::size_t row = 0; row < 40; ++row) {
    example.chosen[row] = row < 20;
    example.labels[0].values[row] = row % 2 == 0 ? 1 : 0;
    example.patients[row] = static_cast<std::uint32_t>(row < 20 ? row % 4 : row);  // ten exemplars of two patients
  }
  EXPECT_FALSE(example.describe().class_enrichment[0].ratio);
}

TEST(Enrichment, has_fishers_test_only_where_no_patient_has_two_images) {
  Enriched several;
  ASSERT_LT(several.cohort.patients(), several.cohort.size());
  EXPECT_FALSE(several.describe().class_enrichment[0].fisher_p);
  EXPECT_FALSE(several.describe().findings_ratio[1].enrichment.fisher_p);

  Enriched single({.images = 120, .prevalences = {0.4, 0.3, 0.2, 0.35}, .patients = 1'000'000'000});
  ASSERT_EQ(single.cohort.patients(), single.cohort.size());
  const ExemplarResult result = single.describe(false);
  const auto expected = [&](const Property& property) {
    const auto count = [&](bool exemplars, int value) { return single.rows_with(property, exemplars, value).size(); };
    return fisher_exact({count(true, 1), count(true, 0), count(false, 1), count(false, 0)});
  };
  for (std::size_t column = 0; column < 4; ++column) {
    EXPECT_DOUBLE_EQ(result.class_enrichment[column].fisher_p.value(), expected(single.of_class(column)));
  }
  EXPECT_LT(*result.class_enrichment[0].fisher_p, 0.2);  // and not simply 1
  EXPECT_DOUBLE_EQ(result.findings_ratio[1].enrichment.fisher_p.value(), expected(single.of_findings(1)));
}

TEST(Enrichment, without_a_bootstrap_has_a_ratio_and_no_interval) {
  Enriched example;
  const ExemplarResult result = example.describe(false);
  EXPECT_TRUE(result.class_ratio[0]);
  EXPECT_FALSE(result.class_enrichment[0].ratio);
  EXPECT_FALSE(result.findings_ratio[0].enrichment.ratio);
}

TEST(Enrichment, of_what_no_other_image_has_is_nothing) {
  Enriched example;
  for (std::size_t row = 0; row < 200; ++row) {
    example.labels[1].values[row] = example.chosen[row] ? 1 : 0;
  }
  const ExemplarResult result = example.describe();
  EXPECT_FALSE(result.class_ratio[1]);
  EXPECT_FALSE(result.class_enrichment[1].ratio);
  EXPECT_GT(result.class_counts[1].exemplars, 20U);
}

}  // namespace
}  // namespace niwaki
