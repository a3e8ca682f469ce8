#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "niwaki/metrics/bootstrap_interval.hpp"
#include "niwaki/metrics/patient_resamples.hpp"
#include "simulated_cohort.hpp"

namespace niwaki {

constexpr double kConfidence = 0.95;
constexpr std::size_t kPaired = kFirstPruned + 2;  // whose difference from the dense network is looked at alone

/// Figures of all networks: one a network (of a cohort, or the truth), or one a resample.
template <typename T>
struct NetworkFigures {
  std::array<T, kNetworks> ap, auroc;
};
using Figures = NetworkFigures<double>;
using Replicates = NetworkFigures<std::vector<double>>;

Figures figures_of(const SimulatedCohort& cohort);

/// What intervals are made of. `change` is null for the dense network's own figure. A band holds for all pruned
/// networks at once, an interval for kPaired.
struct Measure {
  const char* name;
  bool of_auroc;
  double (*change)(double pruned, double dense);
  bool band;
};

double difference(double pruned, double dense);
double relative_change(double pruned, double dense);  // as audit/change.hpp has it

inline constexpr std::array kMeasures{
    Measure{"ap", false, nullptr, false},
    Measure{"auroc", true, nullptr, false},
    Measure{"ap_change", false, difference, false},
    Measure{"auroc_change", true, difference, false},
    Measure{"relative_ap_change", false, relative_change, false},
    Measure{"ap_change_band", false, difference, true},
    Measure{"auroc_change_band", true, difference, true},
    Measure{"relative_ap_change_band", false, relative_change, true},
};

double value_of(const Measure& measure, const Figures& figures, std::size_t network);

/// One cohort's bootstrap, of patients or of images.
struct Bootstrap {
  Figures estimates;
  Replicates replicates;
  BootstrapOptions options;
  double auroc_resolution = 0.0;  // as logit_interval wants it
};

/// `units`: of each image, what is drawn as a whole, an index into `resamples`. `effective_units`: how many positive
/// ones there are, as BootstrapOptions::effective_patients counts.
Bootstrap bootstrap_of(const SimulatedCohort& cohort, const Figures& estimates, std::span<const std::uint32_t> units,
                       const PatientResamples& resamples, double effective_units);

/// One interval, or those of all pruned networks for a band; nothing where they cannot be had.
using Intervals = std::optional<std::vector<Interval>>;

/// As ClassWeigher (audit/evidence.cpp) makes them, for one training seed.
Intervals audit_intervals(const Measure& measure, const Bootstrap& bootstrap);

/// The replicates' quantiles at 2.5 and 97.5 %; for a band, those of each network side by side.
Intervals plain_intervals(const Measure& measure, const Bootstrap& bootstrap);

/// bootstrap_p of no change from the dense network to its twin.
std::optional<double> twin_p(const Measure& measure, const Bootstrap& bootstrap);

}  // namespace niwaki
