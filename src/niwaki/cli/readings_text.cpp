#include "niwaki/cli/readings_text.hpp"

#include <fmt/format.h>

namespace niwaki {
namespace {

std::string decimal(const Figure& value, int digits = 2) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

std::string p_value(const Figure& value) {
  return !value ? "-" : *value < 0.0001 ? "< 0.0001" : fmt::format("{:.4f}", *value);
}

std::string group_line(const char* name, const GroupAnswers& group) {
  return fmt::format("  {:<10} mean {} (deviation {}), {} readings of {} images{}\n", name, decimal(group.mean),
                     decimal(group.deviation), group.readings, group.images,
                     group.missing > 0 ? fmt::format(", {} answers missing", group.missing) : "");
}

std::string needed_line(const ReadingsNeeded& needed) {
  if (!needed.images_a_group) {
    return "";
  }
  return fmt::format(
      "  to find this difference: {:.0f} images a group, {:.0f} readings in all (80% power, two-sided 5%)\n",
      *needed.images_a_group, *needed.readings);
}

std::string question_text(const QuestionResult& result, const Question& question) {
  std::string text = fmt::format("\n{} ({})\n", result.name, question.scale ? "1 to 5" : "share of yes");
  text += group_line("exemplars", result.exemplars) + group_line("others", result.others);
  text += fmt::format("  difference {}; p {} over images, {} within readers, {} Kruskal-Wallis\n",
                      decimal(result.difference), p_value(result.over_images.p), p_value(result.within_readers.p),
                      p_value(result.kruskal_p));
  const ReaderAgreement& agreement = result.agreement;
  text +=
      fmt::format("  readers agree: Fleiss' kappa {}, Krippendorff's alpha {} ({})\n", decimal(agreement.fleiss_kappa),
                  decimal(question.scale ? agreement.alpha_ordinal : agreement.alpha_nominal),
                  question.scale ? "ordinal" : "nominal");
  text += needed_line(result.needed);
  if (result.repeats.pairs > 0) {
    text += fmt::format("  repeats: {:.0f}% of {} answered alike\n", 100.0 * result.repeats.same.value_or(0.0),
                        result.repeats.pairs);
  }
  return text;
}

}  // namespace

std::string readings_text(const ReadingAnalysis& result) {
  std::string text = fmt::format("{} exemplars and {} others, {} reader{}\n", result.exemplars, result.others,
                                 result.readers.size(), result.readers.size() == 1 ? "" : "s");
  for (std::size_t question = 0; question < result.questions.size(); ++question) {
    text += question_text(result.questions[question], kQuestions[question]);
  }
  text += "\n";
  for (const Note& note : result.notes) {
    text += fmt::format("note: {}: {}\n", note.where, note.reason);
  }
  return text;
}

}  // namespace niwaki
