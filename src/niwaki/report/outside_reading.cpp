#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/metrics/binomial_bound.hpp"
#include "niwaki/report/certificate_report.hpp"
#include "niwaki/report/decision_report.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::size_t kLargest = std::size_t{1} << 28;
constexpr double kSame = 1e-9;

/// What `read` makes of the file's JSON. Throws InputError where it is none, or lacks a key.
template <typename Read>
auto read_json(const fs::path& path, const char* what, const char* advice, const Read& read) {
  const std::string text = read_file(path, kLargest);
  try {
    return read(Json::parse(text));
  } catch (const Json::exception&) {
    throw InputError(fmt::format("this is no {}", what), path.string(), advice);
  }
}

FigureInterval interval(const Json& value) {
  if (value.is_null()) {
    return std::nullopt;
  }
  const Interval read{value.at(0).get<double>(), value.at(1).get<double>()};
  return read.low <= read.high ? FigureInterval(read) : std::nullopt;
}

// --- the certificate ---

/// Whether the true share is shown to be at the tolerance or above it, one-sided at 5%.
bool exceeds(const Json& claim) {
  const auto events = claim.at("events").get<std::size_t>();
  const auto eligible = claim.at("eligible").get<std::size_t>();
  const auto tolerance = claim.at("tolerance").get<double>();
  if (events == 0 || events > eligible || eligible > (std::size_t{1} << 31) || !(tolerance > 0.0 && tolerance < 1.0)) {
    return false;
  }
  return 1.0 - binomial_lower_tail(events - 1, eligible, tolerance) <= 0.05;
}

/// "Edema"; of a pair "Edema with Effusion".
std::string claim_name_of(const Json& claim) {
  return joined(claim.at("classes").get<std::vector<std::string>>(), " with ");
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) {
    names.push_back(name);
  }
}

/// The step that the certificate stands for: the chosen one, or of a refused certificate the last that was tried.
const Json* step_of(const Json& document) {
  const Json& steps = document.at("steps");
  const Json* last = nullptr;
  for (const Json& step : steps) {
    last = &step;
    if (!document.at("chosen").is_null() && step.at("name") == document.at("chosen").at("name")) {
      return last;
    }
  }
  return last;
}

void add_claims(const Json& step, CertificateEvidence& read) {
  // Single claims stand for themselves; else what holds are the shares.
  const bool singles = !step.at("single_claims").empty();
  std::set<std::string> not_held;
  for (const Json& claim : step.at(singles ? "single_claims" : "claims")) {
    if (claim.at("status").get<std::string>() != "holds") {
      not_held.insert(claim_name_of(claim));
    }
  }
  for (const Json& claim : step.at(singles ? "single_claims" : "claims")) {
    add_once(not_held.contains(claim_name_of(claim)) ? read.unclaimed : read.claimed, claim_name_of(claim));
  }
  for (const Json& claim : step.at("claims")) {
    if (!read.granted && exceeds(claim)) {
      add_once(read.exceeded, claim_name_of(claim));
    }
  }
}

CertificateEvidence certificate_of(const Json& document) {
  CertificateEvidence read;
  read.granted = document.at("verdict").get<std::string>() == "granted";
  read.method = document.at("request").at("method").get<std::string>();
  const Json* const step = step_of(document);
  const Json& named = step != nullptr ? *step : document.at("order").at(0);
  read.name = named.at("name").get<std::string>();
  read.sparsity = figure_of(named.at("sparsity"));
  for (const Json& entry : document.at("classes")) {
    if (entry.at("excluded").get<bool>()) {
      read.unclaimed.push_back(entry.at("name").get<std::string>());
    }
  }
  if (step != nullptr) {
    add_claims(*step, read);
  }
  for (const Json& entry : document.at("certifiable")) {
    if (!entry.at("certifiable").get<bool>()) {
      add_once(read.unclaimed, claim_name_of(entry));
    }
  }
  std::erase_if(read.claimed, [&](const std::string& name) {
    return std::ranges::find(read.unclaimed, name) != read.unclaimed.end();
  });
  return read;
}

