#include "niwaki/study/exemplar_explanation.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "niwaki/audit/decision/outside_evidence.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/explain/explain_files.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/report/audit_reading.hpp"
#include "niwaki/report/exemplar_maps.hpp"
#include "niwaki/study/store.hpp"
#include "niwaki/study/study.hpp"
#include "niwaki/study/study_cohort.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSeed = 0;     // whose networks are explained
constexpr std::uint64_t kAnother = 1;  // the training beside it

std::string how_to_finish(const fs::path& study) {
  return fmt::format("niwaki study {0}/recipe.toml --out {0} does what is missing", study.string());
}

/// A finished study, opened to be explained.
struct OpenedStudy {
  fs::path folder;
  Recipe recipe;
  std::shared_ptr<const StudyCohort> cohort;
  AuditResult audit;
  std::vector<NetworkFile> files;
};

OpenedStudy opened(const fs::path& folder) {
  OpenedStudy study{.folder = folder, .recipe = recipe_of_study(folder), .cohort = {}, .audit = {}, .files = {}};
  if (!fs::exists(folder / "audit" / "audit.json")) {
    throw InputError("the study has no audit, so it has no exemplars", folder.string(), how_to_finish(folder));
  }
  study.audit = read_audit(folder / "audit" / "audit.json");
  study.files = network_files(folder);
  study.cohort = std::make_shared<const StudyCohort>(open_study_cohort(study.recipe, study.recipe.input));
  const std::vector<UnitRecord> records = read_study_records(folder);
  const auto cohort = std::ranges::find(records, "cohort", &UnitRecord::id);
  if (cohort == records.end() || cohort->input_hash != study.cohort->hash) {
    throw InputError("labels, splits or pictures are not those that the study is of", folder.string(),
                     how_to_finish(folder));
  }
  return study;
}

/// The audit's methods that are asked for and whose exemplars the page shows.
std::vector<const MethodResult*> shown_methods(const OpenedStudy& study, const std::string& asked) {
  if (study.recipe.gallery == 0) {
    throw InputError("the study's page shows no exemplars", "report.gallery",
                     fmt::format("niwaki study {0}/recipe.toml --set report.gallery=24 --out {0} makes one that does",
                                 study.folder.string()));
  }
  std::vector<std::string> names;
  std::vector<const MethodResult*> shown;
  for (const MethodResult& method : study.audit.methods) {
    names.push_back(method.method);
    if ((asked.empty() || method.method == asked) && !method.exemplars.exemplars.empty()) {
      shown.push_back(&method);
    }
  }
  if (!asked.empty() && std::ranges::find(names, asked) == names.end()) {
    throw InputError(fmt::format("the study has no method '{}'{}", asked, did_you_mean(asked, names)), "--pruned",
                     fmt::format("it has {}", joined(names, ", ")));
  }
  if (shown.empty()) {
    throw InputError("the audit chose no exemplars", (study.folder / "audit" / "audit.json").string(),
                     "its notes say why: choose a sparsity of the study for audit.exemplar_sparsity, or a larger "
                     "audit.exemplar_fraction, and run the study again");
  }
  return shown;
}

/// Networks of the study, and what the page's index says of each.
struct StudyNetworks {
  std::vector<NamedNetwork> named;
  std::vector<MappedNetwork> mapped;
};

/// Hashed before it is read: of one that changes meanwhile, the maps do not count.
void add_network(const OpenedStudy& study, const NetworkFile& file, MappedRole role, StudyNetworks& networks) {
  const std::string hash = sha256_file(file.path);
  if (role == MappedRole::kAnotherTraining && hash == networks.mapped.front().sha256) {
    return;  // it is the same
  }
  networks.mapped.push_back({.role = role, .seed = file.seed, .sparsity = file.sparsity, .sha256 = hash, .layer = {}});
  networks.named.push_back({file.path.lexically_relative(study.folder).generic_string(), read_onnx(file.path)});
}

const NetworkFile& needed_file(const OpenedStudy& study, const std::string& method, double sparsity) {
  const NetworkFile* const file = find_network_file(study.files, method, kSeed, sparsity);
  if (file == nullptr) {
    throw InputError(sparsity == 0.0 ? fmt::format("the dense network of seed {} is not there", kSeed)
                                     : fmt::format("the network of seed {} that {} pruned to {} is not there", kSeed,
                                                   method, shortest(sparsity)),
                     (study.folder / "models").string(), how_to_finish(study.folder));
  }
  return *file;
}

/// The dense network, the pruned one, and the second seed's dense one where that was trained.
StudyNetworks networks_of(const OpenedStudy& study, const MethodResult& method) {
  StudyNetworks networks;
  add_network(study, needed_file(study, "", 0.0), MappedRole::kDense, networks);
  add_network(study, needed_file(study, method.method, method.exemplars.sparsity), MappedRole::kPruned, networks);
  const NetworkFile* const other = find_network_file(study.files, "", kAnother, 0.0);
  if (other != nullptr && study.recipe.train.epochs > 0) {
    add_network(study, *other, MappedRole::kAnotherTraining, networks);
  }
  return networks;
}

/// The place of each of the audit's classes among the network's.
std::vector<std::size_t> places_of_classes(const AuditResult& audit, const NamedNetwork& network) {
  std::vector<std::size_t> places;
  for (const AuditClass& entry : audit.classes) {
    const auto found = std::ranges::find(network.graph.classes, entry.name);
    if (found == network.graph.classes.end()) {
      throw InputError(fmt::format("the network does not know the audit's class '{}'", entry.name), network.name,
                       "run the study again");
    }
    places.push_back(static_cast<std::size_t>(found - network.graph.classes.begin()));
  }
  return places;
}

