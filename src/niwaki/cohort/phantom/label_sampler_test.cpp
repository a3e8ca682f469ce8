#include "niwaki/cohort/phantom/label_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "niwaki/cohort/labels.hpp"
#include "niwaki/cohort/phantom/signs.hpp"

namespace niwaki::phantom {
namespace {

std::array<double, kFindings> usual_persistence() {
  std::array<double, kFindings> persistence{};
  for (std::size_t finding = 0; finding < kFindings; ++finding) {
    persistence[finding] = sign_painters()[finding].persistence;
  }
  return persistence;
}

/// What was drawn, in shares of all images.
struct Drawn {
  FindingMatrix together{};
  double without_finding = 0;
};

Drawn draw(std::size_t images, double tail_floor) {
  const LabelSampler sampler(nih_cxr_lt_frequencies(), usual_persistence(), tail_floor);
  Drawn drawn;
  const double one = 1 / static_cast<double>(images);
  for (std::size_t image = 0; image < images; ++image) {
    RandomStream random(3, "test/findings", {image});
    const Disposition patient = sampler.patient(random);
    const FindingSet findings = sampler.image(patient, random);
    bool any = false;
    for (std::size_t a = 0; a < kFindings; ++a) {
      any = any || findings[a] != 0;
      for (std::size_t b = 0; b < kFindings; ++b) {
        drawn.together[a][b] += findings[a] != 0 && findings[b] != 0 ? one : 0;
      }
    }
    drawn.without_finding += any ? 0 : one;
  }
  return drawn;
}

/// The standard error of a share of `images` independent images.
double standard_error(double share, double images) {
  return std::sqrt(share * (1 - share) / images);
}

TEST(LabelSampler, draws_each_finding_as_often_as_nih_cxr_lt_has_it) {
  constexpr std::size_t kImages = 100000;
  const Drawn drawn = draw(kImages, 0);
  const FindingFrequencies& table = nih_cxr_lt_frequencies();
  for (std::size_t finding = 0; finding < kFindings; ++finding) {
    const double share = table.share(finding);
    EXPECT_NEAR(drawn.together[finding][finding], share, 5 * standard_error(share, kImages)) << table.names[finding];
  }
  // Not fitted: it follows from the pairs.
  const double without = static_cast<double>(table.without_finding) / static_cast<double>(table.images);
  EXPECT_NEAR(drawn.without_finding, without, 0.02);
}

TEST(LabelSampler, draws_pairs_of_findings_as_often_as_nih_cxr_lt_has_them) {
  constexpr std::size_t kImages = 100000;
  const Drawn drawn = draw(kImages, 0);
  const FindingFrequencies& table = nih_cxr_lt_frequencies();
  for (std::size_t a = 0; a < kFindings; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const double share = static_cast<double>(table.together[a][b]) / static_cast<double>(table.images);
      // The fit may be off by a quarter (the matrix was made positive definite), the draw by five standard errors; a
      // count in the table is itself uncertain by its root.
      const double tolerance = 0.25 * share + 5 * standard_error(share, kImages) +
                               3 * std::sqrt(table.together[a][b] + 1.0) / static_cast<double>(table.images);
      EXPECT_NEAR(drawn.together[a][b], share, tolerance) << table.names[a] << " and " << table.names[b];
    }
  }
}

TEST(LabelSampler, keeps_the_strongest_lifts) {
  const Drawn drawn = draw(100000, 0);
  const auto lift = [&](Finding first, Finding second) {
    const auto a = static_cast<std::size_t>(first);
    const auto b = static_cast<std::size_t>(second);
    const double realised = drawn.together[a][b] / (drawn.together[a][a] * drawn.together[b][b]);
    return realised / nih_cxr_lt_frequencies().lift(a, b);
  };
  EXPECT_NEAR(lift(Finding::kSubcutaneousEmphysema, Finding::kEmphysema), 1, 0.1);
  EXPECT_NEAR(lift(Finding::kPneumonia, Finding::kEdema), 1, 0.2);
  EXPECT_NEAR(lift(Finding::kPneumothorax, Finding::kEmphysema), 1, 0.15);
  EXPECT_NEAR(lift(Finding::kEffusion, Finding::kCardiomegaly), 1, 0.15);
  EXPECT_NEAR(lift(Finding::kPneumomediastinum, Finding::kEmphysema), 1, 0.25);
}

TEST(LabelSampler, the_floor_lifts_the_tail_and_keeps_its_order) {
  const FindingFrequencies& table = nih_cxr_lt_frequencies();
  const LabelSampler sampler(table, usual_persistence(), 0.004);
  for (std::size_t a = 0; a < kFindings; ++a) {
    EXPECT_GE(sampler.share(a), 0.004);
    EXPECT_LE(sampler.share(a) - table.share(a), 0.004);
    for (std::size_t b = 0; b < kFindings; ++b) {
      EXPECT_EQ(table.share(a) < table.share(b), sampler.share(a) < sampler.share(b));
    }
  }
  // The common ones hardly change.
  const auto infiltration = static_cast<std::size_t>(Finding::kInfiltration);
  EXPECT_NEAR(sampler.share(infiltration), table.share(infiltration), 1e-4);
}

TEST(LabelSampler, persistence_keeps_a_finding_with_its_patient) {
  std::array<double, kFindings> persistence = usual_persistence();
  const auto share_again = [&](double kept) {
    persistence.fill(kept);
    const LabelSampler sampler(nih_cxr_lt_frequencies(), persistence, 0);
    double first = 0;
    double again = 0;
    for (std::size_t i = 0; i < 20000; ++i) {
      RandomStream random(4, "test/persistence", {i});
      const Disposition patient = sampler.patient(random);
      const bool before = sampler.image(patient, random)[0] != 0;
      const bool after = sampler.image(patient, random)[0] != 0;
      first += before ? 1 : 0;
      again += before && after ? 1 : 0;
    }
    return again / first;
  };
  const double share = nih_cxr_lt_frequencies().share(0);
  EXPECT_NEAR(share_again(0), share, 0.04);
  EXPECT_GT(share_again(0.9), 0.6);
}

TEST(FindingFrequencies, are_those_of_the_label_files) {
  const char* named = std::getenv("NIWAKI_SHARED");
  const std::filesystem::path shared =
      named != nullptr ? std::filesystem::path(named) : std::filesystem::path(NIWAKI_SOURCE_DIR) / ".." / "shared";
  const std::filesystem::path folder = shared / "data" / "nih-cxr-lt";
  if (!std::filesystem::is_directory(folder)) {
    GTEST_SKIP() << "NIH-CXR-LT's label files are not in " << folder;
  }
  const FindingFrequencies& table = nih_cxr_lt_frequencies();
  FindingFrequencies counted{0, 0, table.names, {}};
  for (const char* list : {"miccai2023_nih-cxr-lt_labels_val.csv", "miccai2023_nih-cxr-lt_labels_test.csv"}) {
    LabelOptions options;
    options.classes.assign(table.names.begin(), table.names.end());
    const Cohort cohort = read_labels(folder / list, options);
    counted.images += cohort.size();
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      const auto labels = cohort.label_view().row(row);
      counted.without_finding += std::count(labels.begin(), labels.end(), Label::kPositive) == 0 ? 1 : 0;
      for (std::size_t a = 0; a < kFindings; ++a) {
        for (std::size_t b = 0; b < kFindings; ++b) {
          counted.together[a][b] += labels[a] == Label::kPositive && labels[b] == Label::kPositive ? 1 : 0;
        }
      }
    }
  }
  EXPECT_EQ(counted.images, table.images);
  EXPECT_EQ(counted.without_finding, table.without_finding);
  EXPECT_EQ(counted.together, table.together);
}

}  // namespace
}  // namespace niwaki::phantom