/// The first of its files that is not what it was.
std::string changed_file(const RecordedCertificate& recorded) {
  for (const HashedFile& file : recorded.files) {
    if (!fs::exists(file.path)) {
      return fmt::format("'{}' is not where it was", file.role);
    }
    if (sha256_file(file.path) != file.sha256) {
      return fmt::format("'{}' has changed since", file.role);
    }
  }
  return "";
}

void add_certificate(const fs::path& path, const AuditResult& audit, OutsideEvidence& outside) {
  const RecordedCertificate recorded = read_certificate(path);
  const std::string changed = changed_file(recorded);
  if (!changed.empty()) {
    outside.passed_over.push_back(fmt::format("the certificate: {}; certify anew", changed));
    return;
  }
  CertificateEvidence read =
      read_json(path, "certificate", "give the certificate.json that niwaki certify wrote", certificate_of);
  if (read.method.empty() && read.sparsity && audit.methods.size() == 1) {
    read.method = audit.methods.front().method;  // a manifest of one method need not name it
  }
  outside.certificate = std::move(read);
}

// --- the guard ---

GuardedFigure guarded_figure(const Json& of, std::size_t rates) {
  GuardedFigure read;
  read.dense = figure_of(of.at("dense"));
  read.pruned = figure_of(of.at("pruned"));
  for (std::size_t rate = 0; rate < rates; ++rate) {
    const Json& at = of.at("guarded").at(rate + 1);  // the first is nothing deferred
    read.guarded.push_back(figure_of(at.at("value")));
    read.gap.push_back(interval(at.at("gap_interval")));
  }
  return read;
}

const Json& signal_of(const Json& document, const std::string& name) {
  for (const Json& signal : document.at("signals")) {
    if (signal.at("name").get<std::string>() == name) {
      return signal;
    }
  }
  return document.at("signals").at(0);
}

GuardEvidence guard_of(const Json& document, const AuditResult& audit) {
  GuardEvidence read;
  read.method = document.at("method").get<std::string>();
  read.sparsity = document.at("sparsity").get<double>();
  read.second_sparsity = figure_of(document.at("second_sparsity"));
  read.signal = document.at("options").at("signal").get<std::string>();
  for (const Json& at : signal_of(document, read.signal).at("rates")) {
    read.rates.push_back(at.at("rate").get<double>());
    read.deferred.push_back(figure_of(at.at("deferred").at("mean")));
    read.milliseconds.push_back(at.at("milliseconds").is_null() ? Figure()
                                                                : figure_of(at.at("milliseconds").at("mean")));
  }
  read.macro_ap = guarded_figure(document.at("macro").at("ap"), read.rates.size());
  read.ap.resize(audit.classes.size());
  read.sensitivity.resize(audit.classes.size());
  for (const Json& entry : document.at("classes")) {
    const auto found = std::ranges::find(audit.classes, entry.at("name").get<std::string>(), &AuditClass::name);
    if (found != audit.classes.end()) {
      const auto column = static_cast<std::size_t>(found - audit.classes.begin());
      read.ap[column] = guarded_figure(entry.at("ap"), read.rates.size());
      read.sensitivity[column] = guarded_figure(entry.at("sensitivity"), read.rates.size());
    }
  }
  return read;
}

/// Why a guard is not of what was audited; nothing where it is.
std::string foreign(const Json& document, const AuditResult& audit) {
  const auto name = document.at("method").get<std::string>();
  const auto method = std::ranges::find(audit.methods, name, &MethodResult::method);
  const auto sparsity = document.at("sparsity").get<double>();
  if (method == audit.methods.end() ||
      std::ranges::none_of(method->sparsities, [&](double known) { return std::abs(known - sparsity) < kSame; })) {
    return "it is of a network that was not audited";
  }
  if (document.at("seeds").get<std::vector<std::uint64_t>>() != audit.seeds) {
    return "it is of other seeds";
  }
  return document.at("test").at("images").get<std::size_t>() == audit.images ? "" : "it was tried on other images";
}

