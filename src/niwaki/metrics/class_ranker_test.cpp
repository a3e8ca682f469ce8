#include "niwaki/metrics/class_ranker.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

struct Sample {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;
};

/// What a network's probabilities look like, of which each kind strains another part.
enum class Kind {
  kSmooth,     // all different
  kGrid,       // most are tied
  kClusters,   // close together around few values, as where pruning has changed little
  kSaturated,  // most are exactly 0 or 1
  kConstant,   // all one
  kOutlier,    // all close together, but for one positive
};

float draw_score(Kind kind, RandomStream& random) {
  const double drawn = random.uniform();
  switch (kind) {
    case Kind::kSmooth:
      return static_cast<float>(1.0 / (1.0 + std::exp(9.0 - 14.0 * drawn)));
    case Kind::kGrid:
      return static_cast<float>(random.below(20)) / 20.0F;
    case Kind::kClusters:
      return static_cast<float>(0.05 + 0.1 * static_cast<double>(random.below(9)) + 1e-5 * drawn);
    case Kind::kSaturated:
      return drawn < 0.4 ? -0.0F : drawn < 0.8 ? 1.0F : static_cast<float>(std::pow(drawn, 40.0));
    case Kind::kConstant:
      return 0.25F;
    case Kind::kOutlier:
      return static_cast<float>(0.5 + 1e-4 * drawn);
  }
  return 0.0F;
}

Sample draw(Kind kind, std::size_t images, double prevalence, double unknown, RandomStream& random) {
  Sample sample;
  for (std::size_t i = 0; i < images; ++i) {
    sample.scores.push_back(draw_score(kind, random));
    sample.labels.push_back(random.chance(unknown) ? -1 : random.chance(prevalence) ? 1 : 0);
  }
  if (kind == Kind::kOutlier) {
    sample.scores[0] = 1e-30F;
    sample.labels[0] = 1;
  }
  return sample;
}

/// The steps by the obvious way: from one sort of all images.
std::vector<RankStep> obvious_steps(const Sample& sample) {
  std::vector<float> scores;
  for (std::size_t i = 0; i < sample.scores.size(); ++i) {
    if (sample.labels[i] == 1) {
      scores.push_back(sample.scores[i] + 0.0F);
    }
  }
  std::sort(scores.begin(), scores.end(), std::greater<>());
  scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
  std::vector<RankStep> steps;
  for (const float score : scores) {
    RankStep& step = steps.emplace_back();
    step.score = score;
    for (std::size_t i = 0; i < sample.scores.size(); ++i) {
      step.positives += sample.labels[i] == 1 && sample.scores[i] == score ? 1 : 0;
      step.negatives += sample.labels[i] == 0 && sample.scores[i] == score ? 1 : 0;
      step.negatives_above += sample.labels[i] == 0 && sample.scores[i] > score ? 1 : 0;
    }
  }
  return steps;
}

void expect_same(const Sample& sample, const PositiveRanks& ranks) {
  const std::vector<RankStep> wanted = obvious_steps(sample);
  ASSERT_EQ(ranks.steps.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(ranks.steps[i].score, wanted[i].score);
    EXPECT_EQ(ranks.steps[i].positives, wanted[i].positives);
    EXPECT_EQ(ranks.steps[i].negatives, wanted[i].negatives);
    EXPECT_EQ(ranks.steps[i].negatives_above, wanted[i].negatives_above);
  }
  const RankedScores ranked(sample.scores, sample.labels);
  EXPECT_EQ(ranks.positives, ranked.positives());
  EXPECT_EQ(ranks.negatives, ranked.negatives());
  EXPECT_EQ(average_precision(ranks), average_precision(ranked));  // to the bit
  EXPECT_EQ(auroc(ranks), auroc(ranked));
  for (const double specificity : {0.0, 0.5, 0.9, 1.0}) {
    EXPECT_EQ(sensitivity_at_specificity(ranks, specificity), sensitivity_at_specificity(ranked, specificity));
  }
}

