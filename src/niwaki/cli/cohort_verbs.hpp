#pragma once

namespace CLI {
class App;
}

namespace niwaki {

/// Each adds one verb below `niwaki cohort`.
void add_cohort_check(CLI::App& cohort);
void add_cohort_convert(CLI::App& cohort);
void add_cohort_describe(CLI::App& cohort);
void add_cohort_quality(CLI::App& cohort);

}  // namespace niwaki
