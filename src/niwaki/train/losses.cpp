#include "niwaki/train/losses.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include <c10/core/GradMode.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/train/loss_functions.hpp"

namespace niwaki {
namespace {

/// One value a class, to be spread over rows.
at::Tensor row_of(const std::vector<float>& values, const at::Tensor& like) {
  NIWAKI_CHECK(static_cast<std::int64_t>(values.size()) == like.size(1), "{} class values for {} classes",
               values.size(), like.size(1));
  const at::Tensor row = at::empty({static_cast<std::int64_t>(values.size())}, at::kFloat);
  std::ranges::copy(values, row.data_ptr<float>());
  return row.to(like.options());
}

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& positive_weights = {}) {
  return at::binary_cross_entropy_with_logits(logits, targets, {}, positive_weights, at::Reduction::None);
}

at::Tensor plain(const LabelLoss& /*loss*/, const at::Tensor& logits, const at::Tensor& targets) {
  return cross_entropy(logits, targets);
}

at::Tensor weighted(const LabelLoss& loss, const at::Tensor& logits, const at::Tensor& targets) {
  return cross_entropy(logits, targets, row_of(loss.positive_weights, logits));
}

/// (1 - p)^gamma log p, written with log(1 - p) so that no power of 0 has an infinite derivative.
at::Tensor focused(const at::Tensor& logits, double gamma) {
  return at::mul(at::exp(at::mul(at::log_sigmoid(at::neg(logits)), gamma)), at::log_sigmoid(logits));
}

at::Tensor focal(const LabelLoss& loss, const at::Tensor& logits, const at::Tensor& targets) {
  const at::Tensor towards_label = at::mul(logits, targets * 2 - 1);
  return at::neg(focused(towards_label, loss.options.focal_gamma));
}

/// q^gamma log(1 - q) with q = max(p - shift, 0). Without a shift 1 - q may be 0 in the machine's numbers.
at::Tensor shifted(const at::Tensor& logits, double gamma, double shift) {
  if (shift == 0) {
    return focused(at::neg(logits), gamma);
  }
  const at::Tensor probability = at::clamp_min(at::sub(at::sigmoid(logits), shift), 0);
  const at::Tensor complement = at::clamp_max(at::add(at::sigmoid(at::neg(logits)), shift), 1);
  return at::mul(at::pow(probability, gamma), at::log(complement));
}

at::Tensor asymmetric(const LabelLoss& loss, const at::Tensor& logits, const at::Tensor& targets) {
  const LossOptions& options = loss.options;
  const at::Tensor positive = focused(logits, options.gamma_positive);
  const at::Tensor negative = shifted(logits, options.gamma_negative, options.probability_shift);
  return at::neg(at::add(at::mul(positive, targets), at::mul(negative, 1 - targets)));
}

at::Tensor class_balanced(const LabelLoss& loss, const at::Tensor& logits, const at::Tensor& targets) {
  return at::mul(cross_entropy(logits, targets), row_of(loss.class_weights, logits));
}

at::Tensor margin(const LabelLoss& loss, const at::Tensor& logits, const at::Tensor& targets) {
  const at::Tensor values = cross_entropy(logits - at::mul(targets, row_of(loss.margins, logits)), targets);
  return loss.reweighted ? at::mul(values, row_of(loss.class_weights, logits)) : values;
}

struct Registered {
  LossDescription description;
  at::Tensor (*function)(const LabelLoss& loss, const at::Tensor& logits, const at::Tensor& targets);
};

/// The one table that losses are plugged in by.
const std::vector<Registered>& registered() {
  static const std::vector<Registered> all = {
      {{"bce", "binary cross entropy with logits"}, plain},
      {{"weighted-bce", "positives weighted by negatives over positives, capped"}, weighted},
      {{"focal", "sure labels count for little (Lin et al., ICCV 2017)"}, focal},
      {{"asymmetric", "sure negatives count for less still (Ridnik et al., ICCV 2021)"}, asymmetric},
      {{"class-balanced", "classes weighted by effective number (Cui et al., CVPR 2019)"}, class_balanced},
      {{"ldam", "rare positives must win by a margin (Cao et al., NeurIPS 2019)"}, margin},
  };
  return all;
}

std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const LossDescription& loss : losses()) {
    names.push_back(loss.name);
  }
  return names;
}

