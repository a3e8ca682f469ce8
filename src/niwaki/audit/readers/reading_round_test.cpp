#include "niwaki/audit/readers/reading_round.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "niwaki/audit/cohort_for_tests.hpp"
#include "niwaki/audit/readers/reading_files.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

// 200 images of 100 patients; rows 0, 5, 10, ... are exemplars.
class Round : public testing::Test {
 protected:
  Round() {
    RandomStream random(1, "round_test");
    std::vector<std::string> labels(200);
    for (std::string& row : labels) {
      for (int column = 0; column < 3; ++column) {
        row += random.chance(0.4) ? '1' : '0';
      }
      row += row == "000" ? '1' : '0';
    }
    cohort_ = cohort_for_tests({"Edema", "Mass", "Hernia", "No Finding"}, labels);
    for (std::size_t row = 0; row < 200; row += 5) {
      list_.ids.push_back(cohort_.records[row].id);
    }
    options_.readers = {"Ada", "Ben", "Cy"};
    fs::remove_all(folder_);
    make_folder(folder_);
  }
  ~Round() override { fs::remove_all(folder_); }

  [[nodiscard]] ReadingRound drawn() const { return draw_reading_round(cohort_, list_, options_); }
  [[nodiscard]] std::string refused_round() const {
    return message_of([this] { (void)drawn(); });
  }
  [[nodiscard]] std::size_t findings(std::size_t row) const {
    std::size_t n = 0;
    for (std::size_t column = 0; column < 3; ++column) {
      n += cohort_.label_view()(row, column) == Label::kPositive ? 1 : 0;
    }
    return n;
  }

