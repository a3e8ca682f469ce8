#include "niwaki/study/own_model/description.hpp"

#include <algorithm>
#include <set>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "niwaki/cohort/class_names.hpp"
#include "niwaki/core/atomic_file.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"
#include "niwaki/model/onnx.hpp"

namespace niwaki {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestSideCar = std::size_t{1} << 20;

/// One value of a side-car; refuses by line.
struct SideCarValue {
  const toml::node& node;
  const std::string& key;
  const std::string& path;

  [[noreturn]] void refuse(const char* wanted) const {
    throw InputError(fmt::format("'{}' is of the wrong kind", key),
                     fmt::format("{}, line {}", path, node.source().begin.line), fmt::format("give {}", wanted));
  }
  [[nodiscard]] std::size_t pixels() const {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > 100'000) {
      refuse("a number of pixels");
    }
    return static_cast<std::size_t>(*value);
  }
  [[nodiscard]] std::string text() const {
    const auto value = node.value_exact<std::string>();
    if (!value) {
      refuse("a text in quotes");
    }
    return *value;
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> values;
    for (const toml::node& element : list("a list of names in quotes")) {
      values.push_back(SideCarValue{element, key, path}.text());
    }
    return values;
  }
  [[nodiscard]] std::vector<float> numbers() const {
    std::vector<float> values;
    for (const toml::node& element : list("a list of numbers, one a channel")) {
      const auto value = element.value<double>();
      if (!element.is_number() || !value) {
        refuse("a list of numbers, one a channel");
      }
      values.push_back(static_cast<float>(*value));
    }
    return values;
  }

 private:
  [[nodiscard]] const toml::array& list(const char* wanted) const {
    const toml::array* const array = node.as_array();
    if (array == nullptr) {
      refuse(wanted);
    }
    return *array;
  }
};

void take(const SideCarValue& value, ModelDescription& description) {
  const std::vector<std::string> keys = {"classes", "height", "width", "size", "mean", "deviation", "outputs"};
  if (value.key == "classes") {
    description.classes = value.texts();
  } else if (value.key == "size") {
    description.height = description.width = value.pixels();
  } else if (value.key == "height") {
    description.height = value.pixels();
  } else if (value.key == "width") {
    description.width = value.pixels();
  } else if (value.key == "mean") {
    description.mean = value.numbers();
  } else if (value.key == "deviation") {
    description.deviation = value.numbers();
  } else if (value.key == "outputs") {
    description.outputs = value.text();
  } else {
    throw InputError(fmt::format("there is no key '{}'{}", value.key, did_you_mean(value.key, keys)),
                     fmt::format("{}, line {}", value.path, value.node.source().begin.line),
                     fmt::format("a description of a network has {}", joined(keys, ", ")));
  }
}

/// All that nobody says.
std::vector<std::string> missing_parts(const Graph& graph, const ModelDescription& description) {
  std::vector<std::string> missing;
  if (graph.classes.empty() && description.classes.empty()) {
    missing.emplace_back("classes");
  }
  if (!graph.preprocessing) {
    if (!description.height || !description.width) {
      missing.emplace_back("size");
    }
    if (description.mean.empty()) {
      missing.emplace_back("mean");
    }
    if (description.deviation.empty()) {
      missing.emplace_back("deviation");
    }
  }
  return missing;
}

void check_classes(const Graph& graph, const std::string& source) {
  const std::size_t outputs = class_count(graph);
  if (graph.classes.size() != outputs) {
    throw InputError(fmt::format("{} class names for {} outputs", graph.classes.size(), outputs), source,
                     "name each output once, in the network's order");
  }
  std::set<std::string> names;
  for (const std::string& name : graph.classes) {
    if (!names.insert(comparable_class_name(name)).second) {
      throw InputError(fmt::format("the class '{}' is named twice", name), source, "name each output once");
    }
  }
}

/// The network without the Sigmoid at its end.
void take_off_sigmoid(Graph& graph) {
  const auto last = std::ranges::find(graph.nodes, graph.output, &Node::output);
  graph.output = last->inputs[0];
  graph.nodes.erase(last);
  check(graph);
}

void settle_outputs(DescribedModel& model, const std::string& outputs, const std::string& source) {
  if (!outputs.empty() && outputs != "logits" && outputs != "probabilities") {
    throw InputError(fmt::format("'{}' is no kind of output", outputs), source, "choose logits or probabilities");
  }
  const bool sigmoid = ends_in_sigmoid(model.graph);
  if (outputs == "logits" && sigmoid) {
    throw InputError("the outputs are said to be logits, but the network ends in a Sigmoid", source,
                     "say probabilities, or nothing: the Sigmoid is then taken off");
  }
  if (outputs == "probabilities" && !sigmoid) {
    throw InputError("the outputs are said to be probabilities, but no Sigmoid stands at the network's end", source,
                     "export the network so that it gives logits: pruned networks are compared by those");
  }
  if (sigmoid) {
    take_off_sigmoid(model.graph);
    model.notes.emplace_back("the Sigmoid at the network's end was taken off, so that it gives logits");
  }
}

}  // namespace

fs::path side_car_path(const fs::path& model) {
  fs::path path = model;
  if (path.extension() == ".zst") {
    path.replace_extension();
  }
  return path.replace_extension(".toml");
}

ModelDescription read_side_car(const fs::path& path) {
  ModelDescription description;
  const std::string source = path.string();
  try {
    const toml::table table = toml::parse(read_file(path, kLargestSideCar));
    for (const auto& [name, value] : table) {
      const std::string key(name.str());
      take({value, key, source}, description);
    }
  } catch (const toml::parse_error& error) {
    throw InputError(fmt::format("this is not TOML ({})", error.description()),
                     fmt::format("{}, line {}", source, error.source().begin.line), "mend the line");
  }
  return description;
}

ModelDescription combined(const ModelDescription& over, const ModelDescription& under) {
  ModelDescription result = over;
  if (result.classes.empty()) {
    result.classes = under.classes;
  }
  if (!result.height) {
    result.height = under.height;
  }
  if (!result.width) {
    result.width = under.width;
  }
  if (result.mean.empty()) {
    result.mean = under.mean;
  }
  if (result.deviation.empty()) {
    result.deviation = under.deviation;
  }
  if (result.outputs.empty()) {
    result.outputs = under.outputs;
  }
  return result;
}

DescribedModel described_model(Graph graph, const ModelDescription& description, const std::string& source) {
  const std::vector<std::string> missing = missing_parts(graph, description);
  if (!missing.empty()) {
    throw InputError(fmt::format("nobody says the network's {}", joined(missing, ", ")), source,
                     fmt::format("write them into {}, or give {}: nothing is guessed",
                                 side_car_path(source).filename().string(), "--" + joined(missing, ", --")));
  }
  Preprocessing input = graph.preprocessing.value_or(Preprocessing{});
  input.channels = graph.preprocessing ? input.channels : input_channels(graph);
  input.height = description.height.value_or(input.height);
  input.width = description.width.value_or(input.width);
  input.mean = description.mean.empty() ? input.mean : description.mean;
  input.deviation = description.deviation.empty() ? input.deviation : description.deviation;
  input.check();
  graph.preprocessing = input;
  if (!description.classes.empty()) {
    graph.classes = description.classes;
  }
  DescribedModel model{std::move(graph), {}};
  check_classes(model.graph, source);
  settle_outputs(model, description.outputs, source);
  return model;
}

}  // namespace niwaki
