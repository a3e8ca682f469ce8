#include "niwaki/metrics/weighted_ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/score_keys.hpp"

namespace niwaki {
namespace {

struct Kernels {
  weighted_ranking::Kernel evaluate;
  weighted_ranking::SumKernel sum;
};

Kernels kernels_for(InstructionSet set) {
  namespace all = weighted_ranking;
  return {kernel_of(set, all::baseline::evaluate, all::avx2::evaluate, all::avx512::evaluate),
          kernel_of(set, all::baseline::sum, all::avx2::sum, all::avx512::sum)};
}

weighted_ranking::Input input_of(const std::vector<std::uint32_t>& patients,
                                 std::span<const weighted_ranking::Step> steps, const PatientResamples& resamples,
                                 std::size_t block) {
  return {
      .patients = patients.data(),
      .images = patients.size(),
      .steps = steps.data(),
      .step_count = steps.size(),
      .weights = resamples.block(block).data(),
      .largest_sum = std::numeric_limits<std::uint16_t>::max() / std::max<std::size_t>(1, resamples.largest_weight())};
}

}  // namespace

ScoreOrder::ScoreOrder(std::span<const float> scores, std::span<const std::int8_t> labels) {
  constexpr int kScoreBit = 32;
  constexpr int kLabelBit = 31;
  NIWAKI_CHECK(scores.size() == labels.size(), "{} scores, {} labels", scores.size(), labels.size());
  NIWAKI_CHECK(scores.size() < std::size_t{1} << 30, "{} images are more than counts hold", scores.size());
  std::vector<std::uint64_t> keys;
  keys.reserve(scores.size());
  for (std::size_t image = 0; image < scores.size(); ++image) {
    if (labels[image] >= 0) {
      NIWAKI_CHECK(!std::isnan(scores[image]), "the score of image {} is NaN", image);
      const std::uint64_t falling = ~ordered_bits(scores[image]);
      keys.push_back((falling << kScoreBit) | (std::uint64_t{labels[image] > 0} << kLabelBit) | image);
    }
  }
  sort_keys(keys, kLabelBit);
  entries_.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool last = i + 1 == keys.size() || keys[i] >> kScoreBit != keys[i + 1] >> kScoreBit;
    entries_.push_back({.image = static_cast<std::uint32_t>(keys[i]) & 0x3FFFFFFFU,
                        .positive = static_cast<std::uint32_t>(keys[i] >> kLabelBit) & 1U,
                        .last = last ? 1U : 0U});
  }
}

template <typename Kept>
void WeightedRanking::take(const ScoreOrder& order, std::span<const std::uint32_t> patients, const Kept& kept) {
  patients_.reserve(order.entries().size());
  const auto place = [&] { return static_cast<std::uint32_t>(patients_.size()); };
  std::uint32_t begin = 0;      // of the images of this score
  std::uint32_t positives = 0;  // of this score
  for (const ScoreOrder::Entry& entry : order.entries()) {
    if (kept(entry.image)) {
      patients_.push_back(patients[entry.image]);
      positives += entry.positive;
    }
    if (entry.last != 0) {
      if (positives > 0) {
        steps_.push_back({begin, place() - positives, place()});
      }
      begin = place();
      positives = 0;
    }
  }
}

WeightedRanking::WeightedRanking(std::span<const float> scores, std::span<const std::int8_t> labels,
                                 std::span<const std::uint32_t> patients) {
  NIWAKI_CHECK(scores.size() == patients.size(), "{} scores, patients of {} images", scores.size(), patients.size());
  take(ScoreOrder(scores, labels), patients, [](std::uint32_t) { return true; });
}

WeightedRanking::WeightedRanking(const ScoreOrder& order, std::span<const std::uint32_t> patients,
                                 std::span<const char> kept) {
  NIWAKI_CHECK(patients.size() == kept.size(), "patients of {} images, {} to keep or not", patients.size(),
               kept.size());
  take(order, patients, [&](std::uint32_t image) { return kept[image] != 0; });
}

void WeightedRanking::evaluate(const PatientResamples& resamples, std::size_t block,
                               std::span<double> average_precision, std::span<double> auroc, InstructionSet set) const {
  NIWAKI_CHECK(average_precision.size() == PatientResamples::kLanes && auroc.size() == PatientResamples::kLanes,
               "room for {} and {} figures", average_precision.size(), auroc.size());
  kernels_for(set).evaluate(input_of(patients_, steps_, resamples, block), average_precision.data(), auroc.data());
}

void WeightedCount::evaluate(const PatientResamples& resamples, std::size_t block, std::span<double> counts,
                             InstructionSet set) const {
  NIWAKI_CHECK(counts.size() == PatientResamples::kLanes, "room for {} counts", counts.size());
  kernels_for(set).sum(input_of(patients_, {}, resamples, block), counts.data());
}

std::vector<double> WeightedCount::evaluate(const PatientResamples& resamples) const {
  std::vector<double> counts(resamples.blocks() * PatientResamples::kLanes);
  for (std::size_t block = 0; block < resamples.blocks(); ++block) {
    evaluate(resamples, block, std::span(counts).subspan(block * PatientResamples::kLanes, PatientResamples::kLanes));
  }
  counts.resize(resamples.resamples());
  return counts;
}

WeightedSum::WeightedSum(std::vector<Term> terms) : terms_(std::move(terms)) {
  std::stable_sort(terms_.begin(), terms_.end(), [](const Term& a, const Term& b) { return a.patient < b.patient; });
  std::size_t kept = 0;
  for (const Term& term : terms_) {
    if (kept > 0 && terms_[kept - 1].patient == term.patient) {
      terms_[kept - 1].value += term.value;
    } else {
      terms_[kept++] = term;
    }
  }
  terms_.resize(kept);
}

std::vector<double> WeightedSum::evaluate(const PatientResamples& resamples) const {
  constexpr std::size_t kLanes = PatientResamples::kLanes;
  std::vector<double> sums(resamples.blocks() * kLanes);
  for (std::size_t block = 0; block < resamples.blocks(); ++block) {
    const std::uint8_t* weights = resamples.block(block).data();
    double* block_sums = sums.data() + block * kLanes;
    for (const Term& term : terms_) {
      const std::uint8_t* patient_weights = weights + term.patient * kLanes;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        block_sums[lane] += term.value * static_cast<double>(patient_weights[lane]);
      }
    }
  }
  sums.resize(resamples.resamples());
  return sums;
}

}  // namespace niwaki
