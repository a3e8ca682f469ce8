#include "niwaki/cohort/image_source.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "niwaki/core/error.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

/// Folders like NIH's images_001/images/ are looked through once, and only where files are missing.
std::unordered_map<std::string, fs::path> files_below(const fs::path& folder) {
  std::unordered_map<std::string, fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (entry.is_regular_file()) {
      found.emplace(entry.path().filename().string(), entry.path());
    }
  }
  return found;
}

/// A name in a label file may not lead out of the picture folder.
bool stays_inside(const fs::path& relative) {
  const fs::path normal = relative.lexically_normal();
  return !normal.is_absolute() && (normal.empty() || *normal.begin() != "..");
}

std::vector<fs::path> find_files(const Cohort& cohort, const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw InputError("there is no such folder of pictures", folder.string(), "check cohort.images or --images");
  }
  std::vector<fs::path> files;
  std::unordered_map<std::string, fs::path> elsewhere;
  bool looked = false;
  std::size_t missing = 0;
  std::string first_missing;
  for (const Record& record : cohort.records) {
    if (!stays_inside(record.image)) {
      throw InputError("a picture's name leads out of the folder", record.image,
                       "name files below the folder of pictures");
    }
    fs::path file = folder / record.image;
    if (!fs::is_regular_file(file)) {
      if (!looked) {
        elsewhere = files_below(folder);
        looked = true;
      }
      const auto found = elsewhere.find(fs::path(record.image).filename().string());
      if (found == elsewhere.end()) {
        first_missing = missing++ == 0 ? file.string() : first_missing;
        continue;
      }
      file = found->second;
    }
    files.push_back(std::move(file));
  }
  if (missing > 0) {
    throw InputError(fmt::format("{} of {} pictures are missing, the first", missing, cohort.size()), first_missing,
                     "check the folder, or take their rows out of the label file");
  }
  return files;
}

class ImageFiles : public ImageSource {
 public:
  ImageFiles(std::vector<fs::path> files, const Preprocessing& preprocessing)
      : files_(std::move(files)), preprocessing_(preprocessing) {}

  [[nodiscard]] std::size_t size() const override { return files_.size(); }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return preprocessing_; }
  [[nodiscard]] std::vector<fs::path> files() const override { return files_; }

  void read(std::size_t index, std::span<float> pixels) const override {
    const Image image = resized(with_channels(read_image(files_.at(index)), preprocessing_.channels),
                                preprocessing_.height, preprocessing_.width);
    NIWAKI_CHECK(pixels.size() == image.pixels.size(), "{} values for {}", pixels.size(), image.pixels.size());
    std::copy(image.pixels.begin(), image.pixels.end(), pixels.begin());
  }

 private:
  std::vector<fs::path> files_;
  Preprocessing preprocessing_;
};

/// Each picture is kept once it has been read, as 16 bits a value: pictures of 8 and 16 bits come back to within
/// 1/131070.
class CachedImages : public ImageSource {
 public:
  explicit CachedImages(std::unique_ptr<ImageSource> source)
      : source_(std::move(source)),
        values_(source_->preprocessing().values()),
        kept_(source_->size()),
        once_(source_->size()) {}

  [[nodiscard]] std::size_t size() const override { return source_->size(); }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return source_->preprocessing(); }
  [[nodiscard]] std::vector<fs::path> files() const override { return source_->files(); }

  void read(std::size_t index, std::span<float> pixels) const override {
    NIWAKI_CHECK(index < kept_.size() && pixels.size() == values_, "image {} of {}, {} values", index, kept_.size(),
                 pixels.size());
    std::call_once(once_[index], [&] { keep(index, pixels); });
    for (std::size_t i = 0; i < values_; ++i) {
      pixels[i] = static_cast<float>(kept_[index][i]) * (1.0F / kFullScale);
    }
  }

 private:
  static constexpr float kFullScale = 65535.0F;

  void keep(std::size_t index, std::span<float> pixels) const {
    source_->read(index, pixels);
    std::vector<std::uint16_t> words(values_);
    for (std::size_t i = 0; i < values_; ++i) {
      words[i] = static_cast<std::uint16_t>(std::lround(std::clamp(pixels[i], 0.0F, 1.0F) * kFullScale));
    }
    kept_[index] = std::move(words);
  }

  std::unique_ptr<ImageSource> source_;
  std::size_t values_;
  mutable std::vector<std::vector<std::uint16_t>> kept_;
  mutable std::vector<std::once_flag> once_;
};

}  // namespace

std::unique_ptr<ImageSource> open_image_files(const Cohort& cohort, const fs::path& folder,
                                              const Preprocessing& preprocessing) {
  preprocessing.check();
  return std::make_unique<ImageFiles>(find_files(cohort, folder), preprocessing);
}

std::unique_ptr<ImageSource> cached(std::unique_ptr<ImageSource> source, std::size_t limit_bytes) {
  const std::size_t bytes = source->size() * source->preprocessing().values() * sizeof(std::uint16_t);
  return bytes <= limit_bytes ? std::make_unique<CachedImages>(std::move(source)) : std::move(source);
}

}  // namespace niwaki
