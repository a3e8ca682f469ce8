#include "niwaki/prune/structure.hpp"

#include <cmath>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr const char* kChannels = "channels-";
constexpr const char* kNOfM = "nm-";
constexpr const char* kUsualCriterion = "l1";
constexpr std::int64_t kLargestM = 1024;

/// "2:4".
NOfM parse_pattern(const std::string& text, const std::string& method) {
  const std::vector<std::string> numbers = split(text, ':');
  const auto keep = numbers.size() == 2 ? parse_integer(numbers[0]) : std::nullopt;
  const auto of = numbers.size() == 2 ? parse_integer(numbers[1]) : std::nullopt;
  if (!keep || !of || *keep < 1 || *keep >= *of || *of > kLargestM) {
    throw InputError(fmt::format("'{}' is no N:M pattern", method), "prune.methods or --method",
                     fmt::format("write nm-N:M with N below M and M at most {}, such as nm-2:4", kLargestM));
  }
  return {static_cast<std::size_t>(*keep), static_cast<std::size_t>(*of)};
}

}  // namespace

Structure structure_of(const std::string& method) {
  if (method.starts_with(kChannels)) {
    return {.channels = true, .n_of_m = {}, .criterion = method.substr(std::string(kChannels).size())};
  }
  if (!method.starts_with(kNOfM)) {
    return {.channels = false, .n_of_m = {}, .criterion = method};
  }
  const std::string rest = method.substr(std::string(kNOfM).size());
  const std::size_t end = rest.find('-');
  return {.channels = false,
          .n_of_m = parse_pattern(rest.substr(0, end), method),
          .criterion = end == std::string::npos ? kUsualCriterion : rest.substr(end + 1)};
}

void check_sparsity(const Structure& structure, double asked, const std::string& where) {
  constexpr double kRounding = 1e-3;  // 0.667 is meant for 1:3
  if (structure.n_of_m && !(std::abs(asked - structure.n_of_m->sparsity()) < kRounding)) {
    throw InputError(fmt::format("{}:{} is a sparsity of {}, not of {}", structure.n_of_m->keep, structure.n_of_m->of,
                                 shortest(structure.n_of_m->sparsity()), shortest(asked)),
                     where, "ask for that of the pattern, or for none");
  }
}

std::vector<StructureEntry> structures() {
  return {{"channels-<criterion>", "whole channels, the network becomes smaller (Fang et al., CVPR 2023)"},
          {"nm-<N>:<M>[-<criterion>]", "N of each M weights along the input channels stay (Zhou et al., ICLR 2021)"}};
}

}  // namespace niwaki
