#include "niwaki/study/exemplar_explanation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"
#include "niwaki/report/exemplar_maps.hpp"
#include "niwaki/study/study.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

Exemplar exemplar(std::vector<float> dense, std::vector<float> pruned) {
  Exemplar result;
  result.dense = std::move(dense);
  result.pruned = std::move(pruned);
  return result;
}

TEST(ClassToExplain, is_the_one_that_changed_most_of_those_that_flipped) {
  const Exemplar of = exemplar({0.9F, 0.6F, 0.4F, 0.5F}, {0.1F, 0.4F, 0.7F, 0.5F});
  EXPECT_EQ(class_to_explain(of, {{1, true, 1}, {2, false, 1}}), 2U);
  EXPECT_EQ(class_to_explain(of, {{1, true, 1}}), 1U);
  EXPECT_EQ(class_to_explain(of, {{3, true, 1}}), 3U);  // by a seed's scores, though the mean is as it was
}

TEST(ClassToExplain, without_a_flip_is_the_one_that_changed_most_either_way) {
  EXPECT_EQ(class_to_explain(exemplar({0.9F, 0.6F, 0.1F}, {0.8F, 0.3F, 0.2F}), {}), 1U);
  EXPECT_EQ(class_to_explain(exemplar({0.9F, 0.6F, 0.1F}, {0.8F, 0.3F, 0.5F}), {}), 2U);
  EXPECT_EQ(class_to_explain(exemplar({0.25F, 0.5F}, {0.5F, 0.25F}), {}), 0U);  // the first of equals
}

TEST(ClassToExplain, where_nothing_changed_is_the_likeliest) {
  EXPECT_EQ(class_to_explain(exemplar({0.2F, 0.1F, 0.7F}, {0.2F, 0.1F, 0.7F}), {}), 2U);
}

class ExplainStudyTest : public testing::Test {
 protected:
  /// Seconds: two seeds of one epoch, 120 drawn pictures.
  static Recipe small() {
    Recipe recipe = default_recipe();
    recipe.seeds = 2;
    recipe.phantom.images = 120;
    recipe.split = {0.5, 0.2, 0.3};
    recipe.train.epochs = 1;
    recipe.train.batch = 20;
    recipe.sparsities = {0.9};
    recipe.methods = {"l1"};
    recipe.gallery = 2;
    recipe.audit.exemplar_fraction = 0.2;
    recipe.audit.resamples = 0;
    return recipe;
  }
  StudyOutcome run(const Recipe& recipe) { return run_study(recipe, study(), silent_); }
  [[nodiscard]] fs::path study() const { return folder_ / "study"; }
  std::vector<ExplainedMethod> explained(const std::string& pruned = "") {
    return explain_study(study(), {.pruned = pruned, .explain = {}}, silent_);
  }
  void refused(const std::string& says, const std::string& pruned = "") {
    EXPECT_THAT([&] { (void)explained(pruned); }, ThrowsMessage<InputError>(HasSubstr(says)));
  }

  FolderForTests folder_{"explain-study"};
  SilentProgress silent_;
};

TEST_F(ExplainStudyTest, explains_what_the_page_shows_and_the_page_takes_it_along) {
  const StudyOutcome outcome = run(small());
  const std::vector<ExplainedMethod> methods = explained();
  ASSERT_EQ(methods.size(), 1U);
  const Explanation& explanation = methods[0].explanation;
  ASSERT_EQ(explanation.pairs.size(), 2U);
  ASSERT_EQ(explanation.networks.size(), 3U);
  EXPECT_EQ(explanation.networks[1].name, "models/l1/seed-0/sparsity-0.90.onnx.zst");
  EXPECT_EQ(explanation.networks[2].name, "models/l1/seed-1/sparsity-0.00.onnx.zst");
  const ExemplarResult& exemplars = outcome.audit->methods[0].exemplars;
  for (std::size_t i = 0; i < 2; ++i) {
    const Exemplar& of = exemplars.exemplars[i];
    EXPECT_EQ(explanation.cohort.records[explanation.pairs[i].row].id, of.id);
    EXPECT_EQ(explanation.classes[explanation.pairs[i].name],
              outcome.audit->classes[class_to_explain(of, exemplars.images.flips.at(of.row))].name);
  }
  // The page is out of date, once.
  EXPECT_EQ(run(small()).units_done, 1U);
  EXPECT_THAT(read_file(study() / "report.html"), HasSubstr("\"role\":\"another training\""));
  EXPECT_EQ(run(small()).units_done, 0U);
}

TEST_F(ExplainStudyTest, a_study_that_cannot_be_explained_is_refused_with_what_to_do) {
  refused("this is no study folder");
  Recipe recipe = small();
  recipe.seeds = 1;
  run(recipe);
  EXPECT_EQ(explained()[0].explanation.networks.size(), 2U);  // there is no other training
  refused("did you mean 'l1'", "l2");
  fs::rename(study() / "models/l1/seed-0/sparsity-0.90.onnx.zst", folder_ / "kept");
  refused("the network of seed 0 that l1 pruned to 0.9 is not there");
  fs::rename(folder_ / "kept", study() / "models/l1/seed-0/sparsity-0.90.onnx.zst");
  fs::rename(study() / "models/l1/seed-0/sparsity-0.00.onnx.zst", folder_ / "kept");
  refused("the dense network of seed 0 is not there");
  fs::rename(folder_ / "kept", study() / "models/l1/seed-0/sparsity-0.00.onnx.zst");
  fs::remove(study() / "audit/audit.json");
  refused("the study has no audit");
}

TEST_F(ExplainStudyTest, a_page_without_exemplars_has_none_to_explain) {
  Recipe recipe = small();
  recipe.seeds = 1;
  recipe.gallery = 0;
  run(recipe);
  refused("report.gallery");
  recipe.gallery = 2;
  recipe.audit.exemplar_fraction = 0.001;
  run(recipe);
  refused("the audit chose no exemplars");
}

TEST_F(ExplainStudyTest, other_pictures_than_the_study_was_of_are_refused) {
  Recipe recipe = small();
  recipe.seeds = 1;
  run(recipe);
  Recipe changed = recipe_of_study(study());
  changed.phantom.label_noise = 0.25;
  write_file(study() / "recipe.toml", recipe_text(changed));
  refused("are not those that the study is of");
}

}  // namespace
}  // namespace niwaki
