#include "niwaki/metrics/weighted_ranking.hpp"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"
#include "niwaki/metrics/ranking.hpp"

namespace niwaki {
namespace {

struct Column {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;
  std::vector<std::uint32_t> patients;
};

/// Scores with many ties, some labels unknown, several images a patient.
Column random_column(std::size_t images, std::size_t patients, double prevalence, RandomStream& random) {
  Column column;
  for (std::size_t image = 0; image < images; ++image) {
    column.scores.push_back(static_cast<float>(random.below(50)) / 50.0F);
    column.labels.push_back(random.chance(0.1) ? std::int8_t{-1} : random.chance(prevalence) ? 1 : 0);
    column.patients.push_back(static_cast<std::uint32_t>(random.below(patients)));
  }
  return column;
}

/// The obvious way: every image copied out as often as its patient was drawn, then sorted.
RankedScores copied_out(const Column& column, const PatientResamples& resamples, std::size_t resample) {
  std::vector<float> scores;
  std::vector<std::int8_t> labels;
  for (std::size_t image = 0; image < column.scores.size(); ++image) {
    const std::size_t weight = resamples.weight(resample, column.patients[image]);
    scores.insert(scores.end(), weight, column.scores[image]);
    labels.insert(labels.end(), weight, column.labels[image]);
  }
  return {scores, labels};
}

void expect_figure(double figure, std::optional<double> wanted, double tolerance) {
  if (!wanted) {
    EXPECT_TRUE(std::isnan(figure));
  } else {
    EXPECT_NEAR(figure, *wanted, tolerance);
  }
}

struct Figures {
  std::vector<double> ap = std::vector<double>(PatientResamples::kLanes);
  std::vector<double> auroc = std::vector<double>(PatientResamples::kLanes);
};

Figures figures_of(const WeightedRanking& ranking, const PatientResamples& resamples, std::size_t block,
                   InstructionSet set) {
  Figures figures;
  ranking.evaluate(resamples, block, figures.ap, figures.auroc, set);
  return figures;
}

TEST(WeightedRanking, IsTheRankingOfTheImagesCopiedOut) {
  RandomStream random(5, "test");
  // The last: so few positives that resamples without any are certain to come.
  for (const auto& [images, patients, prevalence] : {std::tuple{300, 100, 0.2}, {2000, 40, 0.5}, {60, 50, 0.04}}) {
    const Column column = random_column(images, patients, prevalence, random);
    const WeightedRanking ranking(column.scores, column.labels, column.patients);
    const PatientResamples resamples(patients, 70, 1);
    for (std::size_t resample = 0; resample < 70; ++resample) {
      const std::size_t lane = resample % PatientResamples::kLanes;
      const Figures figures =
          figures_of(ranking, resamples, resample / PatientResamples::kLanes, InstructionSet::kBaseline);
      const RankedScores ranked = copied_out(column, resamples, resample);
      expect_figure(figures.ap[lane], average_precision(ranked), 1e-14);
      expect_figure(figures.auroc[lane], auroc(ranked), 0.0);
    }
  }
}

TEST(WeightedRanking, OfAPartIsThatOfThePartAlone) {
  RandomStream random(8, "test");
  const Column column = random_column(3000, 60, 0.1, random);
  const PatientResamples resamples(60, 32, 1);
  const ScoreOrder order(column.scores, column.labels);
  std::vector<char> kept(3000);
  Column part;
  for (std::size_t image = 0; image < 3000; ++image) {
    kept[image] = random.chance(0.3) ? 1 : 0;
    if (kept[image] != 0) {
      part.scores.push_back(column.scores[image]);
      part.labels.push_back(column.labels[image]);
      part.patients.push_back(column.patients[image]);
    }
  }
  const Figures figures =
      figures_of(WeightedRanking(order, column.patients, kept), resamples, 0, InstructionSet::kBaseline);
  const Figures alone =
      figures_of(WeightedRanking(part.scores, part.labels, part.patients), resamples, 0, InstructionSet::kBaseline);
  EXPECT_EQ(figures.ap, alone.ap);
  EXPECT_EQ(figures.auroc, alone.auroc);
}

TEST(WeightedRanking, AllInstructionSetsGiveTheSameBytes) {
  RandomStream random(6, "test");
  const Column column = random_column(5000, 700, 0.1, random);
  const WeightedRanking ranking(column.scores, column.labels, column.patients);
  const PatientResamples resamples(700, 40, 1);
  for (std::size_t block = 0; block < resamples.blocks(); ++block) {
    const Figures plain = figures_of(ranking, resamples, block, InstructionSet::kBaseline);
    for (const InstructionSet set : instruction_sets_here()) {
      const Figures fast = figures_of(ranking, resamples, block, set);
      const std::size_t lanes = std::min(PatientResamples::kLanes, 40 - block * PatientResamples::kLanes);
      EXPECT_EQ(std::memcmp(plain.ap.data(), fast.ap.data(), lanes * sizeof(double)), 0) << instruction_set_name(set);
      EXPECT_EQ(std::memcmp(plain.auroc.data(), fast.auroc.data(), lanes * sizeof(double)), 0);
    }
  }
}

TEST(WeightedRanking, SumsOfManyImagesDoNotOverflow) {
  // One patient with 100,000 negatives above one positive: 16 bits hold 65,535.
  std::vector<float> scores(100'000, 0.5F);
  std::vector<std::int8_t> labels(100'000, 0);
  std::vector<std::uint32_t> patients(100'000, 0);
  scores.push_back(0.25F);
  labels.push_back(1);
  patients.push_back(0);
  const WeightedRanking ranking(scores, labels, patients);
  const PatientResamples resamples(1, 1, 1);
  for (const InstructionSet set : instruction_sets_here()) {
    const Figures figures = figures_of(ranking, resamples, 0, set);
    EXPECT_DOUBLE_EQ(figures.ap[0], 1.0 / 100'001.0);
    EXPECT_EQ(figures.auroc[0], 0.0);
  }
}

TEST(WeightedCount, IsTheSumOfTheWeights) {
  RandomStream random(7, "test");
  const PatientResamples resamples(30, 40, 2);
  std::vector<std::uint32_t> patients;
  for (int image = 0; image < 100; ++image) {
    patients.push_back(static_cast<std::uint32_t>(random.below(30)));
  }
  const WeightedCount count(patients);
  const std::vector<double> counts = count.evaluate(resamples);
  ASSERT_EQ(counts.size(), 40U);
  for (std::size_t resample = 0; resample < 40; ++resample) {
    double sum = 0;
    for (const std::uint32_t patient : patients) {
      sum += resamples.weight(resample, patient);
    }
    EXPECT_EQ(counts[resample], sum);
  }
  std::vector<double> block(PatientResamples::kLanes);
  for (const InstructionSet set : instruction_sets_here()) {
    count.evaluate(resamples, 0, block, set);
    EXPECT_TRUE(std::equal(block.begin(), block.end(), counts.begin())) << instruction_set_name(set);
  }
}

TEST(WeightedRanking, WithoutAnImageOfEitherKindThereIsNoFigure) {
  const std::vector<float> scores = {0.5F, 0.25F};
  const std::vector<std::uint32_t> patients = {0, 0};
  const PatientResamples resamples(1, 1, 1);
  for (const std::vector<std::int8_t>& labels :
       {std::vector<std::int8_t>{0, 0}, std::vector<std::int8_t>{1, 1}, std::vector<std::int8_t>{-1, -1}}) {
    const Figures figures =
        figures_of(WeightedRanking(scores, labels, patients), resamples, 0, InstructionSet::kBaseline);
    EXPECT_TRUE(std::isnan(figures.auroc[0]));
    EXPECT_EQ(std::isnan(figures.ap[0]), labels[0] != 1);
  }
}

}  // namespace
}  // namespace niwaki
