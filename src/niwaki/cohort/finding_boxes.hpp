#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

/// A rectangle of a picture in shares of its sides: 0 is the left or upper edge, 1 the right or lower.
struct PictureBox {
  double left = 0.0;
  double top = 0.0;
  double right = 1.0;
  double bottom = 1.0;
};

/// Where somebody saw a finding.
struct FindingBox {
  std::size_t row = 0;         // of the cohort
  std::size_t name = 0;        // of the classes asked for
  PictureBox box;              // in shares of the picture
  double picture_width = 0.0;  // pixels of the picture in which it was measured
  double picture_height = 0.0;
};

/// A file of boxes, joined with a cohort.
struct FindingBoxes {
  std::vector<FindingBox> boxes;     // by row, then class, then as listed
  std::size_t without_image = 0;     // boxes of images that the cohort does not have
  std::size_t without_class = 0;     // boxes of findings that are not among the classes
  std::vector<std::string> unknown;  // these findings, each once
};

/// Reads boxes of findings: NIH's BBox_List_2017.csv (`Image Index,Finding Label,Bbox [x,y,w,h]`, in pixels of its
/// pictures of 1024 x 1024; its `Infiltrate` is Infiltration), or the project's own
/// `id,class,x,y,width,height,picture_width,picture_height`. x and y are the upper left corner, from 0. Images are
/// matched by identifier, or by file name without folders. Throws InputError naming file, line and column for a cell
/// that is no number, and a box that is empty or reaches out of its picture (by more than a thousandth of a side:
/// NIH's are rounded).
FindingBoxes read_finding_boxes(const std::filesystem::path& path, const Cohort& cohort,
                                const std::vector<std::string>& classes);

}  // namespace niwaki
