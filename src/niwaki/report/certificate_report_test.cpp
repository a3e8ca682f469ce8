#include "niwaki/report/certificate_report.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/report/certificate_text.hpp"
#include "niwaki/report/html_text.hpp"

namespace niwaki {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHostile = "<script>alert('A & \"B\"')</script>";

PartScores part_of(const std::string& name, std::size_t patients) {
  PartScores part;
  part.cohort.classes = {kHostile, "Edema"};
  for (std::size_t i = 0; i < 2 * patients; ++i) {
    const std::string id = fmt::format("{}-{}", name, i);
    part.cohort.records.push_back({id, id, "", ""});
    for (std::size_t column = 0; column < 2; ++column) {
      const bool positive = i % 2 == column;
      part.cohort.labels.push_back(positive ? Label::kPositive : Label::kNegative);
      part.dense.push_back(positive ? 0.9F : 0.1F);
    }
  }
  part.candidates = {part.dense};
  return part;
}

CertificateReport report_of(std::size_t patients, const std::string& more = "") {
  CertificateReport report;
  report.loaded.data.parts = {part_of("build", 5), part_of("certify", patients), part_of("test", 5)};
  report.loaded.data.candidates = {{kHostile, 0.5}};
  report.loaded.system = kHostile;
  report.loaded.files = {{"labels", "/data/labels.csv", "abc"}};
  report.inputs.labels = "/data/labels.csv";
  report.inputs.scores = "/data/scores.csv";
  report.inputs.seed = 3;
  const std::string policy =
      "title = '''" + kHostile + "'''\n" + more + "[tolerance]\nmissed = 0.05\nfalse_alarms = 0.05\n";
  report.result = certify(report.loaded.data, parse_policy(policy, "p.toml"), "labels");
  return report;
}

TEST(CertificateReport, NamesAreTextWhateverTheyContain) {
  const std::string policies[] = {"", "claim = \"single-classes\"\n"};
  for (const std::size_t patients : {100, 10}) {
    for (const std::string& policy : policies) {
      const std::string html = certificate_html(report_of(patients, policy));
      EXPECT_THAT(html, Not(HasSubstr("<script")));
      EXPECT_THAT(html, HasSubstr(escaped(kHostile)));
      EXPECT_THAT(html, Not(HasSubstr("http://")));
      EXPECT_THAT(html, Not(HasSubstr("https://")));
      EXPECT_THAT(html, HasSubstr("default-src 'none'"));
    }
  }
}

TEST(CertificateReport, SaysWhatIsGrantedAndWhatIsNot) {
  EXPECT_THAT(certificate_html(report_of(100)), HasSubstr("Granted"));
  const CertificateReport refused = report_of(10);
  EXPECT_THAT(certificate_html(refused), HasSubstr("Refused"));
  const std::string statement = certificate_statement(refused.result).front();
  EXPECT_THAT(statement, HasSubstr("Edema, missed: not certifiable with 10 patients; 59 would do for 5%"));
  EXPECT_THAT(statement, HasSubstr("were not looked at"));
}

TEST(CertificateReport, IsReadBackAsItWasWritten) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "niwaki-certificate-report";
  const CertificateReport report = report_of(100);
  write_certificate(report, folder);
  const RecordedCertificate recorded = read_certificate(folder / "certificate.json");
  EXPECT_TRUE(recorded.granted);
  EXPECT_EQ(recorded.policy_text, report.result.policy.text);
  EXPECT_EQ(recorded.inputs.labels, "/data/labels.csv");
  EXPECT_EQ(recorded.inputs.seed, 3U);
  ASSERT_EQ(recorded.files.size(), 1U);
  EXPECT_EQ(recorded.files[0].path, "/data/labels.csv");
  EXPECT_EQ(certificate_difference(recorded.text, certificate_json(report, folder)), std::nullopt);
  // Made elsewhere, it says the same.
  EXPECT_EQ(certificate_difference(recorded.text, certificate_json(report, "/elsewhere/deep")), std::nullopt);
  CertificateReport other = report;
  other.result.steps[0].figures[0].counts.events = 1;
  EXPECT_EQ(certificate_difference(recorded.text, certificate_json(other, folder)), "/steps/0/claims/0/events");
  write_file(folder / "certificate.json", "{}");
  EXPECT_THROW((void)read_certificate(folder / "certificate.json"), InputError);
  write_file(folder / "certificate.json", "no JSON");
  EXPECT_THROW((void)read_certificate(folder / "certificate.json"), InputError);
  std::filesystem::remove_all(folder);
}

TEST(CertificateReport, BoundsAreNeverRoundedDown) {
  EXPECT_EQ(bound_text(0.04950761), "4.96%");
  EXPECT_EQ(bound_text(0.0496), "4.96%");
  EXPECT_EQ(bound_text(1.0), "100.00%");
  EXPECT_EQ(percent_text(0.025), "2.5%");
}

}  // namespace
}  // namespace niwaki
