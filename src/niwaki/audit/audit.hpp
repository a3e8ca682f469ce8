#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"
#include "niwaki/scores/grid.hpp"

namespace niwaki {

/// A figure, or nothing where it cannot be had (the reason is in AuditResult::notes).
using Figure = std::optional<double>;

struct AuditOptions {
  double exemplar_sparsity =
      0.90;  // at which exemplars are sought, in (0, 1]; where a grid lacks it, none are chosen and a note says so
  double exemplar_fraction = 0.05;  // share of images that are exemplars, in (0, 1)
  double drop = 0.20;               // relative loss of AP that counts as forgotten, in (0, 1)
  double threshold = 0.5;           // probability at which F1 calls a finding present
  void check() const;               // throws InputError naming the field
};

struct AuditClass {
  std::string name;
  std::size_t positives = 0;
  std::optional<std::size_t> train_positives;
  std::size_t unknown = 0;
  std::size_t positive_patients = 0;  // patients with a positive image
};

/// Medians over seeds of the mean over classes that can be measured.
struct MacroPoint {
  double sparsity = 0;
  Figure auroc, ap, f1;
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

struct Exemplar {
  std::size_t row = 0;  // in the label file
  std::string id;
  std::size_t rank = 0;              // 1: lowest correlation
  double correlation = 0;            // Spearman's, dense against pruned, of seed-averaged probabilities
  std::vector<float> dense, pruned;  // seed-averaged probabilities, one a class
};

struct ExemplarCount {
  std::size_t exemplars = 0;
  std::size_t patients = 0;  // whom these exemplars show
};

struct FindingsRatio {
  std::string findings;  // "0", "1", "2", "3", "4+"
  Figure ratio;          // P(that many findings | exemplar) / P(that many | not an exemplar)
  ExemplarCount count;   // exemplars with that many
};

struct ExemplarResult {
  double sparsity = 0;
  std::size_t count = 0;
  Figure threshold;                 // correlation of the last one chosen
  std::vector<Exemplar> exemplars;  // by rank
  std::vector<Figure> class_ratio;  // one a class: P(class | exemplar) / P(class | not an exemplar)
  std::vector<FindingsRatio> findings_ratio;
  std::vector<ExemplarCount> class_counts;  // one a class: exemplars with it
  /// Mean over images of Spearman's correlation of the pruned scores with the mean order of the classes. Near 1 the
  /// pruned network gives every image the same order, and the choice of exemplars says little about the images.
  Figure constant_order;
};

struct MethodResult {
  std::string method;
  std::vector<double> sparsities;  // rising, 0 first
  std::vector<MacroPoint> macro;
  std::vector<ClassCurve> classes;
  Correlation frequency_first_drop;    // log training positives against first drop, over classes that dropped
  Correlation frequency_delta_at_max;  // log training positives against delta_ap at the highest sparsity
  Correlation frequency_delta_auroc_at_max;
  std::vector<ClassPair> pairs;
  Correlation fcd_frequency_gap, fcd_iou;  // fcd against log_frequency_gap, and iou^(1/4)
  Correlation published_fcd_frequency_gap, published_fcd_iou;
  ExemplarResult exemplars;
};

/// A figure that is missing, and why: ("classes.Hernia.auroc", "no positive image"), or what must be known of one.
struct Note {
  std::string where;
  std::string reason;
};

struct AuditResult {
  std::size_t images = 0;
  std::size_t patients = 0;
  std::vector<std::uint64_t> seeds;
  AuditOptions options;
  std::vector<AuditClass> classes;
  std::vector<MethodResult> methods;
  std::vector<Note> notes;
};

/// The audit: what was forgotten, from labels and scores alone. `cohort` lists the images in the order of the tables'
/// rows; a table that names its images and classes (CSV) is matched by those names instead. `train_positives` has one
/// count a class, or is empty (the frequency figures are then empty). Definitions: docs/audit.md. Every figure that is
/// empty has a note. The same result with any number of threads. Tables are read one a thread and forgotten; what stays
/// is their figures, and the seed-averaged scores of the dense and the exemplar sparsity. Throws InputError where a
/// table does not fit the labels.
AuditResult audit(const Cohort& cohort, const std::vector<std::size_t>& train_positives, const ScoreGrid& grid,
                  const AuditOptions& options, bool logits = false);

/// `class,positives`, matched to `classes` by name ("Pleural_Thickening" and "Pleural Thickening" are one); the answer
/// is in the order of `classes`, and classes that are not among them are passed over. Throws InputError for a class
/// that is missing or listed twice, and for a cell that is no count.
std::vector<std::size_t> read_train_counts(const std::filesystem::path& path, const std::vector<std::string>& classes);

}  // namespace niwaki