void add_guard(const fs::path& path, const AuditResult& audit, OutsideEvidence& outside) {
  read_json(path, "guard", "give the guard.json that niwaki guard wrote", [&](const Json& document) {
    const std::string reason = foreign(document, audit);
    if (!reason.empty()) {
      outside.passed_over.push_back(fmt::format("the guard: {}", reason));
      return true;
    }
    GuardEvidence read = guard_of(document, audit);
    if (std::ranges::adjacent_find(read.rates, std::greater_equal<>()) != read.rates.end()) {
      throw InputError("the rates of the guard do not rise", path.string(),
                       "give the guard.json that niwaki guard wrote");
    }
    outside.guard = std::move(read);
    return true;
  });
}

// --- times ---

NetworkTimes times_of(const Json& document, const std::vector<NetworkFile>& files,
                      std::vector<std::string>& passed_over) {
  NetworkTimes read;
  read.processor = document.at("machine").at("processor").get<std::string>();
  read.engine = document.at("engine").get<std::string>();
  read.threads = document.at("machine").at("threads").get<std::size_t>();
  read.batch = document.at("batch").get<std::size_t>();
  std::size_t changed = 0;
  for (const Json& entry : document.at("networks")) {
    NetworkTime time;
    time.sparsity = entry.at("sparsity").get<double>();
    time.method = time.sparsity == 0.0 ? "" : entry.at("method").get<std::string>();
    const auto hash = entry.at("sha256").get<std::string>();
    const NetworkFile* const file =
        find_network_file(files, time.method, entry.at("seed").get<std::uint64_t>(), time.sparsity);
    if (!files.empty() && (file == nullptr || sha256_file(file->path) != hash)) {
      ++changed;
      continue;
    }
    const Json& milliseconds = entry.at("milliseconds_per_image");
    time.least = milliseconds.at("min").get<double>();
    time.median = milliseconds.at("median").get<double>();
    time.most = milliseconds.at("max").get<double>();
    time.images_per_second = entry.at("images_per_second").get<double>();
    time.peak_bytes = entry.at("peak_bytes").get<std::uint64_t>();
    if (!(time.median > 0.0 && time.images_per_second > 0.0)) {
      throw InputError("a network took no time", "times.json", "measure anew: niwaki bench --study STUDY");
    }
    read.networks.push_back(time);
  }
  if (changed > 0) {
    passed_over.push_back(fmt::format(
        "the times of {} networks: their files have changed since; niwaki bench --study measures anew", changed));
  }
  return read;
}

fs::path where_there(const fs::path& path) {
  return fs::exists(path) ? path : fs::path();
}

}  // namespace

OutsidePaths outside_paths_of_study(const fs::path& study) {
  return {study, where_there(study / "certificate" / "certificate.json"), where_there(study / "guard" / "guard.json"),
          where_there(study / "times.json")};
}

OutsideEvidence read_outside_evidence(const OutsidePaths& paths, const AuditResult& audit) {
  OutsideEvidence outside;
  if (!paths.study.empty()) {
    outside.files = network_files(paths.study);
  }
  if (!paths.certificate.empty()) {
    add_certificate(paths.certificate, audit, outside);
  }
  if (!paths.guard.empty()) {
    add_guard(paths.guard, audit, outside);
  }
  if (!paths.times.empty()) {
    outside.times =
        read_json(paths.times, "file of times", "give the times.json that niwaki bench --study wrote",
                  [&](const Json& document) { return times_of(document, outside.files, outside.passed_over); });
  }
  return outside;
}

}  // namespace niwaki
