#include "niwaki/audit/readers/reading_round.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/hash.hpp"
#include "niwaki/core/random.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kMostReaders = 1000;
constexpr std::size_t kMostImages = 100'000;
// Consonants alone make no words, and a spreadsheet takes none of them for a number or a date.
constexpr std::string_view kIdLetters = "bcdfghjkmnpqrstvwxz";
constexpr std::size_t kIdLength = 8;

std::vector<std::string> positive_findings(const Cohort& cohort, std::size_t row, Label wanted) {
  std::vector<std::string> names;
  for (std::size_t column = 0; column < cohort.classes.size(); ++column) {
    if (cohort.label_view()(row, column) == wanted) {
      names.push_back(cohort.classes[column]);
    }
  }
  return names;
}

/// Images of one stratum may stand for each other.
std::string stratum(const Cohort& cohort, std::size_t row, MatchBy match) {
  if (match == MatchBy::kNothing) {
    return "";
  }
  if (match == MatchBy::kLabels) {
    return label_text(cohort, row);
  }
  const std::vector<std::string> names = positive_findings(cohort, row, Label::kPositive);
  const auto findings = std::count_if(
      names.begin(), names.end(), [](const std::string& name) { return comparable_class_name(name) != "no finding"; });
  return findings >= 4 ? "4 or more findings" : fmt::format("{} finding{}", findings, findings == 1 ? "" : "s");
}

/// One row of the label file that was drawn.
struct Drawn {
  std::size_t row = 0;
  bool exemplar = false;
  std::string set;
};

/// Draws images without replacement, and patients where asked to.
class Draw {
 public:
  Draw(const Cohort& cohort, const ExemplarList& exemplars, const SampleOptions& options)
      : cohort_(cohort), list_(exemplars), options_(options), listed_(cohort.size()), used_(cohort.size()) {
    std::unordered_map<std::string_view, std::size_t> rows;
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      rows.emplace(cohort.records[row].id, row);
    }
    for (const std::string& id : exemplars.ids) {
      const auto found = rows.find(id);
      if (found == rows.end()) {
        throw InputError(fmt::format("exemplar '{}' is no image of the label file", id), "--exemplars, --labels",
                         "give the label file that was audited");
      }
      listed_[found->second] = true;
      exemplars_.push_back(found->second);
    }
    for (std::size_t row = 0; row < cohort.size(); ++row) {
      if (!listed_[row]) {
        others_.push_back(row);
      }
    }
    RandomStream(options.seed, "readers/exemplars").shuffle(std::span(exemplars_));
    RandomStream(options.seed, "readers/others").shuffle(std::span(others_));
  }

  /// As many exemplars as others for one set of readers.
  std::vector<Drawn> set(const std::string& name) {
    std::vector<Drawn> drawn;
    for (std::size_t i = 0; i < options_.images_per_group; ++i) {
      const auto row = take(exemplars_, MatchBy::kNothing, "");
      if (!row) {
        fail("exemplars", i, "");
      }
      drawn.push_back({*row, true, name});
    }
    for (std::size_t i = 0; i < options_.images_per_group; ++i) {
      const std::string wanted = stratum(cohort_, drawn[i].row, options_.match);
      const auto row = take(others_, options_.match, wanted);
      if (!row) {
        fail("others", i, wanted);
      }
      drawn.push_back({*row, false, name});
    }
    return drawn;
  }

 private:
  std::optional<std::size_t> take(const std::vector<std::size_t>& candidates, MatchBy match,
                                  const std::string& wanted) {
    for (const std::size_t row : candidates) {
      const std::string& patient = cohort_.records[row].patient;
      const bool fresh = !used_[row] && !(options_.one_image_a_patient && patients_.contains(patient));
      if (fresh && stratum(cohort_, row, match) == wanted) {
        used_[row] = true;
        patients_.insert(patient);
        return row;
      }
    }
    return std::nullopt;
  }

  [[noreturn]] void fail(const char* kind, std::size_t found, const std::string& wanted) const {
    const std::size_t sets = options_.separate ? options_.readers.size() : 1;
    throw InputError(
        fmt::format("too few {}: {} asked for{}, of the {} in the list only {} can be had{}", kind,
                    options_.images_per_group, sets > 1 ? " for each reader" : "",
                    kind == std::string_view("others") ? others_.size() : exemplars_.size(), found,
                    wanted.empty() ? "" : fmt::format(" (the next must have: {})", wanted)),
        fmt::format("exemplars of {}", list_.name()),
        "ask for fewer with --images-per-group, or for less with --match none or --any-image-of-a-patient");
  }

  const Cohort& cohort_;
  const ExemplarList& list_;
  const SampleOptions& options_;
  std::vector<bool> listed_;
  std::vector<bool> used_;
  std::vector<std::size_t> exemplars_, others_;  // rows, in random order
  std::unordered_set<std::string> patients_;
};

