#include "niwaki/audit/companions.hpp"

#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/grid_for_tests.hpp"
#include "niwaki/metrics/multiple_testing.hpp"

namespace niwaki {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kResamples = 100;

// A cohort, dense and pruned tables of three seeds, and everything of a companion effect by plain loops over the rows
// of each copied-out cohort.
class Companions {
 public:
  explicit Companions(const RandomCohort& drawn = {.images = 240,
                                                   .prevalences = {0.5, 0.4, 0.45, 0.5},
                                                   .patients = 150})
      : cohort(random_cohort(drawn)),
        labels(labels_by_class(cohort)),
        patients(number_patients(cohort)),
        resamples(cohort.patients(), kResamples, 5) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      RandomStream random(seed, "companions_test");
      dense.push_back(random_scores(cohort, 0.5, random));
      pruned.push_back(random_scores(cohort, 0.2, random));
      std::vector<double>& chosen = thresholds.emplace_back();
      for (std::size_t column = 0; column < labels.size(); ++column) {
        chosen.push_back(0.2 + 0.08 * static_cast<double>((column + seed) % 4));
      }
    }
    for (std::size_t resample = 0; resample < kResamples; ++resample) {
      rows_.push_back(copied_out(resamples, resample, patients));
    }
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      all_.push_back(row);
    }
  }

  [[nodiscard]] CompanionResult measure() const {
    PrunedPair pair{.sparsity = 0.9, .dense = {}, .pruned = {}, .operating_points = {}};
    for (std::size_t seed = 0; seed < 3; ++seed) {
      pair.dense.emplace_back(dense[seed].data(), cohort.size(), labels.size());
      pair.pruned.emplace_back(pruned[seed].data(), cohort.size(), labels.size());
      pair.operating_points.push_back(&thresholds[seed]);
    }
    return companion_effects(labels, pair, {patients, resamples}, options);
  }

  // Of some images, those with the companions or without all of them; where it is not known which, neither.
  [[nodiscard]] std::vector<std::size_t> side(const std::vector<std::size_t>& rows, const CompanionEffect& effect,
                                              bool with) const {
    std::vector<std::size_t> chosen;
    for (const std::size_t row : rows) {
      std::size_t present = 0;
      std::size_t absent = 0;
      for (const std::size_t companion : effect.companions) {
        present += labels[companion].values[row] == 1 ? 1 : 0;
        absent += labels[companion].values[row] == 0 ? 1 : 0;
      }
      if (with ? present == effect.companions.size() : absent > 0) {
        chosen.push_back(row);
      }
    }
    return chosen;
  }

  // Of those, the ones whose label for the finding is this.
  [[nodiscard]] std::vector<std::size_t> labelled(const std::vector<std::size_t>& rows, std::size_t finding,
                                                  int label) const {
    std::vector<std::size_t> chosen;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(chosen),
                 [&](std::size_t row) { return labels[finding].values[row] == label; });
    return chosen;
  }

  [[nodiscard]] std::size_t patients_of(const std::vector<std::size_t>& rows) const {
    std::set<std::uint32_t> found;
    for (const std::size_t row : rows) {
      found.insert(patients[row]);
    }
    return found.size();
  }

  [[nodiscard]] bool called(const std::vector<float>& table, std::size_t seed, std::size_t finding,
                            std::size_t row) const {
    return static_cast<double>(table[row * labels.size() + finding]) >= thresholds[seed][finding];
  }

  // Of the dense networks' calls on these positives, the share that the pruned ones lose; over all seeds.
  [[nodiscard]] double lost_calls(std::size_t finding, const std::vector<std::size_t>& positives) const {
    double calls = 0.0;
    double lost = 0.0;
    for (std::size_t seed = 0; seed < 3; ++seed) {
      for (const std::size_t row : positives) {
        if (called(dense[seed], seed, finding, row)) {
          calls += 1.0;
          lost += called(pruned[seed], seed, finding, row) ? 0.0 : 1.0;
        }
      }
    }
    return calls > 0.0 ? lost / calls : kNone;
  }

  // Patients of whom some call is lost, or else is kept.
  [[nodiscard]] std::size_t patients_with(bool lost, std::size_t finding,
                                          const std::vector<std::size_t>& positives) const {
    std::vector<std::size_t> rows;
    for (const std::size_t row : positives) {
      bool has = false;
      for (std::size_t seed = 0; seed < 3; ++seed) {
        has = has || (called(dense[seed], seed, finding, row) && called(pruned[seed], seed, finding, row) != lost);
      }
      if (has) {
        rows.push_back(row);
      }
    }
    return patients_of(rows);
  }

  [[nodiscard]] double effective_by_calls(std::size_t finding, const std::vector<std::size_t>& positives) const {
    std::vector<std::size_t> rows;  // one a call
    for (const std::size_t row : positives) {
      for (std::size_t seed = 0; seed < 3; ++seed) {
        rows.insert(rows.end(), called(dense[seed], seed, finding, row) ? 1 : 0, row);
      }
    }
    return slow_effective_patients(rows, patients);
  }

  // What is lost on one side of a cohort: AP as a mean over seeds.
  [[nodiscard]] double loss(const std::vector<std::size_t>& rows, const CompanionEffect& effect, bool with,
                            bool of_recall) const {
    const std::vector<std::size_t> here = side(rows, effect, with);
    if (of_recall) {
      return lost_calls(effect.finding, labelled(here, effect.finding, 1));
    }
    double sum = 0.0;
    for (std::size_t seed = 0; seed < 3; ++seed) {
      const double before = average_precision(ranked_rows(dense[seed], labels, effect.finding, here)).value_or(kNone);
      const double after = average_precision(ranked_rows(pruned[seed], labels, effect.finding, here)).value_or(kNone);
      sum += (before - after) / before;
    }
    return sum / 3.0;
  }

  [[nodiscard]] BootstrapOptions bootstrap(const CompanionEffect& effect, bool of_recall) const {
    const auto effective = [&](bool with) {
      const std::vector<std::size_t> positives = labelled(side(all_, effect, with), effect.finding, 1);
      return of_recall ? effective_by_calls(effect.finding, positives) : slow_effective_patients(positives, patients);
    };
    return {.confidence = 0.95, .effective_patients = std::min(effective(true), effective(false))};
  }

  // Five patients on each side who lose a call, and five who keep one.
  [[nodiscard]] bool can_tell(const CompanionEffect& effect) const {
    std::size_t fewest = patients.size();
    for (const bool with : {true, false}) {
      const std::vector<std::size_t> positives = labelled(side(all_, effect, with), effect.finding, 1);
      for (const bool lost : {true, false}) {
        fewest = std::min(fewest, patients_with(lost, effect.finding, positives));
      }
    }
    return fewest >= 5;
  }

  void expect_loss(const CompanionEffect& effect, bool of_recall) const {
    const CompanionEffect::Loss& found = of_recall ? effect.recall : effect.ap;
    EXPECT_NEAR(found.loss_with.value(), loss(all_, effect, true, of_recall), 1e-12);
    EXPECT_NEAR(found.loss_without.value(), loss(all_, effect, false, of_recall), 1e-12);
    EXPECT_NEAR(found.excess.value(), *found.loss_with - *found.loss_without, 1e-15);
    std::vector<double> replicates;
    for (const std::vector<std::size_t>& rows : rows_) {
      replicates.push_back(loss(rows, effect, true, of_recall) - loss(rows, effect, false, of_recall));
    }
    if (of_recall && !can_tell(effect)) {
      EXPECT_FALSE(found.interval);
      EXPECT_FALSE(found.p);
      return;
    }
    const BootstrapOptions with = bootstrap(effect, of_recall);
    EXPECT_EQ(apart(found.interval, percentile_interval(replicates, with), 1e-9), "");
    const auto p = bootstrap_p(*found.excess, replicates, with);
    ASSERT_EQ(found.p.has_value(), p.has_value());
    if (p) {
      EXPECT_NEAR(*found.p, *p, 1e-9);
    }
  }

  // Everything of one effect; false where it must be left out.
  [[nodiscard]] bool has_enough(const CompanionEffect& effect) const {
    const auto count = [&](bool with) { return patients_of(labelled(side(all_, effect, with), effect.finding, 1)); };
    return std::min(count(true), count(false)) >= options.minimum_patients;
  }

  void expect_effect(const CompanionEffect& effect) const {
    for (const bool with : {true, false}) {
      const std::vector<std::size_t> positives = labelled(side(all_, effect, with), effect.finding, 1);
      EXPECT_EQ(with ? effect.images_with : effect.images_without, positives.size());
      EXPECT_EQ(with ? effect.patients_with : effect.patients_without, patients_of(positives));
    }
    expect_loss(effect, true);
    const auto negatives = [&](bool with) {
      return patients_of(labelled(side(all_, effect, with), effect.finding, 0));
    };
    if (std::min(negatives(true), negatives(false)) >= options.minimum_patients) {
      expect_loss(effect, false);
    } else {
      EXPECT_FALSE(effect.ap.excess);
      EXPECT_FALSE(effect.ap.p);
    }
  }

  Cohort cohort;
  std::vector<ClassLabels> labels;
  std::vector<std::uint32_t> patients;
  PatientResamples resamples;
  std::vector<std::vector<float>> dense, pruned;
  std::vector<std::vector<double>> thresholds;
  AuditOptions options = {.minimum_patients = 8};

 private:
  std::vector<std::vector<std::size_t>> rows_;
  std::vector<std::size_t> all_;
};

