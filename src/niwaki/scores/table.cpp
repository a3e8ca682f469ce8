#include "niwaki/scores/table.hpp"

#include <cmath>
#include <limits>
#include <unordered_set>

#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/scores/score_check.hpp"

namespace niwaki {
namespace {

std::string place(const ScoreTable& table, const std::string& path, std::size_t index) {
  const std::size_t row = index / table.classes;
  const std::size_t column = index % table.classes;
  if (table.ids.empty()) {
    return fmt::format("{}, row {}, column {} (both from 0)", path, row, column);
  }
  return fmt::format("{}, image '{}', class '{}'", path, table.ids[row], table.class_names[column]);
}

void check_finite(const ScoreTable& table, const std::string& path) {
  if (all_finite(table.values)) {
    return;
  }
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    if (!std::isfinite(table.values[i])) {
      throw InputError(fmt::format("a score is {}", table.values[i]), place(table, path, i),
                       "every image needs a finite score for every class; look for what went wrong in predicting");
    }
  }
}

void check_probabilities(const ScoreTable& table, const std::string& path) {
  if (all_probabilities(table.values)) {
    return;
  }
  check_finite(table, path);  // says more of what is no number
  for (std::size_t i = 0; i < table.values.size(); ++i) {
    if (!(table.values[i] >= 0.0F && table.values[i] <= 1.0F)) {
      throw InputError(fmt::format("the score {} is outside [0, 1]", table.values[i]), place(table, path, i),
                       "if these are logits, say so with --logits");
    }
  }
}

ScoreTable table_of(FloatArray array, const std::string& path) {
  if (array.shape.size() != 2 || array.values.empty()) {
    throw InputError(fmt::format("the array's shape is [{}]", fmt::join(array.shape, ", ")), path,
                     "a score table is [images, classes] with at least one of each");
  }
  return {array.shape[0], array.shape[1], std::move(array.values), {}, {}};
}

void read_npy_table(const std::string& path, ScoreTable& table) {
  FloatArray array{{}, std::move(table.values)};
  read_npy(path, array);
  table = table_of(std::move(array), path);
}

float number_cell(const CsvTable& csv, std::size_t row, std::size_t column) {
  const std::optional<double> number = parse_number(csv.rows[row].cells[column]);
  if (!number || std::abs(*number) > static_cast<double>(std::numeric_limits<float>::max())) {
    throw InputError(fmt::format("'{}' is no finite number", csv.rows[row].cells[column]), csv.where(row, column),
                     "give one score for every image and class");
  }
  return static_cast<float>(*number);
}

ScoreTable read_csv_scores(const std::string& path) {
  const CsvTable csv = read_csv(path);
  const std::size_t id = csv.column("id");
  ScoreTable table;
  std::unordered_set<std::string> seen;
  for (std::size_t column = 0; column < csv.header.size(); ++column) {
    if (!seen.insert(csv.header[column]).second) {
      throw InputError(fmt::format("the column '{}' is there twice", csv.header[column]), path, "name each class once");
    }
    if (column != id) {
      table.class_names.push_back(csv.header[column]);
    }
  }
  table.images = csv.rows.size();
  table.classes = table.class_names.size();
  if (table.images == 0 || table.classes == 0) {
    throw InputError("the table holds no score", path, "give a column 'id', one column a class, and one row an image");
  }
  seen.clear();
  table.values.reserve(table.images * table.classes);
  for (std::size_t row = 0; row < table.images; ++row) {
    table.ids.emplace_back(csv.rows[row].cells[id]);
    if (!seen.insert(table.ids.back()).second) {
      throw InputError("an image is listed twice", csv.where(row, id), "keep one row an image");
    }
    for (std::size_t column = 0; column < csv.header.size(); ++column) {
      if (column != id) {
        table.values.push_back(number_cell(csv, row, column));
      }
    }
  }
  return table;
}

void read_raw_table(const std::string& path, ScoreTable& table) {
  constexpr std::string_view kArchive = ".npz";
  const std::size_t archive_with_key = path.rfind(".npz:");
  if (archive_with_key != std::string::npos) {
    const std::size_t colon = archive_with_key + kArchive.size();
    table = table_of(read_npz(path.substr(0, colon), path.substr(colon + 1)), path);
    return;
  }
  const std::string ending = lower_case(std::filesystem::path(path).extension().string());
  if (ending == kArchive) {
    table = table_of(read_npz(path), path);
  } else if (ending == ".npy") {
    read_npy_table(path, table);
  } else if (ending == ".csv") {
    table = read_csv_scores(path);
  } else {
    throw InputError(fmt::format("score tables do not end in '{}'", ending), path, "give a .npy, .npz or .csv file");
  }
}

}  // namespace

ScoreTable read_scores(const std::string& path, const ScoreReadOptions& options) {
  ScoreTable table;
  read_scores(path, options, table);
  return table;
}

void read_scores(const std::string& path, const ScoreReadOptions& options, ScoreTable& table) {
  read_raw_table(path, table);
  if (options.logits) {
    check_finite(table, path);
    for (float& value : table.values) {
      value = probability(value);
    }
  } else {
    check_probabilities(table, path);
  }
}

float probability(float logit) {
  const double value = logit;
  if (value >= 0.0) {
    return static_cast<float>(1.0 / (1.0 + std::exp(-value)));
  }
  const double power = std::exp(value);
  return static_cast<float>(power / (1.0 + power));
}

}  // namespace niwaki
