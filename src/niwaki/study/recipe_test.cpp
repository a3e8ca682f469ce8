#include "niwaki/study/recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Recipe parse(const std::string& text) {
  return parse_recipe(text, "/recipes", "r.toml");
}

/// The error that a recipe's text or check gives.
std::string error_of(const std::string& text) {
  try {
    parse(text).check();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Recipe, the_defaults_are_in_order) {
  const Recipe recipe = default_recipe();
  EXPECT_NO_THROW(recipe.check());
  EXPECT_EQ(recipe.sparsities.size(), 19U);
  EXPECT_EQ(recipe.sparsities.back(), 0.95);
}

TEST(Recipe, keys_are_read_and_paths_are_relative_to_the_file) {
  const Recipe recipe = parse(
      "[study]\nseed = 7\n[cohort]\nkind = \"files\"\nimages = \"x/../pictures\"\n[prune]\nsparsities = [0.5, 0.9]\n");
  EXPECT_EQ(recipe.seed, 7U);
  EXPECT_EQ(recipe.images, fs::path("/recipes/pictures"));
  EXPECT_THAT(recipe.sparsities, ElementsAre(0.5, 0.9));
}

TEST(Recipe, an_unknown_key_is_named_with_the_nearest_and_its_line) {
  const std::string error = error_of("[train]\nbatch = 32\nepoch = 3\n");
  EXPECT_THAT(error, HasSubstr("'train.epoch'"));
  EXPECT_THAT(error, HasSubstr("did you mean 'train.epochs'"));
  EXPECT_THAT(error, HasSubstr("r.toml, line 3"));
}

TEST(Recipe, a_value_of_the_wrong_kind_is_named) {
  EXPECT_THAT(error_of("[train]\nepochs = \"three\"\n"), HasSubstr("'train.epochs' is of the wrong kind"));
  EXPECT_THAT(error_of("[train]\nepochs = -1\n"), HasSubstr("0 or more"));
  EXPECT_THAT(error_of("[train]\nepochs = 1.5\n"), HasSubstr("'train.epochs'"));
  EXPECT_THAT(error_of("[prune]\nmethods = \"l1\"\n"), HasSubstr("list in square brackets"));
  EXPECT_THAT(error_of("[train\n"), HasSubstr("this is not TOML"));
  EXPECT_THAT(error_of("train = 3\n"), HasSubstr("there is no key 'train'"));
}

TEST(Recipe, a_value_out_of_range_is_named) {
  EXPECT_THAT(error_of("[prune]\nsparsities = [0.5, 1.0]\n"), HasSubstr("prune.sparsities"));
  EXPECT_THAT(error_of("[prune]\nsparsities = [0.9, 0.5]\n"), HasSubstr("do not rise"));
  EXPECT_THAT(error_of("[prune]\nsparsities = []\n"), HasSubstr("no sparsity"));
  EXPECT_THAT(error_of("[prune]\nsparsities = [nan]\n"), HasSubstr("prune.sparsities"));
  EXPECT_THAT(error_of("[prune]\nmethods = [\"l2\"]\n"), HasSubstr("l1"));
  EXPECT_THAT(error_of("[prune]\nmethods = [\"l1\", \"l1\"]\n"), HasSubstr("listed twice"));
  EXPECT_THAT(error_of("[study]\nseeds = 0\n"), HasSubstr("study.seeds"));
  EXPECT_THAT(error_of("[model]\narchitecture = \"resnet-smal\"\n"), HasSubstr("did you mean 'resnet-small'"));
  EXPECT_THAT(error_of("[model]\nchannels = 2\n"), HasSubstr("channels"));
  EXPECT_THAT(error_of("[train]\nlearning_rate = 0.0\n"), HasSubstr("learning_rate"));
  EXPECT_THAT(error_of("[train]\nloss = \"focl\"\n"), HasSubstr("did you mean 'focal'"));
  EXPECT_THAT(error_of("[train]\neffective_beta = 1.0\n"), HasSubstr("train.effective_beta"));
  EXPECT_THAT(error_of("[finetune]\nloss = \"asymetric\"\n"), HasSubstr("did you mean 'asymmetric'"));
  EXPECT_THAT(error_of("[finetune]\nlearning_rate = 0.0\n"), HasSubstr("finetune.learning_rate"));
  EXPECT_THAT(error_of("[finetune]\ndistillation = 1.5\n"), HasSubstr("finetune.distillation"));
  EXPECT_THAT(error_of("[finetune]\ntail_exponent = -1.0\n"), HasSubstr("finetune.tail_exponent"));
  EXPECT_THAT(error_of("[gradual]\nsteps = 0\n"), HasSubstr("gradual.steps"));
  EXPECT_THAT(error_of("[cohort]\nkind = \"file\"\n"), HasSubstr("cohort.kind"));
  EXPECT_THAT(error_of("[audit]\ndrop = 2.0\n"), HasSubstr("drop"));
}

TEST(Recipe, channels_and_patterns_are_methods_and_a_pattern_has_its_own_sparsity) {
  EXPECT_EQ(error_of("[prune]\nmethods = [\"l1\", \"channels-l1\"]\n"), "");
  EXPECT_THAT(error_of("[prune]\nmethods = [\"channels-l2\"]\n"), HasSubstr("did you mean 'l1'"));
  EXPECT_THAT(error_of("[prune]\nmethods = [\"nm-2:4\"]\n"), HasSubstr("2:4 is a sparsity of 0.5, not of 0.05"));
  EXPECT_EQ(error_of("[prune]\nmethods = [\"nm-2:4\"]\nsparsities = [0.5]\n[audit]\nexemplar_sparsity = 0.5\n"), "");
}

TEST(Recipe, files_must_be_named_once) {
  EXPECT_THAT(error_of("[cohort]\nkind = \"files\"\n"), HasSubstr("cohort.images"));
  EXPECT_THAT(error_of("[cohort]\nkind = \"files\"\nimages = \"a\"\n"), HasSubstr("cohort.labels"));
  EXPECT_THAT(error_of("[cohort]\nkind = \"files\"\nimages = \"a\"\nlabels = \"l\"\ntest_list = \"t\"\n"),
              HasSubstr("one of two lists"));
  EXPECT_EQ(error_of("[cohort]\nkind = \"files\"\nimages = \"a\"\nlabels = \"l\"\n"), "");
}

TEST(Recipe, set_takes_toml_and_plain_text) {
  Recipe recipe = default_recipe();
  set_key(recipe, "train.epochs=3");
  set_key(recipe, "train.learning_rate = 1e-3");
  set_key(recipe, "study.title=A title = with signs");
  set_key(recipe, "prune.methods=[\"random\"]");
  set_key(recipe, "train.flip=false");
  set_key(recipe, "cohort.images=some/folder");
  EXPECT_EQ(recipe.train.epochs, 3U);
  EXPECT_EQ(recipe.train.learning_rate, 1e-3);
  EXPECT_EQ(recipe.title, "A title = with signs");
  EXPECT_THAT(recipe.methods, ElementsAre("random"));
  EXPECT_FALSE(recipe.train.augmentation.flip);
  EXPECT_EQ(recipe.images, fs::current_path() / "some/folder");
}

TEST(Recipe, set_refuses_what_it_cannot_read) {
  Recipe recipe = default_recipe();
  EXPECT_THROW(set_key(recipe, "train.epochs"), InputError);
  EXPECT_THROW(set_key(recipe, "=3"), InputError);
  EXPECT_THROW(set_key(recipe, "train.epochs=three"), InputError);
  EXPECT_THROW(set_key(recipe, "trian.epochs=3"), InputError);
  EXPECT_THROW(set_key(recipe, "train.epochs=3\nstudy.seed=4"), InputError);
}

TEST(Recipe, an_unknown_key_is_named_before_its_value_is_read) {
  Recipe recipe = default_recipe();
  try {
    set_key(recipe, "cohort.image=/a path");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'cohort.images'"));
  }
}

TEST(Recipe, files_beside_a_drawn_cohort_are_refused) {
  Recipe recipe = default_recipe();
  recipe.labels = "labels.csv";
  EXPECT_THROW(recipe.check(), InputError);
}

TEST(Recipe, what_is_written_reads_back) {
  Recipe recipe = default_recipe();
  recipe.title = "quotes \" and \\ and\nlines";
  recipe.images = "/a folder/with # signs";
  recipe.train.learning_rate = 0.1 + 0.2;
  recipe.phantom.label_noise = 1e-7;
  recipe.classes = {"A, b", "\"C\""};
  const std::string text = recipe_text(recipe);
  EXPECT_EQ(recipe_text(parse(text)), text);
  EXPECT_EQ(parse(text).title, recipe.title);
  EXPECT_EQ(parse(text).classes, recipe.classes);
}

TEST(Recipe, every_key_has_a_meaning) {
  for (const RecipeKey& key : recipe_keys()) {
    EXPECT_THAT(key.name, HasSubstr("."));
    EXPECT_FALSE(key.meaning.empty()) << key.name;
  }
}

TEST(Preset, every_one_but_for_its_paths_is_in_order) {
  for (const std::string& name : preset_names()) {
    Recipe recipe = preset(name);
    if (recipe.cohort_kind == "files") {
      recipe.images = "/pictures";
      recipe.labels = "/labels.csv";
    }
    EXPECT_NO_THROW(recipe.check()) << name;
  }
  EXPECT_THAT(preset_names(), ElementsAre("demo", "mimic-cxr-lt", "nih-1000", "nih-cxr-lt"));
  EXPECT_THROW(preset("nih-cxr"), InputError);
}

TEST(Preset, the_published_protocol_is_exact) {
  for (const char* name : {"nih-cxr-lt", "mimic-cxr-lt"}) {
    const Recipe recipe = preset(name);
    EXPECT_EQ(recipe.architecture, "resnet50");
    EXPECT_EQ(recipe.input, imagenet_preprocessing(3, 256, 256));
    EXPECT_EQ(recipe.seeds, 30U);
    EXPECT_EQ(recipe.train.loss.name, "bce");
    EXPECT_EQ(recipe.train.learning_rate, 1e-4);
    EXPECT_EQ(recipe.train.schedule, "constant");
    EXPECT_EQ(recipe.train.weight_decay, 0);
    EXPECT_EQ(recipe.train.batch, 256U);
    EXPECT_EQ(recipe.train.epochs, 60U);
    EXPECT_EQ(recipe.train.patience, 15U);
    EXPECT_TRUE(recipe.train.augmentation.flip);
    EXPECT_EQ(recipe.train.augmentation.rotation_degrees, 15);
    EXPECT_THAT(recipe.methods, ElementsAre("l1", "random"));
    EXPECT_EQ(recipe.sparsities, default_recipe().sparsities);
    EXPECT_EQ(recipe.audit.exemplar_sparsity, 0.90);
    EXPECT_EQ(recipe.audit.exemplar_fraction, 0.05);
    EXPECT_EQ(recipe.audit.drop, 0.20);
  }
}

}  // namespace
}  // namespace niwaki
