#include "niwaki/prune/channel_groups.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "niwaki/core/error.hpp"

namespace niwaki {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

[[noreturn]] void refuse(const Node& node, const std::string& problem) {
  throw InputError(fmt::format("channels cannot be followed: {}", problem),
                   fmt::format("node '{}' ({})", node.name, operator_name(node.operation)),
                   "prune single weights of this network, such as by l1");
}

/// Which labels stand for one group: a forest with path halving, the smaller label the root.
class Union {
 public:
  std::size_t fresh() {
    parents_.push_back(parents_.size());
    return parents_.back();
  }
  std::size_t root(std::size_t label) {
    while (parents_[label] != label) {
      parents_[label] = parents_[parents_[label]];
      label = parents_[label];
    }
    return label;
  }
  void unite(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    parents_[std::max(a, b)] = std::min(a, b);
  }
  [[nodiscard]] std::size_t size() const { return parents_.size(); }

 private:
  std::vector<std::size_t> parents_;
};

using Labels = std::vector<std::size_t>;

/// The labels of a value's channels. Of a flattened one, each stands for as many features in a row as the channel had
/// positions: how many is known where a linear layer reads them.
struct Channels {
  Labels labels;
  bool flat = false;
};

std::size_t length(const Tensor& tensor, std::size_t axis) {
  return static_cast<std::size_t>(tensor.shape[axis]);
}

/// Walks the nodes in order, each visit giving the channels of what the node makes.
class Follower {
 public:
  explicit Follower(const Graph& graph) : graph_(graph) {}

  ChannelGroups run() {
    follow_input();
    for (const Node& node : graph_.nodes) {
      node_ = &node;
      Channels made = std::visit(*this, node.operation);
      values_[node.output] = std::move(made);
    }
    const Labels& logits = values_.at(graph_.output).labels;
    fixed_.insert(fixed_.end(), logits.begin(), logits.end());
    return numbered();
  }

  Channels operator()(const Convolution& convolution) {
    const Tensor& weight = graph_.tensor(node_->inputs[1]);
    const Labels& read = image(0).labels;
    const auto groups = static_cast<std::size_t>(std::max<std::int64_t>(convolution.groups, 0));
    if (groups == 0 || read.size() != length(weight, 1) * groups || length(weight, 0) % groups != 0) {
      refuse(*node_, fmt::format("{} channels come in where {} x {} are wanted", read.size(), weight.shape[1], groups));
    }
    Labels made = fresh(length(weight, 0));
    if (groups == 1) {
      label_axis(node_->inputs[1], 1, read);
    } else {
      label_nothing(node_->inputs[1]);
      tie_groups(groups, read, made);
    }
    label_filters(made);
    return {std::move(made), false};
  }
  Channels operator()(const Linear&) {
    const Channels& x = value(0);
    const Tensor& weight = graph_.tensor(node_->inputs[1]);
    if (!x.flat) {
      refuse(*node_, "an image comes in that is not flattened");
    }
    label_axis(node_->inputs[1], 1, spread(x.labels, length(weight, 1)));
    Labels made = fresh(length(weight, 0));
    label_filters(made);
    return {std::move(made), true};
  }
  Channels operator()(const BatchNormalization&) {
    const Channels& x = image(0);
    for (std::size_t i = 1; i < node_->inputs.size(); ++i) {
      label_axis(node_->inputs[i], 0, x.labels);
    }
    return x;
  }
  Channels operator()(const Add&) { return tied(); }
  Channels operator()(const Multiply&) { return tied(); }
  Channels operator()(const Concatenate&) {
    Channels joined;
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      const Labels& part = image(i).labels;
      joined.labels.insert(joined.labels.end(), part.begin(), part.end());
    }
    return joined;
  }
  Channels operator()(const Flatten&) { return {value(0).labels, true}; }
  /// Activations, pools and padding: channel by channel.
  template <typename ChannelByChannel>
  Channels operator()(const ChannelByChannel&) {
    return value(0);
  }

