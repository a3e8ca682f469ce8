#include "niwaki/audit/certificate/certificate_data.hpp"

#include <algorithm>
#include <map>

#include "niwaki/audit/aligned_scores.hpp"
#include "niwaki/audit/certificate/part_assignment.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/scores/grid.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

/// A system's score tables: one, or one a seed whose mean it is.
struct TableSet {
  std::string role;  // "scores of the dense network"
  std::vector<std::string> paths;
  std::vector<std::uint64_t> seeds;  // of the paths, or empty
};

struct SystemTables {
  TableSet dense;
  std::vector<Candidate> candidates;
  std::vector<TableSet> tables;  // of the candidates
};

std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
  return fmt::format("{}", fmt::join(seeds, ", "));
}

std::string dense_role() {
  return "scores of the dense network";
}

/// `file.npz:key` is a file and a key in it.
fs::path file_of_table(const std::string& path) {
  const std::size_t archive = path.rfind(".npz:");
  return archive == std::string::npos ? fs::path(path) : fs::path(path.substr(0, archive + 4));
}

/// Which networks of a manifest the certificate is about.
class ChosenNetworks {
 public:
  ChosenNetworks(const ScoreGrid& grid, const CertificateInputs& inputs) : method_(inputs.method), seeds_(grid.seeds) {
    const std::string source = inputs.scores.string();
    if (method_.empty() && grid.methods.size() > 1) {
      throw InputError("the scores have several methods, and a certificate is about one", source,
                       fmt::format("choose one: --method {}", joined(grid.methods, " or ")));
    }
    method_ = method_.empty() ? grid.methods.front() : method_;
    if (std::ranges::find(grid.methods, method_) == grid.methods.end()) {
      throw InputError(fmt::format("there is no method '{}'{}", method_, did_you_mean(method_, grid.methods)), source,
                       fmt::format("choose {}", joined(grid.methods, " or ")));
    }
    if (inputs.average) {
      return;
    }
    if (!inputs.seed && seeds_.size() > 1) {
      throw InputError(fmt::format("the scores have {} networks, and a certificate is about one", seeds_.size()),
                       source,
                       "choose one of the seeds with --network, or --network average for all of them as one system");
    }
    if (inputs.seed && std::ranges::find(seeds_, *inputs.seed) == seeds_.end()) {
      throw InputError(fmt::format("there is no seed {}", *inputs.seed), source,
                       fmt::format("choose {}", seeds_text(seeds_)));
    }
    seeds_ = {inputs.seed.value_or(seeds_.front())};
  }

  [[nodiscard]] const std::string& method() const { return method_; }

  [[nodiscard]] std::string text(bool average) const {
    return average ? fmt::format("method '{}'; the mean probability of the networks of seeds {} is one system", method_,
                                 seeds_text(seeds_))
                   : fmt::format("method '{}', network of seed {}", method_, seeds_text(seeds_));
  }

  [[nodiscard]] TableSet tables(const ScoreGrid& grid, double sparsity) const {
    TableSet set;
    set.role = sparsity > 0.0 ? fmt::format("scores at sparsity {}", shortest(sparsity)) : dense_role();
    set.seeds = seeds_;
    for (const std::uint64_t seed : seeds_) {
      set.paths.push_back(grid.table_path(grid.entry(method_, seed, sparsity)));
    }
    return set;
  }

  /// The dense network in the build scores: of the same method, or the only dense one that they have.
  [[nodiscard]] TableSet build_dense(const ScoreGrid& build, const std::string& source) const {
    TableSet set{"build " + dense_role(), {}, seeds_};
    std::vector<std::string> owners;
    for (const GridEntry& entry : build.entries) {
      if (entry.sparsity == 0.0 && std::ranges::find(owners, entry.method) == owners.end()) {
        owners.push_back(entry.method);
      }
    }
    for (const std::uint64_t seed : seeds_) {
      const auto found = std::ranges::find_if(build.entries, [&](const GridEntry& entry) {
        return entry.sparsity == 0.0 && entry.seed == seed && (owners.size() == 1 || entry.method == method_);
      });
      if (found == build.entries.end()) {
        throw InputError(fmt::format("there is no dense table of method '{}', seed {}", method_, seed), source,
                         "list sparsity 0 of the network that is certified");
      }
      set.paths.push_back(build.table_path(*found));
    }
    return set;
  }

 private:
  std::string method_;
  std::vector<std::uint64_t> seeds_;
};

std::vector<double> walk_order(const ScoreGrid& grid, const std::string& method, const CertificatePolicy& policy,
                               const std::string& source) {
  std::vector<double> there = grid.sparsities(method);
  there.erase(there.begin());
  if (there.empty()) {
    throw InputError("the scores have no sparsity above 0", source, "list the pruned network's tables");
  }
  if (policy.sparsities.empty()) {
    return there;
  }
  for (const double wanted : policy.sparsities) {
    if (std::ranges::none_of(there, [&](double sparsity) { return std::abs(sparsity - wanted) < 1e-9; })) {
      throw InputError(fmt::format("the policy's order has sparsity {}, the scores do not", shortest(wanted)), source,
                       fmt::format("the scores have {}", fmt::join(there, ", ")));
    }
  }
  return policy.sparsities;
}

