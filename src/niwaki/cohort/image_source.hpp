#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/cohort/problems.hpp"
#include "niwaki/core/preprocessing.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {

/// The pictures of a list of records, ready to be augmented and normalised.
class ImageSource {
 public:
  ImageSource() = default;
  ImageSource(const ImageSource&) = delete;
  ImageSource& operator=(const ImageSource&) = delete;
  ImageSource(ImageSource&&) = delete;
  ImageSource& operator=(ImageSource&&) = delete;
  virtual ~ImageSource() = default;

  [[nodiscard]] virtual std::size_t size() const = 0;
  /// The shape that read() gives, and the mean and deviation to normalise by.
  [[nodiscard]] virtual const Preprocessing& preprocessing() const = 0;
  /// Fills `pixels` (preprocessing().values() floats) with image `index` as planes of [0, 1], not yet normalised.
  /// Safe to call from several threads. Throws InputError naming the image where it cannot be read.
  virtual void read(std::size_t index, std::span<float> pixels) const = 0;
  /// The same as an image of its own.
  [[nodiscard]] Image image(std::size_t index) const {
    const Preprocessing& shape = preprocessing();
    Image image{shape.channels, shape.height, shape.width, std::vector<float>(shape.values())};
    read(index, image.pixels);
    return image;
  }
  /// The files behind the pictures, one an image; empty where they are drawn. A study hashes them.
  [[nodiscard]] virtual std::vector<std::filesystem::path> files() const { return {}; }
};

/// The file of each record below `folder`, as open_image_files() finds them. With `problems`, what is wrong is told
/// there and that record's path is empty, but for a file that two records name: both have it.
std::vector<std::filesystem::path> find_picture_files(const Cohort& cohort, const std::filesystem::path& folder,
                                                      ProblemReport* problems);

/// Image files below `folder`, by Record::image. A name without a folder that is not directly there is looked for in
/// the folders below (NIH's own layout is images_001/images/ ... images_012/images/). Throws InputError on construction
/// where files are missing (how many, and the first), where several files below have a picture's name, where two
/// records are one file, and where two DICOM files are one SOP instance.
std::unique_ptr<ImageSource> open_image_files(const Cohort& cohort, const std::filesystem::path& folder,
                                              const Preprocessing& preprocessing, const ImageReadOptions& options = {});

/// Keeps the pictures of `source` in memory (as 16-bit values, full scale 1) once they have been read, if all fit in
/// `limit_bytes`; otherwise passes every read on.
std::unique_ptr<ImageSource> cached(std::unique_ptr<ImageSource> source, std::size_t limit_bytes);

}  // namespace niwaki