/// Known positive and negative training labels of a class.
struct ClassCounts {
  std::size_t positives = 0;
  std::size_t negatives = 0;
};

std::vector<ClassCounts> counts_of(MatrixView<const Label> labels) {
  std::vector<ClassCounts> counts(labels.columns());
  for (std::size_t row = 0; row < labels.rows(); ++row) {
    for (std::size_t c = 0; c < labels.columns(); ++c) {
      counts[c].positives += labels(row, c) == Label::kPositive ? 1 : 0;
      counts[c].negatives += labels(row, c) == Label::kNegative ? 1 : 0;
    }
  }
  return counts;
}

/// One value a class: `value` of its positives where there is one, `otherwise` where not.
template <typename Value>
std::vector<double> by_class(const std::vector<ClassCounts>& counts, double otherwise, const Value& value) {
  std::vector<double> values;
  for (const ClassCounts& count : counts) {
    values.push_back(count.positives > 0 ? value(count) : otherwise);
  }
  return values;
}

std::vector<float> narrow(const std::vector<double>& values) {
  std::vector<float> result;
  std::ranges::transform(values, std::back_inserter(result), [](double value) { return static_cast<float>(value); });
  return result;
}

std::vector<float> positive_weights(const std::vector<ClassCounts>& counts, double cap) {
  return narrow(by_class(counts, 1, [cap](const ClassCounts& count) {
    return std::max(1.0, std::min(cap, static_cast<double>(count.negatives) / static_cast<double>(count.positives)));
  }));
}

std::vector<float> balanced_weights(const std::vector<ClassCounts>& counts, double beta) {
  const std::vector<double> raw = by_class(counts, 0, [beta](const ClassCounts& count) {
    return (1 - beta) / (1 - std::pow(beta, static_cast<double>(count.positives)));
  });
  double sum = 0;
  double classes = 0;
  for (const double weight : raw) {
    sum += weight;
    classes += weight > 0 ? 1 : 0;
  }
  std::vector<float> weights;
  for (const double weight : raw) {
    weights.push_back(weight > 0 ? static_cast<float>(weight * classes / sum) : 1.0F);
  }
  return weights;
}

std::vector<float> margins(const std::vector<ClassCounts>& counts, double largest) {
  std::size_t smallest = 0;
  for (const ClassCounts& count : counts) {
    if (count.positives > 0 && (smallest == 0 || count.positives < smallest)) {
      smallest = count.positives;
    }
  }
  return narrow(by_class(counts, 0, [&](const ClassCounts& count) {
    return largest * std::pow(static_cast<double>(count.positives) / static_cast<double>(smallest), -0.25);
  }));
}

/// Labels as tensors of doubles [images, classes].
struct LabelTensors {
  at::Tensor targets;
  at::Tensor known;
};

LabelTensors tensors_of(MatrixView<const Label> labels) {
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(labels.rows()),
                                           static_cast<std::int64_t>(labels.columns())};
  LabelTensors tensors{.targets = at::zeros(shape, at::kDouble), .known = at::zeros(shape, at::kDouble)};
  auto* targets = tensors.targets.data_ptr<double>();
  auto* known = tensors.known.data_ptr<double>();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    targets[i] = labels.data()[i] == Label::kPositive ? 1 : 0;
    known[i] = labels.data()[i] == Label::kUnknown ? 0 : 1;
  }
  return tensors;
}

at::Tensor doubles_of(MatrixView<const float> logits) {
  at::Tensor result =
      at::empty({static_cast<std::int64_t>(logits.rows()), static_cast<std::int64_t>(logits.columns())}, at::kDouble);
  std::ranges::copy(logits.values(), result.data_ptr<double>());
  return result;
}

