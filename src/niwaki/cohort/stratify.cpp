#include "niwaki/cohort/stratify.hpp"

#include <algorithm>
#include <optional>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kParts = 3;
constexpr std::size_t kNobody = kParts;  // a patient without a part yet

using Shares = std::array<double, kParts>;
using Counts = std::array<std::size_t, kParts>;

class Stratifier {
 public:
  Stratifier(const std::vector<StratifiedPatient>& patients, std::size_t class_count, const Shares& shares,
             RandomStream& random)
      : patients_(patients),
        shares_(shares),
        random_(random),
        part_(patients.size(), kNobody),
        of_class_(class_count),
        has_(class_count) {
    order_ = random.permutation(patients.size());
    double images = 0;
    for (const std::size_t patient : order_) {
      images += static_cast<double>(patients[patient].images);
      for (const std::size_t name : patients[patient].classes) {
        of_class_.at(name).push_back(patient);
      }
    }
    wanted_.resize(class_count);
    for (std::size_t part = 0; part < kParts; ++part) {
      wanted_images_[part] = shares[part] * images;
      for (std::size_t name = 0; name < class_count; ++name) {
        wanted_[name][part] = shares[part] * static_cast<double>(of_class_[name].size());
      }
    }
  }

  std::vector<std::size_t> run() {
    while (const std::optional<std::size_t> rarest = rarest_class()) {
      deal(*rarest);
    }
    for (const std::size_t patient : order_) {
      if (part_[patient] == kNobody) {
        give(patient, best_part({}, {}));
      }
    }
    for (std::size_t name = 0; name < of_class_.size(); ++name) {
      bring_to_all_parts(name);
    }
    return std::move(part_);
  }

 private:
  [[nodiscard]] std::size_t left(std::size_t name) const {
    return static_cast<std::size_t>(std::count_if(of_class_[name].begin(), of_class_[name].end(),
                                                  [&](std::size_t patient) { return part_[patient] == kNobody; }));
  }

  [[nodiscard]] std::optional<std::size_t> rarest_class() const {
    std::optional<std::size_t> rarest;
    std::size_t fewest = 0;
    for (std::size_t name = 0; name < of_class_.size(); ++name) {
      const std::size_t count = left(name);
      if (count > 0 && (!rarest || count < fewest)) {
        rarest = name;
        fewest = count;
      }
    }
    return rarest;
  }

  void deal(std::size_t name) {
    std::size_t remaining = left(name);
    for (const std::size_t patient : of_class_[name]) {
      if (part_[patient] == kNobody) {
        const std::vector<std::size_t> lacking = parts_without(name);
        give(patient, best_part(name, remaining <= lacking.size() ? lacking : std::vector<std::size_t>()));
        --remaining;
      }
    }
  }

  [[nodiscard]] std::vector<std::size_t> parts_without(std::size_t name) const {
    std::vector<std::size_t> parts;
    for (std::size_t part = 0; part < kParts; ++part) {
      if (shares_[part] > 0 && has_[name][part] == 0) {
        parts.push_back(part);
      }
    }
    return parts;
  }

  /// Among `allowed` (all where empty) the part that wants the class, then images, most.
  std::size_t best_part(std::optional<std::size_t> name, std::vector<std::size_t> allowed) {
    if (allowed.empty()) {
      for (std::size_t part = 0; part < kParts; ++part) {
        if (shares_[part] > 0) {
          allowed.push_back(part);
        }
      }
    }
    random_.shuffle(std::span(allowed));
    const auto wants_more = [&](std::size_t a, std::size_t b) {
      const double class_a = name ? wanted_[*name][a] : 0;
      const double class_b = name ? wanted_[*name][b] : 0;
      return class_a != class_b ? class_a < class_b : wanted_images_[a] < wanted_images_[b];
    };
    return *std::max_element(allowed.begin(), allowed.end(), wants_more);
  }

  void give(std::size_t patient, std::size_t part) {
    part_[patient] = part;
    wanted_images_[part] -= static_cast<double>(patients_[patient].images);
    for (const std::size_t name : patients_[patient].classes) {
      wanted_[name][part] -= 1;
      ++has_[name][part];
    }
  }

  void bring_to_all_parts(std::size_t name) {
    for (const std::size_t part : parts_without(name)) {
      // A patient whose going leaves no class without its last.
      for (const std::size_t patient : of_class_[name]) {
        if (can_leave(patient)) {
          move(patient, part);
          break;
        }
      }
    }
  }

  [[nodiscard]] bool can_leave(std::size_t patient) const {
    const std::vector<std::size_t>& classes = patients_[patient].classes;
    return std::all_of(classes.begin(), classes.end(),
                       [&](std::size_t name) { return has_[name][part_[patient]] > 1; });
  }

  void move(std::size_t patient, std::size_t part) {
    for (const std::size_t name : patients_[patient].classes) {
      --has_[name][part_[patient]];
      ++has_[name][part];
    }
    part_[patient] = part;
  }

  const std::vector<StratifiedPatient>& patients_;
  const Shares& shares_;
  RandomStream& random_;
  std::vector<std::size_t> part_;                   // of each patient
  std::vector<std::size_t> order_;                  // of dealing
  std::vector<std::vector<std::size_t>> of_class_;  // patients with the class, in order of dealing
  std::vector<Counts> has_;                         // [class][part]: patients given
  std::vector<Shares> wanted_;                      // [class][part]: patients still wanted
  Shares wanted_images_{};
};

}  // namespace

std::vector<std::size_t> stratify(const std::vector<StratifiedPatient>& patients, std::size_t class_count,
                                  const std::array<double, 3>& shares, RandomStream& random) {
  return Stratifier(patients, class_count, shares, random).run();
}

}  // namespace niwaki
