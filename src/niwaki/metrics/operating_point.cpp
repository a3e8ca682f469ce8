#include "niwaki/metrics/operating_point.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

using Kind = OperatingPointRule::Kind;

constexpr double kExampleTarget = 0.9;

bool has_target(Kind kind) {
  return kind == Kind::kSensitivity || kind == Kind::kSpecificity;
}

bool possible_target(double target) {
  return target > 0.0 && target <= 1.0;
}

// In the order of Kind.
const std::vector<std::string>& rule_names() {
  static const std::vector<std::string> names = {"youden", "f1", "sensitivity", "specificity"};
  return names;
}

std::optional<Kind> kind_named(std::string_view name) {
  for (std::size_t kind = 0; kind < rule_names().size(); ++kind) {
    if (rule_names()[kind] == name) {
      return static_cast<Kind>(kind);
    }
  }
  return std::nullopt;
}

// Also of a name cut short, as "sens" is.
std::optional<Kind> kind_meant(const std::string& name) {
  if (name.size() >= 3) {
    for (const std::string& whole : rule_names()) {
      if (whole.starts_with(name)) {
        return kind_named(whole);
      }
    }
  }
  const std::optional<std::string> nearest = nearest_name(name, rule_names());
  return nearest ? kind_named(*nearest) : std::nullopt;
}

// 0.9 of "0.9", "90" and "90%".
std::optional<double> target_meant(std::string_view text) {
  const bool percent = text.ends_with('%');
  const std::optional<double> number = parse_number(trimmed(percent ? text.substr(0, text.size() - 1) : text));
  if (!number) {
    return std::nullopt;
  }
  const double target = percent || *number > 1.0 ? *number / 100.0 : *number;
  return possible_target(target) ? std::optional(target) : std::nullopt;
}

std::optional<OperatingPointRule> rule_meant(std::string_view text) {
  constexpr std::string_view kBetween = "=: ";
  text = trimmed(text);
  const std::size_t name_end = std::min(text.find_first_of(kBetween), text.size());
  const std::size_t target_begin = std::min(text.find_first_not_of(kBetween, name_end), text.size());
  const std::optional<Kind> kind = kind_meant(lower_case(text.substr(0, name_end)));
  if (name_end == 0 || !kind) {
    return std::nullopt;
  }
  if (!has_target(*kind)) {
    return OperatingPointRule{*kind};
  }
  return OperatingPointRule{*kind, target_meant(text.substr(target_begin)).value_or(kExampleTarget)};
}

[[noreturn]] void fail_parse(std::string_view text, std::string_view where) {
  const std::optional<OperatingPointRule> meant = rule_meant(text);
  throw InputError(fmt::format("'{}' is no operating point{}", text,
                               meant ? fmt::format(" (did you mean '{}'?)", operating_point_text(*meant)) : ""),
                   std::string(where),
                   "choose youden, f1, sensitivity=TARGET or specificity=TARGET, the target above 0 and at most 1");
}

double ratio(std::uint64_t part, std::size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// Counts are below 2^31 (RankedScores), so that the products below are exact in 64 bits.

double youden_threshold(const RankedScores& ranked) {
  const auto positives = static_cast<std::int64_t>(ranked.positives());
  const auto negatives = static_cast<std::int64_t>(ranked.negatives());
  std::int64_t found = 0;
  std::int64_t false_alarms = 0;
  std::int64_t largest = std::numeric_limits<std::int64_t>::min();
  double threshold = 0.0;
  for (const RankedScores::Group& group : ranked.groups()) {
    found += group.positives;
    false_alarms += group.negatives;
    // J times positives x negatives.
    const std::int64_t j = found * negatives - false_alarms * positives;
    if (j > largest) {
      largest = j;
      threshold = static_cast<double>(group.score);
    }
  }
  return threshold;
}

double f1_threshold(const RankedScores& ranked) {
  std::uint64_t found = 0;
  std::uint64_t called = 0;
  // F1 is twice found / (called + positives).
  std::uint64_t best_found = 0;
  std::uint64_t best_denominator = 1;
  double threshold = 0.0;
  for (const RankedScores::Group& group : ranked.groups()) {
    found += group.positives;
    called += std::uint64_t{group.positives} + group.negatives;
    const std::uint64_t denominator = called + ranked.positives();
    if (found * best_denominator > best_found * denominator) {
      best_found = found;
      best_denominator = denominator;
      threshold = static_cast<double>(group.score);
    }
  }
  return threshold;
}

double sensitivity_threshold(const RankedScores& ranked, double target) {
  std::uint64_t found = 0;
  for (const RankedScores::Group& group : ranked.groups()) {
    found += group.positives;
    if (ratio(found, ranked.positives()) >= target) {
      return static_cast<double>(group.score);
    }
  }
  NIWAKI_CHECK(false, "no threshold has a sensitivity of {}", target);
}

double specificity_threshold(const RankedScores& ranked, double target) {
  std::uint64_t left_alone = ranked.negatives();
  float threshold = std::nextafter(ranked.groups().front().score, std::numeric_limits<float>::infinity());
  for (const RankedScores::Group& group : ranked.groups()) {
    left_alone -= group.negatives;
    if (ratio(left_alone, ranked.negatives()) < target) {
      break;
    }
    threshold = group.score;
  }
  return static_cast<double>(threshold);
}

}  // namespace

OperatingPointRule parse_operating_point(std::string_view text, std::string_view where) {
  const std::size_t equals = text.find('=');
  const std::optional<Kind> kind = kind_named(text.substr(0, equals));
  const bool given = equals != std::string_view::npos;
  if (!kind || has_target(*kind) != given) {
    fail_parse(text, where);
  }
  if (!given) {
    return {*kind};
  }
  const std::optional<double> target = parse_number(text.substr(equals + 1));
  if (!target || !possible_target(*target)) {
    fail_parse(text, where);
  }
  return {*kind, *target};
}

std::string operating_point_text(const OperatingPointRule& rule) {
  const std::string& name = rule_names().at(static_cast<std::size_t>(rule.kind));
  return has_target(rule.kind) ? fmt::format("{}={}", name, shortest(rule.target)) : name;
}

std::optional<double> choose_threshold(const RankedScores& ranked, const OperatingPointRule& rule) {
  NIWAKI_CHECK(!has_target(rule.kind) || possible_target(rule.target), "a target of {}", rule.target);
  const bool needs_positives = rule.kind != Kind::kSpecificity;
  const bool needs_negatives = rule.kind == Kind::kYouden || rule.kind == Kind::kSpecificity;
  if ((needs_positives && ranked.positives() == 0) || (needs_negatives && ranked.negatives() == 0)) {
    return std::nullopt;
  }
  switch (rule.kind) {
    case Kind::kYouden:
      return youden_threshold(ranked);
    case Kind::kF1:
      return f1_threshold(ranked);
    case Kind::kSensitivity:
      return sensitivity_threshold(ranked, rule.target);
    case Kind::kSpecificity:
      return specificity_threshold(ranked, rule.target);
  }
  NIWAKI_CHECK(false, "a rule of kind {}", static_cast<int>(rule.kind));
}

}  // namespace niwaki
