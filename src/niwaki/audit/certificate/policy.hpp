#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/metrics/operating_point.hpp"

namespace niwaki {

/// What is claimed of a pruned network (docs/certificate.md).
enum class CertificateClaim : std::uint8_t {
  kAllClasses,    // every class kept: an intersection-union test
  kSingleClasses  // each class by itself: Holm's
};

/// What becomes of a class that has too few patients for its tolerance.
enum class Uncertifiable : std::uint8_t {
  kBlock,  // the certificate is refused
  kReport  // it is granted for the others, and says so
};

/// How a patient's images become one event.
enum class PatientEvent : std::uint8_t {
  kFinding,    // a finding is missed where no positive image is called any more
  kEveryImage  // ... where any positive image that the dense network calls is not
};

const char* claim_name(CertificateClaim claim);        // "all-classes", "single-classes"
const char* uncertifiable_name(Uncertifiable choice);  // "block", "report"
const char* patient_event_name(PatientEvent event);    // "finding", "every-image"

/// Shares of patients, in (0, 1), that must be shown not to be reached. Nothing: as the next wider rule says.
struct Tolerances {
  std::optional<double> missed;
  std::optional<double> false_alarms;
};

/// A named group: every class in it has these tolerances.
struct ClassGroup {
  std::string name;
  std::vector<std::string> classes;
  Tolerances tolerances;
};

struct ClassTolerances {
  std::string name;
  Tolerances tolerances;
};

struct PairTolerance {
  std::array<std::string, 2> classes;
  double missed = 0.0;
};

/// What a certificate is asked: fixed before the certified patients are looked at.
struct CertificatePolicy {
  std::string title = "Pruned classifier";
  double confidence = 0.95;  // in [0.5, 1)
  CertificateClaim claim = CertificateClaim::kAllClasses;
  Uncertifiable uncertifiable = Uncertifiable::kBlock;
  PatientEvent patient_event = PatientEvent::kFinding;
  OperatingPointRule operating_point;
  bool own_operating_point = false;      // the pruned network's threshold is chosen from its own scores on build
  std::vector<double> sparsities;        // the order of the walk; those of the scores, rising, where empty
  std::vector<std::string> exclude;      // classes of which nothing is claimed
  Tolerances tolerance;                  // of classes that no other rule names; both are given
  std::vector<ClassGroup> groups;        // no class is in two
  std::vector<ClassTolerances> classes;  // go before groups
  std::vector<PairTolerance> pairs;
  std::array<double, 3> shares = {0.2, 0.5, 0.3};  // of the patients that build, certify and test
  std::uint64_t seed = 1;                          // of their division, and of the bands' resamples
  std::size_t resamples = 2000;                    // for the bands of AP; 0: none
  std::string text;                                // the file, byte for byte
};

/// Throws InputError naming file, line and the nearest right key: what is no TOML, an unknown key, a value of another
/// kind or out of range, a tolerance outside (0, 1), no tolerance.
CertificatePolicy parse_policy(const std::string& text, const std::string& name);
CertificatePolicy read_policy(const std::filesystem::path& path);

/// What a policy asks of the classes that there are.
struct CertificateRequirements {
  struct OfClass {
    std::string name;
    bool excluded = false;
    double missed = 0.0;
    double false_alarms = 0.0;
    std::string rule;  // whence the tolerances: "the default", "group 'critical'", "the class"
  };
  struct OfPair {
    std::array<std::size_t, 2> classes{};  // columns, rising
    double missed = 0.0;
  };
  std::vector<OfClass> classes;  // by column
  std::vector<OfPair> pairs;
};

/// Throws InputError naming `source` for a class that is not among `classes` (and the nearest that is), a class in two
/// groups or named twice, a pair of one class or named twice, an excluded class that has a tolerance or is in a pair,
/// and where all classes are excluded.
CertificateRequirements requirements_of(const CertificatePolicy& policy, const std::vector<std::string>& classes,
                                        const std::string& source);

}  // namespace niwaki
