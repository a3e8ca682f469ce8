#include "niwaki/imaging/dicom_attributes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/imaging/dicom_for_tests.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSalt = "0123456789abcdef";

class DicomAttributesTest : public ::testing::Test {
 protected:
  void TearDown() override { fs::remove(path_); }
  DicomAttributes attributes(const DicomWriter& writer, const std::string& salt = kSalt) {
    write_file(path_, writer.bytes());
    return read_dicom_attributes(path_, salt);
  }
  fs::path path_ = fs::temp_directory_path() / fmt::format("niwaki-attributes-{}.dcm", ::getpid());
};

DicomWriter full() {
  return DicomWriter()
      .add(0x00080005, "CS", "ISO_IR 100")
      .add(0x00080018, "UI", "1.2.3.77")
      .add(0x00080020, "DA", "20240310")
      .add(0x00080070, "LO", "M\xFCller & S\xF6hne")
      .add(0x00080080, "LO", "Clinic\nNorth")
      .add(0x00081030, "LO", "Thorax bedside")
      .add(0x00081090, "LO", "DX-1")
      .add(0x00100010, "PN", "Doe^Jane")
      .add(0x00100020, "LO", "MRN-12345")
      .add(0x00100030, "DA", "19500311")
      .add(0x00100040, "CS", "F")
      .add(0x00185101, "CS", "LL")
      .add(0x00200062, "CS", "L");
}

TEST_F(DicomAttributesTest, are_those_of_the_header) {
  const DicomAttributes found = attributes(full());
  EXPECT_EQ(found.instance, "1.2.3.77");
  EXPECT_EQ(found.manufacturer, "M\xC3\xBCller & S\xC3\xB6hne");  // UTF-8
  EXPECT_EQ(found.institution, "Clinic North");
  EXPECT_EQ(found.model, "DX-1");
  EXPECT_EQ(found.view, "LATERAL");
  EXPECT_EQ(found.laterality, "L");
  EXPECT_EQ(found.sex, "F");
  EXPECT_EQ(found.age, 73);  // the day before the birthday
  EXPECT_EQ(found.portable, "yes");
}

TEST_F(DicomAttributesTest, the_patient_is_a_hash_that_the_salt_decides) {
  const std::string patient = attributes(full()).patient;
  EXPECT_EQ(patient.size(), 16U);
  EXPECT_THAT(patient, Not(HasSubstr("12345")));
  EXPECT_EQ(patient, attributes(full()).patient);
  EXPECT_NE(patient, attributes(full(), "another salt of 16 bytes").patient);
  EXPECT_NE(patient, attributes(full().add(0x00100021, "LO", "Hospital B")).patient);
  EXPECT_EQ(attributes(DicomWriter().add(0x00080018, "UI", "1")).patient, "");
  EXPECT_THROW(attributes(full(), "short"), InputError);
}

TEST_F(DicomAttributesTest, ages_come_from_age_or_dates_and_the_oldest_are_one_group) {
  const auto age = [&](const char* text) { return attributes(DicomWriter().add(0x00101010, "AS", text)).age; };
  EXPECT_EQ(age("045Y"), 45);
  EXPECT_EQ(age("030M"), 2);
  EXPECT_EQ(age("011D"), 0);
  EXPECT_EQ(age("101Y"), 90);
  EXPECT_EQ(age("414Y"), std::nullopt);
  EXPECT_EQ(age("45"), std::nullopt);
  EXPECT_EQ(attributes(DicomWriter().add(0x00080020, "DA", "20000101").add(0x00100030, "DA", "20010101")).age,
            std::nullopt);
}

TEST_F(DicomAttributesTest, what_is_not_said_stays_empty) {
  const DicomAttributes found = attributes(DicomWriter().add(0x00100040, "CS", "X").add(0x00200060, "CS", "LEFT"));
  EXPECT_EQ(found.sex + found.view + found.laterality + found.portable + found.institution, "");
  EXPECT_EQ(found.age, std::nullopt);
}

TEST_F(DicomAttributesTest, a_view_may_stand_in_a_code_sequence) {
  const std::string code = DicomWriter().add(0x00080104, "LO", "postero-anterior").body();
  const std::string item = DicomWriter::item(0xE000, static_cast<std::uint32_t>(code.size())) + code;
  EXPECT_EQ(attributes(DicomWriter().add(0x00540220, "SQ", item)).view, "PA");
}

TEST_F(DicomAttributesTest, a_header_longer_than_its_usual_size_is_read_whole) {
  const DicomWriter writer = full().add(0x00204000, "UN", std::string(100'000, 'x')).words(0x7FE00010, {1, 2}, "OW");
  EXPECT_EQ(attributes(writer).sex, "F");
  // The pixel data need not be there.
  write_file(path_, full().add_with_length(0x7FE00010, "OW", "", 1'000'000).bytes());
  EXPECT_EQ(dicom_instance(path_), "1.2.3.77");
}

TEST_F(DicomAttributesTest, what_is_no_dicom_file_is_refused) {
  write_file(path_, "a letter");
  EXPECT_FALSE(is_dicom_file(path_));
  EXPECT_THROW(read_dicom_attributes(path_, kSalt), InputError);
  EXPECT_EQ(dicom_instance(path_), "");
}

}  // namespace
}  // namespace niwaki
