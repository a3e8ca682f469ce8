#include "niwaki/audit/readers/analysis.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "niwaki/audit/readers/joined_readings.hpp"
#include "niwaki/audit/readers/question_result.hpp"
#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

ReaderResult reader_result(const std::string& name, const std::vector<KeyEntry>& key,
                           const std::vector<JoinedReading>& joined) {
  ReaderResult result;
  result.name = name;
  result.listed = static_cast<std::size_t>(std::count_if(
      key.begin(), key.end(), [&](const KeyEntry& entry) { return entry.set == kEveryReader || entry.set == name; }));
  std::array<std::pair<double, double>, kQuestions.size()> sums{};  // sum and number
  for (const JoinedReading& reading : joined) {
    if (reading.reading.reader != name) {
      continue;
    }
    ++result.read;
    for (std::size_t question = 0; question < kQuestions.size(); ++question) {
      const Figure& answer = reading.reading.answers[question];
      result.missing[question] += answer ? 0 : 1;
      if (answer && reading.entry.repeat_of.empty()) {
        sums[question].first += *answer;
        sums[question].second += 1.0;
      }
    }
  }
  for (std::size_t question = 0; question < kQuestions.size(); ++question) {
    if (sums[question].second > 0.0) {
      result.means[question] = sums[question].first / sums[question].second;
    }
    result.repeats[question] = repeat_agreement(joined, question, &name);
  }
  return result;
}

void count_images(const std::vector<KeyEntry>& key, ReadingAnalysis& result) {
  std::map<std::string, bool> images;
  std::set<std::string> patients;
  for (const KeyEntry& entry : key) {
    const auto [place, fresh] = images.emplace(entry.image, entry.exemplar);
    if (!fresh && place->second != entry.exemplar) {
      throw InputError(fmt::format("image '{}' is both an exemplar and one of the others", entry.image), "the key",
                       "take the key as it was written");
    }
    if (!entry.patient.empty()) {
      patients.insert(entry.patient);
    }
  }
  result.images = images.size();
  for (const auto& [image, exemplar] : images) {
    ++(exemplar ? result.exemplars : result.others);
  }
  result.patients = patients.size();
  if (result.patients > 0 && result.patients < result.images) {
    result.notes.push_back({"images", fmt::format("{} images are of {} patients; the tests take images as independent",
                                                  result.images, result.patients)});
  }
}

void note_unread(ReadingAnalysis& result) {
  for (const ReaderResult& reader : result.readers) {
    if (reader.read < reader.listed) {
      result.notes.push_back({"readers." + reader.name, fmt::format("{} of {} showings were not read",
                                                                    reader.listed - reader.read, reader.listed)});
    }
  }
}

}  // namespace

ReadingAnalysis analyse_readings(const std::vector<KeyEntry>& key, const std::vector<Reading>& readings,
                                 std::uint64_t seed) {
  ReadingAnalysis result;
  result.joined = join_readings(key, readings);
  count_images(key, result);
  std::set<std::string> names;
  for (const JoinedReading& reading : result.joined) {
    names.insert(reading.reading.reader);
  }
  for (const std::string& name : names) {
    result.readers.push_back(reader_result(name, key, result.joined));
  }
  note_unread(result);
  for (std::size_t question = 0; question < kQuestions.size(); ++question) {
    result.questions.push_back(question_result(result.joined, question, seed, result.notes));
  }
  return result;
}

}  // namespace niwaki
