#include "niwaki/study/study_report.hpp"

#include <algorithm>
#include <optional>
#include <random>

#include "niwaki/cohort/label_text.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/input_file.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/core/version.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/prune/mask.hpp"
#include "niwaki/report/model_card.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

/// Pictures on the page are at most this large.
constexpr std::size_t kLargestThumbnail = 160;
constexpr int kThumbnailQuality = 80;

std::string thumbnail(const ImageSource& images, std::size_t row) {
  Image image = images.image(row);
  const std::size_t side = std::max(image.height, image.width);
  if (side > kLargestThumbnail) {
    image = resized(image, std::max<std::size_t>(1, image.height * kLargestThumbnail / side),
                    std::max<std::size_t>(1, image.width * kLargestThumbnail / side));
  }
  return encode_jpeg(image, kThumbnailQuality);
}

void add_pictures(ReportInput& input, const StudyContext& study, const AuditResult& audit) {
  const StudyPart& test = study.cohort.test;
  for (const MethodResult& method : audit.methods) {
    const std::size_t shown = std::min(method.exemplars.exemplars.size(), study.recipe.gallery);
    for (std::size_t i = 0; i < shown; ++i) {
      const Exemplar& exemplar = method.exemplars.exemplars[i];
      if (!input.pictures.contains(exemplar.id)) {
        input.pictures[exemplar.id] = thumbnail(*test.images, exemplar.row);
      }
    }
  }
}

/// Of every exemplar, also of those without a picture.
void add_labels(ReportInput& input, const StudyContext& study, const AuditResult& audit) {
  const Cohort& test = study.cohort.test.cohort;
  for (const MethodResult& method : audit.methods) {
    for (const Exemplar& exemplar : method.exemplars.exemplars) {
      if (!test.records[exemplar.row].site.empty()) {
        input.sites[exemplar.id] = test.records[exemplar.row].site;
      }
      input.findings[exemplar.id] = positive_classes(test, exemplar.row);
    }
  }
}

std::string cohort_fact(const StudyContext& study) {
  const auto part = [](const StudyPart& split) {
    return fmt::format("{} images of {} patients", split.rows.size(), split.cohort.patients());
  };
  const StudyCohort& cohort = study.cohort;
  return fmt::format("{}; train {}, validation {}, test {}",
                     cohort.phantom ? "phantom, drawn by this program" : "image files", part(cohort.train),
                     part(cohort.validation), part(cohort.test));
}

std::string network_fact(const StudyContext& study) {
  const Recipe& recipe = study.recipe;
  const Graph graph = starting_network(recipe, study.cohort.cohort.classes, 0);
  const std::string name =
      recipe.model_file.empty() ? recipe.architecture : "imported " + recipe.model_file.filename().string();
  return fmt::format("{}, {} parameters, input {} x {} x {}", name, parameter_count(graph), recipe.input.channels,
                     recipe.input.height, recipe.input.width);
}

std::string training_fact(const Recipe& recipe) {
  const TrainOptions& train = recipe.train;
  if (train.epochs == 0) {
    return "none";
  }
  return fmt::format("{} networks, {}, Adam {} ({}), batch {}, at most {} epochs, patience {}", recipe.seeds,
                     train.loss.name, shortest(train.learning_rate), train.schedule, train.batch, train.epochs,
                     train.patience);
}

/// Nominal beside actual sparsity, counted in the first seed's files.
std::string sparsity_fact(const StudyContext& study, const std::vector<Unit>& plan) {
  std::vector<std::string> parts;
  Graph dense;
  for (const Unit& unit : plan) {
    if (unit.kind == UnitKind::kPredict && unit.seed == 0 && unit.sparsity == 0) {
      dense = read_onnx(study.folder / model_path(unit));
    }
    const bool highest =
        unit.kind == UnitKind::kPredict && unit.seed == 0 && unit.sparsity == study.recipe.sparsities.back();
    if (highest) {
      const SparsityReport report = measure_sparsity(read_onnx(study.folder / model_path(unit)), dense);
      parts.push_back(fmt::format("{} at {} nominal: {:.6f} actual ({} of {} weights left)", unit.method,
                                  shortest(unit.sparsity), report.sparsity(), report.nonzero(), report.weights()));
    }
  }
  return joined(parts, "; ");
}