/// Opaque names that no other round shares and that follow from nothing a reader knows.
class OpaqueIds {
 public:
  OpaqueIds(const Cohort& cohort, const std::vector<Drawn>& drawn, const SampleOptions& options)
      : random_(options.seed, "readers/ids", {fingerprint(cohort, drawn, options)}) {}

  std::string next() {
    std::string id;
    do {
      id.clear();
      for (std::size_t i = 0; i < kIdLength; ++i) {
        id += kIdLetters[random_.below(kIdLetters.size())];
      }
    } while (!given_.insert(id).second);
    return id;
  }

 private:
  static std::uint64_t fingerprint(const Cohort& cohort, const std::vector<Drawn>& drawn,
                                   const SampleOptions& options) {
    Hasher hasher;
    hasher.add(std::uint64_t{options.repeats});
    for (const Drawn& image : drawn) {
      hasher.add(cohort.records[image.row].id).add(image.set).add(label_text(cohort, image.row));
    }
    for (const std::string& reader : options.readers) {
      hasher.add(reader);
    }
    const std::string hex = hasher.hex();
    std::uint64_t number = 0;
    std::from_chars(hex.data(), hex.data() + 16, number, 16);
    return number;
  }

  RandomStream random_;
  std::set<std::string> given_;
};

/// Which of a set's images are shown again: exemplars and others in turn. The first half of `drawn` are exemplars.
std::vector<std::size_t> choose_repeats(std::size_t group, std::size_t repeats, RandomStream random) {
  const std::vector<std::size_t> exemplars = random.permutation(group);
  const std::vector<std::size_t> others = random.permutation(group);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < repeats; ++i) {
    chosen.push_back(i % 2 == 0 ? exemplars[i / 2] : group + others[i / 2]);
  }
  return chosen;
}

/// First showings of repeated images somewhere in the first third, their repeats in the last, the rest anywhere.
std::vector<std::size_t> order_of_showings(const ReadingRound& round, const std::vector<std::size_t>& entries,
                                           RandomStream random) {
  std::unordered_set<std::string_view> repeated;
  for (const std::size_t entry : entries) {
    repeated.insert(round.key[entry].repeat_of);
  }
  std::vector<std::size_t> first, again, once;
  for (const std::size_t entry : entries) {
    const KeyEntry& showing = round.key[entry];
    (!showing.repeat_of.empty() ? again : repeated.contains(showing.id) ? first : once).push_back(entry);
  }
  random.shuffle(std::span(first));
  random.shuffle(std::span(again));
  random.shuffle(std::span(once));
  const std::size_t third = entries.size() / 3;
  const std::vector<std::size_t> early = random.permutation(third);
  const std::vector<std::size_t> late = random.permutation(third);
  constexpr std::size_t kFree = static_cast<std::size_t>(-1);
  std::vector<std::size_t> order(entries.size(), kFree);
  for (std::size_t i = 0; i < first.size(); ++i) {
    order[early[i]] = first[i];
    order[entries.size() - 1 - late[i]] = again[i];
  }
  for (std::size_t& place : order) {
    if (place == kFree) {
      place = once.back();
      once.pop_back();
    }
  }
  return order;
}

/// Adds a set's showings, repeats among them, in no order that matters.
void add_showings(const Cohort& cohort, const std::vector<Drawn>& drawn, const SampleOptions& options,
                  std::uint64_t number, OpaqueIds& ids, ReadingRound& round) {
  std::vector<std::string> first_ids;
  const auto add = [&](const Drawn& image, const std::string& repeat_of) {
    const Record& record = cohort.records[image.row];
    round.key.push_back(
        {ids.next(), record.id, record.patient, image.exemplar, image.set, repeat_of, label_text(cohort, image.row)});
    round.rows.push_back(image.row);
  };
  for (const Drawn& image : drawn) {
    add(image, "");
    first_ids.push_back(round.key.back().id);
  }
  const RandomStream random(options.seed, "readers/repeats", {number});
  for (const std::size_t repeat : choose_repeats(options.images_per_group, options.repeats, random)) {
    add(drawn[repeat], first_ids[repeat]);
  }
}

