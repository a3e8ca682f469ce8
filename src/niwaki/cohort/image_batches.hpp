#pragma once

#include <cstddef>
#include <functional>

#include "niwaki/cohort/batch_loader.hpp"
#include "niwaki/cohort/image_source.hpp"

namespace niwaki {

/// Hands all pictures of `images` to `use`, in their order and `batch` at a time (the last time what is left),
/// normalised as images.preprocessing() says. They are read ahead in background threads; `use` is called in this one
/// and may change the pixels. Checks for cancellation before each batch. Throws InputError where a picture cannot be
/// read.
void for_each_batch(const ImageSource& images, std::size_t batch, const std::function<void(ImageBatch&)>& use);

}  // namespace niwaki
