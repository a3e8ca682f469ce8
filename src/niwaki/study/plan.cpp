#include "niwaki/study/plan.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "niwaki/core/hash.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/train/gradual.hpp"
#include "niwaki/train/repair/method.hpp"
#include "niwaki/train/repair/repair.hpp"

namespace niwaki {
namespace {

/// Raised where the program's results change, so that older studies are not mixed with newer ones.
constexpr std::uint64_t kResultsVersion = 2;
/// As above, of predictions alone. 1: by the engine.
constexpr std::uint64_t kPredictionVersion = 1;
/// As above, of fine-tuning.
constexpr std::uint64_t kFineTuneVersion = 1;
/// As above, of repairs.
constexpr std::uint64_t kRepairVersion = 1;

/// The lines of these sections of recipe.toml, without their comments.
std::string keys_of(const Recipe& recipe, const std::vector<std::string>& sections) {
  std::string chosen;
  bool taken = false;
  for (const std::string& line : split(recipe_text(recipe), '\n')) {
    if (line.starts_with('[')) {
      taken = std::find(sections.begin(), sections.end(), line.substr(1, line.size() - 2)) != sections.end();
    }
    if (taken) {
      chosen += line.substr(0, line.rfind("  # ")) + "\n";
    }
  }
  return chosen;
}

/// The lines of [prune] with these keys, without their comments.
std::string prune_keys(const Recipe& recipe, const std::vector<std::string>& keys) {
  std::string chosen;
  for (const std::string& line : split(keys_of(recipe, {"prune"}), '\n')) {
    if (std::find(keys.begin(), keys.end(), line.substr(0, line.find(" = "))) != keys.end()) {
      chosen += line + "\n";
    }
  }
  return chosen;
}

/// The keys that the choice of weights by this method depends on. Those of the scope at their defaults are left out, so
/// that studies from before they were there are kept.
std::string choice_keys(const Recipe& recipe, const std::string& method) {
  const std::vector<std::string> scope_keys = {"keep_layers", "keep_rows", "layer_floor"};
  std::string keys = prune_keys(recipe, scope_keys);
  if (keys == prune_keys(default_recipe(), scope_keys)) {
    keys.clear();
  }
  const StatisticsKinds needs = criterion_entry(parse_method(method).criterion).needs;
  if (needs.contains(StatisticsKind::kTail)) {
    keys += prune_keys(recipe, {"calibration_positives", "micro_batch", "class_weights", "protect_classes",
                                "protect_pairs", "protection", "rarity_exponent", "rarity_shrinkage"});
  }
  if (needs.contains(StatisticsKind::kTailSearch)) {
    keys += prune_keys(recipe, {"calibration_images", "search_steps", "class_weights", "protect_classes",
                                "protect_pairs", "protection", "rarity_exponent", "rarity_shrinkage"});
  } else if (needs.contains(StatisticsKind::kSquaredGradient)) {
    keys += prune_keys(recipe, {"calibration_images", "micro_batch"});
  } else if (!needs.empty() && !needs.contains(StatisticsKind::kTail)) {
    keys += prune_keys(recipe, {"calibration_images"});
  }
  return keys;
}

std::string path_of(const Unit& unit, const char* folder, const char* ending) {
  return fmt::format("{}/{}/seed-{}/{}{}", folder, unit.method, unit.seed, sparsity_name(unit.sparsity), ending);
}

/// Adds units one after the other, each hash built on those before.
class Planner {
 public:
  Planner(const Recipe& recipe, const PlanInputs& inputs) : recipe_(recipe), inputs_(inputs) {}

  std::vector<Unit> plan() {
    add_cohort();
    for (std::uint64_t seed = 0; seed < recipe_.seeds; ++seed) {
      add_train(seed);
      for (const std::string& method : recipe_.methods) {
        add_predictions(method, seed);
      }
    }
    add_audit();
    add_report();
    return std::move(units_);
  }

 private:
  /// model.file counts by its content, wherever it lies.
  [[nodiscard]] std::string network_keys() const {
    Recipe network = recipe_;
    network.model_file.clear();
    return keys_of(network, {"model", "train"});
  }

  void add(Unit unit) { units_.push_back(std::move(unit)); }

  void add_cohort() {
    add({.kind = UnitKind::kCohort, .id = "cohort", .what = "cohort", .input_hash = inputs_.cohort_hash, .cost = 1});
  }