using Key = std::pair<std::size_t, std::vector<std::size_t>>;

std::set<Key> keys_of(const std::vector<CompanionEffect>& effects) {
  std::set<Key> keys;
  for (const CompanionEffect& effect : effects) {
    keys.insert({effect.finding, effect.companions});
  }
  return keys;
}

TEST(Companions, effects_are_those_of_copied_out_cohorts) {
  const Companions example;
  const CompanionResult result = example.measure();
  EXPECT_EQ(result.sparsity, 0.9);
  EXPECT_EQ(result.pairs.size(), 12U);  // each of four classes with each other one
  EXPECT_GT(result.triples.size(), 3U);
  for (const auto* effects : {&result.pairs, &result.triples}) {
    for (const CompanionEffect& effect : *effects) {
      SCOPED_TRACE(fmt::format("finding {} with {} companions, the first {}", effect.finding, effect.companions.size(),
                               effect.companions[0]));
      example.expect_effect(effect);
    }
  }
}

TEST(Companions, with_too_few_patients_are_left_out_and_counted) {
  Companions example;
  const std::size_t classes = example.labels.size();
  for (const std::size_t minimum : {2U, 8U, 12U, 20U}) {
    example.options.minimum_patients = minimum;
    std::set<Key> pairs;
    std::set<Key> triples;
    for (std::size_t a = 0; a < classes; ++a) {
      for (std::size_t b = 0; b < classes; ++b) {
        for (std::size_t c = b; c < classes; ++c) {
          CompanionEffect effect;
          effect.finding = a;
          effect.companions = b == c ? std::vector{b} : std::vector{b, c};
          if (a != b && a != c && example.has_enough(effect)) {
            (b == c ? pairs : triples).insert({a, effect.companions});
          }
        }
      }
    }
    const CompanionResult result = example.measure();
    EXPECT_EQ(keys_of(result.pairs), pairs) << minimum;
    EXPECT_EQ(keys_of(result.triples), triples) << minimum;
    EXPECT_EQ(result.pairs_left_out, 12U - pairs.size());
    EXPECT_EQ(result.triples_left_out, 12U - triples.size());
  }
}

