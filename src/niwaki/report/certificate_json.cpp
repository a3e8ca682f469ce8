#include <cmath>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/version.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/certificate_report.hpp"
#include "niwaki/report/json_figures.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

/// As it is found from `folder`; an absolute path where no relative one leads there.
std::string seen_from(const fs::path& folder, const fs::path& path) {
  if (path.empty()) {
    return "";
  }
  const fs::path absolute = fs::absolute(path).lexically_normal();
  const fs::path relative = absolute.lexically_relative(fs::absolute(folder).lexically_normal());
  return (relative.empty() ? absolute : relative).generic_string();
}

fs::path seen_through(const fs::path& folder, const std::string& path) {
  return path.empty() ? fs::path() : (folder / path).lexically_normal();
}

Json names_of(const std::vector<std::size_t>& columns, const CertificateResult& result) {
  Json names = Json::array();
  for (const std::size_t column : columns) {
    names.push_back(result.requirements.classes[column].name);
  }
  return names;
}

Json count_json(const std::optional<std::size_t>& count) {
  return count ? Json(*count) : Json(nullptr);
}

Json claim_json(const ClaimFigures& claim, const CertificateResult& result, bool judged) {
  Json json{{"kind", claim_kind_name(claim.kind)},
            {"classes", names_of(claim.classes, result)},
            {"tolerance", claim.tolerance},
            {"patients", claim.counts.patients},
            {"eligible", claim.counts.eligible},
            {"events", claim.counts.events},
            {"upper", claim.upper},
            {"images", {{"eligible", claim.counts.images}, {"events", claim.counts.image_events}}}};
  if (judged) {
    json["p"] = claim.p;
    json["allowed"] = count_json(claim.allowed);
    json["needed"] = count_json(claim.needed);
    json["status"] = claim_status_name(claim.status);
  }
  return json;
}

Json claims_json(const std::vector<ClaimFigures>& claims, const CertificateResult& result, bool judged) {
  Json json = Json::array();
  for (const ClaimFigures& claim : claims) {
    json.push_back(claim_json(claim, result, judged));
  }
  return json;
}

Json certifiable_json(const CertificateResult& result) {
  Json json = Json::array();
  for (const ClaimFigures& claim : result.outset) {
    json.push_back({{"kind", claim_kind_name(claim.kind)},
                    {"classes", names_of(claim.classes, result)},
                    {"eligible", claim.counts.eligible},
                    {"needed", count_json(claim.needed)},
                    {"certifiable", claim.status == ClaimStatus::kHolds}});
  }
  return json;
}

Json threshold_json(double threshold) {
  return std::isnan(threshold) ? Json(nullptr) : Json(threshold);
}

Json candidate_json(const Candidate& candidate) {
  return {{"name", candidate.name}, {"sparsity", json_figure(candidate.sparsity)}};
}

Json step_json(const CertificateStep& step, const CertificateResult& result) {
  Json json = candidate_json(result.candidates[step.candidate]);
  json["holds"] = step.holds;
  json["thresholds"] = Json::array();
  for (const double threshold : step.thresholds) {
    json["thresholds"].push_back(threshold_json(threshold));
  }
  json["claims"] = claims_json(step.figures, result, true);
  json["single_claims"] = Json::array();
  for (const SingleClaim& claim : step.singles) {
    json["single_claims"].push_back({{"classes", names_of(claim.classes, result)},
                                     {"p", claim.p},
                                     {"holm", json_figure(claim.holm)},
                                     {"status", claim_status_name(claim.status)}});
  }
  return json;
}

Json classes_json(const CertificateResult& result) {
  Json json = Json::array();
  for (std::size_t column = 0; column < result.requirements.classes.size(); ++column) {
    const CertificateRequirements::OfClass& wanted = result.requirements.classes[column];
    Json positives;
    for (std::size_t part = 0; part < result.parts.size(); ++part) {
      positives[part_name(static_cast<CertificatePart>(part))] = result.parts[part].positive_patients[column];
    }
    json.push_back({{"name", wanted.name},
                    {"excluded", wanted.excluded},
                    {"missed", wanted.missed},
                    {"false_alarms", wanted.false_alarms},
                    {"tolerance_of", wanted.rule},
                    {"threshold", threshold_json(result.thresholds[column])},
                    {"positive_patients", std::move(positives)}});
  }
  return json;
}

Json ap_json(const CertificateResult& result) {
  Json json = Json::array();
  for (const ApChange& change : result.ap_changes) {
    json.push_back({{"class", result.requirements.classes[change.column].name},
                    {"dense", json_figure(change.dense)},
                    {"changes", json_figures(change.changes, result.steps.size(), "changes of AP")},
                    {"band", json_intervals(change.band)}});
  }
  return json;
}

Json request_json(const CertificateInputs& inputs, const fs::path& folder) {
  const auto path = [&](const fs::path& of) { return seen_from(folder, of); };
  Json candidates = Json::array();
  for (const std::string& table : inputs.candidates) {
    candidates.push_back(path(table));
  }
  Json models = Json::array();
  for (const fs::path& model : inputs.pruned_models) {
    models.push_back(path(model));
  }
  return {{"labels", path(inputs.labels)},
          {"label_format", inputs.label_format},
          {"logits", inputs.logits},
          {"scores", path(inputs.scores)},
          {"method", inputs.method},
          {"seed", inputs.seed ? Json(*inputs.seed) : Json(nullptr)},
          {"average", inputs.average},
          {"dense", path(inputs.dense)},
          {"candidates", std::move(candidates)},
          {"build_labels", path(inputs.build_labels)},
          {"build_scores", path(inputs.build_scores)},
          {"split", path(inputs.split)},
          {"dense_model", path(inputs.dense_model)},
          {"pruned_models", std::move(models)},
          {"model_folder", path(inputs.model_folder)}};
}

