#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/audit/audit.hpp"
#include "niwaki/audit/decision/deployment_policy.hpp"
#include "niwaki/audit/decision/rollout.hpp"
#include "niwaki/cohort/phantom/phantom.hpp"
#include "niwaki/cohort/readable_images.hpp"
#include "niwaki/cohort/split.hpp"
#include "niwaki/core/preprocessing.hpp"
#include "niwaki/imaging/image.hpp"
#include "niwaki/prune/scope.hpp"
#include "niwaki/prune/tail_score.hpp"
#include "niwaki/report/economic_inputs.hpp"
#include "niwaki/train/fine_tune.hpp"
#include "niwaki/train/gradual.hpp"
#include "niwaki/train/train.hpp"
#include "niwaki/train/weight_statistics_of.hpp"

namespace niwaki {

/// Everything a study depends on, as recipe.toml writes it. The keys, one a field, are in recipe_fields.hpp.
struct Recipe {
  std::string title = "Pruning study";
  std::uint64_t seed = 1;    // every random choice comes from it
  std::size_t seeds = 3;     // networks trained, each from its own random start
  std::string intended_use;  // by whom and for what; stands on the model card

  std::string cohort_kind = "phantom";  // "phantom" (drawn by us) or "files"
  std::filesystem::path images;         // folder of pictures
  std::filesystem::path labels;         // one label file for all, or ...
  std::filesystem::path train_labels;   // ... one a split
  std::filesystem::path validation_labels;
  std::filesystem::path test_labels;
  std::string label_format = "auto";
  std::string uncertain = "refuse";      // what labels of -1 become
  std::string blank = "auto";            // what empty labels become
  std::filesystem::path class_map;       // a TOML file, or "torchxrayvision"
  std::vector<std::string> classes;      // only these; all where empty
  std::filesystem::path train_val_list;  // NIH's official lists
  std::filesystem::path test_list;
  std::filesystem::path splits;  // CSV id,split
  std::string together;          // a column whose values are held together in one split, such as "site"
  SplitOptions split;
  PhantomOptions phantom;
  ImageReadOptions reading;  // of pictures
  BadImagePolicy bad_images;
  double cache_gigabytes = 1.0;  // pictures kept in memory up to this much

  std::string architecture = "resnet-small";
  std::filesystem::path model_file;  // an ONNX network to start from instead
  Preprocessing input;               // mean and deviation: ImageNet's where empty

  TrainOptions train;
  FineTuneOptions fine_tune;  // fine_tune_options() completes it
  GradualOptions gradual;

  std::vector<std::string> methods = {"l1", "random"};
  std::vector<double> sparsities;  // above 0; the dense network is always there
  PruneScope scope;
  CalibrationOptions calibration;
  TailOptions tail;

  std::string operating_point = "youden";  // the text form of AuditOptions::operating_point
  AuditOptions audit;                      // seed and operating_point are audit_options()'s to set
  std::filesystem::path strata;            // CSV id,<column>...: groups of images that are audited one by one
  std::vector<std::string> strata_by;      // columns of it, or of the label file; all of the file's where empty
  std::filesystem::path image_measures;    // CSV id,<measure>..., as `niwaki cohort quality` writes it
  bool calibrate_guard = false;            // pruned networks predict the validation images too
  std::size_t gallery = 24;                // exemplars shown as pictures, for each method

  DeploymentPolicy policy;   // what may be lost
  EconomicInputs economics;  // what time, people and misses cost
  RolloutOptions rollout;    // its images a day are those of `economics`

  /// `fine_tune` as it runs for this training seed: numbers of losses, augmentation and device are those of training.
  [[nodiscard]] FineTuneOptions fine_tune_options(std::uint64_t training_seed) const;
  /// `audit` as it runs: seeded, its operating point read.
  [[nodiscard]] AuditOptions audit_options() const;
  /// Throws InputError naming the key that is out of range or missing.
  void check() const;
};

/// Defaults: the phantom cohort, resnet-small, L1 and random, sparsities 0.05 to 0.95.
Recipe default_recipe();

/// A recipe file over the defaults. Paths in it are relative to the file's folder. Throws InputError naming file and
/// line for an unknown key (with the nearest right one) or a value of the wrong kind.
Recipe read_recipe(const std::filesystem::path& path);
/// As above from text; `folder` is what paths are relative to, `name` stands for the file.
Recipe parse_recipe(const std::string& text, const std::filesystem::path& folder, const std::string& name);

/// `key=value`, the value as TOML or as plain text for a text or path key. Paths are relative to the working folder.
/// Throws InputError as read_recipe does.
void set_key(Recipe& recipe, const std::string& assignment);

/// All keys with their values: what reads back to the same recipe.
std::string recipe_text(const Recipe& recipe);

/// One line a key: name, default, meaning.
struct RecipeKey {
  std::string name;
  std::string value;  // the default, as TOML
  std::string meaning;
};
std::vector<RecipeKey> recipe_keys();

/// Published protocols and ready-made studies: "demo", "nih-1000", "nih-cxr-lt", "mimic-cxr-lt".
std::vector<std::string> preset_names();
/// Throws InputError for a name that is not known, naming the nearest.
Recipe preset(const std::string& name);

}  // namespace niwaki