TEST(Companions, of_a_class_that_is_nearly_always_there_have_recall_without_ap) {
  Companions example({.images = 160, .prevalences = {0.93, 0.5, 0.4}, .unknown = 0.02, .patients = 120});
  example.options.minimum_patients = 10;
  bool seen = false;
  for (const CompanionEffect& effect : example.measure().pairs) {
    example.expect_effect(effect);
    seen = seen || (effect.finding == 0 && effect.recall.excess && !effect.ap.excess);
  }
  EXPECT_TRUE(seen);
}

TEST(Companions, are_ranked_by_the_lower_end_of_recall) {
  Companions example;
  for (std::vector<double>& chosen : example.thresholds) {
    chosen[1] = kNone;  // no operating point: no recall, and last
  }
  const CompanionResult result = example.measure();
  for (const auto* effects : {&result.pairs, &result.triples}) {
    std::size_t without = 0;
    for (std::size_t i = 0; i < effects->size(); ++i) {
      const CompanionEffect& here = (*effects)[i];
      EXPECT_EQ(here.rank, i + 1);
      EXPECT_EQ(here.recall.interval.has_value(), here.finding != 1 && example.can_tell(here));
      EXPECT_TRUE(here.ap.excess);
      without += here.recall.interval ? 0 : 1;
      if (i > 0) {
        const CompanionEffect& before = (*effects)[i - 1];
        if (here.recall.interval) {
          EXPECT_GE(before.recall.interval.value().low, here.recall.interval->low);
        } else if (!before.recall.interval) {
          EXPECT_GE(before.ap.interval.value().low, here.ap.interval.value().low);
        }
      }
    }
    EXPECT_GT(without, 0U);
  }
}

