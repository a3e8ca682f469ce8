#include "niwaki/imaging/image.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <system_error>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/imaging/container.hpp"
#include "niwaki/imaging/dicom_container.hpp"
#include "niwaki/imaging/dicom_image.hpp"
#include "niwaki/imaging/stored_pixels.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 30;

/// OpenCV's own threads would compete with ours: one switch for the process, thrown before anything is decoded or
/// warped.
[[maybe_unused]] const bool kOneThread = [] {
  cv::setNumThreads(1);
  return true;
}();

/// A plane of an image as OpenCV sees it; the memory stays the image's.
cv::Mat plane(const float* pixels, std::size_t height, std::size_t width) {
  return {static_cast<int>(height), static_cast<int>(width), CV_32FC1, const_cast<float*>(pixels)};
}

/// OpenCV's interleaved blue, green, red; what else there is (transparency) is not looked at.
StoredPixels stored_in(const std::shared_ptr<const cv::Mat>& decoded) {
  StoredPixels stored;
  const bool grey = decoded->channels() < 3;
  stored.channels = grey ? 1 : 3;
  stored.height = static_cast<std::size_t>(decoded->rows);
  stored.width = static_cast<std::size_t>(decoded->cols);
  stored.sample_bytes = decoded->elemSize1();
  stored.column_step = decoded->elemSize();
  stored.row_step = decoded->step[0];
  if (!grey) {
    stored.channel_begin = {2 * stored.sample_bytes, stored.sample_bytes, 0};
  }
  stored.bytes = decoded->data;
  stored.memory = decoded;
  stored.mask = stored.sample_bytes == 1 ? 0xFF : 0xFFFF;
  stored.shown = shown_as_they_are(stored.sample_bytes);
  return stored;
}

StoredPixels decode_png_or_jpeg(std::string_view bytes, const std::string& name) {
  check_container(bytes, name);
  const cv::Mat raw(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data()));
  const auto decoded = std::make_shared<cv::Mat>();
  try {
    *decoded = cv::imdecode(raw, cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception& error) {
    throw InputError(fmt::format("the picture cannot be decoded ({})", error.err), name, "convert it, or leave it out");
  }
  if (decoded->empty() || (decoded->depth() != CV_8U && decoded->depth() != CV_16U)) {
    throw InputError("the picture cannot be decoded", name,
                     "convert it to a PNG or JPEG of 8 or 16 bits, or leave it out");
  }
  return stored_in(decoded);
}

/// Large files are read one at a time, so that memory does not grow with the threads: a file of 32 MiB is a picture of
/// 4,000 x 4,000 samples of 16 bits, or a larger one compressed.
std::unique_lock<std::mutex> turn_of(const std::filesystem::path& path) {
  constexpr std::uintmax_t kLarge = std::uintmax_t{32} << 20;
  static std::mutex one_at_a_time;
  std::error_code unknown;  // where there is no such file, reading says so
  const std::uintmax_t bytes = std::filesystem::file_size(path, unknown);
  return !unknown && bytes > kLarge ? std::unique_lock(one_at_a_time) : std::unique_lock<std::mutex>();
}

StoredPixels decode_stored(std::string_view bytes, const std::string& name, const ImageReadOptions& options) {
  return is_dicom(bytes) ? decode_dicom(bytes, name, options) : decode_png_or_jpeg(bytes, name);
}

/// 8 bits a value, OpenCV's order of colours.
std::string encoded(const Image& image, const char* ending, const std::vector<int>& parameters) {
  NIWAKI_CHECK(image.pixels.size() == image.channels * image.height * image.width, "{} pixels", image.pixels.size());
  const std::size_t size = image.height * image.width;
  std::vector<cv::Mat> planes;
  for (std::size_t channel = image.channels; channel-- > 0;) {
    planes.push_back(plane(image.pixels.data() + channel * size, image.height, image.width));
  }
  cv::Mat merged;
  cv::merge(planes, merged);
  cv::Mat bytes;
  merged.convertTo(bytes, CV_8U, 255.0);
  std::vector<unsigned char> file;
  cv::imencode(ending, bytes, file, parameters);
  return {file.begin(), file.end()};
}

}  // namespace

void ImageReadOptions::check() const {
  if (windows.empty() || std::ranges::any_of(windows, [](const std::string& window) { return window.empty(); })) {
    throw InputError("no window is named", "the windows to take",
                     "give first, full-range, min-max, or what a file calls one of its own");
  }
}

