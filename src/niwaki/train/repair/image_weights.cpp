#include "niwaki/train/repair/image_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

std::vector<double> shrunk_prevalences(MatrixView<const Label> labels) {
  std::vector<double> prevalences;
  for (std::size_t c = 0; c < labels.columns(); ++c) {
    double positive = 0;
    double known = 0;
    for (std::size_t i = 0; i < labels.rows(); ++i) {
      positive += labels(i, c) == Label::kPositive ? 1 : 0;
      known += labels(i, c) == Label::kUnknown ? 0 : 1;
    }
    prevalences.push_back((positive + 1) / (known + 2));
  }
  return prevalences;
}

}  // namespace

std::vector<double> image_weights(MatrixView<const Label> labels, std::size_t images,
                                  const LeastSquaresOptions& options) {
  std::vector<double> weights(images, 1.0);
  if (labels.rows() == 0 || labels.columns() == 0) {
    return weights;
  }
  NIWAKI_CHECK(labels.rows() == images, "{} labels for {} images", labels.rows(), images);
  const std::vector<double> prevalences = shrunk_prevalences(labels);
  const double largest = *std::ranges::max_element(prevalences);
  for (std::size_t i = 0; i < images; ++i) {
    for (std::size_t c = 0; c < prevalences.size(); ++c) {
      if (labels(i, c) == Label::kPositive) {
        const double rarity = std::pow(largest / prevalences[c], options.tail_exponent);
        weights[i] = std::max(weights[i], std::min(rarity, options.largest_weight));
      }
    }
  }
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(images);
  for (double& weight : weights) {
    weight /= mean;
  }
  return weights;
}

}  // namespace niwaki
