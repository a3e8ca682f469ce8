#include "niwaki/study/plan.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace niwaki {
namespace {

PlanInputs inputs() {
  return {.cohort_hash = "cohort",
          .model_hash = "",
          .train_images = 100,
          .validation_images = 10,
          .test_images = 20,
          .threads = 2};
}

std::map<std::string, std::string> hashes(const Recipe& recipe, const PlanInputs& from = inputs()) {
  std::map<std::string, std::string> result;
  for (const Unit& unit : make_plan(recipe, from)) {
    result[unit.id] = unit.input_hash;
  }
  return result;
}

/// The kinds of unit ("train", "predict", ...) whose hash differs.
std::set<std::string> changed(const std::map<std::string, std::string>& before,
                              const std::map<std::string, std::string>& after) {
  std::set<std::string> kinds;
  for (const auto& [id, hash] : after) {
    const auto found = before.find(id);
    if (found == before.end() || found->second != hash) {
      kinds.insert(id.substr(0, id.find('/')));
    }
  }
  return kinds;
}

using Kinds = std::set<std::string>;

TEST(Plan, holds_every_unit_once) {
  Recipe recipe = default_recipe();
  recipe.seeds = 2;
  recipe.sparsities = {0.5, 0.9};
  const std::vector<Unit> plan = make_plan(recipe, inputs());
  // cohort; per seed: train, dense, 2 methods x 2 sparsities; audit; report.
  EXPECT_EQ(plan.size(), 1U + 2 * (1 + 1 + 4) + 2);
  EXPECT_EQ(hashes(recipe).size(), plan.size());
  EXPECT_EQ(plan.front().id, "cohort");
  EXPECT_EQ(plan.back().id, "report");
  for (const Unit& unit : plan) {
    EXPECT_GT(unit.cost, 0) << unit.id;
  }
}

/// The predictions whose hash differs.
std::set<std::string> changed_methods(const Recipe& before, const Recipe& after) {
  const auto old = hashes(before);
  std::set<std::string> methods;
  for (const Unit& unit : make_plan(after, inputs())) {
    if (unit.kind == UnitKind::kPredict && old.at(unit.id) != unit.input_hash) {
      methods.insert(unit.method);
    }
  }
  return methods;
}

TEST(Plan, fine_tuning_is_done_again_where_its_keys_change_and_nothing_else_is) {
  Recipe recipe = default_recipe();
  recipe.methods = {"l1", "l1+batch-norm", "l1+fine-tune", "l1+gradual"};
  Recipe tuned = recipe;
  tuned.fine_tune.distillation = 0.25;
  EXPECT_EQ(changed_methods(recipe, tuned), (std::set<std::string>{"l1+fine-tune", "l1+gradual"}));
  EXPECT_EQ(hashes(recipe).at("train/seed-0"), hashes(tuned).at("train/seed-0"));
  Recipe steps = recipe;
  steps.gradual.steps = 7;
  EXPECT_EQ(changed_methods(recipe, steps), (std::set<std::string>{"l1+gradual"}));
}

TEST(Plan, calibrating_a_guard_predicts_again_with_pruned_networks_alone) {
  Recipe recipe = default_recipe();
  recipe.seeds = 1;
  recipe.sparsities = {0.9};
  recipe.methods = {"l1"};
  const auto before = make_plan(recipe, inputs());
  recipe.calibrate_guard = true;
  const auto after = make_plan(recipe, inputs());
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].kind == UnitKind::kPredict) {
      const bool pruned = before[i].sparsity > 0;
      EXPECT_EQ(before[i].validation, !pruned);
      EXPECT_TRUE(after[i].validation);
      EXPECT_EQ(before[i].input_hash != after[i].input_hash, pruned);
      EXPECT_EQ(validation_path(after[i]), pruned ? "validation/l1/seed-0/sparsity-0.90.npy" : "validation/seed-0.npy");
      EXPECT_EQ(after[i].cost - before[i].cost, pruned ? 10 : 0);
    }
  }
}

