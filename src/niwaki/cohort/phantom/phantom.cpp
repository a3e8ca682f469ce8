#include "niwaki/cohort/phantom/phantom.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "niwaki/cohort/phantom/film.hpp"
#include "niwaki/cohort/phantom/frequencies.hpp"
#include "niwaki/cohort/phantom/label_sampler.hpp"
#include "niwaki/cohort/phantom/signs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/parallel.hpp"
#include "niwaki/core/random.hpp"

namespace niwaki {
namespace {

using phantom::FindingSet;
using phantom::kClasses;
using phantom::kFindings;
using phantom::kNoFinding;

constexpr std::size_t kBlock = 256;  // rows a thread takes at once

/// Throws where `value` is not in [least, most] (or is no number at all).
template <typename Number>
void check_range(const char* field, Number value, Number least, Number most) {
  if (!(value >= least && value <= most)) {
    throw InputError(fmt::format("{} is out of range", value), fmt::format("phantom.{}", field),
                     fmt::format("choose {} to {}", least, most));
  }
}

/// Which patient and which hospital a row belongs to.
struct Visit {
  std::uint64_t patient = 0;
  std::uint32_t number = 0;  // of the patient's images, from 0
  std::uint32_t site = 0;
};

/// Patients come one after the other, each with 1 + geometric(1 / mean) images, until there are enough.
std::vector<Visit> draw_visits(const PhantomOptions& options) {
  std::vector<Visit> visits;
  visits.reserve(options.images);
  for (std::uint64_t patient = 0; visits.size() < options.images; ++patient) {
    RandomStream random(options.seed, "phantom/patient", {patient});
    const auto site = static_cast<std::uint32_t>(random.below(options.sites));
    std::uint32_t number = 0;
    do {
      visits.push_back({patient, number++, site});
    } while (visits.size() < options.images && !random.chance(1 / options.images_per_patient));
  }
  return visits;
}

phantom::LabelSampler make_sampler(const PhantomOptions& options) {
  std::array<double, kFindings> persistence{};
  std::transform(phantom::sign_painters().begin(), phantom::sign_painters().end(), persistence.begin(),
                 [](const phantom::SignPainter& painter) { return painter.persistence; });
  return {phantom::nih_cxr_lt_frequencies(), persistence, options.tail_floor};
}

std::vector<phantom::Site> draw_sites(const PhantomOptions& options) {
  std::vector<phantom::Site> sites;
  for (std::size_t site = 0; site < options.sites; ++site) {
    RandomStream random(options.seed, "phantom/site", {site});
    sites.push_back(phantom::random_site(random));
  }
  return sites;
}

/// What the label says: a positive is missed with the rate `noise`, and a negative taken for one so often that the
/// number of positives stays.
FindingSet noisy(const FindingSet& truth, const phantom::LabelSampler& sampler, double noise, RandomStream& random) {
  FindingSet labels = truth;
  for (std::size_t finding = 0; finding < kFindings; ++finding) {
    const double share = sampler.share(finding);
    const double rate = truth[finding] != 0 ? noise : noise * share / (1 - share);
    if (random.chance(rate)) {
      labels[finding] ^= 1;
    }
  }
  return labels;
}

bool is_empty(const FindingSet& findings) {
  return std::all_of(findings.begin(), findings.end(), [](std::uint8_t present) { return present == 0; });
}

Record record_of(const Visit& visit) {
  const std::string id = fmt::format("{:08}_{:03}", visit.patient + 1, visit.number);
  return {id, fmt::format("{:08}", visit.patient + 1), id + ".png", fmt::format("site-{}", visit.site + 1)};
}

std::vector<std::string> class_names() {
  const auto& names = phantom::nih_cxr_lt_frequencies().names;
  std::vector<std::string> classes(names.begin(), names.end());
  classes.emplace_back(phantom::kNoFindingName);
  return classes;
}

/// Calls body(row) for every row, in parallel, a block of rows a thread.
template <typename Body>
void for_each_row(std::size_t rows, const Body& body) {
  parallel_for((rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    const std::size_t end = std::min(rows, (block + 1) * kBlock);
    for (std::size_t row = block * kBlock; row < end; ++row) {
      body(row);
    }
  });
}

/// Some of a phantom's pictures, drawn when they are read.
class PhantomImages : public ImageSource {
 public:
  using Draw = std::function<Image(std::size_t)>;
  PhantomImages(Draw draw, std::vector<std::size_t> rows, Preprocessing preprocessing)
      : draw_(std::move(draw)), rows_(std::move(rows)), preprocessing_(std::move(preprocessing)) {}

  [[nodiscard]] std::size_t size() const override { return rows_.size(); }
  [[nodiscard]] const Preprocessing& preprocessing() const override { return preprocessing_; }

  void read(std::size_t index, std::span<float> pixels) const override {
    NIWAKI_CHECK(index < rows_.size(), "image {} of {}", index, rows_.size());
    Image image = draw_(rows_[index]);
    if (image.height != preprocessing_.height || image.width != preprocessing_.width) {
      image = resized(image, preprocessing_.height, preprocessing_.width);
    }
    image = with_channels(image, preprocessing_.channels);
    NIWAKI_CHECK(pixels.size() == image.pixels.size(), "{} values for {}", pixels.size(), image.pixels.size());
    std::copy(image.pixels.begin(), image.pixels.end(), pixels.begin());
  }