  void add_train(std::uint64_t seed) {
    Hasher hasher;
    hasher.add(kResultsVersion).add(inputs_.cohort_hash).add(inputs_.model_hash).add(seed).add(recipe_.seed);
    hasher.add(std::uint64_t(inputs_.threads)).add(network_keys()).add(libtorch_version());
    train_hash_ = hasher.hex();
    const double epochs = static_cast<double>(recipe_.train.epochs);
    const double images =
        3.0 * static_cast<double>(inputs_.train_images) + static_cast<double>(inputs_.validation_images);
    add({.kind = UnitKind::kTrain,
         .id = fmt::format("train/seed-{}", seed),
         .what = fmt::format("train seed {}", seed),
         .seed = seed,
         .input_hash = train_hash_,
         .cost = epochs * images + 1});
  }

  void add_predictions(const std::string& method, std::uint64_t seed) {
    if (method == recipe_.methods.front()) {
      add_prediction(method, seed, 0);
    }
    for (const double sparsity : recipe_.sparsities) {
      add_prediction(method, seed, sparsity);
    }
  }

  void add_prediction(const std::string& method, std::uint64_t seed, double sparsity) {
    const std::string name = sparsity_name(sparsity);
    const bool validation = sparsity == 0 || recipe_.calibrate_guard;
    const PruningMethod parts = sparsity > 0 ? parse_method(method) : PruningMethod{};
    const std::vector<std::string>& repairs = parts.repairs;
    const auto repair_images = static_cast<double>(std::min(inputs_.train_images, recipe_.calibration.images));
    Hasher hasher;
    hasher.add(train_hash_).add(kPredictionVersion).add(method).add(name);
    if (const std::string keys = sparsity > 0 ? choice_keys(recipe_, method) : ""; !keys.empty()) {
      hasher.add(keys);
    }
    if (!repairs.empty()) {  // others are kept where calibration changes
      hasher.add(kRepairVersion).add(std::uint64_t{recipe_.calibration.images});
    }
    if (parts.gradual || std::ranges::find(repairs, "fine-tune") != repairs.end()) {
      hasher.add(kFineTuneVersion).add(keys_of(recipe_, {"finetune"}));
    }
    if (parts.gradual) {
      hasher.add(keys_of(recipe_, {"gradual"}));
    }
    if (validation && sparsity > 0) {
      hasher.add("validation");
    }
    Unit unit{.kind = UnitKind::kPredict,
              .id = fmt::format("predict/{}/seed-{}/{}", method, seed, name),
              .what = sparsity > 0 ? fmt::format("prune and predict {}, seed {}, {}", method, seed, name)
                                   : fmt::format("predict seed {}, dense", seed),
              .method = method,
              .seed = seed,
              .sparsity = sparsity,
              .validation = validation,
              .input_hash = hasher.hex(),
              .cost = static_cast<double>(inputs_.test_images + (validation ? inputs_.validation_images : 0))};
    unit.cost += repair_images * repair_cost(repairs);
    if (parts.gradual) {
      unit.cost += static_cast<double>(epochs_in_all(recipe_.gradual, recipe_.fine_tune) * inputs_.train_images);
    }
    audit_hasher_.add(unit.id).add(unit.input_hash);
    add(std::move(unit));
  }

  void add_audit() {
    audit_hash_ = audit_hasher_.add(keys_of(recipe_, {"audit"})).add(inputs_.strata_hash).add(recipe_.seed).hex();
    add({.kind = UnitKind::kAudit, .id = "audit", .what = "audit", .input_hash = audit_hash_, .cost = 1});
  }

  void add_report() {
    Hasher hasher;
    hasher.add(audit_hash_).add(recipe_text(recipe_));
    if (!inputs_.beside_hash.empty()) {
      hasher.add(inputs_.beside_hash);
    }
    add({.kind = UnitKind::kReport, .id = "report", .what = "report", .input_hash = hasher.hex(), .cost = 1});
  }

  const Recipe& recipe_;
  const PlanInputs& inputs_;
  std::vector<Unit> units_;
  std::string train_hash_;
  Hasher audit_hasher_;
  std::string audit_hash_;
};

}  // namespace

std::string sparsity_name(double sparsity) {
  const bool two_decimals = std::abs(sparsity * 100 - std::round(sparsity * 100)) < 1e-9;
  return two_decimals ? fmt::format("sparsity-{:.2f}", sparsity) : fmt::format("sparsity-{:.3f}", sparsity);
}

std::string model_path(const Unit& unit) {
  return path_of(unit, "models", ".onnx.zst");
}

std::string scores_path(const Unit& unit) {
  return path_of(unit, "scores", ".npy");
}

std::string validation_path(const Unit& unit) {
  return unit.sparsity > 0 ? path_of(unit, "validation", ".npy") : fmt::format("validation/seed-{}.npy", unit.seed);
}

std::vector<Unit> make_plan(const Recipe& recipe, const PlanInputs& inputs) {
  return Planner(recipe, inputs).plan();
}

}  // namespace niwaki
