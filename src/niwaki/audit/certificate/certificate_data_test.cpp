#include "niwaki/audit/certificate/certificate_data.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/certificate/part_assignment.hpp"
#include "niwaki/audit/grid_for_tests.hpp"
#include "niwaki/cohort/labels.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CertificateFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              fmt::format("niwaki-certificate-{}", ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    make_folder(folder_);
    cohort_ = random_cohort({.images = 300, .prevalences = {0.4, 0.3}, .unknown = 0.0, .patients = 150, .seed = 5});
    write_labels(cohort_, folder_ / "labels.csv");
    ScoreGrid grid;
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      for (const double sparsity : {0.0, 0.5, 0.9}) {
        RandomStream random(seed, "certificate_data_test", {static_cast<std::uint64_t>(10 * sparsity)});
        const std::string name = fmt::format("{}-{}.npy", seed, sparsity);
        write_npy(folder_ / name, {cohort_.size(), 2}, random_scores(cohort_, 0.3, random));
        grid.entries.push_back({"l1", seed, sparsity, name});
      }
    }
    write_grid(grid, folder_ / "scores.csv");
    inputs_.labels = folder_ / "labels.csv";
    inputs_.scores = folder_ / "scores.csv";
    inputs_.seed = 2;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string refusal() const {
    try {
      (void)load_certificate(inputs_, policy_);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  }

  std::string split_of(const std::function<std::string(std::size_t)>& part) const {
    std::string text = "id,split\n";
    for (std::size_t row = 0; row < cohort_.size(); ++row) {
      text += fmt::format("{},{}\n", cohort_.records[row].id, part(row));
    }
    return text;
  }

  std::filesystem::path folder_;
  Cohort cohort_;
  CertificateInputs inputs_;
  CertificatePolicy policy_ = parse_policy("[tolerance]\nmissed = 0.1\nfalse_alarms = 0.1\n", "p.toml");
};

TEST_F(CertificateFiles, PatientsAreDividedAndTheirScoresComeAlong) {
  const LoadedCertificate loaded = load_certificate(inputs_, policy_);
  std::set<std::string> seen;
  std::size_t images = 0;
  const std::vector<float> pruned = read_scores((folder_ / "2-0.9.npy").string()).values;
  for (const PartScores& part : loaded.data.parts) {
    std::set<std::string> patients;
    for (std::size_t row = 0; row < part.cohort.size(); ++row) {
      const Record& record = part.cohort.records[row];
      patients.insert(record.patient);
      const auto at = std::ranges::find(cohort_.records, record.id, &Record::id) - cohort_.records.begin();
      EXPECT_EQ(part.candidates[1][2 * row + 1], pruned[2 * static_cast<std::size_t>(at) + 1]);
    }
    for (const std::string& patient : patients) {
      EXPECT_TRUE(seen.insert(patient).second) << patient;
    }
    images += part.cohort.size();
  }
  EXPECT_EQ(images, cohort_.size());
  EXPECT_EQ(loaded.data.candidates[1].sparsity, 0.9);
  EXPECT_EQ(loaded.files.size(), 5U);  // labels, manifest, three tables
}

TEST_F(CertificateFiles, EachRarestFindingIsDividedInProportion) {
  // Mixed with patients of many images, who are to gather in no part.
  Cohort cohort =
      random_cohort({.images = 3000, .prevalences = {0.3, 0.02}, .unknown = 0.0, .patients = 800, .seed = 6});
  for (std::size_t row = 0; row < 400; ++row) {
    cohort.records[row].patient = fmt::format("often-{}", row / 20);
  }
  const PartAssignment assignment = divide_parts(cohort, policy_, false);
  std::map<std::string, CertificatePart> parts;
  std::set<std::string> rare;
  for (std::size_t row = 0; row < cohort.size(); ++row) {
    const std::string& patient = cohort.records[row].patient;
    EXPECT_EQ(parts.emplace(patient, assignment.parts[row]).first->second, assignment.parts[row]);
    if (cohort.labels[2 * row + 1] == Label::kPositive) {
      rare.insert(patient);
    }
  }
  const auto share = [&](const auto& patients, CertificatePart part) {
    std::size_t count = 0;
    for (const std::string& patient : patients) {
      count += parts.at(patient) == part ? 1 : 0;
    }
    return static_cast<double>(count) / static_cast<double>(patients.size());
  };
  std::set<std::string> all;
  for (const auto& [patient, part] : parts) {
    all.insert(patient);
  }
  EXPECT_NEAR(share(all, CertificatePart::kBuild), 0.2, 0.005);
  EXPECT_NEAR(share(all, CertificatePart::kCertify), 0.5, 0.005);
  const double one = 1.5 / static_cast<double>(rare.size());
  EXPECT_NEAR(share(rare, CertificatePart::kBuild), 0.2, one);
  EXPECT_NEAR(share(rare, CertificatePart::kCertify), 0.5, one);
}

