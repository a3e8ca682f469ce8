#pragma once

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/study/plan.hpp"
#include "niwaki/study/units.hpp"

namespace niwaki {

/// The unit's network by its method's criterion, at once or by steps with fine-tuning on the training split between
/// them.
Graph pruned_for_unit(const StudyContext& study, const Unit& unit, const Graph& dense, Progress& progress);

/// `pruned` after the repairs that the unit's method names, calibrated on the study's calibration_rows() of the
/// training split; as it came where it names none. What the repairs have to say is logged.
Graph repaired_for_unit(const StudyContext& study, const Unit& unit, const Graph& dense, Graph pruned,
                        Progress& progress);

}  // namespace niwaki
