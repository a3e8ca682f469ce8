#pragma once

#include <span>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/core/matrix_view.hpp"
#include "niwaki/train/losses.hpp"

namespace niwaki {

/// How well logits fit labels.
struct ValidationFigures {
  double loss = 0;               // mean over the known labels; NaN where none is known
  double average_precision = 0;  // macro: over classes with a positive; NaN where there is none, or a logit is NaN
};

/// `logits` and `labels` are [images, classes]. Unknown labels count for nothing.
ValidationFigures validation_figures(MatrixView<const float> logits, MatrixView<const Label> labels,
                                     const LabelLoss& loss = {});

}  // namespace niwaki
