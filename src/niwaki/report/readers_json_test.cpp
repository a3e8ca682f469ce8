#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "niwaki/core/csv.hpp"
#include "niwaki/report/readers_report.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

// One reader, two images: most figures cannot be had.
ReadingAnalysis lonely() {
  const std::vector<KeyEntry> key = {{"b", "image-1", "", true, kEveryReader, "", "Edema"},
                                     {"c", "image-2", "", false, kEveryReader, "", "none"}};
  const std::vector<Reading> readings = {{"Ada", "b", {0.0, 2.0, 5.0}, "f.csv, line 2"},
                                         {"Ada", "c", {1.0, 4.0, std::nullopt}, "f.csv, line 3"}};
  return analyse_readings(key, readings);
}

TEST(ReadersJson, what_cannot_be_had_is_null_and_noted) {
  const Json document = Json::parse(readers_json(lonely()));
  const Json& difficulty = document["questions"]["difficulty"];
  EXPECT_EQ(difficulty["exemplars"]["mean"], 5.0);
  EXPECT_TRUE(difficulty["exemplars"]["deviation"].is_null());
  EXPECT_TRUE(difficulty["others"]["mean"].is_null());
  EXPECT_EQ(difficulty["others"]["missing"], 1);
  EXPECT_TRUE(difficulty["kruskal"]["p"].is_null());
  EXPECT_TRUE(difficulty["permutation"]["over_images"]["p"].is_null());
  EXPECT_TRUE(document["questions"]["quality"]["agreement"]["fleiss_kappa"].is_null());
  EXPECT_EQ(document["questions"]["quality"]["permutation"]["over_images"]["p"], 1.0);
  EXPECT_TRUE(document["images"]["patients"].is_null());
  std::vector<std::string> noted;
  for (const Json& note : document["notes"]) {
    noted.push_back(note["where"]);
  }
  for (const char* where : {"questions.difficulty.kruskal", "questions.difficulty.over_images",
                            "questions.quality.agreement", "questions.difficulty.needed"}) {
    EXPECT_NE(std::find(noted.begin(), noted.end(), where), noted.end()) << where;
  }
}

TEST(ReadersJson, tables_stand_beside_it) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "readers_json_test";
  write_readers(lonely(), folder);
  const CsvTable questions = read_csv(folder / "questions.csv");
  EXPECT_EQ(questions.rows.size(), 3U);
  EXPECT_EQ(questions.rows[1].cells[questions.column("difference")], "-2");
  const CsvTable readings = read_csv(folder / "readings.csv");
  EXPECT_EQ(readings.rows[0].cells[readings.column("status")], "exemplar");
  EXPECT_EQ(readings.rows[1].cells[readings.column("difficulty")], "");
  EXPECT_TRUE(std::filesystem::exists(folder / "readers.json"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace niwaki
