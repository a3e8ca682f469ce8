#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/audit/options.hpp"
#include "niwaki/audit/strata/strata_result.hpp"
#include "niwaki/metrics/bootstrap_interval.hpp"

namespace niwaki {

/// A figure, or nothing where it cannot be had (the reason is in AuditResult::notes).
using Figure = std::optional<double>;

struct AuditClass {
  std::string name;
  std::size_t positives = 0;
  std::optional<std::size_t> train_positives;
  std::size_t unknown = 0;
  std::size_t positive_patients = 0;  // patients with a positive image
};

/// A 95% interval, or nothing where it was not asked for or cannot be had (the reason is in AuditResult::notes).
using FigureInterval = std::optional<Interval>;

/// Medians over seeds of the mean over classes that can be measured.
struct MacroPoint {
  double sparsity = 0;
  Figure auroc, ap, f1;
  FigureInterval auroc_interval, ap_interval, f1_interval;  // over resamples of the patients: other patients, these
                                                            // networks
  Figure auroc_mean, ap_mean, f1_mean;                      // means over seeds, with their intervals over patients
  FigureInterval auroc_mean_interval, ap_mean_interval;
  Figure brier, log_loss, calibration_error;  // the last two of each class on its own
  Figure pooled_calibration_error;            // of all classes' probabilities in one set of bins
};

/// What the seeds say: other trainings, these patients. Of macro AP at one sparsity.
struct SeedPoint {
  double sparsity = 0;
  Figure mean, deviation;        // over seeds
  FigureInterval interval;       // of the mean, Student's t
  Figure paired_p, paired_holm;  // Student's t of the pairs of one seed, two-sided; adjusted over the sparsities
  Figure welch_p, welch_holm;    // two-sided, against the dense networks; adjusted over the sparsities
  Figure mann_whitney_p, mann_whitney_holm;
  bool below = false;  // the mean is below the dense networks'
};

/// Level 1: the network as a whole.
struct GlobalResult {
  std::vector<SeedPoint> points;                   // one a sparsity, 0 first
  std::optional<double> first_below_paired;        // by the paired test
  std::optional<double> first_below_welch;         // lowest sparsity significantly below dense, adjusted p < 0.05
  std::optional<double> first_below_mann_whitney;  // the same
  std::optional<double> within_tolerance;          // highest sparsity up to which macro AP loses less than tolerance
  std::optional<double> shown_within_tolerance;    // the same for the lower end of the simultaneous band over patients
  std::vector<Figure> delta_ap;  // median over seeds of the relative change of macro AP, one a sparsity above 0
  std::vector<FigureInterval> delta_ap_intervals;  // over resamples of the patients, each for its own sparsity
  std::vector<FigureInterval> delta_ap_band;       // ... for all sparsities at once
};

/// A change from the dense network to the pruned one over the sparsities above 0: the median over seeds, below 0 for a
/// loss, with paired intervals over resamples of the patients.
struct ChangeCurve {
  std::vector<Figure> values;
  std::vector<FigureInterval> intervals;  // each for its own sparsity
  std::vector<FigureInterval> band;       // for all sparsities at once
};

/// What may be said of a class under one method. Claims hold over all sparsities at once, for one class.
enum class ClassVerdict {
  kNone,                  // no intervals were asked for, or none can be had
  kInsufficientEvidence,  // fewer patients with or without the class than AuditOptions::minimum_patients
  kHardlyLearned,         // the dense network's AUROC is below 0.6, so there was little to forget
  kForgotten,             // at some sparsity, the band of the relative change of AP lies below -drop
  kLoses,                 // at some sparsity, that band lies below 0
  kKept,                  // at every sparsity, the band of the relative change of AP lies above -drop
  kUndecided
};
const char* verdict_name(ClassVerdict verdict);  // "insufficient evidence", "forgotten", ...

/// Level 2: how sure a class's figures are.
struct ClassEvidence {
  ClassVerdict verdict = ClassVerdict::kNone;
  double effective_patients = 0;  // see metrics/bootstrap_interval.hpp
  // Empty, as the verdict is, without enough patients:
  std::optional<double> loses_from;       // lowest sparsity with the band of the relative change of AP below 0
  std::optional<double> forgotten_from;   // ... of its relative change below -drop
  std::optional<double> kept_up_to;       // highest sparsity up to which that band is above -drop
  std::vector<FigureInterval> ap, auroc;  // at every sparsity, 0 among them
  std::vector<FigureInterval> delta_ap;   // around ClassCurve::delta_ap
  std::vector<FigureInterval> delta_ap_band;
  ChangeCurve ap_change, auroc_change;  // absolute differences
  Figure loss_p, loss_holm;  // two-sided, of no change of AP at the exemplar sparsity; adjusted over the classes with
                             // enough patients
};

/// One class under one method. Curves run over the sparsities above 0, rising.
struct ClassCurve {
  std::string name;
  std::optional<double> first_drop;   // lowest sparsity whose median relative change of AP is below -drop
  std::vector<Figure> delta_ap;       // median over seeds of (AP pruned - AP dense) / (AP dense + 1e-12)
  std::vector<Figure> delta_ap_low;   // first quartile over seeds
  std::vector<Figure> delta_ap_high;  // third quartile over seeds
  std::vector<Figure> ap, auroc, f1;  // median over seeds, at every sparsity, 0 among them
  Figure ap_dense, auroc_dense;       // median over seeds
  Figure delta_auroc_at_max;          // median over seeds of AUROC pruned - AUROC dense, at the highest sparsity
  // Medians over seeds at every sparsity, 0 among them. The first three at the operating point.
  std::vector<Figure> sensitivity, specificity, precision;
  std::vector<Figure> sensitivity_at_specificity;
  std::vector<Figure> brier, log_loss, calibration_error;
  ClassEvidence evidence;
};

struct Correlation {
  Figure pearson, pearson_p, spearman, spearman_p;
  std::size_t points = 0;
};

struct ClassPair {
  std::string a, b;
  std::size_t together = 0;
  Figure fcd;
  Figure iou, log_frequency_gap;                      // true counts
  Figure published_iou, published_log_frequency_gap;  // row sums of the co-occurrence matrix, as the study did
};

/// The companion effect: how much more of class A pruning loses on images that also show the companions B (or B and C)
/// than on those that do not show all of them. Means over seeds, at the exemplar sparsity; above 0: worse with them.
struct CompanionEffect {
  std::size_t finding = 0;              // A, a column of the cohort
  std::vector<std::size_t> companions;  // B, or B and C, rising
  std::size_t images_with = 0;          // positive for A, with and without the companions
  std::size_t images_without = 0;
  std::size_t patients_with = 0;
  std::size_t patients_without = 0;
  std::size_t rank = 0;  // 1: the highest lower end of recall's interval
  /// loss_with, loss_without: what is lost on either kind of images; excess: their difference. The interval and p are
  /// empty also where on either side fewer than five patients lose a call, or keep one.
  struct Loss {
    Figure dense_with, dense_without, pruned_with, pruned_without;  // recall or AP itself
    Figure loss_with, loss_without, excess;
    FigureInterval interval;  // of the excess
    Figure p, holm;           // of no excess; adjusted over all effects with as many companions
  };
  Loss recall;  // of the findings that the dense network calls at the operating point, the share that is lost
  Loss ap;      // relative to the dense AP on the same images
};

struct CompanionResult {
  double sparsity = 0;
  std::vector<CompanionEffect> pairs;    // by rank
  std::vector<CompanionEffect> triples;  // by rank
  std::size_t pairs_left_out = 0;        // too few patients in a group
  std::size_t triples_left_out = 0;
};

/// A call at the operating point that pruning turned, on one image.
struct Flip {
  std::size_t finding = 0;  // a column of the cohort
  bool lost = false;        // called by the dense network and not by the pruned one; else the other way
  std::size_t seeds = 0;    // that agree; listed where more than half do
};

/// What pruning does to every image of the cohort.
struct ImageResult {
  /// Spearman's, dense against pruned, of seed-averaged probabilities: [sparsities above 0][images], NaN where there is
  /// none. An image's are its vulnerability curve.
  std::vector<std::vector<double>> correlations;
  // At the exemplar sparsity, one an image:
  std::vector<std::size_t> fallen;       // the class whose seed-averaged probability fell most ...
  std::vector<double> largest_fall;      // ... and by how much, dense minus pruned (below 0 where all rose)
  std::vector<std::vector<Flip>> flips;  // by column

