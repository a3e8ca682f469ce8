// Feeds the readers of label files, and of class maps, bytes that nobody would send. Whatever they are, they give a
// cohort or an InputError; and a cohort that they give can be written, read again, and is the same then. The first two
// bytes choose format and policies, so that a seed begins with two of these.
#include "niwaki/cohort/labels.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "file_of.hpp"
#include "niwaki/core/error.hpp"

namespace {

using niwaki::Cohort;

template <typename Value, std::size_t Count>
Value chosen(const std::array<Value, Count>& values, unsigned bits) {
  return values[bits % Count];
}

niwaki::LabelOptions options_of(unsigned format, unsigned policies) {
  using niwaki::BlankPolicy;
  using niwaki::LabelFormat;
  using niwaki::UncertainPolicy;
  constexpr std::array kFormats = {LabelFormat::kAuto,     LabelFormat::kNiwaki,     LabelFormat::kNih,
                                   LabelFormat::kNihCxrLt, LabelFormat::kMimicCxrLt, LabelFormat::kChexpert,
                                   LabelFormat::kMimicCxr};
  constexpr std::array kUncertain = {UncertainPolicy::kRefuse, UncertainPolicy::kNegative, UncertainPolicy::kPositive,
                                     UncertainPolicy::kUnknown};
  constexpr std::array kBlank = {BlankPolicy::kByFormat, BlankPolicy::kNegative, BlankPolicy::kUnknown};
  niwaki::LabelOptions options;
  options.format = chosen(kFormats, format);
  options.uncertain = chosen(kUncertain, policies & 3U);
  options.blank = chosen(kBlank, (policies >> 2U) & 3U);
  return options;
}

void expect(bool truth) {
  if (!truth) {
    std::abort();
  }
}

void check_sizes(const Cohort& cohort) {
  expect(cohort.labels.size() == cohort.records.size() * cohort.classes.size());
  expect(cohort.given_splits.empty() || cohort.given_splits.size() == cohort.records.size());
  for (const auto& attribute : cohort.attributes) {
    expect(attribute.values.size() == cohort.records.size());
  }
}

void survive_a_round_trip(const Cohort& cohort) {
  const auto path = niwaki::fuzz::file_of("", "written.csv");
  niwaki::write_labels(cohort, path);
  const Cohort again = niwaki::read_labels(path, {.format = niwaki::LabelFormat::kNiwaki});
  expect(again.classes == cohort.classes && again.labels == cohort.labels);
  expect(std::ranges::equal(again.records, cohort.records, [](const auto& left, const auto& right) {
    return left.id == right.id && left.patient == right.patient && left.site == right.site;
  }));
}

}  // namespace

// libFuzzer's own name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  if (size < 2) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);  // NOLINT
  niwaki::LabelOptions options = options_of(data[0], data[1]);
  const auto path = niwaki::fuzz::file_of(bytes, "given.csv");
  niwaki::ProblemReport problems;
  if ((data[1] & 0x40U) != 0) {
    options.problems = &problems;
  }
  try {
    if ((data[1] & 0x80U) != 0) {
      (void)niwaki::read_class_map(path);
      return 0;
    }
    const Cohort cohort = niwaki::read_labels(path, options);
    check_sizes(cohort);
    if (problems.count() == 0) {
      survive_a_round_trip(cohort);
    }
  } catch (const niwaki::InputError&) {
    return 0;
  }
  return 0;
}