/// The files of all predicted networks as they were written: the dense ones each, and one hash over all.
std::string model_fact(const std::vector<Unit>& plan, const StudyStore& store) {
  std::vector<std::string> dense;
  Hasher all;
  std::size_t networks = 0;
  for (const Unit& unit : plan) {
    const std::optional<UnitRecord> record = unit.kind == UnitKind::kPredict ? store.find(unit.id) : std::nullopt;
    if (!record) {
      continue;
    }
    for (const OutputFile& file : record->outputs) {
      if (file.path == model_path(unit)) {
        all.add(file.path).add(file.sha256);
        ++networks;
        if (unit.sparsity == 0) {
          dense.push_back(fmt::format("seed {} {}", unit.seed, file.sha256));
        }
      }
    }
  }
  return fmt::format("{} networks, SHA-256 over all {}; dense: {}", networks, all.hex(), joined(dense, ", "));
}

}  // namespace

std::string secret_key(const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  if (!fs::exists(file)) {
    std::random_device system;
    std::string key;
    for (int word = 0; word < 8; ++word) {
      key += fmt::format("{:08x}", system());
    }
    write_file(file, key + "\n");
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  }
  const std::string text = read_file(file);
  std::string key(trimmed(text));
  if (key.size() != 64 || key.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw InputError("this is no key of 64 hexadecimal digits", file.string(),
                     "remove it; a new one is made, which gives the images other hashes");
  }
  return key;
}

ReportInput study_report_input(const StudyContext& study, const AuditResult& audit, const std::vector<Unit>& plan,
                               const StudyStore& store) {
  ReportInput input;
  input.title = study.recipe.title;
  input.warnings = study.cohort.warnings;
  input.recipe = recipe_text(study.recipe);
  input.facts = {
      {"Cohort", cohort_fact(study)},
      {"Network", network_fact(study)},
      {"Training", training_fact(study.recipe)},
      {"Pruning",
       fmt::format("one-shot, over every convolution and linear weight: {}", joined(study.recipe.methods, ", "))},
      {"Sparsity", sparsity_fact(study, plan)},
      {"Data", "SHA-256 " + study.cohort.hash},
      {"Models", model_fact(plan, store)},
      {"Program", fmt::format("niwaki {}, libtorch {}, {} threads", version(), libtorch_version(), thread_count())},
  };
  input.card_beside = true;
  add_pictures(input, study, audit);
  add_labels(input, study, audit);
  input.maps = read_exemplar_maps(study.folder, study.cohort.hash, audit, study.recipe.gallery);
  input.deployment = {study.recipe.policy, read_outside_evidence(outside_paths_of_study(study.folder), audit),
                      study.recipe.rollout, study.recipe.economics, study.recipe.intended_use};
  return input;
}

std::string hash_of_what_lies_beside(const std::filesystem::path& folder, const std::vector<std::string>& methods) {
  const OutsidePaths outside = outside_paths_of_study(folder);
  std::vector<std::filesystem::path> files = {outside.certificate, outside.guard, outside.times};
  for (const std::string& method : methods) {
    files.push_back(maps_index(folder, method));
  }
  Hasher hasher;
  bool any = false;
  for (const std::filesystem::path& file : files) {
    if (std::filesystem::is_regular_file(file)) {
      hasher.add(file.lexically_relative(folder).generic_string()).add(sha256_file(file));
      any = true;
    }
  }
  return any ? hasher.hex() : "";
}

std::vector<std::string> write_study_report(const std::filesystem::path& folder, const AuditResult& audit,
                                            const ReportInput& input) {
  write_file(folder / "report.html", report_html(audit, input));
  write_file(folder / "decision.json", decision_json(audit, input.deployment));
  write_file(folder / "model-card.md", model_card_markdown(audit, input));
  write_file(folder / "model-card.json", model_card_json(audit, input));
  return {"report.html", "decision.json", "model-card.md", "model-card.json"};
}

}  // namespace niwaki
