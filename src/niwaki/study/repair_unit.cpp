#include "niwaki/study/repair_unit.hpp"

#include <utility>

#include <fmt/format.h>

#include "niwaki/cohort/chosen_images.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/study/calibration.hpp"
#include "niwaki/train/gradual.hpp"
#include "niwaki/train/repair/method.hpp"
#include "niwaki/train/repair/repair.hpp"

namespace niwaki {

Graph pruned_for_unit(const StudyContext& study, const Unit& unit, const Graph& dense, Progress& progress) {
  const PruningMethod method = parse_method(unit.method);
  const auto prune = [&](const Graph& network, double sparsity, const WeightStatistics* statistics) {
    return pruned(network, method.criterion, sparsity,
                  RandomStream(study.recipe.seed, "prune/" + method.criterion, {unit.seed}), study.recipe.scope,
                  statistics);
  };
  if (!method.gradual) {
    return prune(dense, unit.sparsity,
                 study.statistics.of(dense, method.criterion, unit.sparsity, unit.seed, progress));
  }
  // Each step's network is judged as it is then.
  const PruneTo prune_step = [&](const Graph& network, double sparsity) {
    const WeightStatistics statistics =
        study.statistics.gathered(network, method.criterion, sparsity, unit.seed, progress);
    return prune(network, sparsity, &statistics);
  };
  const LabelledImages train = {study.cohort.train.images.get(), study.cohort.train.cohort.label_view()};
  return gradually_pruned(dense, unit.sparsity, prune_step, train, study.recipe.gradual,
                          study.recipe.fine_tune_options(unit.seed), progress)
      .network;
}

Graph repaired_for_unit(const StudyContext& study, const Unit& unit, const Graph& dense, Graph pruned,
                        Progress& progress) {
  const PruningMethod method = parse_method(unit.method);
  if (method.repairs.empty()) {
    return pruned;
  }
  const StudyPart& train = study.cohort.train;
  const std::vector<std::size_t> rows =
      calibration_rows(train.cohort, study.recipe.calibration.images, study.recipe.seed);
  const Cohort cohort = train.cohort.subset(rows);
  const auto images = chosen_images(*train.images, rows);
  RepairOptions options;
  options.repairs = method.repairs;
  options.fine_tune = study.recipe.fine_tune_options(unit.seed);
  options.training = {train.images.get(), train.cohort.label_view()};
  options.seed = RandomStream(study.recipe.seed, "repair", {unit.seed}).bits();
  Repaired result = repaired(dense, pruned, {images.get(), cohort.label_view()}, options, progress);
  for (const std::string& note : result.notes) {
    log_note(fmt::format("{}: {}", unit.what, note));
  }
  return std::move(result.graph);
}

}  // namespace niwaki