CertificateInputs inputs_of(const Json& request, const fs::path& folder) {
  const auto path = [&](const char* key) { return seen_through(folder, request.at(key).get<std::string>()); };
  CertificateInputs inputs;
  inputs.labels = path("labels");
  inputs.label_format = request.at("label_format").get<std::string>();
  inputs.logits = request.at("logits").get<bool>();
  inputs.scores = path("scores");
  inputs.method = request.at("method").get<std::string>();
  if (!request.at("seed").is_null()) {
    inputs.seed = request.at("seed").get<std::uint64_t>();
  }
  inputs.average = request.at("average").get<bool>();
  inputs.dense = path("dense").string();
  for (const Json& table : request.at("candidates")) {
    inputs.candidates.push_back(seen_through(folder, table.get<std::string>()).string());
  }
  inputs.build_labels = path("build_labels");
  inputs.build_scores = path("build_scores");
  inputs.split = path("split");
  inputs.dense_model = path("dense_model");
  for (const Json& model : request.at("pruned_models")) {
    inputs.pruned_models.push_back(seen_through(folder, model.get<std::string>()));
  }
  inputs.model_folder = path("model_folder");
  return inputs;
}

Json document_of(const CertificateReport& report, const fs::path& folder) {
  const CertificateResult& result = report.result;
  Json files = Json::array();
  for (const HashedFile& file : report.loaded.files) {
    files.push_back({{"role", file.role}, {"path", seen_from(folder, file.path)}, {"sha256", file.sha256}});
  }
  Json parts;
  for (std::size_t part = 0; part < result.parts.size(); ++part) {
    parts[part_name(static_cast<CertificatePart>(part))] = {{"images", result.parts[part].images},
                                                            {"patients", result.parts[part].patients}};
  }
  Json order = Json::array();
  for (const Candidate& candidate : result.candidates) {
    order.push_back(candidate_json(candidate));
  }
  Json steps = Json::array();
  for (const CertificateStep& step : result.steps) {
    steps.push_back(step_json(step, result));
  }
  const Json chosen =
      result.chosen ? candidate_json(result.candidates[result.steps[*result.chosen].candidate]) : Json(nullptr);
  return {{"niwaki", version()},
          {"verdict", result.granted ? "granted" : "refused"},
          {"statement", certificate_statement(result)},
          {"chosen", chosen},
          {"system", report.loaded.system},
          {"policy", {{"sha256", sha256(result.policy.text)}, {"text", result.policy.text}}},
          {"files", std::move(files)},
          {"split",
           {{"rule", report.loaded.split_rule}, {"sha256", report.loaded.split_sha256}, {"parts", std::move(parts)}}},
          {"classes", classes_json(result)},
          {"certifiable", certifiable_json(result)},
          {"order", std::move(order)},
          {"steps", std::move(steps)},
          {"test", claims_json(result.test, result, false)},
          {"ap_changes", ap_json(result)},
          {"request", request_json(report.inputs, folder)}};
}

Json parsed(const std::string& text, const std::string& name) {
  try {
    return Json::parse(text);
  } catch (const Json::exception&) {
    throw InputError("this is no JSON", name, "give the certificate.json that niwaki certify wrote");
  }
}

}  // namespace

std::string certificate_json(const CertificateReport& report, const fs::path& folder) {
  return json_text(document_of(report, folder), 1) + "\n";
}

void write_certificate(const CertificateReport& report, const fs::path& folder) {
  make_folder(folder);
  write_file(folder / "certificate.html", certificate_html(report));
  write_file(folder / "certificate.json", certificate_json(report, folder));
}

RecordedCertificate read_certificate(const fs::path& path) {
  constexpr std::size_t kLargest = std::size_t{1} << 28;
  RecordedCertificate recorded;
  recorded.text = read_file(path, kLargest);
  const Json document = parsed(recorded.text, path.string());
  const fs::path folder = fs::absolute(path).parent_path();
  try {
    recorded.granted = document.at("verdict").get<std::string>() == "granted";
    recorded.policy_text = document.at("policy").at("text").get<std::string>();
    recorded.policy_sha256 = document.at("policy").at("sha256").get<std::string>();
    recorded.inputs = inputs_of(document.at("request"), folder);
    for (const Json& file : document.at("files")) {
      recorded.files.push_back({file.at("role").get<std::string>(),
                                seen_through(folder, file.at("path").get<std::string>()),
                                file.at("sha256").get<std::string>()});
    }
  } catch (const Json::exception&) {
    throw InputError("this is no certificate: a key is missing or of another kind", path.string(),
                     "give the certificate.json that niwaki certify wrote");
  }
  return recorded;
}

std::optional<std::string> certificate_difference(const std::string& recorded, const std::string& fresh) {
  std::array<Json, 2> documents = {parsed(recorded, "the certificate"), parsed(fresh, "the certificate made anew")};
  for (Json& document : documents) {
    document.erase("request");
    document.erase("niwaki");
    for (Json& file : document["files"]) {
      file.erase("path");
    }
  }
  if (documents[0] == documents[1]) {
    return std::nullopt;
  }
  return Json::diff(documents[0], documents[1]).front().at("path").get<std::string>();
}

}  // namespace niwaki
