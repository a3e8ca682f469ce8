#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/guard/guard_data.hpp"
#include "niwaki/audit/guard/logistic_regression.hpp"
#include "niwaki/audit/guard/signals.hpp"
#include "niwaki/audit/result.hpp"
#include "niwaki/metrics/operating_point.hpp"

namespace niwaki {

/// Milliseconds an image.
struct GuardTimes {
  double dense = 0.0;
  double pruned = 0.0;
  std::optional<double> second;  // needed where there is a second network
  void check() const;            // throws InputError naming what is not above 0
};

/// What the learnt combination is to foretell of a calibration image.
enum class GuardTarget {
  kExemplars,        // it is an exemplar by scores averaged over the seeds, as the audit has it
  kExemplarsOfSeed,  // by this seed's networks alone
  kChangedCalls,     // a call at the operating points changes
};
/// "exemplars", "exemplars-of-seed" or "changed-calls". Throws InputError for another name.
GuardTarget parse_guard_target(const std::string& name);
const char* guard_target_name(GuardTarget target);

struct GuardOptions {
  std::vector<double> rates = {0.01, 0.02, 0.05, 0.1, 0.2, 0.3};  // of images deferred, rising, in (0, 1)
  std::string signal = "combination";                             // that the guarded system goes by
  bool foretold_scores = true;  // what stays gets the dense scores foretold for it; else the pruned network's own
  GuardTarget target = GuardTarget::kExemplarsOfSeed;
  double exemplar_fraction = 0.05;           // share of images that are exemplars, in (0, 1)
  double ridge = 1.0;                        // of the combination, above 0
  OperatingPointRule operating_point;        // chosen on the calibration images, on the dense network
  std::vector<std::size_t> train_positives;  // by which classes are rare, one a class; empty: calibration positives
  std::size_t minimum_patients = 20;         // with, and without, a class; below, nothing is said of it; 2 or more
  std::size_t resamples = 2000;              // of the test patients; 0: no intervals; else 100 to 1,000,000
  std::uint64_t seed = 1;                    // of the resamples ("guard/resamples") and folds ("guard/folds")
  std::optional<GuardTimes> times;
  void check() const;  // throws InputError naming the field
};

/// A figure of each seed, their mean, and an interval of the mean over resamples of the test patients, networks and
/// thresholds held fixed.
struct SeedFigure {
  Figure mean;
  FigureInterval interval;
  std::vector<Figure> by_seed;
};

/// What happens at one threshold, on the test images.
struct DeferralPoint {
  double rate = 0.0;                // asked for
  std::vector<double> thresholds;   // one a seed: an image is deferred whose signal is at least this; infinite: none
  std::vector<double> calibration;  // share of the calibration images deferred, one a seed; at most `rate`
  SeedFigure deferred;              // share of the test images; what random deferral would catch of anything
  SeedFigure exemplars;             // share caught, of the exemplars by scores averaged over the seeds
  SeedFigure exemplars_of_seed;     // ... of the exemplars of each seed
  SeedFigure changed_calls;         // ... of the images on which a call changes
  SeedFigure milliseconds;          // mean time an image
  SeedFigure speed;                 // how many times as fast as the dense network
};

struct SignalResult {
  std::string name;
  SignalNeeds needs = SignalNeeds::kNothing;
  std::vector<DeferralPoint> points;  // one a rate
};

/// What is left of a class's figures under a guard.
enum class RestoredVerdict {
  kNone,                  // no intervals
  kInsufficientEvidence,  // too few patients with or without the class
  kHigher,                // the interval of guarded - pruned lies above 0
  kLower,                 // ... below 0
  kNotShown
};
const char* restored_verdict_name(RestoredVerdict verdict);

/// One figure of a class of the guarded system at one rate, beside the pruned and the dense network's. Means over
/// seeds.
struct RestoredFigure {
  Figure value;
  FigureInterval interval;
  Figure gain, gap;  // less the pruned network's; less the dense one's
  FigureInterval gain_interval, gap_interval;
  RestoredVerdict verdict = RestoredVerdict::kNone;  // by gain_interval
};

constexpr std::array<const char*, 3> kGuardedFigures = {"ap", "sensitivity", "specificity"};

struct GuardedClass {
  std::string name;  // "macro": the mean over the classes that can be measured, its AP alone
  std::size_t positives = 0, positive_patients = 0;
  bool enough_patients = false;
  // One a figure of kGuardedFigures:
  std::array<Figure, kGuardedFigures.size()> dense, pruned;
  std::array<FigureInterval, kGuardedFigures.size()> dense_interval, pruned_interval;
  std::vector<std::array<RestoredFigure, kGuardedFigures.size()>> guarded;  // nothing deferred, then one a rate
};

/// A learnt combination of signals: the linear part of the logistic regression.
struct Combination {
  std::string name;                  // "combination", "combination-with-second"
  std::vector<std::string> columns;  // the signals that are combined
  LogisticRegression model;
};

/// The guard of one seed: what is learnt beside the thresholds.
struct FittedGuard {
  std::uint64_t seed = 0;
  std::vector<double> operating_points;  // one a class; NaN: none
  std::vector<Combination> combinations;
  std::size_t targets = 0;  // calibration images that these were to foretell
};

/// Of each image, for tables: what it is and what the signals say.
struct GuardImages {
  std::vector<char> exemplar;                       // by scores averaged over the seeds
  std::vector<std::vector<char>> exemplar_of_seed;  // [seed][image]
  std::vector<std::vector<char>> changed;           // [seed][image]
  std::vector<SignalTable> signals;                 // one a seed; the columns of GuardResult::signals
  std::vector<std::vector<float>> kept;             // [seed]: the scores [images, classes] that images get which stay
};

struct GuardResult {
  std::string method;
  double sparsity = 0.0;
  std::optional<double> second_sparsity;
  std::vector<std::uint64_t> seeds;
  std::vector<std::string> classes, rarest;
  std::size_t calibration_images = 0, calibration_patients = 0, calibration_exemplars = 0;
  std::size_t test_images = 0, test_patients = 0, test_exemplars = 0;
  bool divided = false;
  GuardOptions options;
  std::vector<SignalResult> signals;
  std::vector<FittedGuard> guards;    // one a seed
  std::vector<GuardedClass> guarded;  // one a class, then "macro"
  GuardImages calibration, test;
  std::vector<Note> notes;
};

/// Learns a guard for each seed on the calibration images, and tries it on the test images. Definitions: docs/guard.md.
/// The same result with any number of threads. Throws InputError where the calibration images are too few (one patient;
/// no exemplar, or nothing but exemplars), and for a signal that cannot be had.
GuardResult guard(const GuardData& data, const GuardOptions& options);

/// The lowest of the values from which on at most floor(rate x count) of them lie; infinite where already the highest
/// (with those that equal it) are more. `values`: not empty.
double deferral_threshold(std::span<const double> values, double rate);

}  // namespace niwaki
