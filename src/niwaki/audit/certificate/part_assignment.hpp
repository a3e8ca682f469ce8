#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/audit/certificate/certificate.hpp"

namespace niwaki {

/// Which part every image of a cohort is in.
struct PartAssignment {
  std::vector<CertificatePart> parts;  // by row
  std::string rule;                    // in words

  [[nodiscard]] std::vector<std::size_t> rows(CertificatePart part) const;
};

/// From a CSV id,split (build, certify, test); images that it names beyond the cohort are passed over. `build_apart`:
/// the build patients have files of their own, so none may be here. Throws InputError for a word that is no part, an
/// image without one or listed twice, and patients in two parts.
PartAssignment read_parts(const Cohort& cohort, const std::filesystem::path& path, bool build_apart);

/// By patient, in the policy's shares (of certify and test alone where `build_apart`): patients are ordered at random
/// by the stream "certificate/split" of policy.seed, then by the rarest finding that each has, and dealt out along that
/// list in proportion. A part is thus a random sample of the patients of each stratum. The split of training cohorts
/// (cohort/split.hpp) is not one: it also evens out the number of images, so patients of many images gather in a part.
PartAssignment divide_parts(const Cohort& cohort, const CertificatePolicy& policy, bool build_apart);

/// Throws InputError naming `source` where a patient of one is in the other (counted, never named).
void check_other_patients(const Cohort& build, const Cohort& others, const std::string& source);

/// SHA-256 over each image's id and part, in the cohort's order.
std::string parts_hash(const Cohort& cohort, const PartAssignment& assignment);

}  // namespace niwaki