  Cohort cohort_;
  ExemplarList list_{"l1", 0.9, {}};
  SampleOptions options_;
  fs::path folder_ = fs::path(testing::TempDir()) /
                     (std::string("round_test_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(Round, has_as_many_exemplars_as_others_of_different_patients) {
  const ReadingRound round = drawn();
  ASSERT_EQ(round.key.size(), 44U);
  std::set<std::string> patients, images;
  std::size_t exemplars = 0;
  for (std::size_t entry = 0; entry < round.key.size(); ++entry) {
    const KeyEntry& showing = round.key[entry];
    EXPECT_EQ(showing.image, cohort_.records[round.rows[entry]].id);
    EXPECT_EQ(showing.exemplar, round.rows[entry] % 5 == 0);
    EXPECT_EQ(showing.label, label_text(cohort_, round.rows[entry]));
    if (showing.repeat_of.empty()) {
      exemplars += showing.exemplar ? 1 : 0;
      EXPECT_TRUE(patients.insert(showing.patient).second);
      EXPECT_TRUE(images.insert(showing.image).second);
    }
  }
  EXPECT_EQ(exemplars, 20U);
  EXPECT_EQ(images.size(), 40U);
}

TEST_F(Round, every_reader_reads_everything_in_an_order_of_their_own) {
  const ReadingRound round = drawn();
  ASSERT_EQ(round.lists.size(), 3U);
  std::set<std::vector<std::size_t>> orders;
  for (const ReadingList& list : round.lists) {
    std::vector<std::size_t> sorted = list.entries;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < 44; ++i) {
      EXPECT_EQ(sorted[i], i);
    }
    orders.insert(list.entries);
  }
  EXPECT_EQ(orders.size(), 3U);
}

TEST_F(Round, repeats_are_balanced_and_come_a_third_of_the_list_later) {
  options_.repeats = 6;
  const ReadingRound round = drawn();
  const auto exemplars = std::count_if(round.key.begin(), round.key.end(), [](const KeyEntry& showing) {
    return !showing.repeat_of.empty() && showing.exemplar;
  });
  EXPECT_EQ(exemplars, 3);
  for (const ReadingList& list : round.lists) {
    std::map<std::string, std::size_t> places;
    for (std::size_t place = 0; place < list.entries.size(); ++place) {
      places[round.key[list.entries[place]].id] = place;
    }
    std::size_t repeats = 0;
    for (const KeyEntry& showing : round.key) {
      if (!showing.repeat_of.empty()) {
        ++repeats;
        EXPECT_NE(showing.id, showing.repeat_of);
        EXPECT_GT(places.at(showing.id), places.at(showing.repeat_of) + list.entries.size() / 3);
      }
    }
    EXPECT_EQ(repeats, 6U);
  }
}

TEST_F(Round, opaque_ids_and_their_order_say_nothing) {
  const ReadingRound round = drawn();
  std::set<std::string> ids;
  double exemplars_in_first_half = 0;
  for (std::size_t entry = 0; entry < round.key.size(); ++entry) {
    EXPECT_THAT(round.key[entry].id, testing::MatchesRegex("[bcdfghjkmnpqrstvwxz]+"));
    EXPECT_EQ(round.key[entry].id.size(), 8U);
    EXPECT_TRUE(ids.insert(round.key[entry].id).second);
    exemplars_in_first_half += entry < 22 && round.key[entry].exemplar ? 1 : 0;
  }
  EXPECT_TRUE(std::is_sorted(round.key.begin(), round.key.end(),
                             [](const KeyEntry& a, const KeyEntry& b) { return a.id < b.id; }));
  EXPECT_GT(exemplars_in_first_half, 4);
  EXPECT_LT(exemplars_in_first_half, 18);
  // Another round, or the same with other readers, shares none.
  options_.readers = {"Dot"};
  for (const KeyEntry& showing : drawn().key) {
    EXPECT_FALSE(ids.contains(showing.id));
  }
}

TEST_F(Round, the_same_arguments_draw_the_same_round) {
  EXPECT_EQ(key_text(drawn().key), key_text(drawn().key));
  const std::string before = key_text(drawn().key);
  options_.seed = 2;
  EXPECT_NE(key_text(drawn().key), before);
}

TEST_F(Round, others_match_by_number_of_findings_or_by_labels) {
  const auto counts = [&](bool exemplar, const auto& what) {
    std::map<std::string, int> result;
    const ReadingRound round = drawn();
    for (std::size_t entry = 0; entry < round.key.size(); ++entry) {
      if (round.key[entry].exemplar == exemplar && round.key[entry].repeat_of.empty()) {
        ++result[what(round.rows[entry])];
      }
    }
    return result;
  };
  const auto number = [&](std::size_t row) { return std::to_string(findings(row)); };
  const auto labels = [&](std::size_t row) { return label_text(cohort_, row); };
  options_.match = MatchBy::kFindings;
  EXPECT_EQ(counts(true, number), counts(false, number));
  options_.match = MatchBy::kLabels;
  EXPECT_EQ(counts(true, labels), counts(false, labels));
  options_.match = MatchBy::kNothing;
  EXPECT_NE(counts(true, labels), counts(false, labels));
}

TEST_F(Round, readers_can_have_images_of_their_own) {
  options_.separate = true;
  options_.images_per_group = 6;
  options_.repeats = 2;
  const ReadingRound round = drawn();
  EXPECT_EQ(round.key.size(), 3U * 14U);
  std::set<std::string> images;
  for (const ReadingList& list : round.lists) {
    std::set<std::string> own;
    std::size_t exemplars = 0;
    for (const std::size_t entry : list.entries) {
      EXPECT_EQ(round.key[entry].set, list.reader);
      exemplars += own.insert(round.key[entry].image).second && round.key[entry].exemplar ? 1 : 0;
    }
    EXPECT_EQ(own.size(), 12U);
    EXPECT_EQ(exemplars, 6U);
    images.merge(own);
  }
  EXPECT_EQ(images.size(), 36U);
}

TEST_F(Round, too_few_are_refused_with_how_many_there_are) {
  options_.images_per_group = 41;
  EXPECT_THAT(refused_round(), HasSubstr("too few exemplars: 41 asked for, of the 40 in the list only 40"));
  // Fewer others than exemplars: all but ten images are on the list.
  options_.images_per_group = 20;
  options_.one_image_a_patient = false;
  list_.ids.clear();
  for (std::size_t row = 0; row < 190; ++row) {
    list_.ids.push_back(cohort_.records[row].id);
  }
  EXPECT_THAT(refused_round(), HasSubstr("too few others: 20 asked for, of the 10 in the list only 10"));
}

TEST_F(Round, patients_can_be_there_more_than_once_where_asked) {
  options_.images_per_group = 60;
  list_.ids.clear();
  for (std::size_t row = 0; row < 100; ++row) {
    list_.ids.push_back(cohort_.records[row].id);
  }
  EXPECT_THAT(refused_round(), HasSubstr("too few exemplars"));
  options_.one_image_a_patient = false;
  EXPECT_EQ(drawn().key.size(), 124U);
}

TEST_F(Round, an_exemplar_that_is_no_image_is_refused) {
  list_.ids.emplace_back("of another cohort");
  EXPECT_THAT(refused_round(), HasSubstr("'of another cohort' is no image of the label file"));
}

TEST_F(Round, options_out_of_range_are_refused) {
  options_.repeats = 21;
  EXPECT_THAT(refused_round(), HasSubstr("--repeats"));
  options_.repeats = 4;
  for (const char* name : {"../Ada", "", "all", "Ada Lovelace", ".hidden"}) {
    options_.readers = {name};
    EXPECT_THAT(refused_round(), HasSubstr("--readers")) << name;
  }
  options_.readers = {"Ada", "ada"};
  EXPECT_THAT(refused_round(), HasSubstr("named twice"));
  EXPECT_THAT(message_of([&] { parse_match("age"); }), HasSubstr("--match"));
  EXPECT_EQ(parse_readers("2"), (std::vector<std::string>{"reader-1", "reader-2"}));
  EXPECT_EQ(parse_readers("Ada, Ben"), (std::vector<std::string>{"Ada", "Ben"}));
  EXPECT_THAT(message_of([] { parse_readers("0"); }), HasSubstr("--readers"));
}

TEST_F(Round, unknown_labels_are_told_as_unknown) {
  const Cohort cohort = cohort_for_tests({"Edema", "Mass", "Hernia"}, {"1?0", "000", "11?"});
  EXPECT_EQ(label_text(cohort, 0), "Edema (not known: Mass)");
  EXPECT_EQ(label_text(cohort, 1), "none");
  EXPECT_EQ(label_text(cohort, 2), "Edema; Mass (not known: Hernia)");
}

TEST_F(Round, files_tell_readers_nothing_but_opaque_ids) {
  make_folder(folder_ / "images");
  for (Record& record : cohort_.records) {
    record.image = record.id + ".png";
    write_file(folder_ / "images" / record.image, "pixels of " + record.id);
  }
  const ReadingRound round = drawn();
  write_reading_round(round, cohort_, {.images = folder_ / "images", .via = true}, folder_ / "out");
  for (const ReadingList& list : round.lists) {
    const std::string text = read_file(folder_ / "out" / ("reading-" + list.reader + ".csv"));
    EXPECT_EQ(text.find("image-"), std::string::npos);
    EXPECT_EQ(text.find("exemplar"), std::string::npos);
    EXPECT_EQ(text.find("patient"), std::string::npos);
    const std::string project = read_file(folder_ / "out" / ("via-" + list.reader + ".json"));
    EXPECT_EQ(project.find("image-"), std::string::npos);
    EXPECT_EQ(project.find("exemplar"), std::string::npos);
    const CsvTable table = parse_csv(text, "list");
    EXPECT_EQ(table.header,
              (std::vector<std::string>{"id", "reader", "picture", "label", "agrees", "quality", "difficulty"}));
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      const KeyEntry& showing = round.key[list.entries[row]];
      EXPECT_EQ(table.rows[row].cells[0], showing.id);
      EXPECT_EQ(table.rows[row].cells[1], list.reader);
      EXPECT_EQ(read_file(folder_ / "out" / table.rows[row].cells[2]), "pixels of " + showing.image);
    }
  }
  EXPECT_EQ(key_text(read_key(folder_ / "out/key.csv")), key_text(round.key));
}

