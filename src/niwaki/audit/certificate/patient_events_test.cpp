#include "niwaki/audit/certificate/patient_events.hpp"

#include <gtest/gtest.h>

#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

struct Images {
  std::vector<std::uint32_t> patients;
  CalledImages called;
};

Images random_images(std::uint64_t seed) {
  RandomStream random(seed, "patient_events_test");
  Images images;
  for (std::size_t image = 0; image < 120; ++image) {
    images.patients.push_back(static_cast<std::uint32_t>(random.below(50)));
    images.called.labels.push_back(static_cast<std::int8_t>(random.chance(0.1) ? -1 : random.below(2)));
    images.called.dense.push_back(random.chance(0.4) ? 1 : 0);
    images.called.pruned.push_back(random.chance(0.4) ? 1 : 0);
  }
  images.called.patients = images.patients;
  return images;
}

/// Patient by patient, image by image, in the words of the header.
EventCounts slowly(const CalledImages& all, PatientEvent event, bool alarms) {
  EventCounts counts;
  for (std::uint32_t patient = 0; patient < 50; ++patient) {
    std::vector<std::size_t> positive;
    std::vector<std::size_t> negative;
    for (std::size_t image = 0; image < all.labels.size(); ++image) {
      if (all.patients[image] == patient && all.labels[image] >= 0) {
        (all.labels[image] == 1 ? positive : negative).push_back(image);
      }
    }
    const std::vector<std::size_t>& looked_at = alarms ? negative : positive;
    if (looked_at.empty() || (alarms && !positive.empty())) {
      continue;
    }
    std::size_t dense = 0;
    std::size_t pruned = 0;
    std::size_t changed = 0;
    for (const std::size_t image : looked_at) {
      const bool from = alarms ? all.dense[image] == 0 : all.dense[image] == 1;
      dense += all.dense[image];
      pruned += all.pruned[image];
      changed += from && all.pruned[image] != all.dense[image] ? 1 : 0;
      counts.images += from ? 1 : 0;
    }
    counts.image_events += changed;
    counts.patients += 1;
    bool eligible = dense > 0;
    bool happens = event == PatientEvent::kFinding ? pruned == 0 : changed > 0;
    if (alarms) {
      eligible = event == PatientEvent::kFinding ? dense == 0 : dense < looked_at.size();
      happens = event == PatientEvent::kFinding ? pruned > 0 : changed > 0;
    }
    counts.eligible += eligible ? 1 : 0;
    counts.events += eligible && happens ? 1 : 0;
  }
  return counts;
}

void expect_same(const EventCounts& counts, const EventCounts& expected) {
  EXPECT_EQ(counts.patients, expected.patients);
  EXPECT_EQ(counts.eligible, expected.eligible);
  EXPECT_EQ(counts.events, expected.events);
  EXPECT_EQ(counts.images, expected.images);
  EXPECT_EQ(counts.image_events, expected.image_events);
}

TEST(PatientEvents, AreWhatOneFindsGoingFromPatientToPatient) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Images images = random_images(seed);
    for (const PatientEvent event : {PatientEvent::kFinding, PatientEvent::kEveryImage}) {
      SCOPED_TRACE(fmt::format("seed {}, {}", seed, patient_event_name(event)));
      expect_same(count_missed(images.called, event), slowly(images.called, event, false));
      expect_same(count_false_alarms(images.called, event), slowly(images.called, event, true));
    }
  }
}

TEST(PatientEvents, OnePatientOfThreeImages) {
  const std::vector<std::uint32_t> patients = {0, 0, 0};
  // Called by the dense network on two positive images, by the pruned one on the second.
  const CalledImages images{patients, {1, 1, 0}, {1, 1, 0}, {0, 1, 1}};
  EXPECT_EQ(count_missed(images, PatientEvent::kFinding).events, 0U);
  EXPECT_EQ(count_missed(images, PatientEvent::kEveryImage).events, 1U);
  // A patient with the finding is no patient without it, whatever other images show.
  EXPECT_EQ(count_false_alarms(images, PatientEvent::kFinding).patients, 0U);
}

TEST(PatientEvents, APairIsCalledWhereBothAreOnImagesThatShowBoth) {
  const std::vector<std::uint32_t> patients = {0, 1, 2};
  const CalledImages first{patients, {1, 1, 1}, {1, 1, 1}, {1, 0, 1}};
  const CalledImages second{patients, {1, 1, 0}, {1, 1, 1}, {1, 1, 0}};
  const EventCounts counts = count_missed(both_called(first, second), PatientEvent::kFinding);
  EXPECT_EQ(counts.patients, 2U);
  EXPECT_EQ(counts.eligible, 2U);
  EXPECT_EQ(counts.events, 1U);
}

}  // namespace
}  // namespace niwaki