TEST(ClassRanker, is_the_full_ranking_whatever_the_scores_and_the_instruction_set) {
  RandomStream random(11, "class-ranker", {});
  ClassRanker::Scratch scratch;  // one for all, as its users have it
  for (const Kind kind :
       {Kind::kSmooth, Kind::kGrid, Kind::kClusters, Kind::kSaturated, Kind::kConstant, Kind::kOutlier}) {
    for (const auto& [images, prevalence, unknown] :
         {std::tuple{3001, 0.07, 0.0}, {3000, 0.5, 0.1}, {1500, 0.999, 0.0}, {700, 0.003, 0.3}, {5, 0.5, 0.0}}) {
      const Sample sample = draw(kind, images, prevalence, unknown, random);
      const ClassRanker ranker(sample.labels);
      for (const InstructionSet set : instruction_sets_here()) {
        SCOPED_TRACE(instruction_set_name(set));
        expect_same(sample, ranker.rank(sample.scores, scratch, set));
      }
    }
  }
}

TEST(ClassRanker, one_kind_of_image_alone_leaves_figures_empty) {
  const std::vector<float> scores = {0.5F, 0.25F};
  ClassRanker::Scratch scratch;
  for (const int label : {1, 0, -1}) {
    const std::vector<std::int8_t> labels(2, static_cast<std::int8_t>(label));
    const PositiveRanks ranks = ClassRanker(labels).rank(scores, scratch);
    EXPECT_EQ(average_precision(ranks).has_value(), label == 1);
    EXPECT_FALSE(auroc(ranks));
  }
}

TEST(ClassRanker, a_faultless_ranking_is_exactly_one) {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;
  for (int i = 0; i < 997; ++i) {
    scores.push_back(static_cast<float>(i) / 997.0F);
    labels.push_back(i >= 900 ? 1 : 0);
  }
  ClassRanker::Scratch scratch;
  const PositiveRanks ranks = ClassRanker(labels).rank(scores, scratch);
  EXPECT_EQ(*average_precision(ranks), 1.0);
  EXPECT_EQ(*auroc(ranks), 1.0);
}

TEST(ClassRanker, calls_at_a_threshold_are_those_of_confusion_at) {
  RandomStream random(12, "class-ranker", {});
  const Sample sample = draw(Kind::kGrid, 2000, 0.2, 0.1, random);
  const ClassRanker ranker(sample.labels);
  // 0.35 lies between float32 numbers, of which the one below is among the scores.
  for (const double threshold : {0.0, 0.35, static_cast<double>(0.35F), 0.5, 1.0, 1.5}) {
    const Confusion wanted = confusion_at(sample.scores, sample.labels, threshold);
    for (const InstructionSet set : instruction_sets_here()) {
      const Confusion found = ranker.confusion_at(sample.scores, threshold, set);
      EXPECT_EQ(found.true_positives, wanted.true_positives) << threshold;
      EXPECT_EQ(found.false_positives, wanted.false_positives) << threshold;
      EXPECT_EQ(found.false_negatives, wanted.false_negatives) << threshold;
      EXPECT_EQ(found.true_negatives, wanted.true_negatives) << threshold;
    }
  }
}

TEST(ClassRanker, what_is_no_probability_is_a_bug_of_the_caller) {
  const ClassRanker ranker(std::vector<std::int8_t>{1, 0});
  ClassRanker::Scratch scratch;
  for (const float wrong : {-0.25F, 1.0000001F, std::nanf(""), INFINITY}) {
    EXPECT_THROW((void)ranker.rank(std::vector<float>{0.5F, wrong}, scratch), BrokenInvariant) << wrong;
  }
  EXPECT_THROW((void)ranker.rank(std::vector<float>{0.5F}, scratch), BrokenInvariant);
}

}  // namespace
}  // namespace niwaki
