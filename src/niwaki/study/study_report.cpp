#include "niwaki/study/study_report.hpp"

#include <algorithm>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/core/version.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/prune/mask.hpp"
#include "niwaki/report/report.hpp"

namespace niwaki {
namespace {

/// Pictures on the page are at most this large.
constexpr std::size_t kLargestThumbnail = 160;

std::string thumbnail(const ImageSource& images, std::size_t row) {
  const Preprocessing& shape = images.preprocessing();
  Image image{shape.channels, shape.height, shape.width, std::vector<float>(shape.values())};
  images.read(row, image.pixels);
  const std::size_t side = std::max(image.height, image.width);
  if (side > kLargestThumbnail) {
    image = resized(image, std::max<std::size_t>(1, image.height * kLargestThumbnail / side),
                    std::max<std::size_t>(1, image.width * kLargestThumbnail / side));
  }
  return encode_png(image);
}

void add_pictures(ReportInput& input, const StudyContext& study, const AuditResult& audit) {
  const StudyPart& test = study.cohort.test;
  const MatrixView<const Label> labels = test.cohort.label_view();
  for (const MethodResult& method : audit.methods) {
    const std::size_t shown = std::min(method.exemplars.exemplars.size(), study.recipe.gallery);
    for (std::size_t i = 0; i < shown; ++i) {
      const Exemplar& exemplar = method.exemplars.exemplars[i];
      input.pictures.try_emplace(exemplar.id, thumbnail(*test.images, exemplar.row));
      std::vector<std::string>& findings = input.findings[exemplar.id];
      findings.clear();
      for (std::size_t column = 0; column < labels.columns(); ++column) {
        if (labels(exemplar.row, column) == Label::kPositive) {
          findings.push_back(test.cohort.classes[column]);
        }
      }
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

}  // namespace

void write_study_report(const StudyContext& study, const AuditResult& audit, const std::vector<Unit>& plan) {
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
      {"Program", fmt::format("niwaki {}, libtorch {}, {} threads", version(), libtorch_version(), thread_count())},
  };
  add_pictures(input, study, audit);
  write_file(study.folder / "report.html", report_html(audit, input));
}

}  // namespace niwaki