TEST(Plan, a_change_is_noticed_by_what_depends_on_it_alone) {
  const Recipe recipe = default_recipe();
  const auto before = hashes(recipe);
  EXPECT_EQ(changed(before, hashes(recipe)), Kinds());

  Recipe title = recipe;
  title.title = "Another";
  EXPECT_EQ(changed(before, hashes(title)), Kinds{"report"});

  Recipe drop = recipe;
  drop.audit.drop = 0.3;
  EXPECT_EQ(changed(before, hashes(drop)), (Kinds{"audit", "report"}));

  Recipe epochs = recipe;
  epochs.train.epochs = 3;
  EXPECT_EQ(changed(before, hashes(epochs)), (Kinds{"train", "predict", "audit", "report"}));

  PlanInputs cohort = inputs();
  cohort.cohort_hash = "another";
  EXPECT_EQ(changed(before, hashes(recipe, cohort)), (Kinds{"cohort", "train", "predict", "audit", "report"}));

  PlanInputs beside = inputs();
  beside.beside_hash = "times, or attention maps";
  EXPECT_EQ(changed(before, hashes(recipe, beside)), Kinds{"report"});

  PlanInputs threads = inputs();
  threads.threads = 1;
  EXPECT_EQ(changed(before, hashes(recipe, threads)), (Kinds{"train", "predict", "audit", "report"}));
}

TEST(Plan, a_sparsity_more_redoes_no_other) {
  Recipe recipe = default_recipe();
  recipe.sparsities = {0.9};
  const auto before = hashes(recipe);
  recipe.sparsities = {0.8, 0.9};
  const auto after = hashes(recipe);
  EXPECT_EQ(before.at("predict/l1/seed-0/sparsity-0.90"), after.at("predict/l1/seed-0/sparsity-0.90"));
  EXPECT_NE(before.at("audit"), after.at("audit"));
}

TEST(Plan, a_pruning_key_redoes_the_methods_that_read_it) {
  using Methods = std::set<std::string>;
  Recipe recipe = default_recipe();
  recipe.methods = {"l1", "wanda", "fisher", "tail", "tail-worst+batch-norm"};
  Recipe scope = recipe;
  scope.scope.keep_layers = {"conv1"};
  EXPECT_EQ(changed_methods(recipe, scope), (Methods{"l1", "wanda", "fisher", "tail", "tail-worst+batch-norm"}));
  Recipe rarity = recipe;
  rarity.tail.rarity_exponent = 1;
  EXPECT_EQ(changed_methods(recipe, rarity), (Methods{"tail", "tail-worst+batch-norm"}));
  Recipe images = recipe;
  images.calibration.images = 100;  // repairs look at them too
  EXPECT_EQ(changed_methods(recipe, images), (Methods{"wanda", "fisher", "tail-worst+batch-norm"}));
  Recipe exact = recipe;
  exact.calibration.micro_batch = 1;
  EXPECT_EQ(changed_methods(recipe, exact), (Methods{"fisher", "tail", "tail-worst+batch-norm"}));
}

TEST(Plan, an_imported_network_counts_by_content_not_by_place) {
  Recipe recipe = default_recipe();
  recipe.model_file = "/a/model.onnx";
  PlanInputs with_model = inputs();
  with_model.model_hash = "1";
  const auto before = hashes(recipe, with_model);
  recipe.model_file = "/b/model.onnx";
  EXPECT_EQ(changed(before, hashes(recipe, with_model)), Kinds{"report"});
  with_model.model_hash = "2";
  EXPECT_TRUE(changed(before, hashes(recipe, with_model)).contains("train"));
}

TEST(Plan, files_are_named_by_method_seed_and_sparsity) {
  const Unit unit{.kind = UnitKind::kPredict, .method = "l1", .seed = 2, .sparsity = 0.9};
  EXPECT_EQ(model_path(unit), "models/l1/seed-2/sparsity-0.90.onnx.zst");
  EXPECT_EQ(scores_path(unit), "scores/l1/seed-2/sparsity-0.90.npy");
  EXPECT_EQ(sparsity_name(0.975), "sparsity-0.975");
  EXPECT_EQ(sparsity_name(0.15), "sparsity-0.15");
  EXPECT_EQ(sparsity_name(0), "sparsity-0.00");
}

}  // namespace
}  // namespace niwaki
