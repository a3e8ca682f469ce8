#pragma once

#include <cstddef>

#include "niwaki/train/train.hpp"

namespace niwaki {

/// The learning rate of step `step` of `total` (0 first). "constant" is options.learning_rate. "one-cycle" (Smith &
/// Topin 2018) goes as torch.optim.lr_scheduler.OneCycleLR does by default: from a 25th of options.learning_rate up to
/// it over the first 30% of the steps, then down to a 10,000th of where it began, along half cosines; Adam's decays
/// stay as they are.
double learning_rate_at(const TrainOptions& options, std::size_t step, std::size_t total);

}  // namespace niwaki