TEST_F(Round, pictures_of_an_unfinished_round_do_not_mix_with_anothers) {
  make_folder(folder_ / "images");
  for (Record& record : cohort_.records) {
    record.image = record.id + ".png";
    write_file(folder_ / "images" / record.image, "pixels of " + record.id);
  }
  const ReadingFileOptions files = {.images = folder_ / "images"};
  write_reading_round(drawn(), cohort_, files, folder_ / "out");
  fs::remove(folder_ / "out/key.csv");
  write_reading_round(drawn(), cohort_, files, folder_ / "out");
  fs::remove(folder_ / "out/key.csv");
  options_.seed = 2;
  EXPECT_THAT(message_of([&] { write_reading_round(drawn(), cohort_, files, folder_ / "out"); }),
              HasSubstr("not of this round"));
  fs::remove(folder_ / "images" / (drawn().key[0].image + ".png"));
  EXPECT_THAT(message_of([&] { write_reading_round(drawn(), cohort_, files, folder_ / "new"); }),
              HasSubstr("1 of 40 pictures are missing"));
  EXPECT_FALSE(fs::exists(folder_ / "new"));
}

TEST_F(Round, a_round_is_never_written_over_another) {
  write_reading_round(drawn(), cohort_, {}, folder_ / "out");
  EXPECT_THAT(message_of([&] { write_reading_round(drawn(), cohort_, {}, folder_ / "out"); }),
              HasSubstr("a reading round is there already"));
  EXPECT_THAT(message_of([&] { write_reading_round(drawn(), cohort_, {.images = "", .via = true}, folder_ / "new"); }),
              HasSubstr("--via"));
}

