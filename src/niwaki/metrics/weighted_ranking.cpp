#include "niwaki/metrics/weighted_ranking.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

struct RankedImage {
  float score;
  std::uint32_t patient;
  bool positive;
};

/// Highest score first; of one score, negatives first.
std::vector<RankedImage> ranked_images(std::span<const float> scores, std::span<const std::int8_t> labels,
                                       std::span<const std::uint32_t> patients) {
  NIWAKI_CHECK(scores.size() == labels.size() && scores.size() == patients.size(),
               "{} scores, {} labels, patients of {} images", scores.size(), labels.size(), patients.size());
  NIWAKI_CHECK(scores.size() < std::size_t{1} << 31, "{} images are more than counts hold", scores.size());
  std::vector<RankedImage> images;
  images.reserve(scores.size());
  for (std::size_t image = 0; image < scores.size(); ++image) {
    if (labels[image] >= 0) {
      NIWAKI_CHECK(!std::isnan(scores[image]), "the score of image {} is NaN", image);
      images.push_back({scores[image], patients[image], labels[image] > 0});
    }
  }
  std::stable_sort(images.begin(), images.end(), [](const RankedImage& a, const RankedImage& b) {
    return a.score != b.score ? a.score > b.score : a.positive < b.positive;
  });
  return images;
}

weighted_ranking::Kernel kernel_for(InstructionSet set) {
  switch (set) {
#if defined(__x86_64__)
    case InstructionSet::kAvx512:
      return weighted_ranking::avx512::evaluate;
    case InstructionSet::kAvx2:
      return weighted_ranking::avx2::evaluate;
#endif
    default:
      return weighted_ranking::baseline::evaluate;
  }
}

}  // namespace

WeightedRanking::WeightedRanking(std::span<const float> scores, std::span<const std::int8_t> labels,
                                 std::span<const std::uint32_t> patients) {
  const std::vector<RankedImage> images = ranked_images(scores, labels, patients);
  patients_.reserve(images.size());
  for (std::size_t begin = 0; begin < images.size();) {
    std::size_t end = begin;
    std::size_t positives = begin;  // where those of this score begin
    for (; end < images.size() && images[end].score == images[begin].score; ++end) {
      positives += images[end].positive ? 0 : 1;
      patients_.push_back(images[end].patient);
    }
    if (positives < end) {
      steps_.push_back(
          {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(positives), static_cast<std::uint32_t>(end)});
    }
    begin = end;
  }
}

void WeightedRanking::evaluate(const PatientResamples& resamples, std::size_t block,
                               std::span<double> average_precision, std::span<double> auroc, InstructionSet set) const {
  NIWAKI_CHECK(average_precision.size() == PatientResamples::kLanes && auroc.size() == PatientResamples::kLanes,
               "room for {} and {} figures", average_precision.size(), auroc.size());
  const weighted_ranking::Input input = {
      .patients = patients_.data(),
      .images = patients_.size(),
      .steps = steps_.data(),
      .step_count = steps_.size(),
      .weights = resamples.block(block).data(),
      .largest_sum = std::numeric_limits<std::uint16_t>::max() / std::max<std::size_t>(1, resamples.largest_weight())};
  kernel_for(set)(input, average_precision.data(), auroc.data());
}

}  // namespace niwaki
