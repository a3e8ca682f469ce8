#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/report/decision_report.hpp"
#include "niwaki/report/exemplar_maps.hpp"

namespace niwaki {

/// audit.json as docs/formats.md has it: keys in a fixed order, numbers shortest that read back. The same result gives
/// the same bytes.
std::string audit_json(const AuditResult& result);

/// The names of the files that write_audit() writes.
std::vector<std::string> audit_files();

/// audit.json and the same as tables in `folder`, each whole or not at all.
void write_audit(const AuditResult& result, const std::filesystem::path& folder);

/// The exemplars of an audit of two networks (its first method), as a CSV without method and sparsity: rank, row, id,
/// correlation, the scores of both, what fell most, flips. And the same as JSON.
void write_exemplars(const AuditResult& result, const std::filesystem::path& path);
std::string exemplars_json(const AuditResult& result);

/// A line of the method section: ("Network", "resnet-small, 78,660 parameters").
struct Fact {
  std::string name;
  std::string value;
};

/// How the page calls its images.
enum class ImageIds : std::uint8_t {
  kShown,
  kHashed,   // the first 12 hexadecimal digits of SHA-256 of a secret key and the id
  kLeftOut,  // numbers, in the order of the page
};

/// What the page shows beyond the audit.
struct ReportInput {
  std::string title;
  std::vector<Fact> facts;                                   // cohort, network, training, pruning, versions, hashes
  std::vector<std::string> warnings;                         // shown at the top: absent classes, images left out
  std::string recipe;                                        // recipe.toml, resolved
  std::map<std::string, std::string> pictures;               // exemplar id -> bytes of a PNG or JPEG
  std::map<std::string, std::vector<std::string>> findings;  // exemplar id -> classes labelled positive
  std::map<std::string, std::string> sites;                  // exemplar id -> site, where the cohort says it
  std::vector<MapsOnPage> maps;                              // of those methods of which some were made
  DeploymentInput deployment;  // what the decision is made from; the default policy where nothing is said
  bool card_beside = false;    // a model card and decision.json lie beside the page, which links them
  ImageIds image_ids = ImageIds::kShown;
  std::string id_key;  // of kHashed: whoever does not have it cannot try ids until a hash fits
};

/// One self-contained HTML page that opens offline. Names and ids are text, whatever they contain. Of companion effects
/// it holds the first hundred pairs and fifty triples of each method; audit.json has all, and
/// a few figures of classes that no section shows.
std::string report_html(const AuditResult& result, const ReportInput& input);

}  // namespace niwaki
