#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/phantom/phantom.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

double rounded(float value) {
  return std::round(static_cast<double>(value) * 1e6) / 1e6;
}

namespace fs = std::filesystem;

/// Thousands of small files in one folder. Each appears whole or not at all, as core's write_file makes it, but they
/// are synced together: one sync a file takes longer than drawing it.
class PictureFolder {
 public:
  explicit PictureFolder(fs::path folder) : folder_(std::move(folder)) { make_folder(folder_); }

  void write(const std::string& name, std::string_view bytes) const {
    const fs::path path = folder_ / name;
    // A name that remove_partial_files() knows, should the program be killed here.
    const fs::path partial = folder_ / fmt::format(".{}.partial-{}", name, ::getpid());
    const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int error = descriptor < 0 ? errno : write_all(descriptor, bytes);
    if (descriptor >= 0 && ::close(descriptor) != 0 && error == 0) {
      error = errno;
    }
    if (error == 0 && ::rename(partial.c_str(), path.c_str()) != 0) {
      error = errno;
    }
    if (error != 0) {
      ::unlink(partial.c_str());
      fail(path, error);
    }
  }

  /// Returns when the disk has everything.
  void sync() const {
    const int descriptor = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int error = descriptor < 0 || ::syncfs(descriptor) != 0 ? errno : 0;
    if (descriptor >= 0) {
      ::close(descriptor);
    }
    if (error != 0) {
      fail(folder_, error);
    }
  }

 private:
  /// 0, or the error's number.
  static int write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        return errno;
      }
    }
    return 0;
  }

  [[noreturn]] static void fail(const fs::path& path, int error) {
    throw MachineError(fmt::format("cannot write ({})", std::strerror(error)), path.string(),
                       error == ENOSPC || error == EDQUOT ? "free some space and run again"
                                                          : "check that the folder exists and may be written to");
  }

  fs::path folder_;
};

void write_pictures(const Phantom& phantom, const PictureFolder& folder, Progress& progress) {
  constexpr std::size_t kBetweenReports = 256;
  const std::vector<Record>& records = phantom.cohort().records;
  for (std::size_t start = 0; start < records.size(); start += kBetweenReports) {
    const std::size_t count = std::min(kBetweenReports, records.size() - start);
    parallel_for(count,
                 [&](std::size_t i) { folder.write(records[start + i].image, encode_png(phantom.draw(start + i))); });
    progress.advance(static_cast<double>(count));
  }
}

}  // namespace

void write_phantom_truth(const Phantom& phantom, const std::filesystem::path& path) {
  const Cohort& cohort = phantom.cohort();
  const PhantomTruth& truth = phantom.truth();
  std::vector<std::string> header = {"id", "quality"};
  for (const char* figure : {"visibility:", "flipped:"}) {
    for (const std::string& name : cohort.classes) {
      header.push_back(figure + name);
    }
  }
  CsvWriter csv(header);
  const std::size_t classes = cohort.classes.size();
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    csv.cell(cohort.records[row].id).cell(rounded(truth.quality[row]));
    for (std::size_t name = 0; name < classes; ++name) {
      csv.cell(rounded(truth.visibility[row * classes + name]));
    }
    for (std::size_t name = 0; name < classes; ++name) {
      csv.cell(static_cast<int>(truth.flipped[row * classes + name]));
    }
    csv.end_row();
  }
  write_file(path, csv.text());
}

void write_phantom_boxes(const Phantom& phantom, const std::filesystem::path& path) {
  const Cohort& cohort = phantom.cohort();
  std::vector<std::vector<PhantomBox>> boxes(cohort.size());
  parallel_for(cohort.size(), [&](std::size_t row) { boxes[row] = phantom.boxes(row); });
  CsvWriter csv({"id", "class", "x", "y", "width", "height", "picture_width", "picture_height"});
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    for (const PhantomBox& box : boxes[row]) {
      csv.cell(cohort.records[row].id).cell(cohort.classes[box.name]);
      for (const std::size_t pixels : {box.x, box.y, box.width, box.height, phantom.size(), phantom.size()}) {
        csv.cell(pixels);
      }
      csv.end_row();
    }
  }
  write_file(path, csv.text());
}

void write_phantom(const Phantom& phantom, const std::filesystem::path& folder, Progress& progress) {
  progress.start("draw the phantom", static_cast<double>(phantom.cohort().size()));
  progress.say("pictures");
  const PictureFolder pictures(folder / "images");
  write_pictures(phantom, pictures, progress);
  // The tables come last: where they are, all pictures are.
  pictures.sync();
  progress.say("labels, boxes and truth");
  write_labels(phantom.cohort(), folder / "labels.csv");
  write_phantom_boxes(phantom, folder / "boxes.csv");
  write_phantom_truth(phantom, folder / "truth.csv");
  progress.finish();
}

}  // namespace niwaki
