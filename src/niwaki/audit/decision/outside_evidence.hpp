#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/result.hpp"

namespace niwaki {

/// What a decision knows beside the audit. Each part may be missing, and is then said to be.

/// What a certificate.json says (docs/certificate.md).
struct CertificateEvidence {
  bool granted = false;
  std::string method;                  // of the manifest; empty where the certificate is of score tables
  std::string name;                    // of the chosen candidate; empty where none was chosen
  std::optional<double> sparsity;      // of the chosen candidate, or of the one that failed; none of other systems
  std::vector<std::string> claimed;    // classes that are shown to be kept
  std::vector<std::string> unclaimed;  // classes of which nothing is claimed: excluded, too few patients, not shown
  std::vector<std::string> exceeded;   // of a refused one: classes whose true share is shown to reach the tolerance
};

/// One figure of a class under a guard: the dense network's, the pruned one's, and the guarded system's at each rate.
struct GuardedFigure {
  Figure dense, pruned;
  std::vector<Figure> guarded;      // one a rate
  std::vector<FigureInterval> gap;  // guarded - dense, one a rate; over resamples of the patients
};

/// What a guard.json says (docs/guard.md).
struct GuardEvidence {
  std::string method;
  double sparsity = 0.0;
  std::optional<double> second_sparsity;
  std::string signal;
  std::vector<double> rates;         // rising, those above 0
  std::vector<Figure> deferred;      // share of the test images, one a rate
  std::vector<Figure> milliseconds;  // mean time an image, one a rate
  GuardedFigure macro_ap;
  std::vector<GuardedFigure> ap, sensitivity;  // one a class of the audit; empty figures where the guard lacks it
};

/// How fast a network ran (`niwaki bench`).
struct NetworkTime {
  std::string method;  // empty: the dense network
  double sparsity = 0.0;
  double least = 0.0, median = 0.0, most = 0.0;  // milliseconds an image, over runs
  double images_per_second = 0.0;
  std::uint64_t peak_bytes = 0;  // of the process
};

/// On one machine, one after the other.
struct NetworkTimes {
  std::string processor;
  std::string engine;
  std::size_t threads = 0;
  std::size_t batch = 0;
  std::vector<NetworkTime> networks;
};

/// The network files of a study, as its scores' manifest names them.
struct NetworkFile {
  std::string method;
  std::uint64_t seed = 0;
  double sparsity = 0.0;
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

/// In the order of scores/scores.csv; files that are not there are left out. Throws InputError for a manifest that
/// cannot be read.
std::vector<NetworkFile> network_files(const std::filesystem::path& study);

/// The file of one network, or nullptr. The dense network (sparsity 0) is listed under one method and stands for all.
const NetworkFile* find_network_file(const std::vector<NetworkFile>& files, const std::string& method,
                                     std::uint64_t seed, double sparsity);

struct OutsideEvidence {
  std::optional<CertificateEvidence> certificate;
  std::optional<GuardEvidence> guard;
  std::optional<NetworkTimes> times;
  std::vector<NetworkFile> files;
  std::vector<std::string> passed_over;  // what was found and does not count, and why
};

}  // namespace niwaki