class ExemplarFile : public Round {
 protected:
  std::string refused(const std::string& text, const std::string& method = "", std::optional<double> sparsity = {}) {
    write_file(folder_ / "exemplars.csv", text);
    return message_of([&] { read_exemplar_list(folder_ / "exemplars.csv", method, sparsity); });
  }
};

TEST_F(ExemplarFile, are_read_by_the_names_of_columns) {
  write_file(folder_ / "exemplars.csv",
             "id,row,new,sparsity,method\nb,1,x,0.9,l1\na,0,x,0.9,l1\nc,2,x,0.90,random\nd,3,x,0.5,l1\n");
  const ExemplarList list = read_exemplar_list(folder_ / "exemplars.csv", "l1", 0.9);
  EXPECT_EQ(list.ids, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(read_exemplar_list(folder_ / "exemplars.csv", "random", {}).ids, std::vector<std::string>{"c"});
}

TEST_F(ExemplarFile, that_are_not_clear_are_refused) {
  const std::string two = "method,sparsity,rank,id\nl1,0.9,1,a\nrandom,0.9,1,b\n";
  EXPECT_THAT(refused(two), HasSubstr("--method and --sparsity: l1 at 0.9, random at 0.9"));
  EXPECT_THAT(refused(two, "l2"), HasSubstr("there are: l1 at 0.9, random at 0.9"));
  EXPECT_THAT(refused(two, "l1", 0.5), HasSubstr("no exemplar has that method and sparsity"));
  EXPECT_THAT(refused("method,sparsity,id\n"), HasSubstr("the file lists no exemplar"));
  EXPECT_THAT(refused("method,sparsity,image\nl1,0.9,a\n"), HasSubstr("there is no column 'id'"));
  EXPECT_THAT(refused("method,sparsity,id\nl1,most,a\n"), HasSubstr("line 2, column 'sparsity'"));
  EXPECT_THAT(refused("method,sparsity,id\nl1,0.9,a\nl1,0.9,a\n"), HasSubstr("listed twice"));
}

class Key : public ExemplarFile {
 protected:
  std::string refused_key(const std::string& text) {
    write_file(folder_ / "key.csv", text);
    return message_of([&] { read_key(folder_ / "key.csv"); });
  }
};

TEST_F(Key, needs_its_columns_and_makes_sense) {
  EXPECT_THAT(refused_key("id,image\na,1\n"), HasSubstr("there is no column 'status'"));
  EXPECT_THAT(refused_key("id,status\na,other\n"), HasSubstr("there is no column 'image'"));
  EXPECT_THAT(refused_key("id,image,status\na,1,PIE\n"), HasSubstr("'PIE' is no status"));
  EXPECT_THAT(refused_key("id,image,status\na,,other\n"), HasSubstr("line 2, column 'image'"));
  EXPECT_THAT(refused_key("id,image,status\na,1,other\na,2,other\n"), HasSubstr("'a' stands in the key twice"));
  EXPECT_THAT(refused_key("id,image,status\n"), HasSubstr("lists no image"));
  EXPECT_THAT(refused_key("id,image,status,repeat_of\na,1,other,\nb,2,other,a\n"),
              HasSubstr("no first showing of image '2'"));
  write_file(folder_ / "key.csv", "status,image,id\nexemplar,1,a\n");
  EXPECT_EQ(read_key(folder_ / "key.csv")[0].set, kEveryReader);
}

}  // namespace
}  // namespace niwaki
