#pragma once

#include <string>
#include <string_view>

#include "niwaki/imaging/image.hpp"
#include "niwaki/imaging/stored_pixels.hpp"

namespace niwaki {

/// The picture of a DICOM file, as read_image() says; uncompressed samples stay in `bytes`, which must outlive it.
StoredPixels decode_dicom(std::string_view bytes, const std::string& name, const ImageReadOptions& options);

}  // namespace niwaki
