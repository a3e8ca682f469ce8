#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/certificate/certificate_data.hpp"

namespace niwaki {

/// A certificate and what it was computed from.
struct CertificateReport {
  CertificateResult result;
  LoadedCertificate loaded;
  CertificateInputs inputs;
};

/// certificate.json as docs/formats.md has it: keys in a fixed order, numbers shortest that read back. The same input
/// gives the same bytes. Paths are relative to `folder`, where it will lie.
std::string certificate_json(const CertificateReport& report, const std::filesystem::path& folder);

/// One self-contained HTML page without a script: it fetches nothing, and names are text, whatever they contain.
std::string certificate_html(const CertificateReport& report);

/// certificate.json and certificate.html in `folder`.
void write_certificate(const CertificateReport& report, const std::filesystem::path& folder);

/// What the certificate says in a few plain sentences: the verdict, then what is claimed or why it is refused.
std::vector<std::string> certificate_statement(const CertificateResult& result);

/// A certificate.json that is to be verified.
struct RecordedCertificate {
  std::string text;  // the whole file
  bool granted = false;
  std::string policy_text;
  std::string policy_sha256;
  CertificateInputs inputs;       // paths as seen from here
  std::vector<HashedFile> files;  // the same
};

/// Throws InputError naming the file for what is no certificate.json.
RecordedCertificate read_certificate(const std::filesystem::path& path);

/// Where two certificate.json differ in what they say ("/steps/0/claims/3/events"), paths and version aside; nothing
/// where they do not. Throws InputError where one is no JSON.
std::optional<std::string> certificate_difference(const std::string& recorded, const std::string& fresh);

}  // namespace niwaki
