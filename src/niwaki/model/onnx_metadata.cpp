#include "niwaki/model/onnx_metadata.hpp"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

constexpr std::int64_t kLongestSide = 100'000;  // pixels
constexpr const char* kChannels = "niwaki.channels";
constexpr const char* kHeight = "niwaki.height";
constexpr const char* kWidth = "niwaki.width";
constexpr const char* kMean = "niwaki.mean";
constexpr const char* kDeviation = "niwaki.deviation";
constexpr const char* kClasses = "niwaki.classes";

std::string numbers_text(const std::vector<float>& numbers) {
  return fmt::format("{}", fmt::join(numbers, ","));
}

std::string names_text(const std::vector<std::string>& names) {
  google::protobuf::ListValue list;
  for (const std::string& name : names) {
    list.add_values()->set_string_value(name);
  }
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(list, &text);
  NIWAKI_CHECK(status.ok(), "{}", status.ToString());
  return text;
}

[[noreturn]] void refuse(const std::string& key, const std::string& source, const char* wanted) {
  throw InputError(fmt::format("the metadata '{}' cannot be read", key), source, fmt::format("write {}", wanted));
}

std::vector<std::string> parse_names(const std::string& text, const std::string& source) {
  google::protobuf::ListValue list;
  if (!google::protobuf::util::JsonStringToMessage(text, &list).ok()) {
    refuse(kClasses, source, "a JSON array of class names");
  }
  std::vector<std::string> names;
  for (const auto& value : list.values()) {
    if (value.kind_case() != google::protobuf::Value::kStringValue) {
      refuse(kClasses, source, "a JSON array of class names");
    }
    names.push_back(value.string_value());
  }
  return names;
}

/// Reads and removes the keys of the preprocessing.
class PreprocessingKeys {
 public:
  PreprocessingKeys(std::map<std::string, std::string>& keys, const std::string& source)
      : keys_(keys), source_(source) {}

  std::size_t size(const char* key) {
    const auto number = parse_integer(take(key));
    if (!number || *number < 1 || *number > kLongestSide) {
      refuse(key, source_, "a whole number, 1 to 100 000");
    }
    return static_cast<std::size_t>(*number);
  }
  std::vector<float> numbers(const char* key) {
    std::vector<float> numbers;
    for (const std::string& part : split(take(key), ',')) {
      const auto number = parse_number(part);
      if (!number) {
        refuse(key, source_, "one number a channel, commas between");
      }
      numbers.push_back(static_cast<float>(*number));
    }
    return numbers;
  }

 private:
  std::string take(const char* key) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) {
      throw InputError(fmt::format("the metadata '{}' is missing beside the others of niwaki", key), source_,
                       "add it, or remove them all");
    }
    std::string value = found->second;
    keys_.erase(found);
    return value;
  }

  std::map<std::string, std::string>& keys_;
  const std::string& source_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> to_metadata(const Graph& graph) {
  std::vector<std::pair<std::string, std::string>> metadata(graph.metadata.begin(), graph.metadata.end());
  if (graph.preprocessing) {
    const Preprocessing& input = *graph.preprocessing;
    metadata.emplace_back(kChannels, std::to_string(input.channels));
    metadata.emplace_back(kHeight, std::to_string(input.height));
    metadata.emplace_back(kWidth, std::to_string(input.width));
    metadata.emplace_back(kMean, numbers_text(input.mean));
    metadata.emplace_back(kDeviation, numbers_text(input.deviation));
  }
  if (!graph.classes.empty()) {
    metadata.emplace_back(kClasses, names_text(graph.classes));
  }
  return metadata;
}

void take_metadata(Graph& graph, const std::map<std::string, std::string>& metadata, const std::string& source) {
  std::map<std::string, std::string> keys = metadata;
  if (const auto found = keys.find(kClasses); found != keys.end()) {
    graph.classes = parse_names(found->second, source);
    keys.erase(found);
  }
  bool any = false;
  for (const char* key : {kChannels, kHeight, kWidth, kMean, kDeviation}) {
    any |= keys.contains(key);
  }
  if (any) {
    PreprocessingKeys reader(keys, source);
    Preprocessing input;
    input.channels = reader.size(kChannels);
    input.height = reader.size(kHeight);
    input.width = reader.size(kWidth);
    input.mean = reader.numbers(kMean);
    input.deviation = reader.numbers(kDeviation);
    input.check();
    graph.preprocessing = input;
  }
  graph.metadata = std::move(keys);
}

}  // namespace niwaki
