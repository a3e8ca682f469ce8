#include "niwaki/audit/decision/deployment_policy.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refused(const std::string& text) {
  try {
    (void)parse_deployment_policy(text, "policy.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "not refused";
}

TEST(DeploymentPolicy, is_the_table_of_a_recipe) {
  const DeploymentPolicy policy = parse_deployment_policy(
      "[study]\nseeds = 3\n[policy]\nmacro_loss = 0.02\nclass_losses = [\"Hernia=0.3\"]\nunknown_classes = "
      "\"report\"\n",
      "recipe.toml");
  EXPECT_EQ(policy.macro_loss, 0.02);
  EXPECT_THAT(policy.class_losses, ElementsAre("Hernia=0.3"));
  EXPECT_EQ(policy.unknown_classes, "report");
  EXPECT_EQ(policy.least_sparsity, 0.5);
}

TEST(DeploymentPolicy, without_a_table_it_is_the_default) {
  EXPECT_EQ(parse_deployment_policy("", "recipe.toml").unknown_classes, "block");
}

TEST(DeploymentPolicy, bad_ones_are_refused_with_key_and_line) {
  EXPECT_THAT(refused("[policy]\n\nmacro_los = 0.1\n"),
              testing::AllOf(HasSubstr("line 3"), HasSubstr("did you mean 'macro_loss'?")));
  EXPECT_THAT(refused("[policy]\nmacro_loss = \"much\"\n"), HasSubstr("line 2"));
  EXPECT_THAT(refused("[policy]\nmacro_loss = 1.5\n"), HasSubstr("policy.macro_loss"));
  EXPECT_THAT(refused("[policy]\nworst_class_loss = -0.1\n"), HasSubstr("policy.worst_class_loss"));
  EXPECT_THAT(refused("[policy]\nleast_sparsity = 1.0\n"), HasSubstr("policy.least_sparsity"));
  EXPECT_THAT(refused("[policy]\nsparsity = nan\n"), HasSubstr("policy.sparsity"));
  EXPECT_THAT(refused("[policy]\nunknown_classes = \"blok\"\n"), HasSubstr("did you mean 'block'?"));
  EXPECT_THAT(refused("[policy]\nclass_losses = [\"Hernia\"]\n"), HasSubstr("'Hernia' is no class with its tolerance"));
  EXPECT_THAT(refused("[policy]\nclass_losses = [\"Hernia=0\"]\n"), HasSubstr("policy.class_losses"));
  EXPECT_THAT(refused("policy = 3\n"), HasSubstr("a table [policy]"));
  EXPECT_THAT(refused("[policy\n"), HasSubstr("this is not TOML"));
}

TEST(DeploymentPolicy, what_it_leaves_open_is_as_the_audit_has_it) {
  AuditResult audit;
  audit.options.tolerance = 0.03;
  audit.options.drop = 0.15;
  audit.classes = {{"A", 1, {}, 0, 1}, {"B=C", 1, {}, 0, 1}, {"D", 1, {}, 0, 1}};
  DeploymentPolicy policy;
  DeploymentTolerances tolerances = tolerances_of(policy, audit);
  EXPECT_EQ(tolerances.macro, 0.03);
  EXPECT_THAT(tolerances.classes, ElementsAre(0.15, 0.15, 0.15));
  policy.macro_loss = 0.1;
  policy.worst_class_loss = 0.4;
  policy.class_losses = {"B=C = 0.05"};
  policy.exclude = {"d"};
  tolerances = tolerances_of(policy, audit);
  EXPECT_EQ(tolerances.macro, 0.1);
  EXPECT_THAT(tolerances.classes, ElementsAre(0.4, 0.05, std::nullopt));
}

}  // namespace
}  // namespace niwaki
