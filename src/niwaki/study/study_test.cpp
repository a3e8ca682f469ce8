#include "niwaki/study/study.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/model/folding.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/model/zoo/zoo.hpp"
#include "niwaki/prune/mask.hpp"
#include "niwaki/study/store.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

/// Asks for cancellation when it hears of a unit.
class CancelAt : public SilentProgress {
 public:
  explicit CancelAt(std::string unit) : unit_(std::move(unit)) {}
  void say(const std::string& now) override {
    if (now == unit_) {
      request_cancellation();
    }
  }

 private:
  std::string unit_;
};

class StudyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("niwaki-study-{}", ::getpid());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override {
    clear_cancellation();
    fs::remove_all(folder_);
  }

  /// Seconds, not minutes: 1 seed, 2 epochs, 150 pictures.
  static Recipe small() {
    Recipe recipe = default_recipe();
    recipe.seeds = 1;
    recipe.phantom.images = 150;
    recipe.split = {0.5, 0.2, 0.3};
    recipe.train.epochs = 2;
    recipe.train.batch = 25;
    recipe.train.learning_rate = 1e-3;
    recipe.sparsities = {0.5, 0.9};
    recipe.methods = {"l1"};
    recipe.gallery = 2;
    return recipe;
  }
  StudyOutcome run(const Recipe& recipe, const std::string& name = "study") {
    return run_study(recipe, folder_ / name, silent_);
  }
  [[nodiscard]] std::vector<std::string> recipe_classes() const {
    return read_onnx(folder_ / "study/training/seed-0/best.onnx").classes;
  }
  [[nodiscard]] std::string text(const std::string& path) const { return read_file(folder_ / path); }

  fs::path folder_;
  SilentProgress silent_;
};

TEST_F(StudyTest, repairs_what_a_method_names_and_keeps_the_rest) {
  Recipe recipe = small();
  recipe.methods = {"random", "random+batch-norm"};
  run(recipe);
  const Graph plain = read_onnx(folder_ / "study/models/random/seed-0/sparsity-0.90.onnx.zst");
  const Graph mended = read_onnx(folder_ / "study/models/random+batch-norm/seed-0/sparsity-0.90.onnx.zst");
  EXPECT_EQ(mask_of_zeros(plain), mask_of_zeros(mended));
  EXPECT_NE(plain.tensors, mended.tensors);
  // Fewer calibration images redo what is repaired, the audit and the report, and nothing else.
  recipe.calibration.images = 40;
  EXPECT_EQ(run(recipe).units_done, 4U);
  EXPECT_NE(read_onnx(folder_ / "study/models/random+batch-norm/seed-0/sparsity-0.90.onnx.zst").tensors,
            mended.tensors);
}

TEST_F(StudyTest, leaves_the_folder_that_is_promised) {
  const StudyOutcome outcome = run(small());
  EXPECT_EQ(outcome.units_done, 7U);
  for (const char* path :
       {"recipe.toml", "study.db", "models/l1/seed-0/sparsity-0.00.onnx.zst", "models/l1/seed-0/sparsity-0.90.onnx.zst",
        "scores/scores.csv", "scores/l1/seed-0/sparsity-0.50.npy", "audit/audit.json", "audit/classes.csv",
        "cohort/test.csv", "cohort/truth.csv", "report.html"}) {
    EXPECT_TRUE(fs::exists(folder_ / "study" / path)) << path;
  }
  EXPECT_EQ(recipe_text(recipe_of_study(folder_ / "study")), text("study/recipe.toml"));
}

TEST_F(StudyTest, a_second_run_does_nothing_and_a_changed_recipe_only_what_depends_on_it) {
  run(small());
  const std::string audit = text("study/audit/audit.json");
  EXPECT_EQ(run(small()).units_done, 0U);
  Recipe more = small();
  more.sparsities = {0.5, 0.7, 0.9};
  EXPECT_EQ(run(more).units_done, 3U);  // one prediction, audit, report
  EXPECT_EQ(run(small()).units_done, 2U);
  EXPECT_EQ(text("study/audit/audit.json"), audit);
}

