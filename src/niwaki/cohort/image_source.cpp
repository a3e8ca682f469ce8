#include "niwaki/cohort/image_source.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/imaging/dicom_attributes.hpp"
#include "niwaki/imaging/image.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

/// Folders like NIH's images_001/images/ are looked through once, and only where files are missing.
std::unordered_map<std::string, std::vector<fs::path>> files_below(const fs::path& folder) {
  std::unordered_map<std::string, std::vector<fs::path>> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (entry.is_regular_file()) {
      found[entry.path().filename().string()].push_back(entry.path());
    }
  }
  return found;
}

/// A name in a label file may not lead out of the picture folder.
bool stays_inside(const fs::path& relative) {
  const fs::path normal = relative.lexically_normal();
  return !normal.is_absolute() && (normal.empty() || *normal.begin() != "..");
}

/// Finds pictures that are named without a folder wherever they lie below `folder`.
class Subfolders {
 public:
  explicit Subfolders(const fs::path& folder) : folder_(folder) {}

  /// Empty where there is none. Throws InputError where there are several.
  fs::path find(const std::string& name) {
    if (fs::path(name).has_parent_path()) {
      return {};  // its folder is named, so it is there or missing
    }
    if (!looked_) {
      files_ = files_below(folder_);
      looked_ = true;
    }
    const auto found = files_.find(name);
    if (found == files_.end()) {
      return {};
    }
    if (found->second.size() > 1) {
      throw InputError(fmt::format("{} files have the name of one picture", found->second.size()),
                       fmt::format("{} and {}", found->second[0].string(), found->second[1].string()),
                       "name the picture with its folder, or give the folder that holds it");
    }
    return found->second[0];
  }

 private:
  const fs::path& folder_;
  bool looked_ = false;
  std::unordered_map<std::string, std::vector<fs::path>> files_;
};

void check_different(const Cohort& cohort, const std::vector<fs::path>& files, ProblemReport* problems) {
  std::unordered_map<std::string, std::size_t> rows;
  for (std::size_t row = 0; row < files.size(); ++row) {
    if (files[row].empty()) {
      continue;
    }
    const auto [first, fresh] = rows.emplace(files[row].lexically_normal().string(), row);
    if (!fresh) {
      tell(problems,
           {"two images of one file",
            fmt::format("images '{}' and '{}' are one file", cohort.records[first->second].id, cohort.records[row].id),
            files[row].string(), "give each image its own file, or list it once"});
    }
  }
}

/// A name that says that the file is no DICOM file: it is not opened to ask.
bool is_named_as_picture(const fs::path& file) {
  const std::string ending = lower_case(file.extension().string());
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

/// One picture that was sent twice has two files of one SOP instance.
void check_instances(const Cohort& cohort, std::vector<fs::path>& files, ProblemReport* problems) {
  std::vector<std::string> instances(files.size());
  parallel_for(files.size(), [&](std::size_t row) {
    if (!files[row].empty() && !is_named_as_picture(files[row])) {
      instances[row] = dicom_instance(files[row]);
    }
  });
  std::unordered_map<std::string, std::size_t> rows;
  for (std::size_t row = 0; row < files.size(); ++row) {
    if (instances[row].empty()) {
      continue;
    }
    const auto [first, fresh] = rows.emplace(instances[row], row);
    if (!fresh && files[first->second] != files[row]) {
      tell(problems, {"two files of one SOP instance",
                      fmt::format("the pictures of images '{}' and '{}' are one SOP instance",
                                  cohort.records[first->second].id, cohort.records[row].id),
                      files[row].string(), "keep one of them"});
      files[row].clear();
    }
  }
}

/// The file of one record; empty where it is missing. Throws InputError for a name that leads out of the folder, or
/// that several files have.
fs::path find_file(const Record& record, const fs::path& folder, Subfolders& subfolders) {
  if (!stays_inside(record.image)) {
    throw InputError("a picture's name leads out of the folder", record.image,
                     "name files below the folder of pictures");
  }
  fs::path file = folder / record.image;
  return fs::is_regular_file(file) ? file : subfolders.find(record.image);
}

std::vector<fs::path> find_files(const Cohort& cohort, const fs::path& folder) {
  std::vector<fs::path> files = find_picture_files(cohort, folder, nullptr);
  const auto missing = std::count(files.begin(), files.end(), fs::path());
  if (missing > 0) {
    const auto first = std::find(files.begin(), files.end(), fs::path()) - files.begin();
    throw InputError(fmt::format("{} of {} pictures are missing, the first", missing, cohort.size()),
                     (folder / cohort.records[static_cast<std::size_t>(first)].image).string(),
                     "check the folder, or take their rows out of the label file");
  }
  return files;
}

class ImageFiles : public ImageSource {
 public:
  ImageFiles(std::vector<fs::path> files, const Preprocessing& preprocessing, const ImageReadOptions& options)
      : files_(std::move(files)), preprocessing_(preprocessing), options_(options) {}

  [[nodiscard]] std::size_t size() const override { return files_.size(); }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return preprocessing_; }
  [[nodiscard]] std::vector<fs::path> files() const override { return files_; }

  void read(std::size_t index, std::span<float> pixels) const override {
    const Image image =
        read_resized(files_.at(index), preprocessing_.channels, preprocessing_.height, preprocessing_.width, options_);
    NIWAKI_CHECK(pixels.size() == image.pixels.size(), "{} values for {}", pixels.size(), image.pixels.size());
    std::copy(image.pixels.begin(), image.pixels.end(), pixels.begin());
  }

 private:
  std::vector<fs::path> files_;
  Preprocessing preprocessing_;
  ImageReadOptions options_;
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

std::vector<fs::path> find_picture_files(const Cohort& cohort, const fs::path& folder, ProblemReport* problems) {
  if (!fs::is_directory(folder)) {
    throw InputError("there is no such folder of pictures", folder.string(), "check cohort.images or --images");
  }
  std::vector<fs::path> files(cohort.size());
  Subfolders subfolders(folder);
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const Record& record = cohort.records[row];
    try {
      files[row] = find_file(record, folder, subfolders);
    } catch (const InputError& error) {
      tell(problems, {"pictures whose file is not clear", error.problem(), error.where(), error.what_to_do()});
      continue;
    }
    if (files[row].empty() && problems != nullptr) {
      problems->add({"pictures that are missing", fmt::format("the picture of image '{}' is missing", record.id),
                     (folder / record.image).string(), "check the folder, or take their rows out of the label file"});
    }
  }
  check_different(cohort, files, problems);
  check_instances(cohort, files, problems);
  return files;
}

std::unique_ptr<ImageSource> open_image_files(const Cohort& cohort, const fs::path& folder,
                                              const Preprocessing& preprocessing, const ImageReadOptions& options) {
  preprocessing.check();
  options.check();
  return std::make_unique<ImageFiles>(find_files(cohort, folder), preprocessing, options);
}

std::unique_ptr<ImageSource> cached(std::unique_ptr<ImageSource> source, std::size_t limit_bytes) {
  const std::size_t bytes = source->size() * source->preprocessing().values() * sizeof(std::uint16_t);
  return bytes <= limit_bytes ? std::make_unique<CachedImages>(std::move(source)) : std::move(source);
}

}  // namespace niwaki
