#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/phantom/phantom.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/parallel.hpp"

namespace niwaki {
namespace {

double rounded(float value) {
  return std::round(static_cast<double>(value) * 1e6) / 1e6;
}

void write_pictures(const Phantom& phantom, const std::filesystem::path& folder, Progress& progress) {
  constexpr std::size_t kBetweenReports = 256;
  const std::vector<Record>& records = phantom.cohort().records;
  for (std::size_t start = 0; start < records.size(); start += kBetweenReports) {
    const std::size_t count = std::min(kBetweenReports, records.size() - start);
    parallel_for(count, [&](std::size_t i) {
      write_file(folder / records[start + i].image, encode_png(phantom.draw(start + i)));
    });
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

void write_phantom(const Phantom& phantom, const std::filesystem::path& folder, Progress& progress) {
  progress.start("draw the phantom", static_cast<double>(phantom.cohort().size()));
  make_folder(folder / "images");
  progress.say("pictures");
  write_pictures(phantom, folder / "images", progress);
  progress.say("labels and truth");
  write_labels(phantom.cohort(), folder / "labels.csv");
  write_phantom_truth(phantom, folder / "truth.csv");
  progress.finish();
}

}  // namespace niwaki
