#pragma once

#include <filesystem>

#include "niwaki/audit/readers/reading_round.hpp"
#include "niwaki/cohort/cohort.hpp"

namespace niwaki {

struct ReadingFileOptions {
  std::filesystem::path images;  // folder of pictures to copy under opaque names; "": none are copied
  bool via = false;              // projects for VGG Image Annotator too; needs `images`
};

/// Writes a reading round into `folder`:
///   reading-<reader>.csv  id,reader,picture,label,agrees,quality,difficulty in the reader's order, the last three
///   empty pictures/<id>.<ext>   where pictures are copied; else `picture` names the file of the label file
///   via-<reader>.json     where asked for
///   key.csv               last; for the study office alone
/// Each file appears whole or not at all. Pictures are written in the order of their opaque ids, so that times of files
/// say nothing either. Throws InputError where the folder holds a key already, or pictures of another round, and where
/// a picture is missing.
void write_reading_round(const ReadingRound& round, const Cohort& cohort, const ReadingFileOptions& options,
                         const std::filesystem::path& folder);

}  // namespace niwaki
