#include "niwaki/audit/readers/reading_files.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <unordered_map>

#include "niwaki/audit/readers/questions.hpp"
#include "niwaki/audit/readers/via.hpp"
#include "niwaki/cohort/image_source.hpp"
#include "niwaki/cohort/picture_copy.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/cancel.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPictures = "pictures";

/// What the lists say of a showing's picture.
struct Picture {
  std::string name;
  std::size_t bytes = 0;
};

/// The files of a round's images, one a row of the label file.
std::unordered_map<std::size_t, fs::path> find_pictures(const ReadingRound& round, const Cohort& cohort,
                                                        const fs::path& images) {
  std::vector<std::size_t> rows = round.rows;
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  const Cohort shown = cohort.subset(rows);
  const std::vector<fs::path> files = open_image_files(shown, images, Preprocessing{})->files();
  std::unordered_map<std::size_t, fs::path> found;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    found.emplace(rows[i], files[i]);
  }
  return found;
}

/// What an interrupted run of the same round left is written again; anything else would be shown to readers.
void check_nothing_else(const fs::path& folder, const std::vector<Picture>& pictures) {
  std::set<std::string> expected;
  for (const Picture& picture : pictures) {
    expected.insert(picture.name);
  }
  remove_partial_files(folder);
  for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
    if (!expected.contains(file.path().filename().string())) {
      throw InputError("the folder holds a file that is not of this round", file.path().string(),
                       "choose another --out, or remove what is left of another round");
    }
  }
}

/// One a key entry. The key is in the order of the opaque ids, and so are the copies made.
std::vector<Picture> copy_pictures(const ReadingRound& round, const Cohort& cohort, const fs::path& images,
                                   const fs::path& folder) {
  const std::unordered_map<std::size_t, fs::path> files = find_pictures(round, cohort, images);
  std::vector<Picture> pictures;
  for (std::size_t entry = 0; entry < round.key.size(); ++entry) {
    pictures.push_back({round.key[entry].id + copy_ending(files.at(round.rows[entry])), 0});
  }
  make_folder(folder / kPictures);
  check_nothing_else(folder / kPictures, pictures);
  for (std::size_t entry = 0; entry < round.key.size(); ++entry) {
    throw_if_cancelled();
    const std::string bytes = copy_to_show(files.at(round.rows[entry]));
    pictures[entry].bytes = bytes.size();
    write_file(folder / kPictures / pictures[entry].name, bytes);
  }
  return pictures;
}

std::vector<Picture> named_pictures(const ReadingRound& round, const Cohort& cohort) {
  std::vector<Picture> pictures;
  for (const std::size_t row : round.rows) {
    pictures.push_back({cohort.records[row].image, 0});
  }
  return pictures;
}

std::string list_text(const ReadingRound& round, const ReadingList& list, const std::vector<Picture>& pictures,
                      const std::string& folder) {
  std::vector<std::string> header = {"id", "reader", "picture", "label"};
  for (const Question& question : kQuestions) {
    header.emplace_back(question.column);
  }
  CsvWriter table(header);
  for (const std::size_t entry : list.entries) {
    table.cell(round.key[entry].id).cell(list.reader).cell(folder + pictures[entry].name).cell(round.key[entry].label);
    for (std::size_t question = 0; question < kQuestions.size(); ++question) {
      table.cell("");
    }
    table.end_row();
  }
  return table.text();
}

std::string project_text(const ReadingRound& round, const ReadingList& list, const std::vector<Picture>& pictures) {
  std::vector<ViaPicture> shown;
  for (const std::size_t entry : list.entries) {
    shown.push_back({pictures[entry].name, pictures[entry].bytes, round.key[entry].label});
  }
  return via_project(list.reader, std::string(kPictures) + "/", shown);
}

}  // namespace

void write_reading_round(const ReadingRound& round, const Cohort& cohort, const ReadingFileOptions& options,
                         const fs::path& folder) {
  if (options.via && options.images.empty()) {
    throw InputError("a VIA project needs pictures under opaque names", "--via", "give the pictures with --images");
  }
  if (fs::exists(folder / "key.csv")) {
    throw InputError("a reading round is there already", (folder / "key.csv").string(),
                     "choose another --out; a round that was given to readers must not be drawn anew");
  }
  const bool copied = !options.images.empty();
  const std::vector<Picture> pictures =
      copied ? copy_pictures(round, cohort, options.images, folder) : named_pictures(round, cohort);
  make_folder(folder);
  for (const ReadingList& list : round.lists) {
    write_file(folder / fmt::format("reading-{}.csv", list.reader),
               list_text(round, list, pictures, copied ? std::string(kPictures) + "/" : ""));
    if (options.via) {
      write_file(folder / fmt::format("via-{}.json", list.reader), project_text(round, list, pictures));
    }
  }
  write_file(folder / "key.csv", key_text(round.key));
}

}  // namespace niwaki
