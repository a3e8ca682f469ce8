#include "niwaki/cohort/phantom/film.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <gtest/gtest.h>

#include "niwaki/cohort/phantom/anatomy.hpp"
#include "niwaki/cohort/phantom/signs.hpp"

namespace niwaki::phantom {
namespace {

Subject subject_with(std::uint64_t patient, std::initializer_list<Finding> findings) {
  Subject subject;
  subject.seed = 11;
  subject.patient = patient;
  subject.row = patient * 10;
  for (const Finding finding : findings) {
    subject.findings[static_cast<std::size_t>(finding)] = 1;
  }
  return subject;
}

/// Mean change of light that a finding makes over many patients, within a box of the film.
double change_within(Finding finding, const Box& box) {
  constexpr std::size_t kSize = 64;
  constexpr std::uint64_t kPatients = 40;
  double sum = 0;
  std::size_t pixels = 0;
  for (std::uint64_t patient = 0; patient < kPatients; ++patient) {
    const Subject sick = subject_with(patient, {finding});
    const Canvas film = ideal_film(sick, kSize);
    const Canvas healthy = ideal_film(sick, kSize, finding);
    for (std::size_t i = 0; i < film.light().size(); ++i) {
      const float x = (static_cast<float>(i % kSize) + 0.5F) / 32 - 1;
      const std::size_t row = i / kSize;
      const float y = (static_cast<float>(row) + 0.5F) / 32 - 1;
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) {
        sum += film.light()[i] - healthy.light()[i];
        ++pixels;
      }
    }
  }
  return sum / static_cast<double>(pixels);
}

/// Share of all change (by amount) that lies within a box.
double share_within(Finding finding, const Box& box) {
  constexpr std::size_t kSize = 64;
  double inside = 0;
  double all = 0;
  for (std::uint64_t patient = 0; patient < 40; ++patient) {
    const Subject sick = subject_with(patient, {finding});
    const Canvas film = ideal_film(sick, kSize);
    const Canvas healthy = ideal_film(sick, kSize, finding);
    for (std::size_t i = 0; i < film.light().size(); ++i) {
      const float x = (static_cast<float>(i % kSize) + 0.5F) / 32 - 1;
      const std::size_t row = i / kSize;
      const float y = (static_cast<float>(row) + 0.5F) / 32 - 1;
      const double change = std::abs(film.light()[i] - healthy.light()[i]);
      all += change;
      inside += x >= box.left && x <= box.right && y >= box.top && y <= box.bottom ? change : 0;
    }
  }
  return inside / all;
}

TEST(Film, every_finding_changes_the_film_of_every_patient) {
  for (std::size_t finding = 0; finding < kFindings; ++finding) {
    for (std::uint64_t patient = 0; patient < 20; ++patient) {
      const Subject sick = subject_with(patient, {static_cast<Finding>(finding)});
      EXPECT_NE(ideal_film(sick, 64).light(), ideal_film(subject_with(patient, {}), 64).light())
          << nih_cxr_lt_frequencies().names[finding];
    }
  }
}

TEST(Film, without_a_finding_is_the_film_of_the_healthy_patient) {
  const Subject sick = subject_with(5, {Finding::kEffusion});
  EXPECT_EQ(ideal_film(sick, 64, Finding::kEffusion).light(), ideal_film(subject_with(5, {}), 64).light());
}

TEST(Film, signs_are_where_a_radiologist_looks_for_them) {
  EXPECT_GT(share_within(Finding::kCardiomegaly, {-0.6F, -0.1F, 0.85F, 0.8F}), 0.95);
  EXPECT_GT(share_within(Finding::kEffusion, {-0.9F, 0, 0.9F, 0.9F}), 0.9);
  EXPECT_GT(share_within(Finding::kHernia, {-0.3F, 0, 0.5F, 0.8F}), 0.9);
  EXPECT_GT(share_within(Finding::kFibrosis, {-0.9F, -0.15F, 0.9F, 0.9F}), 0.9);
  EXPECT_GT(share_within(Finding::kPneumoperitoneum, {-0.85F, 0.1F, 0.85F, 0.85F}), 0.95);
  EXPECT_GT(share_within(Finding::kPneumomediastinum, {-0.4F, -1, 0.5F, 0.4F}), 0.95);
  EXPECT_GT(share_within(Finding::kCalcificationOfTheAorta, {-0.15F, -0.55F, 0.35F, -0.05F}), 0.95);
  EXPECT_GT(share_within(Finding::kTortuousAorta, {-0.4F, -0.7F, 0.6F, 0.7F}), 0.9);
  EXPECT_LT(share_within(Finding::kSubcutaneousEmphysema, {-0.35F, -0.45F, 0.35F, 0.9F}), 0.05);
}

TEST(Film, air_darkens_and_fluid_or_tissue_brightens) {
  const Box lungs = {-0.75F, -0.75F, 0.75F, 0.5F};
  for (const Finding bright :
       {Finding::kAtelectasis, Finding::kCardiomegaly, Finding::kConsolidation, Finding::kEdema, Finding::kEffusion,
        Finding::kFibrosis, Finding::kInfiltration, Finding::kMass, Finding::kNodule, Finding::kPleuralThickening,
        Finding::kPneumonia, Finding::kTortuousAorta, Finding::kCalcificationOfTheAorta}) {
    EXPECT_GT(change_within(bright, lungs), 0) << nih_cxr_lt_frequencies().names[static_cast<std::size_t>(bright)];
  }
  EXPECT_LT(change_within(Finding::kPneumothorax, lungs), 0);
  EXPECT_LT(change_within(Finding::kEmphysema, lungs), 0);
  EXPECT_LT(change_within(Finding::kHernia, {-0.2F, 0.1F, 0.4F, 0.6F}), 0);
  EXPECT_LT(change_within(Finding::kPneumoperitoneum, {-0.85F, 0.35F, 0.85F, 0.8F}), 0);
  EXPECT_LT(change_within(Finding::kPneumomediastinum, {-0.3F, -1, 0.3F, 0}), 0);
  EXPECT_LT(change_within(Finding::kSubcutaneousEmphysema, kEverywhere), 0);
}

TEST(Film, a_films_side_follows_the_patient) {
  // The sign of a patient's mass is in the same half on both of the patient's films.
  for (std::uint64_t patient = 0; patient < 12; ++patient) {
    const auto balance = [&](std::uint64_t row) {
      Subject subject = subject_with(patient, {Finding::kMass});
      subject.row = row;
      const Canvas film = ideal_film(subject, 64);
      const Canvas healthy = ideal_film(subject, 64, Finding::kMass);
      double sum = 0;
      for (std::size_t i = 0; i < film.light().size(); ++i) {
        sum += (i % 64 < 32 ? -1 : 1) * (film.light()[i] - healthy.light()[i]);
      }
      return sum;
    };
    EXPECT_GT(balance(patient * 2) * balance(patient * 2 + 1), 0) << patient;
  }
}

TEST(Visibility, is_there_for_what_is_there_alone) {
  const auto visibility = visibility_of(subject_with(3, {Finding::kEdema, Finding::kNodule}));
  for (std::size_t finding = 0; finding < kFindings; ++finding) {
    const bool there =
        finding == static_cast<std::size_t>(Finding::kEdema) || finding == static_cast<std::size_t>(Finding::kNodule);
    EXPECT_EQ(visibility[finding] > 0, there);
    EXPECT_LT(visibility[finding], 1);
  }
}

TEST(Visibility, is_less_on_a_noisier_film) {
  Subject subject = subject_with(3, {Finding::kNodule});
  const auto nodule = static_cast<std::size_t>(Finding::kNodule);
  const float clear = visibility_of(subject)[nodule];
  subject.site.noise *= 4;
  EXPECT_LT(visibility_of(subject)[nodule], clear);
}

TEST(Visibility, of_a_small_nodule_is_less_than_of_a_large_heart) {
  double nodule = 0;
  double heart = 0;
  for (std::uint64_t patient = 0; patient < 30; ++patient) {
    const auto visibility = visibility_of(subject_with(patient, {Finding::kNodule, Finding::kCardiomegaly}));
    nodule += visibility[static_cast<std::size_t>(Finding::kNodule)];
    heart += visibility[static_cast<std::size_t>(Finding::kCardiomegaly)];
  }
  EXPECT_LT(nodule, heart);
}

TEST(Acquisition, at_the_bedside_the_heart_is_larger_and_the_breath_shallower) {
  Acquisition bedside;
  bedside.portable = true;
  Anatomy upright_body;
  Anatomy bedside_body;
  take_position(upright_body, Acquisition{});
  take_position(bedside_body, bedside);
  EXPECT_GT(bedside_body.heart_half_width, upright_body.heart_half_width);
  Site site;
  RandomStream random(1, "test/acquisition");
  double bedside_breath = 0;
  double upright_breath = 0;
  double bedside_films = 0;
  constexpr int kFilms = 2000;
  for (int film = 0; film < kFilms; ++film) {
    const Acquisition taken = random_acquisition(site, random);
    EXPECT_TRUE(taken.quality > 0 && taken.quality <= 1);
    (taken.portable ? bedside_breath : upright_breath) += taken.breath;
    bedside_films += taken.portable ? 1 : 0;
  }
  EXPECT_LT(bedside_breath / bedside_films, upright_breath / (kFilms - bedside_films) - 0.03);
  EXPECT_NEAR(bedside_films / kFilms, site.portable_share, 0.06);
}

TEST(Acquisition, noise_costs_quality) {
  Site quiet;
  quiet.noise = 0.005F;
  Site loud;
  loud.noise = 0.05F;
  double quiet_quality = 0;
  double loud_quality = 0;
  for (std::uint64_t film = 0; film < 50; ++film) {
    RandomStream first(1, "test/quality", {film});
    RandomStream second(1, "test/quality", {film});
    quiet_quality += random_acquisition(quiet, first).quality;
    loud_quality += random_acquisition(loud, second).quality;
  }
  EXPECT_LT(loud_quality, quiet_quality);
}

TEST(Lung, holds_its_own_points) {
  const Lung lung;
  for (float lateral = 0.05F; lateral < 1; lateral += 0.1F) {
    for (float down = 0.1F; down < 0.9F; down += 0.1F) {
      const Point point = lung.inside(lateral, down);
      EXPECT_GT(lung.depth(point.x, point.y), 0) << lateral << ", " << down;
    }
  }
  EXPECT_LT(lung.depth(0, 0), 0);
  EXPECT_LT(lung.depth(0.4F, 0.9F), 0);
  EXPECT_LT(lung.depth(0.95F, 0), 0);
}

TEST(Film, a_box_is_around_what_its_sign_changes_most) {
  constexpr std::size_t kSize = 96;
  for (const Finding finding : {Finding::kMass, Finding::kEffusion, Finding::kCardiomegaly, Finding::kPneumothorax}) {
    for (std::uint64_t patient = 0; patient < 5; ++patient) {
      const Subject sick = subject_with(patient, {finding, Finding::kEdema});
      const std::vector<SignBox> boxes = sign_boxes(sick, kSize);
      const auto box = std::find_if(boxes.begin(), boxes.end(), [&](const SignBox& b) { return b.finding == finding; });
      if (box == boxes.end()) {
        continue;  // too faint
      }
      const Canvas film = ideal_film(sick, kSize);
      const Canvas healthy = ideal_film(sick, kSize, finding);
      const auto change = [&](std::size_t i) { return std::abs(film.light()[i] - healthy.light()[i]); };
      float most = 0;
      for (std::size_t i = 0; i < kSize * kSize; ++i) {
        most = std::max(most, change(i));
      }
      float outside = 0;
      for (std::size_t i = 0; i < kSize * kSize; ++i) {
        const bool within = i % kSize >= box->x && i % kSize < box->x + box->width && i / kSize >= box->y &&
                            i / kSize < box->y + box->height;
        outside = within ? outside : std::max(outside, change(i));
      }
      EXPECT_LT(outside, 0.25F * most);
      EXPECT_LE(box->x + box->width, kSize);
      EXPECT_LE(box->y + box->height, kSize);
      if (finding == Finding::kMass) {
        EXPECT_LT(box->width * box->height, kSize * kSize / 6);
      }
    }
  }
}

TEST(Film, without_a_finding_there_is_no_box) {
  EXPECT_TRUE(sign_boxes(subject_with(1, {}), 64).empty());
}

}  // namespace
}  // namespace niwaki::phantom
