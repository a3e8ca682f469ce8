#include "niwaki/audit/certificate/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kTolerance = "[tolerance]\nmissed = 0.05\nfalse_alarms = 0.1\n";

CertificatePolicy parse(const std::string& text) {
  return parse_policy(text, "p.toml");
}

std::string refusal(const std::string& text, const std::vector<std::string>& classes = {"Edema", "Hernia", "Mass"}) {
  try {
    (void)requirements_of(parse(text), classes, "labels.csv");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Policy, DefaultsAreTheStrictOnes) {
  const CertificatePolicy policy = parse(kTolerance);
  EXPECT_EQ(policy.confidence, 0.95);
  EXPECT_EQ(policy.claim, CertificateClaim::kAllClasses);
  EXPECT_EQ(policy.uncertifiable, Uncertifiable::kBlock);
  EXPECT_EQ(policy.patient_event, PatientEvent::kFinding);
  EXPECT_FALSE(policy.own_operating_point);
  EXPECT_EQ(policy.text, kTolerance);
}

TEST(Policy, EveryKeyIsRead) {
  const CertificatePolicy policy = parse(
      "title = \"Ward 3\"\nconfidence = 0.9\nclaim = \"single-classes\"\nuncertifiable = \"report\"\n"
      "patient_event = \"every-image\"\noperating_point = \"sensitivity=0.9\"\npruned_operating_point = \"own\"\n"
      "sparsities = [0.9, 0.5]\nexclude = [\"Mass\"]\nresamples = 0\n" +
      kTolerance +
      "[groups.urgent]\nclasses = [\"Edema\", \"Hernia\"]\nmissed = 0.02\n[classes.Hernia]\nmissed = 0.2\n"
      "[[pairs]]\nclasses = [\"Hernia\", \"Edema\"]\nmissed = 0.3\n"
      "[split]\nbuild = 0.25\ncertify = 0.5\ntest = 0.25\nseed = 9\n");
  EXPECT_EQ(policy.title, "Ward 3");
  EXPECT_EQ(policy.claim, CertificateClaim::kSingleClasses);
  EXPECT_EQ(policy.uncertifiable, Uncertifiable::kReport);
  EXPECT_EQ(policy.patient_event, PatientEvent::kEveryImage);
  EXPECT_EQ(operating_point_text(policy.operating_point), "sensitivity=0.9");
  EXPECT_TRUE(policy.own_operating_point);
  EXPECT_THAT(policy.sparsities, ElementsAre(0.9, 0.5));
  EXPECT_EQ(policy.seed, 9U);
  EXPECT_EQ(policy.resamples, 0U);
  const CertificateRequirements wanted = requirements_of(policy, {"Edema", "Hernia", "Mass"}, "labels.csv");
  EXPECT_EQ(wanted.classes[0].missed, 0.02);
  EXPECT_EQ(wanted.classes[0].false_alarms, 0.1);  // of the default: the group does not say
  EXPECT_EQ(wanted.classes[0].rule, "group 'urgent'");
  EXPECT_EQ(wanted.classes[1].missed, 0.2);  // the class goes before its group
  EXPECT_TRUE(wanted.classes[2].excluded);
  ASSERT_EQ(wanted.pairs.size(), 1U);
  EXPECT_THAT(wanted.pairs[0].classes, ElementsAre(0, 1));
}

TEST(Policy, TolerancesOutOfRangeAreRefused) {
  for (const char* value : {"0.0", "1.0", "-0.05", "5", "nan"}) {
    EXPECT_THAT(refusal(fmt::format("[tolerance]\nmissed = {}\nfalse_alarms = 0.1\n", value)),
                AllOf(HasSubstr("out of range"), HasSubstr("p.toml, line 2, key 'tolerance.missed'")))
        << value;
  }
  EXPECT_THAT(refusal(kTolerance + "[classes.Hernia]\nmissed = 1.5\n"), HasSubstr("key 'classes.Hernia.missed'"));
  EXPECT_THAT(refusal(kTolerance + "[[pairs]]\nclasses = [\"Edema\", \"Mass\"]\nmissed = 0\n"),
              HasSubstr("out of range"));
  EXPECT_THAT(refusal("[tolerance]\nmissed = 0.1\n"), HasSubstr("does not say what is tolerated"));
}

TEST(Policy, UnknownNamesAreRefusedWithTheNearest) {
  EXPECT_THAT(refusal(kTolerance + "[classes.Hernai]\nmissed = 0.1\n"),
              AllOf(HasSubstr("'Hernai'"), HasSubstr("did you mean 'Hernia'"), HasSubstr("labels.csv")));
  EXPECT_THAT(refusal("confidense = 0.9\n" + kTolerance),
              AllOf(HasSubstr("'confidense'"), HasSubstr("did you mean 'confidence'"), HasSubstr("line 1")));
  EXPECT_THAT(refusal(kTolerance + "[classes.Hernia]\nmised = 0.1\n"),
              AllOf(HasSubstr("'classes.Hernia.mised'"), HasSubstr("did you mean 'missed'")));
  EXPECT_THAT(refusal("claim = \"all-clases\"\n" + kTolerance), HasSubstr("did you mean 'all-classes'"));
  EXPECT_THAT(refusal("exclude = [\"Masss\"]\n" + kTolerance), HasSubstr("did you mean 'Mass'"));
}

TEST(Policy, ContradictionsAreRefused) {
  const std::string group = "[groups.a]\nclasses = [\"Edema\"]\nmissed = 0.1\n";
  EXPECT_THAT(refusal(kTolerance + group + "[groups.b]\nclasses = [\"Edema\"]\nmissed = 0.2\n"),
              HasSubstr("two groups"));
  EXPECT_THAT(refusal("exclude = [\"Edema\"]\n" + kTolerance + group), HasSubstr("excluded, and yet"));
  EXPECT_THAT(refusal("exclude = [\"Edema\", \"Hernia\", \"Mass\"]\n" + kTolerance),
              HasSubstr("every class is excluded"));
  EXPECT_THAT(refusal(kTolerance + "[[pairs]]\nclasses = [\"Edema\", \"edema\"]\nmissed = 0.1\n"),
              HasSubstr("one class"));
  EXPECT_THAT(refusal("sparsities = [0.5, 0.5]\n" + kTolerance), HasSubstr("no order"));
  EXPECT_THAT(refusal("confidence = 1.0\n" + kTolerance), HasSubstr("the confidence 1 is out of range"));
  EXPECT_THAT(refusal(kTolerance + "[split]\nbuild = 0.5\n"), HasSubstr("sum to 1"));
  EXPECT_THAT(refusal("confidence = \"high\"\n" + kTolerance), HasSubstr("wrong kind"));
  EXPECT_THAT(refusal("title = \n" + kTolerance), HasSubstr("not TOML"));
  EXPECT_THAT(refusal("resamples = 5\n" + kTolerance), HasSubstr("5 resamples"));
}

}  // namespace
}  // namespace niwaki
