#include "niwaki/audit/strata/side_figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/patient_resamples.hpp"
#include "niwaki/metrics/ranking.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

/// Adds one network's figures to the sums over seeds.
class FigureSums {
 public:
  FigureSums(const ClassLabels& labels, const Resampling& resampling) : labels_(labels), resampling_(resampling) {}

  void add(std::span<const float> scores, const ScoreOrder& order, const std::vector<char>& kept, Resampled& auroc_sum,
           Resampled& ap_sum) const {
    std::vector<std::int8_t> values = labels_.values;
    for (std::size_t image = 0; image < values.size(); ++image) {
      values[image] = kept[image] != 0 ? values[image] : std::int8_t{-1};
    }
    const RankedScores ranked(scores, values);
    auroc_sum.value += auroc(ranked).value();
    ap_sum.value += average_precision(ranked).value();
    const std::size_t resamples = resampling_.resamples.resamples();
    auroc_sum.replicates.resize(resamples);
    ap_sum.replicates.resize(resamples);
    const WeightedRanking ranking(order, resampling_.patient_of_image, kept);
    constexpr std::size_t kLanes = PatientResamples::kLanes;
    std::array<double, kLanes> ap{};
    std::array<double, kLanes> auroc{};
    for (std::size_t block = 0; block < resampling_.resamples.blocks(); ++block) {
      ranking.evaluate(resampling_.resamples, block, ap, auroc);
      for (std::size_t i = block * kLanes; i < std::min((block + 1) * kLanes, resamples); ++i) {
        auroc_sum.replicates[i] += auroc[i % kLanes];
        // Without a negative image there is no AUROC; AP would be 1 and say nothing.
        ap_sum.replicates[i] += std::isnan(auroc[i % kLanes]) ? auroc[i % kLanes] : ap[i % kLanes];
      }
    }
  }

 private:
  const ClassLabels& labels_;
  const Resampling& resampling_;
};

void divide(Resampled& sum, std::size_t seeds) {
  sum.value /= static_cast<double>(seeds);
  for (double& replicate : sum.replicates) {
    replicate /= static_cast<double>(seeds);
  }
}

}  // namespace

Resampled difference(const Resampled& a, const Resampled& b) {
  Resampled result{a.value - b.value, a.replicates};
  for (std::size_t i = 0; i < result.replicates.size(); ++i) {
    result.replicates[i] -= b.replicates[i];
  }
  return result;
}

Resampled mean(std::span<const Resampled* const> figures) {
  NIWAKI_CHECK(!figures.empty(), "the mean of nothing");
  Resampled result = *figures.front();
  for (const Resampled* figure : figures.subspan(1)) {
    result.value += figure->value;
    for (std::size_t i = 0; i < result.replicates.size(); ++i) {
      result.replicates[i] += figure->replicates[i];
    }
  }
  divide(result, figures.size());
  return result;
}

SideCounts count_side(const ClassLabels& labels, std::span<const char> kept, std::span<const std::uint32_t> patients) {
  std::vector<std::size_t> positives(labels.values.size());  // of each patient, whose numbers are below this
  std::vector<std::size_t> negatives(labels.values.size());
  SideCounts counts;
  for (std::size_t image = 0; image < labels.values.size(); ++image) {
    if (kept[image] != 0 && labels.values[image] >= 0) {
      const bool positive = labels.values[image] > 0;
      ++(positive ? positives : negatives)[patients[image]];
      ++(positive ? counts.positives : counts.negatives);
    }
  }
  const auto with_any = [](const std::vector<std::size_t>& images) {
    return static_cast<std::size_t>(std::count_if(images.begin(), images.end(), [](std::size_t n) { return n > 0; }));
  };
  counts.positive_patients = with_any(positives);
  counts.negative_patients = with_any(negatives);
  counts.effective_patients = std::min(effective_patients(positives), effective_patients(negatives));
  return counts;
}

std::vector<SideFigures> measure_sides(const ClassLabels& labels, std::size_t column, const PrunedPair& pair,
                                       std::span<const std::vector<char>* const> sides, const Resampling& resampling) {
  std::vector<SideFigures> figures(sides.size());
  const FigureSums sums(labels, resampling);
  for (std::size_t seed = 0; seed < pair.dense.size(); ++seed) {
    for (const bool pruned : {false, true}) {
      const std::vector<float> scores = (pruned ? pair.pruned : pair.dense)[seed].column(column);
      const ScoreOrder order(scores, labels.values);
      for (std::size_t side = 0; side < sides.size(); ++side) {
        SideFigures& sum = figures[side];
        if (sides[side] != nullptr) {
          sums.add(scores, order, *sides[side], pruned ? sum.auroc_pruned : sum.auroc_dense,
                   pruned ? sum.ap_pruned : sum.ap_dense);
        }
      }
    }
  }
  for (SideFigures& sum : figures) {
    for (Resampled* figure : {&sum.auroc_dense, &sum.auroc_pruned, &sum.ap_dense, &sum.ap_pruned}) {
      divide(*figure, pair.dense.size());
    }
  }
  return figures;
}

}  // namespace niwaki