 private:
  Draw draw_;
  std::vector<std::size_t> rows_;
  Preprocessing preprocessing_;
};

}  // namespace

void PhantomOptions::check() const {
  check_range<std::size_t>("images", images, 1, 10'000'000);
  check_range<std::size_t>("size", size, 64, 1024);
  check_range<std::size_t>("sites", sites, 1, 16);
  check_range("images_per_patient", images_per_patient, 1.0, 100.0);
  check_range("label_noise", label_noise, 0.0, 0.5);
  check_range("tail_floor", tail_floor, 0.0, 0.05);
}

struct Phantom::State {
  PhantomOptions options;
  std::vector<phantom::Site> sites;
  std::vector<Visit> visits;
  std::vector<FindingSet> findings;  // the truth, one a row
  Cohort cohort;
  mutable std::once_flag measured;
  mutable PhantomTruth truth;

  explicit State(const PhantomOptions& chosen)
      : options(chosen), sites(draw_sites(chosen)), visits(draw_visits(chosen)), findings(chosen.images) {
    cohort.classes = class_names();
    cohort.records.resize(options.images);
    cohort.labels.resize(options.images * kClasses);
    const phantom::LabelSampler sampler = make_sampler(options);
    for_each_row(options.images, [&](std::size_t row) { draw_labels(row, sampler); });
  }

  void draw_labels(std::size_t row, const phantom::LabelSampler& sampler) {
    const Visit& visit = visits[row];
    RandomStream patient(options.seed, "phantom/disposition", {visit.patient});
    RandomStream image(options.seed, "phantom/findings", {row});
    RandomStream noise(options.seed, "phantom/label-noise", {row});
    findings[row] = sampler.image(sampler.patient(patient), image);
    const FindingSet labels = noisy(findings[row], sampler, options.label_noise, noise);
    cohort.records[row] = record_of(visit);
    for (std::size_t finding = 0; finding < kFindings; ++finding) {
      cohort.labels[row * kClasses + finding] = labels[finding] != 0 ? Label::kPositive : Label::kNegative;
    }
    cohort.labels[row * kClasses + kNoFinding] = is_empty(labels) ? Label::kPositive : Label::kNegative;
  }

  [[nodiscard]] phantom::Subject subject(std::size_t row) const {
    NIWAKI_CHECK(row < options.images, "row {} of {}", row, options.images);
    return {options.seed, visits[row].patient, row, sites[visits[row].site], findings[row]};
  }

  [[nodiscard]] bool is_there(std::size_t row, std::size_t name) const {
    return name == kNoFinding ? is_empty(findings[row]) : findings[row][name] != 0;
  }

  void measure() const {
    PhantomTruth measuring;
    measuring.images = options.images;
    measuring.visibility.resize(options.images * kClasses);
    measuring.quality.resize(options.images);
    measuring.flipped.resize(options.images * kClasses);
    for_each_row(options.images, [&](std::size_t row) {
      const phantom::Subject film = subject(row);
      measuring.quality[row] = phantom::acquisition_of(film).quality;
      const auto visibility = phantom::visibility_of(film);
      std::copy(visibility.begin(), visibility.end(),
                measuring.visibility.begin() + static_cast<std::ptrdiff_t>(row * kClasses));
      for (std::size_t name = 0; name < kClasses; ++name) {
        const bool labelled = cohort.labels[row * kClasses + name] == Label::kPositive;
        measuring.flipped[row * kClasses + name] = labelled != is_there(row, name) ? 1 : 0;
      }
    });
    truth = std::move(measuring);
  }
};

Phantom::Phantom(const PhantomOptions& options) {
  options.check();
  state_ = std::make_shared<const State>(options);
}

Phantom::~Phantom() = default;

const Cohort& Phantom::cohort() const {
  return state_->cohort;
}

std::size_t Phantom::size() const {
  return state_->options.size;
}

const PhantomTruth& Phantom::truth() const {
  std::call_once(state_->measured, [this] { state_->measure(); });
  return state_->truth;
}

Image Phantom::draw(std::size_t row) const {
  return phantom::draw_film(state_->subject(row), state_->options.size);
}

std::vector<PhantomBox> Phantom::boxes(std::size_t row) const {
  std::vector<PhantomBox> boxes;
  for (const phantom::SignBox& box : phantom::sign_boxes(state_->subject(row), state_->options.size)) {
    boxes.push_back({static_cast<std::size_t>(box.finding), box.x, box.y, box.width, box.height});
  }
  return boxes;
}

std::unique_ptr<ImageSource> Phantom::images(const std::vector<std::size_t>& rows,
                                             const Preprocessing& preprocessing) const {
  preprocessing.check();
  for (const std::size_t row : rows) {
    NIWAKI_CHECK(row < state_->options.images, "row {} of {}", row, state_->options.images);
  }
  // The source keeps the state alive, so that it may outlive the phantom.
  const auto draw = [state = state_](std::size_t row) {
    return phantom::draw_film(state->subject(row), state->options.size);
  };
  return std::make_unique<PhantomImages>(draw, rows, preprocessing);
}

}  // namespace niwaki
