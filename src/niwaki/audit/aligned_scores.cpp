#include "niwaki/audit/aligned_scores.hpp"

#include <algorithm>
#include <optional>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {

AlignedScoreReader::AlignedScoreReader(const Cohort& cohort, bool logits)
    : cohort_(cohort), logits_(logits), rows_(cohort.size()) {
  for (const Record& record : cohort.records) {
    rows_.insert(record.id);
  }
}

AlignedScoreReader::Scores AlignedScoreReader::read(const std::string& path) const {
  Scores scores;
  read(path, scores);
  return scores;
}

void AlignedScoreReader::read(const std::string& path, Scores& scores) const {
  read_aligned(path, scores);
  if (logits_) {
    const auto saturated = [](float value) { return value == 0.0F || value == 1.0F; };
    scores.saturated = static_cast<std::size_t>(std::count_if(scores.values.begin(), scores.values.end(), saturated));
  }
}

void AlignedScoreReader::read_aligned(const std::string& path, Scores& scores) const {
  ScoreTable table;
  table.values = std::move(scores.values);
  read_scores(path, {logits_}, table);
  check_shape(table, path);
  if (table.ids.empty()) {
    scores = {std::move(table.values), {}, 0};
  } else {
    scores = by_name(table, path);
  }
}

void AlignedScoreReader::check_shape(const ScoreTable& table, const std::string& path) const {
  if (table.images != cohort_.size()) {
    throw InputError(fmt::format("the table has {} images, the labels {}", table.images, cohort_.size()), path,
                     "give one row of scores for each row of the label file, in its order");
  }
  if (table.ids.empty() && table.classes != cohort_.classes.size()) {
    throw InputError(fmt::format("the table has {} classes, the labels {}", table.classes, cohort_.classes.size()),
                     path, "give one column for each class of the label file, in its order, or a CSV that names them");
  }
}

std::vector<std::size_t> AlignedScoreReader::match_images(const ScoreTable& table, const std::string& path) const {
  std::vector<std::size_t> targets;
  targets.reserve(table.images);
  // Ids are unique on both sides and as many, so when each is found, all are.
  for (const std::string& id : table.ids) {
    const std::optional<std::size_t> found = rows_.find(id);
    if (!found) {
      throw InputError(fmt::format("the image '{}' is not among the labels", id), path,
                       "give scores for the images of the label file and no others");
    }
    targets.push_back(*found);
  }
  return targets;
}

AlignedScoreReader::Scores AlignedScoreReader::by_name(const ScoreTable& table, const std::string& path) const {
  const std::vector<std::size_t> targets = match_images(table, path);
  const std::vector<std::size_t> columns = match_classes(cohort_.classes, table.class_names, path);
  Scores scores;
  scores.values.resize(cohort_.size() * columns.size());
  const MatrixView<float> aligned(scores.values.data(), cohort_.size(), columns.size());
  for (std::size_t row = 0; row < table.images; ++row) {
    for (std::size_t column = 0; column < columns.size(); ++column) {
      aligned(targets[row], column) = table.view()(row, columns[column]);
    }
  }
  for (std::size_t column = 0; column < table.classes; ++column) {
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
      scores.left_out.push_back(table.class_names[column]);
    }
  }
  return scores;
}

}  // namespace niwaki
