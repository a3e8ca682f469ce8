#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "niwaki/core/matrix_view.hpp"

namespace niwaki {

/// A label: the finding is absent, present, or nobody knows.
enum class Label : std::int8_t { kNegative = 0, kPositive = 1, kUnknown = -1 };

/// One image of the cohort.
struct Record {
  std::string id;       // unique in the cohort
  std::string patient;  // images of one patient belong together; never empty
  std::string image;    // the file, relative to the image folder
  std::string site;     // "" where not known
};

/// The three parts of a cohort. Patients are never in two.
enum class Split : std::uint8_t { kTrain, kValidation, kTest };
const char* split_name(Split split);  // "train", "validation", "test"

/// Something else that is known of each image, as text: its view, the patient's sex, the site.
struct ImageAttribute {
  std::string name;
  std::vector<std::string> values;  // one a record; "" where not known
};

/// Something measured of each image: its noise, its contrast.
struct ImageMeasure {
  std::string name;
  std::vector<std::optional<double>> values;  // one a record
};

/// Who is studied: images, their patients, and what was found on them.
struct Cohort {
  std::vector<std::string> classes;
  std::vector<Record> records;
  std::vector<Label> labels;  // [records, classes] row-major
  /// One a record where the label files say it (official lists, one file a split); empty where they do not.
  std::vector<Split> given_splits;
  /// What the label file says beside labels: `view`, `sex`, `age_band` where it has them.
  std::vector<ImageAttribute> attributes;

  [[nodiscard]] std::size_t size() const { return records.size(); }
  [[nodiscard]] MatrixView<const Label> label_view() const { return {labels.data(), size(), classes.size()}; }
  [[nodiscard]] std::size_t patients() const;  // distinct
  /// For each class, images labelled positive, and images whose label is unknown.
  [[nodiscard]] std::vector<std::size_t> positives() const;
  [[nodiscard]] std::vector<std::size_t> unknowns() const;
  /// The records at these rows, in this order.
  [[nodiscard]] Cohort subset(std::span<const std::size_t> rows) const;
  /// Throws InputError for no image, no class, a class named twice, or an image listed twice.
  void check(const std::string& source) const;
};

}  // namespace niwaki