TEST_F(StudyTest, interrupted_anywhere_it_goes_on_to_the_same_bytes) {
  run(small(), "undisturbed");
  for (const char* unit : {"train seed 0", "predict seed 0, dense", "audit"}) {
    CancelAt progress(unit);
    EXPECT_THROW(run_study(small(), folder_ / "study", progress), Interrupted) << unit;
    clear_cancellation();
  }
  run(small());
  for (const char* path : {"audit/audit.json", "scores/l1/seed-0/sparsity-0.90.npy",
                           "models/l1/seed-0/sparsity-0.90.onnx.zst", "report.html"}) {
    EXPECT_EQ(sha256_file(folder_ / "study" / path), sha256_file(folder_ / "undisturbed" / path)) << path;
  }
}

TEST_F(StudyTest, criteria_that_look_at_images_go_on_to_the_same_bytes) {
  Recipe recipe = small();
  recipe.methods = {"tail", "tail-worst", "wanda", "taylor", "fisher"};
  recipe.sparsities = {0.9};
  recipe.calibration = {.images = 40, .positives = 4, .micro_batch = 4};
  run(recipe, "undisturbed");
  for (const char* unit :
       {"prune and predict tail, seed 0, sparsity-0.90", "prune and predict fisher, seed 0, sparsity-0.90"}) {
    CancelAt progress(unit);
    EXPECT_THROW(run_study(recipe, folder_ / "study", progress), Interrupted) << unit;
    clear_cancellation();
  }
  run(recipe);
  std::set<std::string> networks;
  for (const std::string& method : recipe.methods) {
    const std::string path = "models/" + method + "/seed-0/sparsity-0.90.onnx.zst";
    networks.insert(sha256_file(folder_ / "study" / path));
    EXPECT_EQ(sha256_file(folder_ / "study" / path), sha256_file(folder_ / "undisturbed" / path)) << path;
    EXPECT_NEAR(measure_sparsity(read_onnx(folder_ / "study" / path)).sparsity(), 0.9, 0.002) << method;
  }
  EXPECT_EQ(networks.size(), recipe.methods.size());
  Recipe protecting = recipe;
  protecting.tail.protect_classes = {recipe_classes().front()};
  EXPECT_EQ(run(protecting).units_done, 4U);  // both tails, audit, report
}

TEST_F(StudyTest, an_unknown_class_to_protect_is_named) {
  Recipe recipe = small();
  recipe.methods = {"tail"};
  recipe.tail.protect_classes = {"Cat"};
  try {
    run(recipe);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("no class 'Cat'"), HasSubstr("prune.protect_classes")));
  }
}

TEST_F(StudyTest, a_report_alone_is_made_from_a_finished_study_only) {
  run(small());
  const std::string page = text("study/report.html");
  fs::remove(folder_ / "study/report.html");
  EXPECT_EQ(run_study(small(), folder_ / "study", silent_, {.report_only = true}).units_done, 1U);
  EXPECT_EQ(text("study/report.html"), page);
  fs::remove(folder_ / "study/scores/l1/seed-0/sparsity-0.50.npy");
  EXPECT_THROW(run_study(small(), folder_ / "study", silent_, {.report_only = true}), InputError);
  EXPECT_FALSE(fs::exists(folder_ / "study/scores/l1/seed-0/sparsity-0.50.npy"));
}

TEST_F(StudyTest, a_file_that_was_lost_is_made_again) {
  run(small());
  fs::remove(folder_ / "study/scores/l1/seed-0/sparsity-0.50.npy");
  EXPECT_EQ(run(small()).units_done, 1U);
}

