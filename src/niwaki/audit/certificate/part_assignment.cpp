#include "niwaki/audit/certificate/part_assignment.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "niwaki/audit/class_labels.hpp"
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

/// For each patient the class that fewest patients have, of those that he has; the number of classes where he has none.
std::vector<std::size_t> rarest_findings(const Cohort& cohort, const std::vector<std::vector<std::size_t>>& rows) {
  const std::vector<ClassLabels> labels = labels_by_class(cohort);
  std::vector<std::size_t> rarest;
  for (const std::vector<std::size_t>& of_patient : rows) {
    std::size_t found = labels.size();
    for (std::size_t column = 0; column < labels.size(); ++column) {
      const bool has =
          std::ranges::any_of(of_patient, [&](std::size_t row) { return labels[column].values[row] == 1; });
      if (has && (found == labels.size() || labels[column].positive_patients < labels[found].positive_patients)) {
        found = column;
      }
    }
    rarest.push_back(found);
  }
  return rarest;
}

/// Deals patients out along a list, each to the part that is furthest behind its share. So any stretch of the list is
/// divided in proportion, to within a patient or two.
std::vector<std::size_t> deal_out(const std::vector<std::size_t>& list, const std::array<double, 3>& shares) {
  std::vector<std::size_t> parts(list.size());
  std::array<double, 3> counts{};
  for (std::size_t place = 0; place < list.size(); ++place) {
    std::array<double, 3> behind{};
    for (std::size_t part = 0; part < shares.size(); ++part) {
      behind[part] = shares[part] > 0.0 ? shares[part] * static_cast<double>(place + 1) - counts[part] : -1e300;
    }
    const auto part = static_cast<std::size_t>(std::ranges::max_element(behind) - behind.begin());
    counts[part] += 1.0;
    parts[list[place]] = part;
  }
  return parts;
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
  const std::vector<std::size_t> rarest = rarest_findings(cohort, rows);
  RandomStream random(policy.seed, kStream);
  std::vector<std::size_t> list = random.permutation(rows.size());
  std::ranges::stable_sort(list, {}, [&](std::size_t patient) { return rarest[patient]; });
  const std::vector<std::size_t> parts = deal_out(list, {build, certify, test});
  PartAssignment assignment;
  assignment.parts.resize(cohort.size());
  for (std::size_t patient = 0; patient < rows.size(); ++patient) {
    for (const std::size_t row : rows[patient]) {
      assignment.parts[row] = static_cast<CertificatePart>(parts[patient]);
    }
  }
  assignment.rule = fmt::format(
      "{} divided at random by patient, in proportion within each rarest finding, {}; stream '{}' of seed {}",
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