  /// `step`: of the sparsities above 0.
  [[nodiscard]] Figure correlation(std::size_t image, std::size_t step) const {
    const double value = correlations.at(step).at(image);
    return std::isnan(value) ? Figure{} : value;
  }
};

struct Exemplar {
  std::size_t row = 0;  // in the label file
  std::string id;
  std::size_t rank = 0;              // 1: lowest correlation
  double correlation = 0;            // Spearman's, dense against pruned, of seed-averaged probabilities
  std::vector<float> dense, pruned;  // seed-averaged probabilities, one a class
};

/// How much more often exemplars have a property, with an interval over resamples of the patients.
struct Enrichment {
  FigureInterval ratio;  // of P(property | exemplar) / P(property | not an exemplar)
  Figure fisher_p;       // Fisher's exact, two-sided; only where no patient has two images, which it takes as granted
};

struct ExemplarCount {
  std::size_t exemplars = 0;
  std::size_t patients = 0;  // whom these exemplars show
};

struct FindingsRatio {
  std::string findings;  // "0", "1", "2", "3", "4+"
  Figure ratio;          // P(that many findings | exemplar) / P(that many | not an exemplar)
  ExemplarCount count;   // exemplars with that many
  Enrichment enrichment;
};

struct ExemplarResult {
  double sparsity = 0;
  std::size_t count = 0;
  Figure threshold;                 // correlation of the last one chosen
  std::vector<Exemplar> exemplars;  // by rank
  std::vector<Figure> class_ratio;  // one a class: P(class | exemplar) / P(class | not an exemplar)
  std::vector<FindingsRatio> findings_ratio;
  std::vector<ExemplarCount> class_counts;   // one a class: exemplars with it
  std::vector<Enrichment> class_enrichment;  // one a class
  /// Mean over images of Spearman's correlation of the pruned scores with the mean order of the classes. Near 1 the
  /// pruned network gives every image the same order, and the choice of exemplars says little about the images.
  Figure constant_order;
  ImageResult images;  // empty where no exemplars are chosen
};

/// The probability from which a network's finding counts as called.
struct OperatingPoint {
  std::uint64_t seed = 0;
  std::size_t finding = 0;  // a column of the cohort
  Figure threshold;         // empty where the validation images cannot tell
};

struct MethodResult {
  std::string method;
  std::vector<double> sparsities;  // rising, 0 first
  std::vector<MacroPoint> macro;
  GlobalResult global;
  std::vector<ClassCurve> classes;
  Correlation frequency_first_drop;    // log training positives against first drop, over classes that dropped
  Correlation frequency_delta_at_max;  // log training positives against delta_ap at the highest sparsity
  Correlation frequency_delta_auroc_at_max;
  std::vector<ClassPair> pairs;
  Correlation fcd_frequency_gap, fcd_iou;  // fcd against log_frequency_gap, and iou^(1/4)
  Correlation published_fcd_frequency_gap, published_fcd_iou;
  CompanionResult companions;
  StrataResult strata;
  ImageMeasuresResult image_measures;
  ExemplarResult exemplars;
  std::vector<OperatingPoint> operating_points;  // one a seed and class
};

/// A figure that is missing, and why: ("classes.Hernia.auroc", "no positive image"), or what must be known of one.
struct Note {
  std::string where;
  std::string reason;
};

struct AuditResult {
  std::size_t images = 0;
  std::size_t patients = 0;
  std::vector<std::string> ids;  // of the images, by row
  std::vector<std::uint64_t> seeds;
  AuditOptions options;
  bool validated = false;  // operating points come from a validation table, else AuditOptions::threshold is all
  std::vector<AuditClass> classes;
  std::vector<MethodResult> methods;
  std::vector<Note> notes;
};

}  // namespace niwaki
