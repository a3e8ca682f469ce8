#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "niwaki/audit/readers/questions.hpp"

namespace niwaki {

/// What one reader said of one showing.
struct Reading {
  std::string reader;
  std::string id;  // opaque
  Answers answers;
  std::string where;  // file and line, for error messages
};

struct ReadingOptions {
  std::string
      reader;  // of a file that does not say; "": from the file's name, reading-<reader>.csv or via-<reader>.csv
  /// The column or VIA attribute of each question; "": its own name or the published wording (questions.hpp).
  std::array<std::string, kQuestions.size()> columns;
};

/// Reads one file of readings, recognised by its header:
///   own: id, agrees, quality, difficulty and perhaps reader, as `niwaki readers sample` writes it; others passed over
///   VGG Image Annotator's CSV export: filename (or #filename), whose stem is the id, and file_attributes, a JSON
///   object
///     with the answers and perhaps "reader"; several rows of one file (its regions) count once
/// An empty answer is missing. yes/no may be y/n, true/false or 1/0 in any case. Throws InputError naming file, line
/// and column for a column that is missing, an answer that is none of these or not 1 to 5, a reader without a name or
/// of another name than `reader`, and rows of one VIA file that disagree.
std::vector<Reading> read_readings(const std::filesystem::path& path, const ReadingOptions& options = {});

}  // namespace niwaki