std::vector<double> values_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().contiguous();
  const auto* begin = plain.data_ptr<double>();
  return {begin, begin + plain.numel()};
}

void check_range(double value, double low, double below, const char* field) {
  if (!(value >= low && value < below)) {
    const std::string range =
        std::isfinite(below) ? fmt::format("from {} to below {}", low, below) : fmt::format("of {} or more", low);
    throw InputError(fmt::format("{} is out of range", value), fmt::format("train.{}", field),
                     fmt::format("give a number {}", range));
  }
}

}  // namespace

std::vector<LossDescription> losses() {
  std::vector<LossDescription> descriptions;
  for (const Registered& one : registered()) {
    descriptions.push_back(one.description);
  }
  return descriptions;
}

void LossOptions::check() const {
  const std::vector<std::string> names = loss_names();
  if (std::ranges::find(names, name) == names.end()) {
    throw InputError(fmt::format("there is no loss '{}'{}", name, did_you_mean(name, names)), "train.loss",
                     fmt::format("choose one of {}", joined(names, ", ")));
  }
  check_range(weight_cap, 1, INFINITY, "weight_cap");
  check_range(focal_gamma, 0, INFINITY, "focal_gamma");
  check_range(gamma_positive, 0, INFINITY, "gamma_positive");
  if (gamma_negative != 0) {  // between 0 and 1 its derivative is infinite where the shift ends
    check_range(gamma_negative, 1, INFINITY, "gamma_negative");
  }
  check_range(probability_shift, 0, 1, "probability_shift");
  check_range(effective_beta, 0, 1, "effective_beta");
  check_range(largest_margin, 0, INFINITY, "largest_margin");
  if (!(reweight_after >= 0 && reweight_after <= 1)) {
    throw InputError(fmt::format("{} is out of range", reweight_after), "train.reweight_after",
                     "give a share of the epochs, 0 to 1");
  }
}

LabelLoss label_loss(const LossOptions& options, MatrixView<const Label> training_labels) {
  options.check();
  const std::vector<ClassCounts> counts = counts_of(training_labels);
  return {.options = options,
          .positive_weights = positive_weights(counts, options.weight_cap),
          .class_weights = balanced_weights(counts, options.effective_beta),
          .margins = margins(counts, options.largest_margin)};
}

bool reweights_in(const LossOptions& options, std::size_t epoch, std::size_t epochs) {
  return static_cast<double>(epoch) > options.reweight_after * static_cast<double>(epochs);
}

at::Tensor loss_of_labels(const LabelLoss& loss, const at::Tensor& logits, const at::Tensor& targets) {
  const auto& all = registered();
  const auto found =
      std::ranges::find_if(all, [&](const Registered& one) { return one.description.name == loss.options.name; });
  NIWAKI_CHECK(found != all.end(), "no loss '{}'", loss.options.name);
  return found->function(loss, logits, targets);
}

LossSum total_loss(const LabelLoss& loss, MatrixView<const float> logits, MatrixView<const Label> labels) {
  const c10::NoGradGuard no_gradient;
  const auto [targets, known] = tensors_of(labels);
  const at::Tensor values = at::mul(loss_of_labels(loss, doubles_of(logits), targets), known);
  return {.sum = values.sum().item<double>(), .known = known.sum().item<double>()};
}

LossValues loss_values(const LabelLoss& loss, MatrixView<const float> logits, MatrixView<const Label> labels) {
  const c10::AutoGradMode with_gradient(true);
  const auto [targets, known] = tensors_of(labels);
  at::Tensor leaf = doubles_of(logits);
  leaf.set_requires_grad(true);
  const at::Tensor values = at::mul(loss_of_labels(loss, leaf, targets), known);
  values.sum().backward();
  return {.values = values_of(values), .derivatives = values_of(leaf.grad())};
}

}  // namespace niwaki