TEST(Companions, are_adjusted_for_all_of_their_kind) {
  const CompanionResult result = Companions().measure();
  for (const auto* effects : {&result.pairs, &result.triples}) {
    for (const auto figure : {&CompanionEffect::recall, &CompanionEffect::ap}) {
      std::vector<double> p_values;
      std::vector<double> adjusted;
      for (const CompanionEffect& effect : *effects) {
        const CompanionEffect::Loss& loss = effect.*figure;
        ASSERT_EQ(loss.p.has_value(), loss.holm.has_value());
        if (loss.p) {
          p_values.push_back(*loss.p);
          adjusted.push_back(*loss.holm);
        }
      }
      ASSERT_GT(p_values.size(), 2U);
      EXPECT_EQ(adjusted, holm(p_values));
    }
  }
}

TEST(Companions, an_unknown_companion_puts_an_image_on_neither_side_unless_another_is_absent) {
  // Finding A on all images; B and C by image: unknown and present, unknown and absent.
  Companions example({.images = 40, .prevalences = {1.0, 0.5, 0.5}, .unknown = 0.0, .patients = 1000});
  example.options.minimum_patients = 2;
  for (std::size_t row = 0; row < 40; ++row) {
    example.labels[0].values[row] = 1;
    example.labels[1].values[row] = row < 10 ? 1 : row < 20 ? 0 : -1;
    example.labels[2].values[row] = row < 5 ? 1 : row < 30 ? 0 : 1;
  }
  const CompanionResult result = example.measure();
  const auto found = [&](const std::vector<CompanionEffect>& effects, const std::vector<std::size_t>& companions) {
    for (const CompanionEffect& effect : effects) {
      if (effect.finding == 0 && effect.companions == companions) {
        return std::pair(effect.images_with, effect.images_without);
      }
    }
    return std::pair(std::size_t{0}, std::size_t{0});
  };
  EXPECT_EQ(found(result.pairs, {1}), std::pair(std::size_t{10}, std::size_t{10}));
  EXPECT_EQ(found(result.pairs, {2}), std::pair(std::size_t{15}, std::size_t{25}));
  // With both: rows 0 to 4. Not with both: 5 to 29. Nobody knows: 30 to 39.
  EXPECT_EQ(found(result.triples, {1, 2}), std::pair(std::size_t{5}, std::size_t{25}));
}

TEST(Companions, a_class_cannot_accompany_itself) {
  const CompanionResult result = Companions({.images = 60, .prevalences = {0.5}}).measure();
  EXPECT_TRUE(result.pairs.empty());
  EXPECT_EQ(result.pairs_left_out, 0U);
  EXPECT_EQ(result.triples_left_out, 0U);
}

}  // namespace
}  // namespace niwaki
