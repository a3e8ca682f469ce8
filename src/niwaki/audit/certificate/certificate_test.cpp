#include "niwaki/audit/certificate/certificate.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/binomial_bound.hpp"

namespace niwaki {
namespace {

using ::testing::HasSubstr;

/// One image a patient: of each class so many patients that have it, and a hundred that have nothing. The dense
/// network scores 0.9 on what is there and 0.1 elsewhere.
PartScores part_of(const std::vector<std::size_t>& positives, const std::string& prefix) {
  PartScores part;
  for (std::size_t column = 0; column < positives.size(); ++column) {
    part.cohort.classes.emplace_back(1, static_cast<char>('A' + column));
  }
  const auto add = [&](std::size_t positive_column) {
    const std::string id = fmt::format("{}-{}", prefix, part.cohort.records.size());
    part.cohort.records.push_back({id, id, "", ""});
    for (std::size_t column = 0; column < positives.size(); ++column) {
      const bool positive = column == positive_column;
      part.cohort.labels.push_back(positive ? Label::kPositive : Label::kNegative);
      part.dense.push_back(positive ? 0.9F : 0.1F);
    }
  };
  for (std::size_t column = 0; column < positives.size(); ++column) {
    for (std::size_t i = 0; i < positives[column]; ++i) {
      add(column);
    }
  }
  for (std::size_t i = 0; i < 100; ++i) {
    add(positives.size());
  }
  return part;
}

/// The dense scores, but that the first `missed[column]` positives of a class score 0.
std::vector<float> pruned_scores(const PartScores& part, const std::vector<std::size_t>& missed) {
  std::vector<float> scores = part.dense;
  std::vector<std::size_t> left = missed;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    std::size_t& of_class = left[i % missed.size()];
    if (part.cohort.labels[i] == Label::kPositive && of_class > 0) {
      scores[i] = 0.0F;
      --of_class;
    }
  }
  return scores;
}

/// `missed`: one a candidate and class, on the certify part.
CertificateData data_of(const std::vector<std::size_t>& positives,
                        const std::vector<std::vector<std::size_t>>& missed) {
  CertificateData data;
  for (std::size_t part = 0; part < data.parts.size(); ++part) {
    data.parts[part] = part_of(positives, part_name(static_cast<CertificatePart>(part)));
  }
  for (std::size_t candidate = 0; candidate < missed.size(); ++candidate) {
    data.candidates.push_back({fmt::format("candidate {}", candidate), std::nullopt});
    for (PartScores& part : data.parts) {
      part.candidates.push_back(pruned_scores(part, missed[candidate]));
    }
  }
  return data;
}

CertificatePolicy policy_of(const std::string& more = "") {
  return parse_policy("resamples = 0\n" + more + "[tolerance]\nmissed = 0.05\nfalse_alarms = 0.05\n", "p.toml");
}

TEST(Certificate, FiftyNineWithoutAMissAreGrantedAndFiftyEightAreNot) {
  const CertificateResult granted = certify(data_of({59, 59}, {{0, 0}}), policy_of(), "labels");
  EXPECT_TRUE(granted.granted);
  const CertificateResult blocked = certify(data_of({59, 58}, {{0, 0}}), policy_of(), "labels");
  EXPECT_FALSE(blocked.granted);
  EXPECT_TRUE(blocked.blocked);
  EXPECT_TRUE(blocked.steps.empty());  // nobody looked at the pruned network
  const auto few = std::ranges::find(blocked.outset, ClaimStatus::kUncertifiable, &ClaimFigures::status);
  ASSERT_NE(few, blocked.outset.end());
  EXPECT_EQ(few->counts.eligible, 58U);
  EXPECT_EQ(few->needed, 59U);
  EXPECT_EQ(few->classes.front(), 1U);
}

TEST(Certificate, TheWalkStopsAtTheFirstFailure) {
  const CertificateResult result =
      certify(data_of({100, 100}, {{0, 1}, {1, 0}, {0, 2}, {0, 0}}), policy_of(), "labels");
  EXPECT_EQ(most_events(100, 0.05, 0.95), 1U);
  ASSERT_EQ(result.steps.size(), 3U);  // the fourth, which would hold, is not looked at
  EXPECT_EQ(result.chosen, 1U);
  EXPECT_FALSE(result.steps[2].holds);
  // The chosen one's figures on the test part, whose patients are made alike.
  EXPECT_EQ(result.test.front().counts.events, 1U);
}

TEST(Certificate, NothingOfTheTestPartIsComputedWithoutAGrant) {
  const CertificateResult result = certify(data_of({100}, {{2}}), policy_of(), "labels");
  EXPECT_FALSE(result.granted);
  EXPECT_FALSE(result.blocked);
  EXPECT_TRUE(result.test.empty());
}

TEST(Certificate, OneFalseAlarmTooManyIsEnough) {
  CertificateData data = data_of({100}, {{0}});
  PartScores& certified = data.parts[1];
  std::size_t alarms = 0;
  for (std::size_t i = 0; i < certified.dense.size() && alarms < 2; ++i) {
    if (certified.cohort.labels[i] == Label::kNegative) {
      certified.candidates[0][i] = 0.95F;
      ++alarms;
    }
  }
  const CertificateResult result = certify(data, policy_of(), "labels");
  EXPECT_FALSE(result.granted);
  EXPECT_EQ(result.steps[0].figures[1].kind, ClaimKind::kFalseAlarms);
  EXPECT_EQ(result.steps[0].figures[1].status, ClaimStatus::kFails);
  EXPECT_EQ(result.steps[0].figures[0].status, ClaimStatus::kHolds);
}

TEST(Certificate, ReportedClassesAreNoPartOfTheClaim) {
  const CertificateData data = data_of({100, 20}, {{1, 20}});
  const CertificateResult result = certify(data, policy_of("uncertifiable = \"report\"\n"), "labels");
  EXPECT_TRUE(result.granted);
  EXPECT_EQ(result.steps[0].figures[2].status, ClaimStatus::kUncertifiable);
  const CertificateData nobody = data_of({20, 20}, {{0, 0}});
  EXPECT_TRUE(certify(nobody, policy_of("uncertifiable = \"report\"\n"), "labels").blocked);
}

TEST(Certificate, SingleClassesAreHolms) {
  // With 100 patients 0 misses are p = 0.0059, 1 miss is p = 0.037: of three claims the larger two pass only after the
  // smallest, and 2 x 0.037 is too much.
  const CertificateData data = data_of({100, 100, 100}, {{0, 1, 1}});
  const CertificatePolicy policy = policy_of("claim = \"single-classes\"\n");
  const CertificateResult result = certify(data, policy, "labels");
  ASSERT_EQ(result.steps.size(), 1U);
  const std::vector<SingleClaim>& singles = result.steps[0].singles;
  ASSERT_EQ(singles.size(), 3U);
  EXPECT_EQ(singles[0].status, ClaimStatus::kHolds);
  EXPECT_EQ(singles[1].status, ClaimStatus::kFails);
  EXPECT_NEAR(*singles[0].holm, 3.0 * std::pow(0.95, 100), 1e-12);
  EXPECT_NEAR(*singles[1].holm, 2.0 * binomial_lower_tail(1, 100, 0.05), 1e-12);
  EXPECT_TRUE(result.granted);  // of the one class
  EXPECT_EQ(result.chosen, 0U);
  EXPECT_FALSE(result.steps[0].holds);
  EXPECT_TRUE(certify(data, policy_of(), "labels").granted);  // all kept needs no correction
}

TEST(Certificate, AnOperatingPointNeedsPositives) {
  CertificateData data = data_of({100, 100}, {{0, 0}});
  for (Label& label : data.parts[0].cohort.labels) {
    label = (&label - data.parts[0].cohort.labels.data()) % 2 == 1 ? Label::kNegative : label;
  }
  try {
    (void)certify(data, policy_of(), "labels.csv");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the operating point of 'B' cannot be chosen"));
    EXPECT_THAT(error.what(), HasSubstr("labels.csv"));
  }
  EXPECT_TRUE(certify(data, policy_of("exclude = [\"B\"]\n"), "labels").granted);
}

TEST(Certificate, ThresholdsAreTheBuildPartsAlone) {
  CertificateData data = data_of({100}, {{0}});
  for (float& score : data.parts[0].dense) {
    score = score > 0.5F ? 0.95F : 0.1F;  // so that the threshold is one that no certified patient reaches
  }
  const CertificateResult result = certify(data, policy_of(), "labels");
  EXPECT_FLOAT_EQ(static_cast<float>(result.thresholds[0]), 0.95F);
  EXPECT_EQ(result.outset[0].counts.eligible, 0U);
  EXPECT_TRUE(result.blocked);
}

TEST(Certificate, APrunedNetworkMayHaveThresholdsOfItsOwn) {
  CertificateData data = data_of({100}, {{0}});
  for (PartScores& part : data.parts) {
    for (float& score : part.candidates[0]) {
      score /= 2.0F;
    }
  }
  EXPECT_FALSE(certify(data, policy_of(), "labels").granted);
  const CertificateResult own = certify(data, policy_of("pruned_operating_point = \"own\"\n"), "labels");
  EXPECT_TRUE(own.granted);
  EXPECT_FLOAT_EQ(static_cast<float>(own.steps[0].thresholds[0]), 0.45F);
}

TEST(Certificate, ApBandsAreGivenForWhatTheWalkCameTo) {
  CertificatePolicy policy = policy_of();
  policy.resamples = 200;
  const CertificateResult result = certify(data_of({100, 100}, {{1, 1}, {5, 0}, {0, 0}}), policy, "labels");
  ASSERT_EQ(result.steps.size(), 2U);
  ASSERT_EQ(result.ap_changes.size(), 2U);
  EXPECT_EQ(result.ap_changes[0].changes.size(), 2U);
  ASSERT_EQ(result.ap_changes[0].band.size(), 2U);
  EXPECT_LT(result.ap_changes[0].band[1]->low, *result.ap_changes[0].changes[1]);
  EXPECT_LT(*result.ap_changes[0].changes[1], *result.ap_changes[0].changes[0]);
}

}  // namespace
}  // namespace niwaki
