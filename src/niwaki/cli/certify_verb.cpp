#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "niwaki/audit/certificate/certificate_data.hpp"
#include "niwaki/cli/options.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/gate_refusal.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/report/certificate_report.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

struct CertifyCommand {
  CommonOptions common;
  std::string study, labels, scores, dense, build_labels, build_scores, split, model_dense, policy, out, verify;
  std::string label_format = "auto";
  std::string method;
  std::string network;
  std::vector<std::string> candidates, model_pruned;
  bool logits = false;

  void run() const {
    common.apply();
    if (verify.empty()) {
      make();
    } else {
      verify_certificate();
    }
  }

 private:
  void make() const {
    if (policy.empty() || out.empty()) {
      throw UsageError("a certificate needs a policy and a place", "--policy, --out", "give both, or --verify");
    }
    if (common.seed) {
      throw UsageError("a certificate's seed is the policy's", "--seed", "write it there: [split] seed = 1");
    }
    CertificateReport report;
    report.inputs = inputs();
    const CertificatePolicy asked = read_policy(policy);
    report.loaded = load_certificate(report.inputs, asked);
    report.result = certify(report.loaded.data, asked, report.inputs.labels.string());
    write_certificate(report, out);
    tell(report);
    if (!report.result.granted) {
      throw GateRefusal("the certificate is refused", (fs::path(out) / "certificate.html").string(),
                        certificate_statement(report.result).front());
    }
  }

  [[nodiscard]] CertificateInputs inputs() const {
    CertificateInputs given = study.empty() ? CertificateInputs{} : inputs_of_study(study);
    const bool tables = !dense.empty() || !candidates.empty();
    if (!study.empty() && (!labels.empty() || !scores.empty() || !build_labels.empty() || tables)) {
      throw UsageError("a study brings its labels and scores", "--labels, --scores, --dense, --candidate",
                       "leave them out, or leave the study out");
    }
    if (study.empty()) {
      if (labels.empty() || scores.empty() == !tables || dense.empty() != candidates.empty()) {
        throw UsageError("it is not clear what is to be certified", "the command line",
                         "give a study; or --labels and --scores; or --labels, --dense and --candidate");
      }
      if (build_labels.empty() != build_scores.empty()) {
        throw UsageError("the build patients need labels and scores", "--build-labels, --build-scores",
                         "give both, or neither");
      }
      given.labels = labels;
      given.scores = scores;
      given.dense = dense;
      given.candidates = candidates;
      given.build_labels = build_labels;
      given.build_scores = build_scores;
    }
    given.label_format = label_format;
    given.logits = logits;
    given.method = method;
    choose_network(given);
    given.split = split;
    given.dense_model = model_dense;
    given.pruned_models.assign(model_pruned.begin(), model_pruned.end());
    return given;
  }

  void choose_network(CertificateInputs& given) const {
    if (network.empty()) {
      return;
    }
    given.average = network == "average";
    const std::optional<std::int64_t> seed = parse_integer(network);
    if (!given.average && (!seed || *seed < 0)) {
      throw UsageError(fmt::format("'{}' is no network", network), "--network",
                       "give a seed of the scores, or average");
    }
    if (!given.average) {
      given.seed = static_cast<std::uint64_t>(*seed);
    }
  }

  void tell(const CertificateReport& report) const {
    if (common.json) {
      print_json(certificate_json(report, out));
      return;
    }
    fmt::print("{}: {}\n", report.result.granted ? "granted" : "refused", report.result.policy.title);
    for (const std::string& sentence : certificate_statement(report.result)) {
      fmt::print("{}\n", sentence);
    }
    fmt::print("written to {}\n", out);
  }

  void verify_certificate() const {
    RecordedCertificate recorded = read_certificate(verify);
    if (sha256(recorded.policy_text) != recorded.policy_sha256) {
      refuse("policy", recorded.policy_sha256, sha256(recorded.policy_text));
    }
    if (!policy.empty() && sha256_file(policy) != recorded.policy_sha256) {
      refuse("policy", recorded.policy_sha256, sha256_file(policy));
    }
    move_inputs(recorded);
    for (const HashedFile& file : recorded.files) {
      if (!file.path.empty() && sha256_file(file.path) != file.sha256) {
        refuse(file.role, file.sha256, sha256_file(file.path));
      }
    }
    CertificateReport report;
    report.inputs = recorded.inputs;
    const CertificatePolicy asked = parse_policy(recorded.policy_text, verify);
    report.loaded = load_certificate(report.inputs, asked);
    compare_files(recorded.files, report.loaded.files);
    report.result = certify(report.loaded.data, asked, report.inputs.labels.string());
    const fs::path folder = fs::absolute(verify).parent_path();
    const auto difference = certificate_difference(recorded.text, certificate_json(report, folder));
    if (difference) {
      throw GateRefusal("the certificate says another thing than its data", fmt::format("{}, {}", verify, *difference),
                        "it was changed, or made by another version; certify anew");
    }
    print_line(common,
               fmt::format("verified: {} files are as they were, and every figure is the same; the verdict is {}",
                           recorded.files.size(), report.result.granted ? "granted" : "refused"));
    if (common.json) {
      print_json(certificate_json(report, folder));
    }
    if (!report.result.granted) {
      throw GateRefusal("the certificate is genuine, and its verdict is refused", verify,
                        certificate_statement(report.result).front());
    }
  }

