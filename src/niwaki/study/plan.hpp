#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "niwaki/study/recipe.hpp"

namespace niwaki {

enum class UnitKind { kCohort, kTrain, kPredict, kAudit, kReport };

/// One piece of work that is done whole or not at all.
struct Unit {
  UnitKind kind = UnitKind::kCohort;
  std::string id;           // "train/seed-0", "predict/l1/seed-0/sparsity-0.90"
  std::string what;         // "train seed 0", for the progress bar
  std::string method;       // kPredict
  std::uint64_t seed = 0;   // kTrain, kPredict
  double sparsity = 0;      // kPredict; 0 is the dense network, listed under the first method
  bool validation = false;  // kPredict: of the validation images too
  std::string input_hash;   // SHA-256 of all that it depends on
  double cost = 0;          // in images put through the network forwards; training counts three
};

/// What the hashes start from.
struct PlanInputs {
  std::string cohort_hash;  // of labels, splits and pictures
  std::string model_hash;   // of model.file; "" where a new network is built
  std::string strata_hash;  // of audit.strata and audit.image_measures; "" where neither is given
  std::string beside_hash;  // of what lies in the study's folder and the page shows too; "" where nothing does
  std::size_t train_images = 0;
  std::size_t validation_images = 0;
  std::size_t test_images = 0;
  int threads = 1;  // results depend on the number of threads
};

/// The units in the order in which they run. A unit's hash holds those of the units it builds on, so a change is
/// noticed by just what depends on it.
std::vector<Unit> make_plan(const Recipe& recipe, const PlanInputs& inputs);

/// "sparsity-0.90": two decimals, three where needed.
std::string sparsity_name(double sparsity);
/// "models/l1/seed-0/sparsity-0.90.onnx.zst" and "scores/l1/seed-0/sparsity-0.90.npy", relative to the study folder.
std::string model_path(const Unit& unit);
std::string scores_path(const Unit& unit);
/// What a network says of the validation images: "validation/seed-0.npy" for a dense one,
/// "validation/l1/seed-0/sparsity-0.90.npy" for a pruned one.
std::string validation_path(const Unit& unit);

}  // namespace niwaki
