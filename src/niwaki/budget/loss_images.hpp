#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// Images to measure losses on, and how many of all images each stands for.
struct LossImages {
  std::vector<std::size_t> rows;  // rising
  std::vector<double> weights;    // one a row; they sum to the number of all images
};

/// At most `images` (or one a stratum, if that is more) of the rows of `labels` [images, classes], drawn by the stream
/// "prune/loss-images" of `seed` so that rare classes have many positives among them: images are parted by the rarest
/// class that they show (one stratum more for those that show none), strata of up to t images are taken whole, of the
/// others t are drawn, with the largest t that fits. An image stands for all / drawn ones of its stratum, which leaves
/// sums over images unbiased (Horvitz & Thompson, JASA 47, 1952).
LossImages loss_images(MatrixView<const Label> labels, std::size_t images, std::uint64_t seed);

}  // namespace niwaki
