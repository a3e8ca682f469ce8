#include "niwaki/cli/picture_options.hpp"

#include <vector>

#include <CLI/CLI.hpp>

#include "niwaki/core/error.hpp"
#include "niwaki/core/text.hpp"

namespace niwaki {
namespace {

std::vector<float> numbers(const std::string& text, const char* option) {
  std::vector<float> values;
  for (const std::string& part : split(text, ',')) {
    const auto number = parse_number(part);
    if (!number) {
      throw UsageError(fmt::format("'{}' is not a number", part), option, "give one number a channel, commas between");
    }
    values.push_back(static_cast<float>(*number));
  }
  return values;
}

std::size_t pixels(const std::string& text) {
  const auto number = parse_integer(text);
  if (!number || *number < 1) {
    throw UsageError(fmt::format("'{}' is not a size", text), "--size", "give pixels: 224, or height x width: 224x320");
  }
  return static_cast<std::size_t>(*number);
}

}  // namespace

void WindowOption::add_to(CLI::App& verb) {
  verb.add_option("--window", windows,
                  "DICOM: windows tried in this order, commas between: first, full-range, min-max, or a window's name")
      ->capture_default_str();
}

ImageReadOptions WindowOption::read_options() const {
  ImageReadOptions options{.windows = {}};
  for (const std::string& window : split(windows, ',')) {
    options.windows.emplace_back(trimmed(window));
  }
  options.check();
  return options;
}

void BadImageOptions::add_to(CLI::App& verb) {
  verb.add_option("--bad-images", policy.action, "stop at pictures that cannot be used, or leave-out: count them")
      ->capture_default_str();
  verb.add_option("--bad-images-limit", policy.limit, "Share of the images that may be left out at most")
      ->capture_default_str();
}

void PictureOptions::add_to(CLI::App& verb) {
  window.add_to(verb);
  verb.add_option("--size", size, "Pixels a side that pictures are resized to, or HEIGHTxWIDTH (else: the network's)");
  verb.add_option("--mean", mean, "Of values in [0, 1], one number a channel: 0.485,0.456,0.406 (else: the network's)");
  verb.add_option("--deviation", deviation, "The same: 0.229,0.224,0.225 (else: the network's)");
}

PictureOptions::Given PictureOptions::given() const {
  Given result;
  if (!size.empty()) {
    const std::vector<std::string> sides = split(size, 'x');
    result.height = pixels(sides.front());
    result.width = pixels(sides.back());
  }
  if (!mean.empty()) {
    result.mean = numbers(mean, "--mean");
  }
  if (!deviation.empty()) {
    result.deviation = numbers(deviation, "--deviation");
  }
  return result;
}

ModelDescription PictureOptions::description() const {
  const Given said = given();
  ModelDescription result{
      .classes = {}, .height = {}, .width = {}, .mean = said.mean, .deviation = said.deviation, .outputs = {}};
  if (!size.empty()) {
    result.height = said.height;
    result.width = said.width;
  }
  return result;
}

Preprocessing PictureOptions::preprocessing_of(const Graph& graph, const std::string& model) const {
  if (!graph.preprocessing && (size.empty() || mean.empty() || deviation.empty())) {
    throw InputError("the network does not say how pictures become its input", model,
                     "give --size, --mean and --deviation as it was trained with, or add the metadata niwaki.channels, "
                     ".height, .width, .mean, .deviation (docs/models.md), or give --input");
  }
  Preprocessing result = graph.preprocessing.value_or(Preprocessing{});
  result.channels = graph.preprocessing ? result.channels : input_channels(graph);
  const Given said = given();
  if (!size.empty()) {
    result.height = said.height;
    result.width = said.width;
  }
  result.mean = mean.empty() ? result.mean : said.mean;
  result.deviation = deviation.empty() ? result.deviation : said.deviation;
  result.check();
  return result;
}

}  // namespace niwaki
