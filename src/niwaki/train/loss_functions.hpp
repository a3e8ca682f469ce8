#pragma once

#include <ATen/ATen.h>

#include "niwaki/train/losses.hpp"

namespace niwaki {

/// The loss of each label under autograd: `logits` and `targets` (0 or 1) are [images, classes] of one type and
/// device, and so is the result. What stands for an unknown label gives a finite loss; the caller strikes it out.
at::Tensor loss_of_labels(const LabelLoss& loss, const at::Tensor& logits, const at::Tensor& targets);

}  // namespace niwaki