std::vector<std::size_t> test_rows_of(const OpenedStudy& study, const MethodResult& method, std::size_t count) {
  const Cohort& test = study.cohort->test.cohort;
  std::map<std::string, std::size_t> rows;
  for (std::size_t row = 0; row < test.size(); ++row) {
    rows.emplace(test.records[row].id, row);
  }
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = rows.find(method.exemplars.exemplars[i].id);
    if (row == rows.end()) {
      throw InputError("an exemplar of the audit is none of the test images",
                       (study.folder / "audit" / "audit.json").string(), how_to_finish(study.folder));
    }
    found.push_back(row->second);
  }
  return found;
}

ImagesToExplain images_of(const OpenedStudy& study, const MethodResult& method, const NamedNetwork& dense) {
  const std::size_t count = std::min(method.exemplars.exemplars.size(), study.recipe.gallery);
  const std::vector<std::size_t> places = places_of_classes(study.audit, dense);
  const std::vector<std::size_t> rows = test_rows_of(study, method, count);
  ImagesToExplain images{.cohort = study.cohort->test.cohort.subset(rows), .read = {}, .classes = {}};
  for (std::size_t i = 0; i < count; ++i) {
    const Exemplar& exemplar = method.exemplars.exemplars[i];
    images.classes.push_back({places[class_to_explain(exemplar, method.exemplars.images.flips.at(exemplar.row))]});
  }
  images.read = [cohort = study.cohort, rows](std::size_t i) { return cohort->test.images->image(rows[i]); };
  return images;
}

MethodMaps maps_for_page(const OpenedStudy& study, const ExplainedMethod& explained,
                         std::vector<MappedNetwork> networks, std::size_t side) {
  const Explanation& explanation = explained.explanation;
  MethodMaps maps{.method = explained.method,
                  .sparsity = explained.sparsity,
                  .kind = map_method_name(explanation.options.maps.method),
                  .data = study.cohort->hash,
                  .networks = std::move(networks),
                  .exemplars = {}};
  for (std::size_t number = 0; number < maps.networks.size(); ++number) {
    const NetworkMaps& made = explanation.networks[number];
    maps.networks[number].layer = made.layer;
    maps.networks[number].rows = made.grid.rows();
    maps.networks[number].columns = made.grid.columns();
  }
  for (std::size_t pair = 0; pair < explanation.pairs.size(); ++pair) {
    const ExplainedPair& shown = explanation.pairs[pair];
    MappedExemplar& exemplar = maps.exemplars.emplace_back();
    exemplar.id = explanation.cohort.records[shown.row].id;
    exemplar.finding = explanation.classes[shown.name];
    const Image picture = explanation.read(shown.row);
    for (std::size_t number = 0; number < maps.networks.size(); ++number) {
      const MapFigures& figures = explanation.networks[number].figures[pair];
      exemplar.maps.push_back({.probability = static_cast<double>(figures.probability),
                               .flat = figures.flat,
                               .correlation = figures.correlation,
                               .picture = map_overlay(explanation, pair, number, picture, side)});
    }
  }
  return maps;
}

ExplainedMethod explain_method(const OpenedStudy& study, const MethodResult& method, const StudyExplainOptions& options,
                               Progress& progress) {
  StudyNetworks networks = networks_of(study, method);
  ExplainOptions chosen = options.explain;
  chosen.classes.clear();
  chosen.reading = study.recipe.reading;
  ExplainedMethod explained{.method = method.method,
                            .sparsity = method.exemplars.sparsity,
                            .folder = maps_folder(study.folder, method.method),
                            .drawn = {},
                            .explanation = explain(networks.named, images_of(study, method, networks.named.front()),
                                                   study.recipe.input, chosen, progress)};
  explained.drawn = pairs_to_draw(explained.explanation, options.pictures);
  const MethodMaps maps = maps_for_page(study, explained, std::move(networks.mapped), options.page_side);
  remove_method_maps(study.folder, method.method);
  write_explanation(explained.explanation, explained.folder, options.pictures);
  write_method_maps(study.folder, maps);
  return explained;
}

}  // namespace

std::size_t class_to_explain(const Exemplar& exemplar, const std::vector<Flip>& flips) {
  NIWAKI_CHECK(!exemplar.dense.empty() && exemplar.dense.size() == exemplar.pruned.size(), "{} and {} probabilities",
               exemplar.dense.size(), exemplar.pruned.size());
  const auto change = [&](std::size_t column) { return std::abs(exemplar.pruned[column] - exemplar.dense[column]); };
  std::vector<std::size_t> columns(exemplar.dense.size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  if (!flips.empty()) {
    columns.clear();
    std::ranges::transform(flips, std::back_inserter(columns), &Flip::finding);
  }
  const std::size_t most = *std::ranges::max_element(columns, {}, change);
  return !flips.empty() || change(most) > 0.0F
             ? most
             : static_cast<std::size_t>(std::ranges::max_element(exemplar.dense) - exemplar.dense.begin());
}

std::vector<ExplainedMethod> explain_study(const fs::path& study, const StudyExplainOptions& options,
                                           Progress& progress) {
  options.explain.check();
  const OpenedStudy open = opened(study);
  std::vector<ExplainedMethod> explained;
  for (const MethodResult* const method : shown_methods(open, options.pruned)) {
    explained.push_back(explain_method(open, *method, options, progress));
  }
  return explained;
}

}  // namespace niwaki
