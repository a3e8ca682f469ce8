#include "niwaki/imaging/dicom_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/imaging/dicom_for_tests.hpp"

namespace niwaki {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

constexpr std::uint32_t kPixelData = 0x7FE00010;
const std::vector<std::uint16_t> kSix = {0, 1, 1000, 2000, 3000, 4095};
const std::string kBaseline = "1.2.840.10008.1.2.4.50";

Image read(const std::string& bytes, std::vector<std::string> windows = {"full-range"}) {
  return decode_image(bytes, "x.dcm", {.windows = std::move(windows)});
}

std::string error_of(const std::string& bytes, std::vector<std::string> windows = {"full-range"}) {
  try {
    read(bytes, std::move(windows));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

DicomWriter with_window(DicomWriter writer) {
  return writer.add(0x00281050, "DS", "2048\\1000")
      .add(0x00281051, "DS", "4096\\10")
      .add(0x00281055, "LO", "WIDE\\Bone");
}

std::string finished(DicomWriter writer, const std::vector<std::uint16_t>& samples = kSix) {
  return writer.words(kPixelData, samples, "OW").bytes();
}

std::vector<float> over(double scale) {
  std::vector<float> values;
  for (const std::uint16_t value : kSix) {
    values.push_back(static_cast<float>(value / scale));
  }
  return values;
}

TEST(DecodeDicom, explicit_and_implicit_are_the_same) {
  const Image image = read(finished(radiograph()));
  EXPECT_EQ(image.channels, 1U);
  EXPECT_EQ(image.height, 2U);
  EXPECT_EQ(image.width, 3U);
  EXPECT_THAT(image.pixels, Pointwise(FloatNear(1e-7F), over(4095)));
  const RadiographForTests implicit{.syntax = "1.2.840.10008.1.2", .explicit_vr = false};
  EXPECT_EQ(read(finished(radiograph(implicit))).pixels, image.pixels);
}

TEST(DecodeDicom, the_first_window_or_one_that_is_named) {
  const std::string bytes = finished(with_window(radiograph()));
  EXPECT_THAT(read(bytes, {"first"}).pixels, Pointwise(FloatNear(1e-7F), over(4095)));
  EXPECT_THAT(read(bytes, {"bone"}).pixels, ElementsAre(0, 0, FloatNear(5 / 9.0F, 1e-6F), 1, 1, 1));
  EXPECT_THAT(read(bytes, {"lung", "min-max"}).pixels, Pointwise(FloatNear(1e-7F), over(4095)));
}

TEST(DecodeDicom, a_window_that_is_not_there_is_refused_with_those_that_are) {
  EXPECT_THAT(error_of(finished(with_window(radiograph())), {"lung"}), AllOf(HasSubstr("'lung'"), HasSubstr("'Bone'")));
}

TEST(DecodeDicom, a_missing_window_is_no_reason_to_guess) {
  EXPECT_THAT(error_of(finished(radiograph()), {"first"}),
              AllOf(HasSubstr("12 bits and no window"), HasSubstr("x.dcm"), HasSubstr("full-range")));
  EXPECT_EQ(error_of(finished(radiograph()), {"first", "min-max"}), "");
  // Eight bits are shown as they are.
  const std::string grey = radiograph({.bits = 8}).add(kPixelData, "OB", std::string("\0\1\2\3\4\xFF", 6)).bytes();
  EXPECT_FLOAT_EQ(read(grey, {"first"}).pixels[2], 2 / 255.0F);
}

TEST(DecodeDicom, a_window_without_width_is_refused) {
  for (const char* width : {"0", "-5", "0.5"}) {
    const auto writer = radiograph().add(0x00281050, "DS", "40").add(0x00281051, "DS", width);
    EXPECT_THAT(error_of(finished(writer), {"first"}), HasSubstr("out of range")) << width;
  }
  EXPECT_THAT(error_of(finished(radiograph().add(0x00281050, "DS", "1\\2").add(0x00281051, "DS", "4")), {"first"}),
              HasSubstr("2 window centres"));
}

TEST(DecodeDicom, a_rescale_that_says_nothing_is_refused) {
  EXPECT_THAT(error_of(finished(radiograph().add(0x00281052, "DS", "0").add(0x00281053, "DS", "0"))),
              HasSubstr("rescale slope 0"));
}

TEST(DecodeDicom, monochrome1_is_inverted_after_its_window) {
  const std::string bytes = finished(with_window(radiograph({.photometric = "MONOCHROME1"})));
  std::vector<float> expected = over(4095);
  for (float& value : expected) {
    value = 1 - value;
  }
  EXPECT_THAT(read(bytes, {"first"}).pixels, Pointwise(FloatNear(1e-6F), expected));
}

TEST(DecodeDicom, padding_is_black_and_does_not_widen_the_window) {
  const std::string bytes = finished(radiograph({.photometric = "MONOCHROME1"}).words(0x00280120, {4095}));
  // Least 0 and most 3000: what is padding does not count.
  EXPECT_THAT(read(bytes, {"min-max"}).pixels,
              ElementsAre(1, FloatNear(1 - 1 / 3000.0F, 1e-6F), FloatNear(2 / 3.0F, 1e-6F), FloatNear(1 / 3.0F, 1e-6F),
                          FloatNear(0, 1e-6F), 0));
}

TEST(DecodeDicom, signed_samples_of_ten_bits_are_told_from_their_sign_bit) {
  const auto writer = radiograph({.columns = 2, .bits = 10, .is_signed = true});
  // The bits above the stored ones hold something else.
  EXPECT_THAT(read(finished(writer, {0x0200, 0xFFFF, 0xFC00, 0x01FF})).pixels,
              ElementsAre(0, FloatNear(511 / 1023.0F, 1e-6F), FloatNear(512 / 1023.0F, 1e-6F), 1));
}

TEST(DecodeDicom, truncated_anywhere_is_refused) {
  for (const bool explicit_vr : {true, false}) {
    const std::string whole = finished(with_window(
        radiograph({.syntax = explicit_vr ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2", .explicit_vr = explicit_vr})));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_NE(error_of(whole.substr(0, length)), "") << length;
    }
    EXPECT_THAT(error_of(whole.substr(0, whole.size() - 5)), HasSubstr("truncated (7 of 12 bytes are there)"));
  }
}

TEST(DecodeDicom, a_wrong_length_is_refused) {
  EXPECT_THAT(error_of(finished(radiograph(), {1, 2, 3})), HasSubstr("6 bytes, where 3 x 2 pixels need 12"));
  EXPECT_THAT(error_of(finished(radiograph(), {1, 2, 3, 4, 5, 6, 7})), HasSubstr("14 bytes"));
}

TEST(DecodeDicom, no_pixel_data_are_said) {
  EXPECT_THAT(error_of(radiograph().bytes()), HasSubstr("no pixel data"));
}

TEST(DecodeDicom, zero_rows_are_refused) {
  EXPECT_THAT(error_of(finished(radiograph({.rows = 0}))), HasSubstr("no pixel (0 rows, 3 columns)"));
}

TEST(DecodeDicom, an_absurd_size_is_refused_before_anything_is_allocated) {
  EXPECT_THAT(error_of(finished(radiograph({.rows = 65535, .columns = 65535}))), HasSubstr("100 million"));
}

TEST(DecodeDicom, several_frames_are_refused_with_their_number) {
  EXPECT_THAT(error_of(finished(radiograph({.frames = "12"}))), HasSubstr("it has 12 frames"));
  EXPECT_EQ(error_of(finished(radiograph({.frames = "1"}))), "");
}

TEST(DecodeDicom, ultrasound_is_refused_by_name) {
  const RadiographForTests picture{
      .kind = "1.2.840.10008.5.1.4.1.1.6.1", .photometric = "RGB", .rows = 1, .columns = 2, .bits = 8, .samples = 3};
  EXPECT_THAT(error_of(radiograph(picture).add(kPixelData, "OB", "rgbrgb").bytes()),
              AllOf(HasSubstr("no radiograph"), HasSubstr("UltrasoundImageStorage")));
  RadiographForTests capture = picture;
  capture.kind = "1.2.840.10008.5.1.4.1.1.7";
  EXPECT_THAT(error_of(radiograph(capture).add(0x00080060, "CS", "US").add(kPixelData, "OB", "rgbrgb").bytes()),
              HasSubstr("capture of modality US"));
  EXPECT_EQ(error_of(radiograph(capture).add(0x00080060, "CS", "OT").add(kPixelData, "OB", "rgbrgb").bytes()), "");
}

TEST(DecodeDicom, what_photometry_is_not_read_is_named) {
  EXPECT_THAT(error_of(finished(radiograph({.photometric = "PALETTE COLOR"}))), HasSubstr("PALETTE COLOR"));
  const RadiographForTests ybr{.photometric = "YBR_FULL", .rows = 1, .columns = 2, .bits = 8, .samples = 3};
  EXPECT_THAT(error_of(radiograph(ybr).add(kPixelData, "OB", "ybrybr").bytes()), HasSubstr("YBR"));
}

TEST(DecodeDicom, a_transfer_syntax_that_is_not_read_is_named) {
  EXPECT_THAT(error_of(finished(radiograph({.syntax = "1.2.840.10008.1.2.4.100"}))), HasSubstr("MPEG2"));
  EXPECT_THAT(error_of(finished(radiograph({.syntax = "1.2.3.4.5"}))), HasSubstr("1.2.3.4.5"));
}

TEST(DecodeDicom, an_encapsulated_file_without_fragments_is_refused) {
  const RadiographForTests picture{.syntax = kBaseline, .bits = 8};
  const auto end = DicomWriter::item(0xE0DD, 0);
  for (const std::string& inside : {std::string(), DicomWriter::item(0xE000, 0)}) {
    const auto writer = radiograph(picture).add_with_length(kPixelData, "OB", inside + end, 0xFFFFFFFF);
    EXPECT_THAT(error_of(writer.bytes()), HasSubstr("without a fragment"));
  }
  const auto open = radiograph(picture).add_with_length(kPixelData, "OB", DicomWriter::item(0xE000, 0), 0xFFFFFFFF);
  EXPECT_THAT(error_of(open.bytes()), HasSubstr("pixel data are truncated"));
  const auto native = radiograph(picture).add(kPixelData, "OB", "123456");
  EXPECT_THAT(error_of(native.bytes()), HasSubstr("its pixel data are not"));
}

std::string encapsulated(const RadiographForTests& picture, const std::vector<std::string>& fragments) {
  std::string inside = DicomWriter::item(0xE000, 0);
  for (const std::string& fragment : fragments) {
    inside += DicomWriter::item(0xE000, static_cast<std::uint32_t>(fragment.size())) + fragment;
  }
  return radiograph(picture)
      .add_with_length(kPixelData, "OB", inside + DicomWriter::item(0xE0DD, 0), 0xFFFFFFFF)
      .bytes();
}

std::string jpeg_of(int rows, int columns) {
  cv::Mat pixels(rows, columns, CV_8UC1);
  cv::randu(pixels, 0, 255);
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", pixels, bytes);
  bytes.resize(bytes.size() + bytes.size() % 2);
  return {bytes.begin(), bytes.end()};
}

TEST(DecodeDicom, a_jpeg_in_several_fragments_is_one_picture) {
  const RadiographForTests picture{.syntax = kBaseline, .rows = 40, .columns = 30, .bits = 8};
  const std::string jpeg = jpeg_of(40, 30);
  const Image plain = decode_image(jpeg, "x");
  const std::size_t half = jpeg.size() / 4 * 2;
  for (const auto& fragments : {std::vector{jpeg}, std::vector{jpeg.substr(0, half), jpeg.substr(half)}}) {
    EXPECT_THAT(read(encapsulated(picture, fragments)).pixels, Pointwise(FloatNear(2.1F / 255), plain.pixels));
  }
}

TEST(DecodeDicom, a_code_stream_that_is_cut_off_or_of_another_size_is_refused) {
  const RadiographForTests picture{.syntax = kBaseline, .rows = 40, .columns = 30, .bits = 8};
  const std::string jpeg = jpeg_of(40, 30);
  for (std::size_t length = 0; length + 4 < jpeg.size(); length += 14) {
    EXPECT_NE(error_of(encapsulated(picture, {jpeg.substr(0, length)})), "") << length;
  }
  EXPECT_THAT(error_of(encapsulated(picture, {jpeg_of(30, 40)})), HasSubstr("the code stream has 40 x 30"));
  RadiographForTests words = picture;
  words.bits = 12;
  EXPECT_THAT(error_of(encapsulated(words, {jpeg})), HasSubstr("components of 8 bits"));
  RadiographForTests colours = picture;
  colours.samples = 3;
  colours.photometric = "YBR_FULL_422";
  EXPECT_THAT(error_of(encapsulated(colours, {jpeg})), HasSubstr("1 components"));
}

/// A frame of two segments: the high bytes and the low ones 9, six times.
std::string runs(std::uint32_t second = 72) {
  std::string frame;
  for (const std::uint32_t number : {2U, 64U, second}) {
    for (int shift = 0; shift < 32; shift += 8) {
      frame += static_cast<char>(number >> shift);
    }
  }
  frame.resize(64, '\0');
  return frame + std::string("\xFF\1\1\2\3\xFF\4\x80", 8) + std::string("\xFB\x09", 2);
}

TEST(DecodeDicom, runs_are_unpacked_and_none_leads_outside) {
  const RadiographForTests picture{.syntax = "1.2.840.10008.1.2.5"};
  std::vector<float> expected;
  for (const int high : {1, 1, 2, 3, 4, 4}) {
    expected.push_back(static_cast<float>((256 * high + 9) / 4095.0));
  }
  EXPECT_THAT(read(encapsulated(picture, {runs()})).pixels, Pointwise(FloatNear(1e-7F), expected));
  // DCMTK reads where these lead: a fuzzer's find.
  for (const std::uint32_t second : {0xFFFF00E0U, 0U, 63U, 75U}) {
    EXPECT_THAT(error_of(encapsulated(picture, {runs(second)})), HasSubstr("lies outside")) << second;
  }
  EXPECT_THAT(error_of(encapsulated(picture, {runs(70)})), HasSubstr("segment 1"));
  EXPECT_THAT(error_of(encapsulated(picture, {runs(74)})), HasSubstr("segment 2"));
  EXPECT_THAT(error_of(encapsulated(picture, {runs().substr(0, 60)})), HasSubstr("truncated (60 bytes)"));
  EXPECT_THAT(error_of(encapsulated(picture, {runs().substr(0, 72), runs().substr(72)})), HasSubstr("2 fragments"));
  RadiographForTests bytes = picture;
  bytes.bits = 8;
  EXPECT_THAT(error_of(encapsulated(bytes, {runs()})), HasSubstr("2 segments, where the header needs 1"));
}

TEST(DecodeDicom, sequences_nested_without_end_are_refused) {
  for (const bool explicit_vr : {true, false}) {
    const std::string beginning = DicomWriter::little(0x0040, 2) + DicomWriter::little(0xA730, 2) +
                                  (explicit_vr ? std::string("SQ\0\0", 4) : "") + DicomWriter::little(0xFFFFFFFF, 4) +
                                  DicomWriter::item(0xE000, 0xFFFFFFFF);
    std::string nested;
    for (int depth = 0; depth < 100'000; ++depth) {
      nested += beginning;
    }
    const RadiographForTests picture{.syntax = explicit_vr ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2",
                                     .explicit_vr = explicit_vr};
    EXPECT_THAT(error_of(radiograph(picture).raw(nested).bytes()), HasSubstr("nested too deep"));
  }
}

TEST(DecodeDicom, a_length_that_leads_outside_is_refused) {
  EXPECT_THAT(error_of(radiograph().add_with_length(0x00281055, "UN", "x", 0xFFFFFFF0).bytes()),
              HasSubstr("truncated"));
  EXPECT_THAT(error_of(radiograph().add_with_length(0x00281055, "LO", "abc", 3).bytes()), HasSubstr("odd length"));
}

/// What is said of a file, on standard error too, where it is cut off anywhere and where bits are flipped. Nothing of
/// this needs to name who is on the picture.
std::string all_that_is_said_of(const std::string& whole) {
  testing::internal::CaptureStderr();
  std::string said;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    said += error_of(whole.substr(0, length), {"first"}) + "\n";
  }
  RandomStream random(2, "flips");
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = whole;
    bytes[132 + random.below(bytes.size() - 132)] ^= static_cast<char>(1 << random.below(8));
    said += error_of(bytes, {"first"}) + "\n";
  }
  return said + testing::internal::GetCapturedStderr();
}

TEST(DecodeDicom, no_error_names_the_patient) {
  for (const bool explicit_vr : {true, false}) {
    const RadiographForTests picture{.syntax = explicit_vr ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2",
                                     .explicit_vr = explicit_vr};
    DicomWriter writer = with_window(radiograph(picture))
                             .add(0x00080020, "DA", "20240119")
                             .add(0x00100010, "PN", "Doe^Jane")
                             .add(0x00100020, "LO", "MRN-4711")
                             .add(0x00100030, "DA", "19500311");
    const std::string said = all_that_is_said_of(finished(writer));
    EXPECT_THAT(said, HasSubstr("truncated"));
    for (const char* name : {"Doe", "Jane", "4711", "19500311", "20240119"}) {
      EXPECT_THAT(said, testing::Not(HasSubstr(name)));
    }
  }
}

TEST(DecodeDicom, bits_flipped_anywhere_give_a_picture_or_an_error) {
  const std::string whole = finished(with_window(radiograph()));
  RandomStream random(1, "flips");
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (int flip = 0; flip < 3; ++flip) {
      bytes[132 + random.below(bytes.size() - 132)] ^= static_cast<char>(1 << random.below(8));
    }
    try {
      for (const float value : read(bytes, {"first", "min-max"}).pixels) {
        ASSERT_TRUE(value >= 0 && value <= 1);
      }
    } catch (const InputError&) {
      // as it should be
    }
  }
}

}  // namespace
}  // namespace niwaki
