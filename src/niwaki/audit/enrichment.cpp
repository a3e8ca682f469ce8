#include "niwaki/audit/enrichment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <unordered_set>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/fisher_exact.hpp"
#include "niwaki/metrics/weighted_ranking.hpp"

namespace niwaki {
namespace {

/// Fewer patients than this on either side give a ratio no interval.
constexpr std::size_t kFewestPatients = 5;

/// The known images, as [others, exemplars] x [without, with the property].
struct Groups {
  std::array<std::array<std::vector<std::size_t>, 2>, 2> images;

  [[nodiscard]] std::size_t with(int group) const { return images[group][1].size(); }
  [[nodiscard]] std::size_t all(int group) const { return images[group][0].size() + images[group][1].size(); }

  /// P(property | exemplar) / P(property | not an exemplar).
  [[nodiscard]] Figure ratio() const {
    if (all(0) == 0 || all(1) == 0 || with(0) == 0) {
      return std::nullopt;
    }
    const auto share = [&](int group) { return static_cast<double>(with(group)) / static_cast<double>(all(group)); };
    return share(1) / share(0);
  }

  [[nodiscard]] std::string reason() const {
    return all(1) == 0   ? "no exemplar can be counted"
           : all(0) == 0 ? "no other image can be counted"
                         : "no other image has it";
  }
};

/// `known(row)` and `has(row)` say which images count and which have the property.
template <typename Known, typename Has>
Groups group_images(const std::vector<bool>& chosen, const Known& known, const Has& has) {
  Groups groups;
  groups.images[0][0].reserve(chosen.size());  // most images are there
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    if (known(row)) {
      groups.images[chosen[row] ? 1 : 0][has(row) ? 1 : 0].push_back(row);
    }
  }
  return groups;
}

Figure noted(const Groups& groups, const std::string& where, std::vector<Note>& notes) {
  const Figure ratio = groups.ratio();
  if (!ratio) {
    notes.push_back({where, groups.reason()});
  }
  return ratio;
}

ExemplarCount count_exemplars(const Cohort& cohort, const Groups& groups) {
  std::unordered_set<std::string_view> patients;
  for (const std::size_t row : groups.images[1][1]) {
    patients.insert(cohort.records[row].patient);
  }
  return {groups.with(1), patients.size()};
}

/// How many of `rows` each patient has.
std::vector<std::size_t> sizes_of(const std::vector<std::size_t>& rows, const Resampling& resampling) {
  std::map<std::uint32_t, std::size_t> counts;
  for (const std::size_t row : rows) {
    ++counts[resampling.patient_of_image[row]];
  }
  std::vector<std::size_t> sizes;
  for (const auto& [patient, count] : counts) {
    sizes.push_back(count);
  }
  return sizes;
}

std::vector<double> counts_of(const std::vector<std::size_t>& rows, const Resampling& resampling) {
  std::vector<std::uint32_t> patients;
  patients.reserve(rows.size());
  for (const std::size_t row : rows) {
    patients.push_back(resampling.patient_of_image[row]);
  }
  return WeightedCount(std::move(patients)).evaluate(resampling.resamples);
}

FigureInterval ratio_interval(const Groups& groups, const Resampling& resampling) {
  const std::vector<std::size_t> exemplars = sizes_of(groups.images[1][1], resampling);
  const std::vector<std::size_t> others = sizes_of(groups.images[0][1], resampling);
  if (std::min(exemplars.size(), others.size()) < kFewestPatients) {
    return std::nullopt;
  }
  std::vector<double> counts[2][2];
  for (int group = 0; group < 2; ++group) {
    for (int has = 0; has < 2; ++has) {
      counts[group][has] = counts_of(groups.images[group][has], resampling);
    }
  }
  std::vector<double> ratios(resampling.resamples.resamples(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    const auto share = [&](int group) { return counts[group][1][i] / (counts[group][0][i] + counts[group][1][i]); };
    const double ratio = share(1) / share(0);
    if (std::isfinite(ratio)) {
      ratios[i] = ratio;
    }
  }
  return percentile_interval(
      ratios,
      {.confidence = 0.95, .effective_patients = std::min(effective_patients(exemplars), effective_patients(others))});
}

/// Fisher's test takes images as independent, so it is left out where they are not: where a patient has two.
Enrichment enrichment(bool independent, const Groups& groups, const Resampling* resampling) {
  Enrichment result;
  if (resampling != nullptr && groups.ratio()) {
    result.ratio = ratio_interval(groups, *resampling);
  }
  if (groups.ratio() && independent) {
    result.fisher_p =
        fisher_exact({groups.with(1), groups.images[1][0].size(), groups.with(0), groups.images[0][0].size()});
  }
  return result;
}

/// How many findings an image shows, up to "4+"; nothing where a label is unknown. "No Finding" is no finding.
std::vector<std::optional<std::size_t>> finding_counts(const std::vector<ClassLabels>& labels, std::size_t images) {
  std::vector<std::optional<std::size_t>> counts(images, 0);
  for (const ClassLabels& column : labels) {
    if (comparable_class_name(column.name) == "no finding") {
      continue;
    }
    for (std::size_t row = 0; row < images; ++row) {
      if (column.values[row] < 0) {
        counts[row].reset();
      } else if (counts[row]) {
        *counts[row] = std::min(*counts[row] + (column.values[row] > 0 ? 1 : 0), kFindingCounts.size() - 1);
      }
    }
  }
  return counts;
}

void describe_classes(const Cohort& cohort, const std::vector<ClassLabels>& labels, const std::vector<bool>& chosen,
                      bool independent, const Resampling* resampling, const std::string& where, ExemplarResult& result,
                      std::vector<Note>& notes) {
  std::vector<Groups> of_class(labels.size());
  parallel_for(labels.size(), [&](std::size_t index) {
    const std::vector<std::int8_t>& values = labels[index].values;
    of_class[index] = group_images(
        chosen, [&](std::size_t row) { return values[row] >= 0; }, [&](std::size_t row) { return values[row] > 0; });
  });
  for (std::size_t index = 0; index < labels.size(); ++index) {
    const ClassLabels& column = labels[index];
    const Groups& groups = of_class[index];
    result.class_ratio.push_back(noted(groups, where + ".class_ratio." + column.name, notes));
    result.class_counts.push_back(count_exemplars(cohort, groups));
    result.class_enrichment.push_back(enrichment(independent, groups, resampling));
  }
}

void describe_findings(const Cohort& cohort, const std::vector<ClassLabels>& labels, const std::vector<bool>& chosen,
                       bool independent, const Resampling* resampling, const std::string& where, ExemplarResult& result,
                       std::vector<Note>& notes) {
  const std::vector<std::optional<std::size_t>> counts = finding_counts(labels, chosen.size());
  const auto unknown = std::count(counts.begin(), counts.end(), std::nullopt);
  if (unknown > 0) {
    notes.push_back({where + ".findings_ratio",
                     fmt::format("{} images with an unknown label are left out, because how many findings they show "
                                 "is not known",
                                 unknown)});
  }
  for (std::size_t findings = 0; findings < kFindingCounts.size(); ++findings) {
    const Groups groups = group_images(
        chosen, [&](std::size_t row) { return counts[row].has_value(); },
        [&](std::size_t row) { return counts[row] == findings; });
    const char* name = kFindingCounts.at(findings);
    result.findings_ratio.push_back({name, noted(groups, where + ".findings_ratio." + name, notes),
                                     count_exemplars(cohort, groups), enrichment(independent, groups, resampling)});
  }
}

}  // namespace

void describe_exemplars(const Cohort& cohort, const std::vector<ClassLabels>& labels, const std::vector<bool>& chosen,
                        const Resampling* resampling, const std::string& where, ExemplarResult& result,
                        std::vector<Note>& notes) {
  const bool independent = cohort.patients() == cohort.size();
  describe_classes(cohort, labels, chosen, independent, resampling, where, result, notes);
  describe_findings(cohort, labels, chosen, independent, resampling, where, result, notes);
}

}  // namespace niwaki