TEST_F(StudyTest, an_imported_network_of_other_classes_gets_a_new_classifier_and_this_is_said) {
  RandomStream random(1, "test");
  write_onnx(build_network("resnet-small", {"one", "two"}, imagenet_preprocessing(1, 64, 64), random),
             folder_ / "imported.onnx");
  Recipe recipe = small();
  recipe.model_file = folder_ / "imported.onnx";
  EXPECT_THAT(run(recipe).warnings, AllOf(Contains(HasSubstr("replaced by a new one for the cohort's 20 classes")),
                                          Contains(HasSubstr("trained on is not known here"))));
  EXPECT_EQ(class_count(read_onnx(folder_ / "study/models/l1/seed-0/sparsity-0.00.onnx.zst")), 20U);
}

TEST_F(StudyTest, an_imported_network_that_came_folded_is_told_apart) {
  RandomStream random(1, "test");
  const Graph kept = build_network("resnet-small", {"one", "two"}, imagenet_preprocessing(1, 64, 64), random);
  Recipe recipe = small();
  recipe.model_file = folder_ / "imported.onnx";
  recipe.train.epochs = 0;
  write_onnx(with_folded_normalisation(kept), recipe.model_file);
  EXPECT_THAT(run(recipe).warnings, Contains(HasSubstr("came with its batch normalisation folded")));
  write_onnx(kept, recipe.model_file);
  EXPECT_THAT(run(recipe).warnings, Not(Contains(HasSubstr("folded"))));
}

TEST_F(StudyTest, without_epochs_nothing_is_trained) {
  Recipe recipe = small();
  recipe.train.epochs = 0;
  EXPECT_THAT(run(recipe).audit->notes, Contains(Field(&Note::reason, HasSubstr("no training counts"))));
  RandomStream random(recipe.seed, "model/weights", {0});
  const Graph trained = read_onnx(folder_ / "study/training/seed-0/best.onnx");
  const Graph fresh = build_network(recipe.architecture, trained.classes, imagenet_preprocessing(1, 64, 64), random);
  EXPECT_EQ(trained.tensor("conv1.weight"), fresh.tensor("conv1.weight"));
}

TEST_F(StudyTest, fine_tuned_networks_are_methods_of_their_own_and_as_sparse_as_was_asked) {
  Recipe recipe = small();
  recipe.methods = {"l1", "l1+fine-tune", "l1+gradual"};
  recipe.sparsities = {0.9};
  recipe.fine_tune.epochs = 1;
  recipe.gradual = {.steps = 2, .epochs = 1};
  recipe.train.loss.name = "asymmetric";
  run(recipe);
  const auto network = [&](const std::string& method) {
    return read_onnx(folder_ / "study/models" / method / "seed-0/sparsity-0.90.onnx.zst");
  };
  const SparsityReport plain = measure_sparsity(network("l1"));
  EXPECT_EQ(mask_of_zeros(network("l1+fine-tune")), mask_of_zeros(network("l1")));
  EXPECT_NE(network("l1+fine-tune").tensors, network("l1").tensors);
  EXPECT_EQ(measure_sparsity(network("l1+gradual")).nonzero(), plain.nonzero());
  EXPECT_NE(mask_of_zeros(network("l1+gradual")), mask_of_zeros(network("l1")));
}

TEST_F(StudyTest, training_alone_stops_there) {
  const StudyOutcome outcome = run_study(small(), folder_ / "study", silent_, {.train_only = true});
  EXPECT_EQ(outcome.units_done, 2U);
  EXPECT_FALSE(fs::exists(folder_ / "study/report.html"));
  EXPECT_EQ(run(small()).units_done, 5U);
}

TEST_F(StudyTest, a_class_absent_from_a_split_is_said_and_its_figures_are_empty) {
  const Recipe recipe = small();  // 45 test images cannot hold all 20 classes
  const StudyOutcome outcome = run(recipe);
  EXPECT_THAT(outcome.warnings, Contains(HasSubstr("has no positive image in the test split")));
  std::size_t empty = 0;
  for (const ClassCurve& curve : outcome.audit->methods.at(0).classes) {
    empty += curve.ap_dense ? 0 : 1;
  }
  EXPECT_GT(empty, 0U);
  EXPECT_FALSE(outcome.audit->notes.empty());
}

}  // namespace
}  // namespace niwaki