SystemTables tables_of_manifest(const ScoreGrid& grid, const ChosenNetworks& networks, const CertificatePolicy& policy,
                                const std::string& source) {
  SystemTables system;
  system.dense = networks.tables(grid, 0.0);
  for (const double sparsity : walk_order(grid, networks.method(), policy, source)) {
    system.candidates.push_back({fmt::format("sparsity {}", shortest(sparsity)), sparsity});
    system.tables.push_back(networks.tables(grid, sparsity));
  }
  return system;
}

SystemTables tables_of_candidates(const CertificateInputs& inputs, const CertificatePolicy& policy) {
  if (!policy.sparsities.empty()) {
    throw InputError("the policy gives an order of sparsities, and candidates have none", "--candidate",
                     "give --candidate once for each, in the order in which they are to be tried, and leave "
                     "sparsities out of the policy");
  }
  SystemTables system;
  system.dense = {dense_role(), {inputs.dense}, {}};
  for (const std::string& path : inputs.candidates) {
    const std::string name = fs::path(path).stem().string();
    system.candidates.push_back({name, std::nullopt});
    system.tables.push_back({fmt::format("scores of candidate '{}'", name), {path}, {}});
  }
  return system;
}

/// Reads and hashes.
class Loader {
 public:
  Loader(LoadedCertificate& loaded, bool logits) : loaded_(loaded), logits_(logits) {}

  void hash(const std::string& role, const fs::path& path) { loaded_.files.push_back({role, path, sha256_file(path)}); }

  /// The mean over the set's tables, in the order of `cohort`.
  std::vector<float> read(const Cohort& cohort, const TableSet& set) {
    const AlignedScoreReader reader(cohort, logits_);
    if (set.paths.size() == 1) {
      hash_table(set, 0);
      return reader.read(set.paths.front()).values;
    }
    std::vector<double> sum(cohort.labels.size());
    for (std::size_t i = 0; i < set.paths.size(); ++i) {
      hash_table(set, i);
      const std::vector<float> values = reader.read(set.paths[i]).values;
      std::ranges::transform(sum, values, sum.begin(),
                             [](double so_far, float value) { return so_far + static_cast<double>(value); });
    }
    std::vector<float> mean(sum.size());
    std::ranges::transform(sum, mean.begin(), [&](double value) {
      return static_cast<float>(value / static_cast<double>(set.paths.size()));
    });
    return mean;
  }

 private:
  void hash_table(const TableSet& set, std::size_t index) {
    const std::string seed = set.paths.size() > 1 ? fmt::format(", seed {}", set.seeds[index]) : "";
    hash(set.role + seed, file_of_table(set.paths[index]));
  }

  LoadedCertificate& loaded_;
  bool logits_;
};

std::vector<float> rows_of_table(const std::vector<float>& table, const std::vector<std::size_t>& rows,
                                 std::size_t classes) {
  std::vector<float> taken;
  taken.reserve(rows.size() * classes);
  for (const std::size_t row : rows) {
    const auto begin = table.begin() + static_cast<std::ptrdiff_t>(row * classes);
    taken.insert(taken.end(), begin, begin + static_cast<std::ptrdiff_t>(classes));
  }
  return taken;
}

/// Deals the rows of one cohort's tables out to the parts that they are in.
class Dealer {
 public:
  Dealer(const Cohort& cohort, const PartAssignment& assignment, CertificateData& data)
      : classes_(cohort.classes.size()), data_(data) {
    for (std::size_t part = 0; part < rows_.size(); ++part) {
      rows_[part] = assignment.rows(static_cast<CertificatePart>(part));
      if (!rows_[part].empty()) {
        data.parts[part].cohort = cohort.subset(rows_[part]);
      }
    }
  }

  void dense(const std::vector<float>& table) {
    each([&](PartScores& part, const auto& rows) { part.dense = rows_of_table(table, rows, classes_); });
  }
  void candidate(const std::vector<float>& table) {
    each([&](PartScores& part, const auto& rows) { part.candidates.push_back(rows_of_table(table, rows, classes_)); });
  }

 private:
  template <typename Body>
  void each(const Body& body) {
    for (std::size_t part = 0; part < rows_.size(); ++part) {
      if (!rows_[part].empty()) {
        body(data_.parts[part], rows_[part]);
      }
    }
  }

  std::size_t classes_;
  CertificateData& data_;
  std::array<std::vector<std::size_t>, 3> rows_;
};

void check_parts(const CertificateData& data, const std::string& source) {
  for (std::size_t part = 0; part < data.parts.size(); ++part) {
    if (data.parts[part].cohort.size() == 0) {
      throw InputError(fmt::format("no image is in the {} part", part_name(static_cast<CertificatePart>(part))), source,
                       "each of build, certify and test needs patients");
    }
  }
}

