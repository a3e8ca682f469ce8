#include "niwaki/cohort/split.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "niwaki/cohort/stratify.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

/// The rows of each patient, patients in order of first appearance.
std::vector<std::vector<std::size_t>> rows_by_patient(const Cohort& cohort) {
  std::unordered_map<std::string_view, std::size_t> number;
  std::vector<std::vector<std::size_t>> rows;
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const auto [found, fresh] = number.emplace(cohort.records[row].patient, rows.size());
    if (fresh) {
      rows.emplace_back();
    }
    rows[found->second].push_back(row);
  }
  return rows;
}

/// Groups of rows: a patient's, and where patients share a value of `together`, all of theirs.
std::vector<std::vector<std::size_t>> rows_held_together(const Cohort& cohort, const ImageAttribute& together) {
  const std::vector<std::vector<std::size_t>> patients = rows_by_patient(cohort);
  std::vector<std::size_t> leader(patients.size());  // a patient of the same group, himself where he is the first
  std::iota(leader.begin(), leader.end(), std::size_t{0});
  const auto first_of = [&](std::size_t patient) {
    while (leader[patient] != patient) {
      patient = leader[patient] = leader[leader[patient]];
    }
    return patient;
  };
  std::unordered_map<std::string_view, std::size_t> patient_of_value;
  for (std::size_t patient = 0; patient < patients.size(); ++patient) {
    for (const std::size_t row : patients[patient]) {
      if (!together.values[row].empty()) {
        const std::size_t other = patient_of_value.emplace(together.values[row], patient).first->second;
        const std::size_t a = first_of(patient);
        const std::size_t b = first_of(other);
        leader[std::max(a, b)] = std::min(a, b);
      }
    }
  }
  std::vector<std::vector<std::size_t>> groups(patients.size());
  for (std::size_t patient = 0; patient < patients.size(); ++patient) {
    std::vector<std::size_t>& group = groups[first_of(patient)];
    group.insert(group.end(), patients[patient].begin(), patients[patient].end());
  }
  std::erase_if(groups, [](const auto& group) { return group.empty(); });
  if (groups.size() < 3) {
    throw InputError(fmt::format("held together by '{}', the patients form {} group{}", together.name, groups.size(),
                                 groups.size() == 1 ? "" : "s"),
                     "cohort splits",
                     "three splits need at least three; name splits by cohort.splits, or hold nothing "
                     "together");
  }
  return groups;
}

StratifiedPatient summarise(const Cohort& cohort, const std::vector<std::size_t>& rows) {
  StratifiedPatient patient{.images = rows.size(), .classes = {}};
  const MatrixView<const Label> labels = cohort.label_view();
  for (std::size_t column = 0; column < labels.columns(); ++column) {
    if (std::any_of(rows.begin(), rows.end(),
                    [&](std::size_t row) { return labels(row, column) == Label::kPositive; })) {
      patient.classes.push_back(column);
    }
  }
  return patient;
}

/// Where each image of a list stands in it, by name.
std::unordered_map<std::string, std::size_t> read_list(const fs::path& path) {
  std::unordered_map<std::string, std::size_t> lines;
  std::size_t number = 0;
  for (const std::string& line : split(read_file(path), '\n')) {
    ++number;
    const std::string name(trimmed(line));
    if (!name.empty() && !lines.emplace(name, number).second) {
      throw InputError("an image is listed twice", fmt::format("{}, line {}", path.string(), number),
                       "list each image once");
    }
  }
  if (lines.empty()) {
    throw InputError("the list is empty", path.string(), "give one image name a line");
  }
  return lines;
}

Split parse_split(const CsvTable& table, std::size_t row, std::size_t column) {
  const std::string word = lower_case(table.rows[row].cells[column]);
  if (word == "train") {
    return Split::kTrain;
  }
  if (word == "validation" || word == "val" || word == "valid") {
    return Split::kValidation;
  }
  if (word == "test") {
    return Split::kTest;
  }
  throw InputError(fmt::format("'{}' is no split", word), table.where(row, column), "write train, validation or test");
}

}  // namespace

void SplitOptions::check() const {
  const std::array<std::pair<const char*, double>, 3> shares = {
      {{"cohort.train", train}, {"cohort.validation", validation}, {"cohort.test", test}}};
  for (const auto& [name, share] : shares) {
    if (!(share > 0 && share < 1)) {
      throw InputError(fmt::format("{} is no share of the patients", share), name,
                       "choose a number above 0 and below 1");
    }
  }
  if (std::abs(train + validation + test - 1) > 1e-6) {
    throw InputError(fmt::format("the shares sum to {}", train + validation + test),
                     "cohort.train, cohort.validation, cohort.test", "make them sum to 1");
  }
}

