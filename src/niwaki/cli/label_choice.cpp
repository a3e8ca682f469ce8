#include "niwaki/cli/label_choice.hpp"

#include <utility>

#include <CLI/CLI.hpp>

namespace niwaki {

void LabelChoice::add_to(CLI::App& verb) {
  verb.add_option("--label-format", format, "auto, niwaki, nih, nih-cxr-lt, mimic-cxr-lt, chexpert, mimic-cxr")
      ->capture_default_str();
  verb.add_option("--uncertain", uncertain, "What labels of -1 become: negative, positive or unknown")
      ->capture_default_str();
  verb.add_option("--blank", blank, "What empty labels become: negative or unknown (auto: by the format)")
      ->capture_default_str();
  verb.add_option("--class-map", class_map, "What classes are called elsewhere: a TOML file, or torchxrayvision");
}

LabelOptions LabelChoice::options(std::vector<std::string> classes) const {
  LabelOptions options = label_options(format, uncertain, blank, class_map);
  options.classes = std::move(classes);
  return options;
}

}  // namespace niwaki