 private:
  Labels fresh(std::size_t count) {
    Labels labels(count);
    std::ranges::generate(labels, [&] { return union_.fresh(); });
    return labels;
  }

  void follow_input() {
    std::size_t channels = input_channels(graph_);
    for (const Node& node : graph_.nodes) {
      if (channels == 0 && std::holds_alternative<BatchNormalization>(node.operation) &&
          node.inputs[0] == graph_.input) {
        channels = length(graph_.tensor(node.inputs[1]), 0);
      }
    }
    if (channels == 0) {
      throw InputError("how many channels the input has cannot be told", fmt::format("input '{}'", graph_.input),
                       "add the metadata niwaki.channels (docs/models.md)");
    }
    values_[graph_.input] = {fresh(channels), false};
    fixed_ = values_[graph_.input].labels;
  }

  [[nodiscard]] const Channels& value(std::size_t i) const { return values_.at(node_->inputs[i]); }
  [[nodiscard]] const Channels& image(std::size_t i) const {
    if (value(i).flat) {
      refuse(*node_, "an image is wanted where flattened features come in");
    }
    return value(i);
  }

  void unite(const Labels& a, const Labels& b) {
    if (a.size() != b.size()) {
      refuse(*node_, fmt::format("{} channels meet {}", a.size(), b.size()));
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      union_.unite(a[i], b[i]);
    }
  }

  /// Each label as often in a row as its channel has positions.
  [[nodiscard]] Labels spread(const Labels& labels, std::size_t features) const {
    if (labels.empty() || features % labels.size() != 0) {
      refuse(*node_, fmt::format("{} features are no multiple of the {} channels that were flattened", features,
                                 labels.size()));
    }
    Labels result;
    result.reserve(features);
    for (const std::size_t label : labels) {
      result.insert(result.end(), features / labels.size(), label);
    }
    return result;
  }

  Channels tied() {
    const Channels& a = value(0);
    const Channels& b = value(1);
    if (a.flat != b.flat) {
      refuse(*node_, "an image meets flattened features");
    }
    const std::size_t most = std::max(a.labels.size(), b.labels.size());
    Labels labels = a.flat ? spread(a.labels, most) : a.labels;
    unite(labels, b.flat ? spread(b.labels, most) : b.labels);
    return {std::move(labels), a.flat};
  }

  /// What a group reads and makes is one.
  void tie_groups(std::size_t groups, const Labels& read, const Labels& made) {
    const std::size_t in = read.size() / groups;
    const std::size_t out = made.size() / groups;
    for (std::size_t i = 0; i < read.size(); ++i) {
      union_.unite(read[i / in * in], read[i]);
    }
    for (std::size_t i = 0; i < made.size(); ++i) {
      union_.unite(read[i / out * in], made[i]);
    }
  }

  void label_filters(const Labels& made) {
    for (std::size_t i = 1; i < node_->inputs.size(); ++i) {
      label_axis(node_->inputs[i], 0, made);
    }
  }

  /// A tensor that several nodes use ties their channels.
  void label_axis(const std::string& tensor, std::size_t axis, const Labels& labels) {
    if (axis == 1 && whole_.contains(tensor)) {
      refuse(*node_, fmt::format("it shares the weight '{}' with a grouped convolution", tensor));
    }
    Labels& known = axes_[tensor][axis];
    if (known.empty()) {
      known = labels;
    }
    unite(known, labels);
  }

  void label_nothing(const std::string& tensor) {
    if (const auto found = axes_.find(tensor); found != axes_.end() && !found->second[1].empty()) {
      refuse(*node_, fmt::format("it shares the weight '{}' with a convolution that is not grouped", tensor));
    }
    whole_.insert(tensor);
  }

