#include "simulated_worlds.hpp"

#include <fmt/format.h>

namespace niwaki {
namespace {

constexpr float kCalled = 0.9F;
constexpr float kUncalled = 0.1F;

std::size_t draw_images(const WorldModel& model, RandomStream& random) {
  constexpr std::size_t kMost = 20;
  constexpr double kAnother = 2.0 / 3.0;
  std::size_t images = 1;
  while (!model.one_image && images < kMost && random.chance(kAnother)) {
    ++images;
  }
  return images;
}

PartScores empty_part(const WorldModel& model) {
  PartScores part;
  for (std::size_t column = 0; column < model.classes.size(); ++column) {
    part.cohort.classes.push_back(fmt::format("class {}", column));
  }
  part.candidates.resize(model.candidates());
  return part;
}

/// One image with every finding, called, and one without, not called.
PartScores plain_part(const WorldModel& model, const std::string& name) {
  PartScores part = empty_part(model);
  for (const bool positive : {true, false}) {
    const std::string id = fmt::format("{}-{}", name, positive);
    part.cohort.records.push_back({id, id, "", ""});
    for (std::size_t column = 0; column < model.classes.size(); ++column) {
      part.cohort.labels.push_back(positive ? Label::kPositive : Label::kNegative);
      part.dense.push_back(positive ? kCalled : kUncalled);
    }
  }
  part.candidates.assign(model.candidates(), part.dense);
  return part;
}

/// Draws patient after patient into a part.
class PatientDrawer {
 public:
  PatientDrawer(const WorldModel& model, RandomStream& random, PartScores& part)
      : model_(model), random_(random), part_(part) {}

  /// `finding`: the column of the class that the patient has, or the number of classes.
  void draw(std::size_t finding) {
    const std::size_t images = draw_images(model_, random_);
    const std::size_t first = part_.cohort.size();
    const std::string patient = fmt::format("p{}", patients_++);
    for (std::size_t image = 0; image < images; ++image) {
      part_.cohort.records.push_back({fmt::format("{}-{}", patient, image), patient, "", ""});
      for (std::size_t column = 0; column < model_.classes.size(); ++column) {
        part_.cohort.labels.push_back(column == finding ? Label::kPositive : Label::kNegative);
      }
    }
    const std::size_t cells = images * model_.classes.size();
    part_.dense.resize(part_.dense.size() + cells, kUncalled);
    for (std::vector<float>& scores : part_.candidates) {
      scores.resize(scores.size() + cells, kUncalled);
    }
    for (std::size_t column = 0; column < model_.classes.size(); ++column) {
      column == finding ? draw_finding(column, first, images) : draw_alarms(column, first, images);
    }
  }

 private:
  float& at(std::vector<float>& scores, std::size_t image, std::size_t column) const {
    return scores[image * model_.classes.size() + column];
  }

  /// One uniform number a patient decides at which candidates the finding is lost, so candidates err alike.
  void draw_finding(std::size_t column, std::size_t first, std::size_t images) {
    const bool detected = random_.chance(model_.sensitivity);
    const std::size_t kept = first + random_.below(images);
    const double fate = random_.uniform();
    for (std::size_t image = first; image < first + images; ++image) {
      const bool lost_anyway = random_.chance(model_.images_lost) && image != kept;
      at(part_.dense, image, column) = detected ? kCalled : kUncalled;
      for (std::size_t step = 0; step < part_.candidates.size(); ++step) {
        const bool lost = fate < model_.classes[column].missed[step] || lost_anyway;
        at(part_.candidates[step], image, column) = detected && !lost ? kCalled : kUncalled;
      }
    }
  }

  void draw_alarms(std::size_t column, std::size_t first, std::size_t images) {
    const std::vector<double>& shares = model_.classes[column].false_alarms;
    if (shares.empty()) {
      return;
    }
    const std::size_t where = first + random_.below(images);
    const double fate = random_.uniform();
    for (std::size_t step = 0; step < part_.candidates.size(); ++step) {
      at(part_.candidates[step], where, column) = fate < shares[step] ? kCalled : kUncalled;
    }
  }

  const WorldModel& model_;
  RandomStream& random_;
  PartScores& part_;
  std::size_t patients_ = 0;
};

}  // namespace

CertificateData draw_world(const WorldModel& model, RandomStream& random) {
  CertificateData data;
  data.parts = {plain_part(model, "build"), empty_part(model), plain_part(model, "test")};
  for (std::size_t step = 0; step < model.candidates(); ++step) {
    data.candidates.push_back({fmt::format("candidate {}", step), std::nullopt});
  }
  PatientDrawer drawer(model, random, data.parts[1]);
  for (std::size_t column = 0; column < model.classes.size(); ++column) {
    for (std::size_t patient = 0; patient < model.classes[column].positive_patients; ++patient) {
      drawer.draw(column);
    }
  }
  for (std::size_t patient = 0; patient < model.healthy_patients; ++patient) {
    drawer.draw(model.classes.size());
  }
  return data;
}

}  // namespace niwaki
