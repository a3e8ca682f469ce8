#include "niwaki/audit/certificate/part_assignment.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "niwaki/audit/class_labels.hpp"
#include "niwaki/cohort/stratify.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr const char* kStream = "certificate/split";

CertificatePart parse_part(const CsvTable& table, std::size_t row, std::size_t column, bool build_apart) {
  const std::string word = lower_case(table.rows[row].cells[column]);
  for (const CertificatePart part : {CertificatePart::kBuild, CertificatePart::kCertify, CertificatePart::kTest}) {
    if (word == part_name(part)) {
      if (build_apart && part == CertificatePart::kBuild) {
        throw InputError("an image of the build part is here too", table.where(row, column),
                         "the build patients have label and score files of their own: give each patient once");
      }
      return part;
    }
  }
  throw InputError(fmt::format("'{}' is no part", word), table.where(row, column), "write build, certify or test");
}

/// The rows of each patient, patients in order of first appearance.
std::vector<std::vector<std::size_t>> rows_of_patients(const Cohort& cohort) {
  const std::vector<std::uint32_t> patients = number_patients(cohort);
  std::vector<std::vector<std::size_t>> rows(cohort.patients());
  for (std::size_t row = 0; row < patients.size(); ++row) {
    rows[patients[row]].push_back(row);
  }
  return rows;
}

StratifiedPatient summarise(const Cohort& cohort, const std::vector<std::size_t>& rows) {
  StratifiedPatient patient{.images = rows.size(), .classes = {}};
  const MatrixView<const Label> labels = cohort.label_view();
  for (std::size_t column = 0; column < labels.columns(); ++column) {
    if (std::ranges::any_of(rows, [&](std::size_t row) { return labels(row, column) == Label::kPositive; })) {
      patient.classes.push_back(column);
    }
  }
  return patient;
}

void check_apart(const Cohort& cohort, const std::vector<CertificatePart>& parts, const std::string& source) {
  std::unordered_map<std::string_view, CertificatePart> part_of;
  std::unordered_set<std::string_view> torn;
  for (std::size_t row = 0; row < parts.size(); ++row) {
    const std::string_view patient = cohort.records[row].patient;
    if (part_of.emplace(patient, parts[row]).first->second != parts[row]) {
      torn.insert(patient);
    }
  }
  if (!torn.empty()) {
    throw InputError(fmt::format("{} patient{} in two parts", torn.size(), torn.size() == 1 ? " is" : "s are"), source,
                     "keep each patient's images in one part: what is chosen on a patient may not be tested on him");
  }
}

}  // namespace

std::vector<std::size_t> PartAssignment::rows(CertificatePart part) const {
  std::vector<std::size_t> found;
  for (std::size_t row = 0; row < parts.size(); ++row) {
    if (parts[row] == part) {
      found.push_back(row);
    }
  }
  return found;
}

PartAssignment read_parts(const Cohort& cohort, const std::filesystem::path& path, bool build_apart) {
  const CsvTable table = read_csv(path);
  const std::size_t id = table.column("id");
  const std::size_t split = table.column("split");
  std::unordered_map<std::string_view, CertificatePart> by_id;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (!by_id.emplace(table.rows[row].cells[id], parse_part(table, row, split, build_apart)).second) {
      throw InputError("an image is listed twice", table.where(row), "list each image once");
    }
  }
  PartAssignment assignment;
  assignment.rule = "as the split file lists them";
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const auto found = by_id.find(cohort.records[row].id);
    if (found == by_id.end()) {
      throw InputError(fmt::format("the image at row {} of the labels has no part", row + 1), path.string(),
                       "give every image a row id,split");
    }
    assignment.parts.push_back(found->second);
  }
  check_apart(cohort, assignment.parts, path.string());
  return assignment;
}

PartAssignment divide_parts(const Cohort& cohort, const CertificatePolicy& policy, bool build_apart) {
  auto [build, certify, test] = policy.shares;
  if (build_apart) {
    certify /= certify + test;
    test = 1.0 - certify;
    build = 0.0;
  }
  const std::vector<std::vector<std::size_t>> rows = rows_of_patients(cohort);
  std::vector<StratifiedPatient> patients;
  patients.reserve(rows.size());
  for (const std::vector<std::size_t>& of_patient : rows) {
    patients.push_back(summarise(cohort, of_patient));
  }
  RandomStream random(policy.seed, kStream);
  const std::vector<std::size_t> parts = stratify(patients, cohort.classes.size(), {build, certify, test}, random);
  PartAssignment assignment;
  assignment.parts.resize(cohort.size());
  for (std::size_t patient = 0; patient < rows.size(); ++patient) {
    for (const std::size_t row : rows[patient]) {
      assignment.parts[row] = static_cast<CertificatePart>(parts[patient]);
    }
  }
  assignment.rule =
      fmt::format("{} divided at random by patient, each class in proportion, {}; stream '{}' of seed {}",
                  build_apart ? "the build patients have files of their own; the others are" : "patients are",
                  build_apart ? fmt::format("{:.3g} certify, {:.3g} test", certify, test)
                              : fmt::format("{:.3g} build, {:.3g} certify, {:.3g} test", build, certify, test),
                  kStream, policy.seed);
  return assignment;
}

void check_other_patients(const Cohort& build, const Cohort& others, const std::string& source) {
  std::unordered_set<std::string_view> building;
  for (const Record& record : build.records) {
    building.insert(record.patient);
  }
  std::unordered_set<std::string_view> torn;
  for (const Record& record : others.records) {
    if (building.contains(record.patient)) {
      torn.insert(record.patient);
    }
  }
  if (!torn.empty()) {
    throw InputError(
        fmt::format("{} patient{} in two parts", torn.size(), torn.size() == 1 ? " is" : "s are"), source,
        "build on other patients than those that certify and test; where two sites number theirs alike, make the "
        "numbers distinct");
  }
}

std::string parts_hash(const Cohort& cohort, const PartAssignment& assignment) {
  Hasher hasher;
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    hasher.add(cohort.records[row].id).add(part_name(assignment.parts[row]));
  }
  return hasher.hex();
}

}  // namespace niwaki
