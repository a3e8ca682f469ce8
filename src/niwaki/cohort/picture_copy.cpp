#include "niwaki/cohort/picture_copy.hpp"

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/imaging/dicom_attributes.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {

std::string copy_ending(const std::filesystem::path& picture) {
  return is_dicom_file(picture) ? ".png" : picture.extension().string();
}

std::string copy_to_show(const std::filesystem::path& picture) {
  // A reader is shown what there is, where the file does not say how.
  const ImageReadOptions options{.windows = {"first", "min-max"}};
  return is_dicom_file(picture) ? encode_png(read_image(picture, options)) : read_file(picture);
}

}  // namespace niwaki
