#pragma once

#include <cstdint>
#include <string>

namespace niwaki {

/// What a label of -1 becomes: CheXpert's labeller read the report as uncertain (Irvin et al., AAAI 2019, whose
/// U-Zeros, U-Ones and U-Ignore are the last three). There is no silent choice.
enum class UncertainPolicy : std::uint8_t { kRefuse, kNegative, kPositive, kUnknown };

/// What an empty cell becomes. In the project's own format it is unknown. CheXpert's and MIMIC-CXR's labeller leaves a
/// cell empty where the report does not mention the finding, which says neither; there it must be chosen.
enum class BlankPolicy : std::uint8_t { kByFormat, kNegative, kUnknown };

UncertainPolicy parse_uncertain_policy(const std::string& name);  // refuse, negative, positive, unknown
BlankPolicy parse_blank_policy(const std::string& name);          // auto, negative, unknown
const char* policy_name(UncertainPolicy policy);
const char* policy_name(BlankPolicy policy);

}  // namespace niwaki
