#pragma once

#include "niwaki/core/progress.hpp"
#include "niwaki/model/graph.hpp"
#include "niwaki/study/plan.hpp"
#include "niwaki/study/units.hpp"

namespace niwaki {

/// `pruned` after the repairs that the unit's method names, calibrated on the study's calibration_rows() of the
/// training split; as it came where it names none. What the repairs have to say is logged.
Graph repaired_for_unit(const StudyContext& study, const Unit& unit, const Graph& dense, Graph pruned,
                        Progress& progress);

}  // namespace niwaki
