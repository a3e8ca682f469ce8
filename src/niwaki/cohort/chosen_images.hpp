#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "niwaki/cohort/image_source.hpp"

namespace niwaki {

/// The pictures of `source`, which must outlive them, at these rows and in this order.
std::unique_ptr<ImageSource> chosen_images(const ImageSource& source, std::vector<std::size_t> rows);

}  // namespace niwaki
