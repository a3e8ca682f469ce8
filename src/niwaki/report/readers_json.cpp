#include <cmath>

#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/csv.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/report/audit_document.hpp"
#include "niwaki/report/readers_report.hpp"

namespace niwaki {
namespace {

using Json = nlohmann::ordered_json;

Json figure(const Figure& value) {
  if (!value) {
    return nullptr;
  }
  NIWAKI_CHECK(std::isfinite(*value), "a figure is {}, which has no place in a result", *value);
  return *value;
}

Json whole(const Figure& value) {
  return value ? Json(static_cast<std::uint64_t>(*value)) : Json(nullptr);
}

Json group(const GroupAnswers& value) {
  return {{"readings", value.readings},
          {"missing", value.missing},
          {"images", value.images},
          {"mean", figure(value.mean)},
          {"deviation", figure(value.deviation)}};
}

Json permuted(const PermutedP& value) {
  return {{"p", figure(value.p)}, {"exact", value.exact}, {"arrangements", value.arrangements}};
}

Json agreement(const ReaderAgreement& value) {
  return {{"images", value.images},
          {"fleiss_kappa", figure(value.fleiss_kappa)},
          {"krippendorff_alpha",
           {{"nominal", figure(value.alpha_nominal)},
            {"ordinal", figure(value.alpha_ordinal)},
            {"interval", figure(value.alpha_interval)}}}};
}

Json needed(const ReadingsNeeded& value) {
  return {{"independent_readings", figure(value.independent_readings)},
          {"intraclass_correlation", figure(value.intraclass_correlation)},
          {"readings_an_image", figure(value.readings_an_image)},
          {"design_effect", figure(value.design_effect)},
          {"images_a_group", whole(value.images_a_group)},
          {"readings", whole(value.readings)}};
}

Json repeats(const RepeatAgreement& value) {
  return {{"pairs", value.pairs}, {"same", figure(value.same)}, {"gap", figure(value.gap)}};
}

Json question(const QuestionResult& value) {
  return {{"exemplars", group(value.exemplars)},
          {"others", group(value.others)},
          {"difference", figure(value.difference)},
          {"kruskal", {{"h", figure(value.kruskal_h)}, {"p", figure(value.kruskal_p)}}},
          {"permutation",
           {{"centred_difference", figure(value.centred_difference)},
            {"over_images", permuted(value.over_images)},
            {"within_readers", permuted(value.within_readers)}}},
          {"agreement", agreement(value.agreement)},
          {"needed", needed(value.needed)},
          {"repeats", repeats(value.repeats)}};
}

Json reader(const ReaderResult& value) {
  Json answers = Json::object();
  for (std::size_t i = 0; i < kQuestions.size(); ++i) {
    answers[kQuestions[i].name] = {
        {"missing", value.missing[i]}, {"mean", figure(value.means[i])}, {"repeats", repeats(value.repeats[i])}};
  }
  return {{"name", value.name}, {"listed", value.listed}, {"read", value.read}, {"questions", std::move(answers)}};
}

Json document(const ReadingAnalysis& result) {
  Json readers = Json::array();
  for (const ReaderResult& value : result.readers) {
    readers.push_back(reader(value));
  }
  Json questions = Json::object();
  for (const QuestionResult& value : result.questions) {
    questions[value.name] = question(value);
  }
  Json notes = Json::array();
  for (const Note& note : result.notes) {
    notes.push_back({{"where", note.where}, {"reason", note.reason}});
  }
  return {{"images",
           {{"all", result.images},
            {"exemplars", result.exemplars},
            {"others", result.others},
            {"patients", result.patients > 0 ? Json(result.patients) : Json(nullptr)}}},
          {"readers", std::move(readers)},
          {"questions", std::move(questions)},
          {"notes", std::move(notes)}};
}

std::string question_table(const ReadingAnalysis& result) {
  CsvWriter table(
      {"question",       "exemplar_readings", "exemplar_missing", "exemplar_mean",         "exemplar_deviation",
       "other_readings", "other_missing",     "other_mean",       "other_deviation",       "difference",
       "kruskal_h",      "kruskal_p",         "over_images_p",    "within_readers_p",      "fleiss_kappa",
       "alpha_nominal",  "alpha_ordinal",     "alpha_interval",   "images_a_group_needed", "readings_needed",
       "repeat_pairs",   "repeats_same"});
  for (const QuestionResult& value : result.questions) {
    table.cell(value.name);
    for (const GroupAnswers* answers : {&value.exemplars, &value.others}) {
      table.cell(answers->readings).cell(answers->missing).cell(answers->mean).cell(answers->deviation);
    }
    table.cell(value.difference).cell(value.kruskal_h).cell(value.kruskal_p);
    table.cell(value.over_images.p).cell(value.within_readers.p).cell(value.agreement.fleiss_kappa);
    table.cell(value.agreement.alpha_nominal).cell(value.agreement.alpha_ordinal).cell(value.agreement.alpha_interval);
    table.cell(value.needed.images_a_group).cell(value.needed.readings);
    table.cell(value.repeats.pairs).cell(value.repeats.same).end_row();
  }
  return table.text();
}

std::string reading_table(const ReadingAnalysis& result) {
  std::vector<std::string> header = {"reader", "id", "image", "status", "repeat_of"};
  for (const Question& value : kQuestions) {
    header.emplace_back(value.column);
  }
  CsvWriter table(header);
  for (const auto& [reading, entry] : result.joined) {
    table.cell(reading.reader).cell(reading.id).cell(entry.image).cell(entry.exemplar ? "exemplar" : "other");
    table.cell(entry.repeat_of);
    for (const Figure& answer : reading.answers) {
      table.cell(answer);
    }
    table.end_row();
  }
  return table.text();
}

}  // namespace

std::string readers_json(const ReadingAnalysis& result) {
  return json_text(document(result), 1) + "\n";
}

void write_readers(const ReadingAnalysis& result, const std::filesystem::path& folder) {
  make_folder(folder);
  write_file(folder / "questions.csv", question_table(result));
  write_file(folder / "readings.csv", reading_table(result));
  write_file(folder / "readers.json", readers_json(result));
}

}  // namespace niwaki