  ChannelGroups numbered() {
    ChannelGroups result;
    std::vector<std::size_t> numbers(union_.size(), kNone);
    for (std::size_t label = 0; label < union_.size(); ++label) {
      std::size_t& number = numbers[union_.root(label)];  // a root is its set's smallest label
      if (number == kNone) {
        number = result.fixed.size();
        result.fixed.push_back(0);
      }
    }
    for (const std::size_t label : fixed_) {
      result.fixed[numbers[union_.root(label)]] = 1;
    }
    for (auto& [name, axes] : axes_) {
      for (Labels& labels : axes) {
        std::ranges::transform(labels, labels.begin(), [&](std::size_t label) { return numbers[union_.root(label)]; });
      }
    }
    result.tensors = std::move(axes_);
    return result;
  }

  const Graph& graph_;
  const Node* node_ = nullptr;
  Union union_;
  std::map<std::string, Channels> values_;
  std::map<std::string, ChannelGroups::Axes> axes_;
  std::set<std::string> whole_;  // weights of grouped convolutions
  Labels fixed_;
};

/// The indices that stay along an axis; all of them where no channels lie along it.
std::vector<std::size_t> kept_indices(const std::vector<std::size_t>& group_of, std::size_t length,
                                      const std::vector<std::uint8_t>& gone) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < length; ++i) {
    if (group_of.empty() || gone[group_of[i]] == 0) {
      kept.push_back(i);
    }
  }
  return kept;
}

Tensor cut(const Tensor& tensor, const ChannelGroups::Axes& axes, const std::vector<std::uint8_t>& gone) {
  const bool matrix = tensor.shape.size() > 1;
  const std::size_t columns = matrix ? length(tensor, 1) : 1;
  const std::vector<std::size_t> kept_rows = kept_indices(axes[0], length(tensor, 0), gone);
  const std::vector<std::size_t> kept_columns = kept_indices(axes[1], columns, gone);
  const std::size_t positions = tensor.size() / (length(tensor, 0) * columns);
  Tensor result{.shape = tensor.shape, .values = {}};
  result.shape[0] = static_cast<std::int64_t>(kept_rows.size());
  if (matrix) {
    result.shape[1] = static_cast<std::int64_t>(kept_columns.size());
  }
  result.values.reserve(kept_rows.size() * kept_columns.size() * positions);
  for (const std::size_t row : kept_rows) {
    for (const std::size_t column : kept_columns) {
      const auto first = tensor.values.begin() + static_cast<std::ptrdiff_t>((row * columns + column) * positions);
      result.values.insert(result.values.end(), first, first + static_cast<std::ptrdiff_t>(positions));
    }
  }
  return result;
}

}  // namespace

ChannelGroups channel_groups(const Graph& graph) {
  check(graph);
  if (graph.preprocessing) {
    const Preprocessing& input = *graph.preprocessing;
    infer_shapes(graph, {1, static_cast<std::int64_t>(input.channels), static_cast<std::int64_t>(input.height),
                         static_cast<std::int64_t>(input.width)});
  }
  return Follower(graph).run();
}

Graph without_groups(const Graph& graph, const ChannelGroups& groups, const std::vector<std::uint8_t>& gone) {
  NIWAKI_CHECK(gone.size() == groups.count(), "{} groups, {} decisions", groups.count(), gone.size());
  Graph result = graph;
  for (Node& node : result.nodes) {
    auto* convolution = std::get_if<Convolution>(&node.operation);
    if (convolution != nullptr && convolution->groups > 1) {
      const std::vector<std::size_t>& filters = groups.tensors.at(node.inputs[1])[0];
      const std::size_t filters_a_group = filters.size() / static_cast<std::size_t>(convolution->groups);
      const std::size_t left = kept_indices(filters, filters.size(), gone).size();
      convolution->groups = static_cast<std::int64_t>(left / filters_a_group);
    }
  }
  for (const auto& [name, axes] : groups.tensors) {
    result.tensor(name) = cut(graph.tensor(name), axes, gone);
  }
  check(result);
  return result;
}

}  // namespace niwaki
