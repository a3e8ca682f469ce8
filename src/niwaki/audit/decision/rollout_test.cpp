#include "niwaki/audit/decision/rollout.hpp"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"
#include "niwaki/metrics/mcnemar.hpp"

namespace niwaki {
namespace {

AuditResult audit() {
  AuditResult result;
  result.images = 1000;
  result.patients = 400;
  result.options.minimum_patients = 20;
  result.classes = {{"Edema", 250, {}, 0, 100}, {"Hernia", 6, {}, 0, 4}, {"Mass", 0, {}, 0, 0}};
  return result;
}

TEST(Rollout, images_are_those_that_hold_the_patients_needed) {
  RolloutOptions options;
  options.images_a_day = 200.0;
  const RolloutPlan plan = plan_rollout(audit(), options);
  ASSERT_TRUE(plan.patients);
  // A net loss of 5% beside 2% found is 7% missed.
  EXPECT_EQ(*plan.patients, mcnemar_patients({0.07, 0.02}).value());
  EXPECT_GE(*plan.reached_power, 0.8);
  EXPECT_EQ(plan.images_per_patient, 2.5);
  const RolloutClass& edema = plan.classes[0];
  EXPECT_EQ(*edema.prevalence, 0.25);
  EXPECT_EQ(*edema.images, static_cast<double>(*plan.patients) * 2.5 / 0.25);
  EXPECT_EQ(*edema.days[0], std::ceil(*edema.images / 200.0));
  EXPECT_EQ(*edema.days[1], std::ceil(*edema.images / 20.0));
  EXPECT_EQ(*edema.days[2], std::ceil(*edema.images / 10.0));
  EXPECT_TRUE(edema.feasible[0]);
  EXPECT_FALSE(edema.few_patients);
}

TEST(Rollout, prevalence_has_its_exact_interval) {
  // scipy.stats.beta.ppf(0.025, 100, 301), ppf(0.975, 101, 300)
  const RolloutClass edema = plan_rollout(audit(), {}).classes[0];
  EXPECT_NEAR(edema.prevalence_interval->low, 0.2083015066819634, 1e-9);
  EXPECT_NEAR(edema.prevalence_interval->high, 0.2954417186353168, 1e-9);
  EXPECT_LT(edema.images_interval->low, *edema.images);
  EXPECT_GT(edema.images_interval->high, *edema.images);
}

TEST(Rollout, a_rare_class_is_not_feasible_and_says_so) {
  RolloutOptions options;
  options.images_a_day = 50.0;
  const RolloutPlan plan = plan_rollout(audit(), options);
  const RolloutClass& hernia = plan.classes[1];
  EXPECT_TRUE(hernia.few_patients);
  EXPECT_GT(*hernia.days[0], options.longest_days);
  EXPECT_FALSE(hernia.feasible[0]);
  EXPECT_FALSE(hernia.feasible[2]);
  const RolloutClass& mass = plan.classes[2];
  EXPECT_FALSE(mass.prevalence);
  EXPECT_FALSE(mass.images);
  EXPECT_FALSE(mass.days[0]);
  EXPECT_DOUBLE_EQ(plan.false_stops, 2 * 0.05);
}

TEST(Rollout, without_images_a_day_there_are_no_days) {
  const RolloutPlan plan = plan_rollout(audit(), {});
  EXPECT_TRUE(plan.classes[0].images);
  EXPECT_FALSE(plan.classes[0].days[0]);
}

TEST(Rollout, a_loss_that_no_study_shows_has_no_number) {
  RolloutOptions options;
  options.loss = 1e-6;
  const RolloutPlan plan = plan_rollout(audit(), options);
  EXPECT_FALSE(plan.patients);
  EXPECT_FALSE(plan.classes[0].images);
  EXPECT_EQ(plan.false_stops, 0.0);
}

TEST(Rollout, stops_where_the_test_does) {
  const RolloutPlan plan = plan_rollout(audit(), {});
  ASSERT_EQ(plan.stop.size(), 6U);
  for (const StopRule& rule : plan.stop) {
    EXPECT_LE(mcnemar_p(rule.at_the_end, rule.gained), 0.05);
    EXPECT_GT(mcnemar_p(rule.at_the_end - 1, rule.gained), 0.05);
    EXPECT_LE(mcnemar_p(rule.at_any_look, rule.gained), 0.001);
    EXPECT_GT(mcnemar_p(rule.at_any_look - 1, rule.gained), 0.001);
  }
}

TEST(Rollout, options_out_of_range_are_refused_by_key) {
  const auto refused = [](auto&& change) {
    RolloutOptions options;
    change(options);
    try {
      options.check();
    } catch (const InputError& error) {
      return error.where();
    }
    return std::string("not refused");
  };
  EXPECT_EQ(refused([](auto& of) { of.loss = 0.0; }), "rollout.loss");
  EXPECT_EQ(refused([](auto& of) { of.found = 0.6; }), "rollout.found");
  EXPECT_EQ(refused([](auto& of) { of.significance = 0.5; }), "rollout.significance");
  EXPECT_EQ(refused([](auto& of) { of.power = 1.0; }), "rollout.power");
  EXPECT_EQ(refused([](auto& of) { of.limited_share = 0.0; }), "rollout.limited_share");
  EXPECT_EQ(refused([](auto& of) { of.monitored_share = 1.1; }), "rollout.monitored_share");
  EXPECT_EQ(refused([](auto& of) { of.longest_days = 0.0; }), "rollout.longest_days");
}

}  // namespace
}  // namespace niwaki