  [[noreturn]] void refuse(const std::string& role, const std::string& was, const std::string& is) const {
    throw GateRefusal(fmt::format("the certificate does not hold: '{}' has changed", role), verify,
                      fmt::format("its SHA-256 was {} and is {}; certify anew", was, is));
  }

  /// Files that lie elsewhere now. Their hashes are looked at once they are read.
  void move_inputs(RecordedCertificate& recorded) const {
    const auto move = [&](const std::string& given, fs::path& path) {
      if (!given.empty()) {
        const fs::path before = path;
        path = given;
        for (HashedFile& file : recorded.files) {
          file.path = file.path == before ? path : file.path;
        }
      }
    };
    move(labels, recorded.inputs.labels);
    move(split, recorded.inputs.split);
    move(build_labels, recorded.inputs.build_labels);
    move(model_dense, recorded.inputs.dense_model);
    const auto move_manifest = [&](const std::string& given, fs::path& path, const std::string& role) {
      move(given, path);
      if (!given.empty()) {
        for (HashedFile& file : recorded.files) {
          file.path = file.role.starts_with(role) && file.path != path ? fs::path() : file.path;
        }
      }
    };
    move_manifest(scores, recorded.inputs.scores, "scores ");
    move_manifest(build_scores, recorded.inputs.build_scores, "build scores ");
  }

  void compare_files(const std::vector<HashedFile>& recorded, const std::vector<HashedFile>& found) const {
    std::map<std::string, std::vector<std::string>> was;
    for (const HashedFile& file : recorded) {
      was[file.role].push_back(file.sha256);
    }
    std::map<std::string, std::vector<std::string>> is;
    for (const HashedFile& file : found) {
      is[file.role].push_back(file.sha256);
    }
    for (const auto& [role, hashes] : was) {
      if (is[role] != hashes) {
        refuse(role, joined(hashes, ", "), is[role].empty() ? "not there" : joined(is[role], ", "));
      }
    }
  }
};

void add_inputs(CLI::App& verb, CertifyCommand& command) {
  verb.add_option("study", command.study, "A finished study's folder; or --labels and --scores");
  verb.add_option("--labels", command.labels, "Label file of the scored images");
  verb.add_option("--label-format", command.label_format, "auto, niwaki, nih, nih-cxr-lt, mimic-cxr-lt")
      ->capture_default_str();
  verb.add_option("--scores", command.scores, "Manifest CSV: method,seed,sparsity,path");
  verb.add_option("--method", command.method, "Whose networks, where the manifest lists several methods");
  verb.add_option("--network", command.network,
                  "A seed of the manifest, or average: the mean probability of all its seeds as one system");
  verb.add_option("--dense", command.dense, "Instead of --scores: the dense network's score table");
  verb.add_option("--candidate", command.candidates,
                  "and the table of what would take its place (once for each, in the order to be tried)");
  verb.add_flag("--logits", command.logits, "The scores are logits");
  verb.add_option("--build-labels", command.build_labels, "Label file of the patients that everything is chosen on");
  verb.add_option("--build-scores", command.build_scores, "Manifest of their scores");
  verb.add_option("--split", command.split, "CSV id,split (build, certify, test); divided by the policy without it");
  verb.add_option("--model-dense", command.model_dense, "The dense network's file, whose hash is recorded");
  verb.add_option("--model-pruned", command.model_pruned, "The pruned networks' files, whose hashes are recorded");
}

}  // namespace

void add_certify_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "certify", "Proves that a pruned network keeps every class, or says that it cannot be proved (exit code 4)");
  const auto command = std::make_shared<CertifyCommand>();
  add_inputs(*verb, *command);
  verb->add_option("--policy", command->policy, "What must be shown, a TOML file (docs/certificate.md)");
  verb->add_option("--out", command->out, "Folder for certificate.json and certificate.html");
  verb->add_option("--verify", command->verify, "Instead: a certificate.json that is held to its files once more");
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
