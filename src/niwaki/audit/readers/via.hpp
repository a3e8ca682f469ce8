#pragma once

#include <map>
#include <string>
#include <vector>

namespace niwaki {

/// The `file_attributes` cell of a CSV that VGG Image Annotator exports: a JSON object of names and values. Texts come
/// as they are, numbers as text, null as "". Throws InputError at `where` for what is not such an object.
std::map<std::string, std::string> parse_via_attributes(const std::string& json, const std::string& where);

/// A picture of a project.
struct ViaPicture {
  std::string filename;   // without folder
  std::size_t bytes = 0;  // VIA knows a picture by name and size
  std::string label;
};

/// A project of VGG Image Annotator 2 (via.html) that asks kQuestions of these pictures, in this order, and shows their
/// labels. It looks for the pictures in `folder`. Its CSV export is what read_readings() takes.
std::string via_project(const std::string& reader, const std::string& folder, const std::vector<ViaPicture>& pictures);

}  // namespace niwaki
