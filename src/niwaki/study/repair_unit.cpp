#include "niwaki/study/repair_unit.hpp"

#include <utility>

#include <fmt/format.h>

#include "niwaki/cohort/chosen_images.hpp"
#include "niwaki/core/log.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/study/calibration.hpp"
#include "niwaki/train/repair/method.hpp"
#include "niwaki/train/repair/repair.hpp"

namespace niwaki {

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
  options.seed = RandomStream(study.recipe.seed, "repair", {unit.seed}).bits();
  Repaired result = repaired(dense, pruned, {images.get(), cohort.label_view()}, options, progress);
  for (const std::string& note : result.notes) {
    log_note(fmt::format("{}: {}", unit.what, note));
  }
  return std::move(result.graph);
}

}  // namespace niwaki