std::vector<Split> split_by_patient(const Cohort& cohort, const SplitOptions& options, std::uint64_t seed,
                                    const ImageAttribute* together) {
  const std::vector<std::vector<std::size_t>> rows =
      together == nullptr ? rows_by_patient(cohort) : rows_held_together(cohort, *together);
  std::vector<StratifiedPatient> patients;
  patients.reserve(rows.size());
  for (const std::vector<std::size_t>& of_patient : rows) {
    patients.push_back(summarise(cohort, of_patient));
  }
  RandomStream random(seed, "cohort/split");
  const std::vector<std::size_t> parts =
      stratify(patients, cohort.classes.size(), {options.train, options.validation, options.test}, random);
  std::vector<Split> splits(cohort.size());
  for (std::size_t patient = 0; patient < rows.size(); ++patient) {
    for (const std::size_t row : rows[patient]) {
      splits[row] = static_cast<Split>(parts[patient]);
    }
  }
  return splits;
}

std::vector<Split> read_nih_lists(const Cohort& cohort, const fs::path& train_val_list, const fs::path& test_list,
                                  const SplitOptions& options, std::uint64_t seed) {
  const auto train_val = read_list(train_val_list);
  const auto test = read_list(test_list);
  std::vector<std::size_t> to_divide;
  std::vector<Split> splits(cohort.size(), Split::kTest);
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const std::string& id = cohort.records[row].id;
    const bool in_test = test.contains(id);
    if (in_test == train_val.contains(id)) {
      throw InputError(fmt::format("the image '{}' is in {}", id, in_test ? "both lists" : "neither list"),
                       train_val_list.string() + ", " + test_list.string(), "list each image in one of them");
    }
    if (!in_test) {
      to_divide.push_back(row);
    }
  }
  if (!to_divide.empty()) {
    const double both = options.train + options.validation;
    const std::vector<Split> divided =
        split_by_patient(cohort.subset(to_divide), {options.train / both, options.validation / both, 0.0}, seed);
    for (std::size_t i = 0; i < to_divide.size(); ++i) {
      splits[to_divide[i]] = divided[i];
    }
  }
  check_patients_apart(cohort, splits, train_val_list.string() + ", " + test_list.string());
  return splits;
}

std::vector<Split> read_split_csv(const Cohort& cohort, const fs::path& path) {
  const CsvTable table = read_csv(path);
  const std::size_t id = table.column("id");
  const std::size_t split = table.column("split");
  std::unordered_map<std::string, Split> by_id;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (!by_id.emplace(table.rows[row].cells[id], parse_split(table, row, split)).second) {
      throw InputError("an image is listed twice", table.where(row), "list each image once");
    }
  }
  std::vector<Split> splits;
  for (const Record& record : cohort.records) {
    const auto found = by_id.find(record.id);
    if (found == by_id.end()) {
      throw InputError(fmt::format("the image '{}' has no split", record.id), path.string(), "give it a row");
    }
    splits.push_back(found->second);
  }
  check_patients_apart(cohort, splits, path.string());
  return splits;
}

std::vector<std::size_t> rows_of(const std::vector<Split>& splits, Split split) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < splits.size(); ++row) {
    if (splits[row] == split) {
      rows.push_back(row);
    }
  }
  return rows;
}

void check_patients_apart(const Cohort& cohort, const std::vector<Split>& splits, const std::string& source) {
  NIWAKI_CHECK(splits.size() == cohort.size(), "{} splits for {} images", splits.size(), cohort.size());
  std::size_t torn = 0;
  std::size_t first_row = 0;
  for (const std::vector<std::size_t>& rows : rows_by_patient(cohort)) {
    const auto other =
        std::find_if(rows.begin(), rows.end(), [&](std::size_t row) { return splits[row] != splits[rows.front()]; });
    if (other != rows.end()) {
      first_row = torn++ == 0 ? *other : first_row;
    }
  }
  if (torn > 0) {
    throw InputError(
        fmt::format("{} patients have images in two splits, the first at row {} of the labels", torn, first_row + 1),
        source, "keep each patient's images together: the test would otherwise know its patients");
  }
}

std::vector<AbsentClass> absent_classes(const Cohort& cohort, const std::vector<Split>& splits) {
  std::vector<AbsentClass> absent;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const std::vector<std::size_t> positives = cohort.subset(rows_of(splits, split)).positives();
    for (std::size_t column = 0; column < positives.size(); ++column) {
      if (positives[column] == 0) {
        absent.push_back({cohort.classes[column], split});
      }
    }
  }
  return absent;
}

}  // namespace niwaki