/// The build part from files of its own.
void load_build(const CertificateInputs& inputs, const CertificatePolicy& policy, const Cohort& cohort,
                const ChosenNetworks* networks, Loader& loader, LoadedCertificate& loaded) {
  const std::string source = inputs.build_scores.string();
  PartScores& build = loaded.data.parts[0];
  build.cohort =
      read_labels(inputs.build_labels, {.format = parse_label_format(inputs.label_format), .classes = cohort.classes});
  check_other_patients(build.cohort, cohort, inputs.build_labels.string());
  loader.hash("build labels", inputs.build_labels);
  loader.hash("build scores", inputs.build_scores);
  const ScoreGrid grid = read_grid(inputs.build_scores);
  CertificateInputs of_build;  // candidates name no network: the build scores must have one
  of_build.scores = inputs.build_scores;
  const ChosenNetworks& chosen = networks != nullptr ? *networks : ChosenNetworks(grid, of_build);
  build.dense = loader.read(build.cohort, chosen.build_dense(grid, source));
  if (policy.own_operating_point) {
    for (const Candidate& candidate : loaded.data.candidates) {
      const std::vector<double> there = grid.sparsities(chosen.method());
      if (!candidate.sparsity || std::ranges::find(there, *candidate.sparsity) == there.end()) {
        throw InputError(
            fmt::format("the build scores lack {}, which is to have an operating point of its own", candidate.name),
            source, "add its table, or let the policy say pruned_operating_point = \"same\"");
      }
      TableSet tables = chosen.tables(grid, *candidate.sparsity);
      tables.role = "build " + tables.role;
      build.candidates.push_back(loader.read(build.cohort, tables));
    }
  }
}

/// The networks behind score tables of a study.
void load_study_models(const CertificateInputs& inputs, const SystemTables& system, Loader& loader) {
  std::vector<TableSet> sets = system.tables;
  sets.insert(sets.begin(), system.dense);
  for (const TableSet& set : sets) {
    for (const std::string& table : set.paths) {
      const fs::path name = fs::path(table).lexically_relative(inputs.scores.parent_path()).replace_extension();
      loader.hash("model of " + name.string(), (inputs.model_folder / name).string() + ".onnx.zst");
    }
  }
}

void load_models(const CertificateInputs& inputs, const SystemTables& system, Loader& loader) {
  if (!inputs.model_folder.empty()) {
    load_study_models(inputs, system, loader);
  }
  if (!inputs.dense_model.empty()) {
    loader.hash("dense model", inputs.dense_model);
  }
  for (const fs::path& model : inputs.pruned_models) {
    loader.hash("pruned model", model);
  }
}

}  // namespace

CertificateInputs inputs_of_study(const fs::path& study) {
  CertificateInputs inputs;
  inputs.labels = study / "cohort/test.csv";
  inputs.scores = study / "scores/scores.csv";
  inputs.build_labels = study / "cohort/validation.csv";
  inputs.build_scores = study / "validation/scores.csv";
  inputs.model_folder = study / "models";
  for (const fs::path& file : {inputs.labels, inputs.scores, inputs.build_labels, inputs.build_scores}) {
    if (!fs::exists(file)) {
      throw InputError("this is no finished study", file.string(),
                       "give a study's folder whose scores are there, or --labels and --scores");
    }
  }
  return inputs;
}

LoadedCertificate load_certificate(const CertificateInputs& inputs, const CertificatePolicy& policy) {
  LoadedCertificate loaded;
  Loader loader(loaded, inputs.logits);
  const bool build_apart = !inputs.build_labels.empty();
  const Cohort cohort = read_labels(inputs.labels, {.format = parse_label_format(inputs.label_format), .classes = {}});
  (void)requirements_of(policy, cohort.classes, inputs.labels.string());  // before any table is read
  loader.hash("labels", inputs.labels);
  const PartAssignment assignment =
      inputs.split.empty() ? divide_parts(cohort, policy, build_apart) : read_parts(cohort, inputs.split, build_apart);
  if (!inputs.split.empty()) {
    loader.hash("split", inputs.split);
  }
  loaded.split_rule = assignment.rule;
  loaded.split_sha256 = parts_hash(cohort, assignment);

  std::optional<ScoreGrid> grid;
  std::optional<ChosenNetworks> networks;
  SystemTables system;
  if (inputs.scores.empty()) {
    system = tables_of_candidates(inputs, policy);
    loaded.system = "score tables of a dense network and of what would take its place";
  } else {
    grid = read_grid(inputs.scores);
    loader.hash("scores", inputs.scores);
    networks.emplace(*grid, inputs);
    system = tables_of_manifest(*grid, *networks, policy, inputs.scores.string());
    loaded.system = networks->text(inputs.average);
  }
  loaded.data.candidates = system.candidates;
  Dealer dealer(cohort, assignment, loaded.data);
  dealer.dense(loader.read(cohort, system.dense));
  for (const TableSet& tables : system.tables) {
    dealer.candidate(loader.read(cohort, tables));
  }
  if (build_apart) {
    load_build(inputs, policy, cohort, networks ? &*networks : nullptr, loader, loaded);
  }
  check_parts(loaded.data, inputs.split.empty() ? inputs.labels.string() : inputs.split.string());
  load_models(inputs, system, loader);
  return loaded;
}

}  // namespace niwaki
