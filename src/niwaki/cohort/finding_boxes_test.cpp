#include "niwaki/cohort/finding_boxes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/folder_for_tests.hpp"

namespace niwaki {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<std::string> kClasses = {"Infiltration", "Mass", "Pleural_Thickening"};
constexpr const char* kNihHeader = "Image Index,Finding Label,Bbox [x,y,w,h],,,\n";
constexpr const char* kOwnHeader = "id,class,x,y,width,height,picture_width,picture_height\n";

class FindingBoxFile : public testing::Test {
 protected:
  [[nodiscard]] FindingBoxes read(const std::string& text) const {
    write_file(folder_ / "boxes.csv", text);
    Cohort cohort;
    cohort.records = {{"a", "p1", "one/a.png", ""}, {"b", "p2", "b.png", ""}, {"c", "p2", "two/b.png", ""}};
    return read_finding_boxes(folder_ / "boxes.csv", cohort, kClasses);
  }
  void refused(const std::string& text, const std::string& says) const {
    EXPECT_THAT([&] { static_cast<void>(read(text)); },
                ThrowsMessage<InputError>(AllOf(HasSubstr(says), HasSubstr("boxes.csv, line 2"))));
  }

 private:
  FolderForTests folder_{"finding-boxes"};
};

TEST_F(FindingBoxFile, of_nih_is_in_pixels_of_1024) {
  const FindingBoxes read_boxes =
      read(std::string(kNihHeader) + "b,Mass,512,256,256,512,,,\na.png,Infiltrate,0,0,1024,102.4,,,\n");
  ASSERT_EQ(read_boxes.boxes.size(), 2U);
  EXPECT_EQ(read_boxes.boxes[0].row, 0U);  // by row, not as listed
  EXPECT_EQ(read_boxes.boxes[0].name, 0U);
  EXPECT_DOUBLE_EQ(read_boxes.boxes[0].box.bottom, 0.1);
  EXPECT_EQ(read_boxes.boxes[1].row, 1U);
  EXPECT_DOUBLE_EQ(read_boxes.boxes[1].box.left, 0.5);
  EXPECT_DOUBLE_EQ(read_boxes.boxes[1].box.top, 0.25);
  EXPECT_DOUBLE_EQ(read_boxes.boxes[1].box.right, 0.75);
  EXPECT_DOUBLE_EQ(read_boxes.boxes[1].box.bottom, 0.75);
}

TEST_F(FindingBoxFile, of_our_own_says_its_picture) {
  const FindingBoxes read_boxes = read(std::string(kOwnHeader) + "c,Pleural Thickening,10,20,30,40,100,200\n");
  ASSERT_EQ(read_boxes.boxes.size(), 1U);
  EXPECT_EQ(read_boxes.boxes[0].row, 2U);
  EXPECT_DOUBLE_EQ(read_boxes.boxes[0].box.right, 0.4);
  EXPECT_DOUBLE_EQ(read_boxes.boxes[0].box.bottom, 0.3);
  EXPECT_EQ(read_boxes.boxes[0].picture_height, 200);
}

TEST_F(FindingBoxFile, what_does_not_belong_is_counted) {
  const FindingBoxes read_boxes = read(std::string(kOwnHeader) +
                                       "x,Mass,1,1,1,1,9,9\na,Hernia,1,1,1,1,9,9\n"
                                       "a,Hernia,2,1,1,1,9,9\nb.png,Mass,1,1,1,1,9,9\n");
  EXPECT_TRUE(read_boxes.boxes.empty());
  EXPECT_EQ(read_boxes.without_image, 2U);  // b.png is two images' file name, and no identifier
  EXPECT_EQ(read_boxes.without_class, 2U);
  EXPECT_THAT(read_boxes.unknown, ElementsAre("Hernia"));
}

TEST_F(FindingBoxFile, a_box_that_leaves_its_picture_is_refused) {
  refused(std::string(kNihHeader) + "a,Mass,-3,0,10,10,,,\n", "reaches out of its picture");
  refused(std::string(kNihHeader) + "a,Mass,1000,0,26,10,,,\n", "reaches out of its picture");
  refused(std::string(kOwnHeader) + "a,Mass,0,60,5,5,64,64\n", "reaches out of its picture");
  EXPECT_EQ(read(std::string(kNihHeader) + "a,Mass,1000,0,24.5,10,,,\n").boxes[0].box.right, 1.0);  // rounded
}

TEST_F(FindingBoxFile, what_is_no_box_is_refused) {
  refused(std::string(kNihHeader) + "a,Mass,1,2,0,10,,,\n", "a box of 0 x 10 pixels");
  refused(std::string(kNihHeader) + "a,Mass,1,2,-4,10,,,\n", "a box of -4 x 10 pixels");
  refused(std::string(kNihHeader) + "a,Mass,1,nan,4,10,,,\n", "'nan' is not a number");
  refused(std::string(kNihHeader) + "a,Mass,1,2\n", "a cell is missing");
  refused(std::string(kOwnHeader) + "a,Mass,0,0,1,1,0,64\n", "a picture of 0 x 64");
  EXPECT_THAT([&] { static_cast<void>(read("id,class,x,y\n")); }, ThrowsMessage<InputError>(HasSubstr("no column")));
  EXPECT_THAT([&] { static_cast<void>(read("Image Index,Finding\n")); },
              ThrowsMessage<InputError>(HasSubstr("columns of boxes are not clear")));
}

}  // namespace
}  // namespace niwaki