TEST_F(CertificateFiles, TheDivisionIsItsSeedsAlone) {
  const std::string first = load_certificate(inputs_, policy_).split_sha256;
  EXPECT_EQ(load_certificate(inputs_, policy_).split_sha256, first);
  policy_.seed = 2;
  EXPECT_NE(load_certificate(inputs_, policy_).split_sha256, first);
}

TEST_F(CertificateFiles, TheMeanOfAllSeedsIsOneSystem) {
  inputs_.seed.reset();
  EXPECT_THAT(refusal(), HasSubstr("2 networks, and a certificate is about one"));
  inputs_.average = true;
  const LoadedCertificate loaded = load_certificate(inputs_, policy_);
  const std::vector<float> first = read_scores((folder_ / "1-0.npy").string()).values;
  const std::vector<float> second = read_scores((folder_ / "2-0.npy").string()).values;
  const std::string& id = loaded.data.parts[0].cohort.records[0].id;
  const auto at =
      static_cast<std::size_t>(std::ranges::find(cohort_.records, id, &Record::id) - cohort_.records.begin());
  EXPECT_FLOAT_EQ(loaded.data.parts[0].dense[0], (first[2 * at] + second[2 * at]) / 2.0F);
  EXPECT_THAT(loaded.system, HasSubstr("seeds 1, 2"));
}

TEST_F(CertificateFiles, PatientsInTwoPartsAreRefusedAndNotNamed) {
  inputs_.split = folder_ / "split.csv";
  const char* const parts[] = {"build", "certify", "test"};
  write_file(inputs_.split, split_of([&](std::size_t row) { return parts[row % 3]; }));
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("patients are in two parts"), HasSubstr("split.csv"), Not(HasSubstr("patient-"))));
  const std::vector<std::uint32_t> patients = number_patients(cohort_);
  write_file(inputs_.split, split_of([&](std::size_t row) { return parts[patients[row] % 3]; }));
  EXPECT_EQ(refusal(), "accepted");
  write_file(inputs_.split, split_of([&](std::size_t row) { return parts[patients[row] % 2]; }));
  EXPECT_THAT(refusal(), HasSubstr("no image is in the test part"));
  write_file(inputs_.split, split_of([](std::size_t) { return "train"; }));
  EXPECT_THAT(refusal(), HasSubstr("'train' is no part"));
}

TEST_F(CertificateFiles, BuildPatientsOfTheirOwnAreOthers) {
  inputs_.build_labels = inputs_.labels;
  inputs_.build_scores = inputs_.scores;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("in two parts"), Not(HasSubstr("patient-"))));
  Cohort others = cohort_;
  for (Record& record : others.records) {
    record.patient = "b" + record.patient;
  }
  write_labels(others, folder_ / "build.csv");
  inputs_.build_labels = folder_ / "build.csv";
  const LoadedCertificate loaded = load_certificate(inputs_, policy_);
  EXPECT_EQ(loaded.data.parts[0].cohort.size(), 300U);
  EXPECT_EQ(loaded.data.parts[1].cohort.size() + loaded.data.parts[2].cohort.size(), 300U);
  policy_.own_operating_point = true;
  EXPECT_EQ(load_certificate(inputs_, policy_).data.parts[0].candidates.size(), 2U);
}

TEST_F(CertificateFiles, WhatIsNotThereIsNamed) {
  inputs_.method = "l2";
  EXPECT_THAT(refusal(), HasSubstr("did you mean 'l1'"));
  inputs_.method.clear();
  inputs_.seed = 3;
  EXPECT_THAT(refusal(), HasSubstr("no seed 3"));
  inputs_.seed = 1;
  policy_.sparsities = {0.5, 0.8};
  EXPECT_THAT(refusal(), HasSubstr("sparsity 0.8"));
  policy_.sparsities = {0.9, 0.5};
  EXPECT_EQ(load_certificate(inputs_, policy_).data.candidates[0].sparsity, 0.9);
  policy_.exclude = {"C"};
  EXPECT_THAT(refusal(), HasSubstr("the class 'C'"));
}

TEST_F(CertificateFiles, CandidateTablesAreTriedInTheirOrder) {
  inputs_.scores.clear();
  inputs_.seed.reset();
  inputs_.dense = (folder_ / "1-0.npy").string();
  inputs_.candidates = {(folder_ / "1-0.9.npy").string(), (folder_ / "2-0.5.npy").string()};
  const LoadedCertificate loaded = load_certificate(inputs_, policy_);
  EXPECT_EQ(loaded.data.candidates[0].name, "1-0.9");
  EXPECT_FALSE(loaded.data.candidates[0].sparsity.has_value());
  policy_.sparsities = {0.5};
  EXPECT_THAT(refusal(), HasSubstr("candidates have none"));
}

}  // namespace
}  // namespace niwaki