Image decode_image(std::string_view bytes, const std::string& name, const ImageReadOptions& options) {
  return to_image(decode_stored(bytes, name, options));
}

Image read_image(const std::filesystem::path& path, const ImageReadOptions& options) {
  return decode_image(read_file(path, kLargestFile), path.string(), options);
}

Image read_resized(const std::filesystem::path& path, std::size_t channels, std::size_t height, std::size_t width,
                   const ImageReadOptions& options) {
  const std::unique_lock turn = turn_of(path);
  const std::string bytes = read_file(path, kLargestFile);
  return with_channels(to_image(decode_stored(bytes, path.string(), options), height, width), channels);
}

std::string encode_png(const Image& image) {
  return encoded(image, ".png", {cv::IMWRITE_PNG_COMPRESSION, 3});
}

std::string encode_jpeg(const Image& image, int quality) {
  NIWAKI_CHECK(quality >= 1 && quality <= 100, "quality {}", quality);
  return encoded(image, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality, cv::IMWRITE_JPEG_OPTIMIZE, 1});
}

Image with_channels(const Image& image, std::size_t channels) {
  NIWAKI_CHECK(channels == 1 || channels == 3, "{} channels", channels);
  if (image.channels == channels) {
    return image;
  }
  const std::size_t size = image.height * image.width;
  Image result{channels, image.height, image.width, std::vector<float>(channels * size)};
  if (channels == 3) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      std::copy(image.pixels.begin(), image.pixels.end(),
                result.pixels.begin() + static_cast<std::ptrdiff_t>(channel * size));
    }
    return result;
  }
  const float* red = image.pixels.data();
  const float* green = red + size;
  const float* blue = green + size;
  for (std::size_t i = 0; i < size; ++i) {
    result.pixels[i] = 0.299F * red[i] + 0.587F * green[i] + 0.114F * blue[i];
  }
  return result;
}

Image resized(const Image& image, std::size_t height, std::size_t width) {
  NIWAKI_CHECK(height > 0 && width > 0, "{} x {}", height, width);
  if (image.height == height && image.width == width) {
    return image;
  }
  Image result{image.channels, height, width, std::vector<float>(image.channels * height * width)};
  for (std::size_t channel = 0; channel < image.channels; ++channel) {
    const cv::Mat from = plane(image.pixels.data() + channel * image.height * image.width, image.height, image.width);
    cv::Mat to = plane(result.pixels.data() + channel * height * width, height, width);
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_LINEAR);
  }
  return result;
}

void Augmentation::check() const {
  if (!(rotation_degrees >= 0 && rotation_degrees <= 180)) {
    throw InputError(fmt::format("{} degrees is out of range", rotation_degrees), "train.rotation", "choose 0 to 180");
  }
}

void augment(std::span<float> pixels, const Preprocessing& shape, const Augmentation& augmentation,
             RandomStream& random) {
  NIWAKI_CHECK(pixels.size() == shape.values(), "{} values for {}", pixels.size(), shape.values());
  // Both numbers are always drawn, so that switching one off leaves the other's as they were.
  const bool flip = random.chance(0.5) && augmentation.flip;
  const double angle = random.uniform(-1, 1) * augmentation.rotation_degrees;
  const cv::Point2f centre((static_cast<float>(shape.width) - 1) / 2, (static_cast<float>(shape.height) - 1) / 2);
  const cv::Mat rotation = cv::getRotationMatrix2D(centre, angle, 1.0);
  cv::Mat turned;
  for (std::size_t channel = 0; channel < shape.channels; ++channel) {
    cv::Mat values = plane(pixels.data() + channel * shape.height * shape.width, shape.height, shape.width);
    if (flip) {
      cv::flip(values, values, 1);
    }
    if (angle != 0) {
      cv::warpAffine(values, turned, rotation, values.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, cv::Scalar(0));
      turned.copyTo(values);
    }
  }
}

void normalise(std::span<float> pixels, const Preprocessing& preprocessing) {
  NIWAKI_CHECK(pixels.size() == preprocessing.values(), "{} values for {}", pixels.size(), preprocessing.values());
  const std::size_t size = preprocessing.height * preprocessing.width;
  for (std::size_t channel = 0; channel < preprocessing.channels; ++channel) {
    const float mean = preprocessing.mean[channel];
    const float scale = 1.0F / preprocessing.deviation[channel];
    for (float& value : pixels.subspan(channel * size, size)) {
      value = (value - mean) * scale;
    }
  }
}

}  // namespace niwaki