void sort_by_id(ReadingRound& round) {
  std::vector<std::size_t> order(round.key.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return round.key[a].id < round.key[b].id; });
  ReadingRound sorted;
  for (const std::size_t entry : order) {
    sorted.key.push_back(std::move(round.key[entry]));
    sorted.rows.push_back(round.rows[entry]);
  }
  round = std::move(sorted);
}

bool can_name_a_file(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
         });
}

void check_readers(const std::vector<std::string>& readers) {
  if (readers.empty() || readers.size() > kMostReaders) {
    throw InputError(fmt::format("{} readers", readers.size()), "--readers", fmt::format("give 1 to {}", kMostReaders));
  }
  std::set<std::string> seen;
  for (const std::string& reader : readers) {
    if (!can_name_a_file(reader) || reader == kEveryReader) {
      throw InputError(fmt::format("'{}' cannot name a reader", reader), "--readers",
                       "use letters, digits, '-', '_' and '.', 64 at most, and not 'all'");
    }
    if (!seen.insert(lower_case(reader)).second) {
      throw InputError(fmt::format("reader '{}' is named twice", reader), "--readers", "name each reader once");
    }
  }
}

}  // namespace

MatchBy parse_match(const std::string& name) {
  if (name == "none" || name == "findings" || name == "labels") {
    return name == "none" ? MatchBy::kNothing : name == "findings" ? MatchBy::kFindings : MatchBy::kLabels;
  }
  throw InputError(fmt::format("nothing can be matched by '{}'", name), "--match",
                   "choose none, findings (their number) or labels (all of them)");
}

void SampleOptions::check() const {
  if (images_per_group < 1 || images_per_group > kMostImages) {
    throw InputError(fmt::format("{} images a group", images_per_group), "--images-per-group",
                     fmt::format("choose 1 to {}", kMostImages));
  }
  const std::size_t showings = 2 * images_per_group + repeats;
  if (repeats > showings / 3) {
    throw InputError(
        fmt::format("{} repeats of {} images", repeats, 2 * images_per_group), "--repeats",
        fmt::format("choose at most {}: first showings and repeats stand a third of the list apart", images_per_group));
  }
  check_readers(readers);
}

std::vector<std::string> parse_readers(const std::string& text) {
  std::vector<std::string> readers;
  if (const auto count = parse_integer(text)) {
    if (*count < 1 || *count > static_cast<std::int64_t>(kMostReaders)) {
      throw InputError(fmt::format("{} readers", *count), "--readers", fmt::format("give 1 to {}", kMostReaders));
    }
    for (std::int64_t reader = 1; reader <= *count; ++reader) {
      readers.push_back(fmt::format("reader-{}", reader));
    }
    return readers;
  }
  for (const std::string& name : split(text, ',')) {
    readers.emplace_back(trimmed(name));
  }
  check_readers(readers);
  return readers;
}

std::string label_text(const Cohort& cohort, std::size_t row) {
  const std::vector<std::string> positive = positive_findings(cohort, row, Label::kPositive);
  const std::vector<std::string> unknown = positive_findings(cohort, row, Label::kUnknown);
  return (positive.empty() ? "none" : joined(positive, "; ")) +
         (unknown.empty() ? "" : fmt::format(" (not known: {})", joined(unknown, "; ")));
}

ReadingRound draw_reading_round(const Cohort& cohort, const ExemplarList& exemplars, const SampleOptions& options) {
  options.check();
  Draw draw(cohort, exemplars, options);
  std::vector<std::string> sets = {kEveryReader};
  if (options.separate) {
    sets = options.readers;
  }
  std::vector<Drawn> all;
  for (const std::string& set : sets) {
    const std::vector<Drawn> drawn = draw.set(set);
    all.insert(all.end(), drawn.begin(), drawn.end());
  }
  OpaqueIds ids(cohort, all, options);
  ReadingRound round;
  const auto images = static_cast<std::ptrdiff_t>(2 * options.images_per_group);
  for (std::size_t set = 0; set < sets.size(); ++set) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(set) * images;
    add_showings(cohort, {begin, begin + images}, options, set, ids, round);
  }
  sort_by_id(round);
  for (std::size_t reader = 0; reader < options.readers.size(); ++reader) {
    std::vector<std::size_t> entries;
    for (std::size_t entry = 0; entry < round.key.size(); ++entry) {
      const std::string& set = round.key[entry].set;
      if (set == kEveryReader || set == options.readers[reader]) {
        entries.push_back(entry);
      }
    }
    const RandomStream random(options.seed, "readers/order", {reader});
    round.lists.push_back({options.readers[reader], order_of_showings(round, entries, random)});
  }
  return round;
}

}  // namespace niwaki
