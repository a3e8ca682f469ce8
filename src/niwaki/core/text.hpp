#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace niwaki {

/// Parts between separators; "a||b" split at '|' is {"a", "", "b"}; "" is {""}.
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trimmed(std::string_view text);
std::string lower_case(std::string_view text);
std::string joined(std::span<const std::string> parts, std::string_view separator);

/// The whole text as a number, or nothing. "1.5x" is nothing; so are "nan" and "inf".
std::optional<double> parse_number(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);

/// The shortest decimal that reads back to the same double.
std::string shortest(double number);

/// The candidate with the least edit distance to `name` (Levenshtein, letter case ignored), where that
/// is near enough to be a slip of the hand (at most a third of the length); else nothing.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates);

/// " (did you mean 'x'?)" or "".
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace niwaki
