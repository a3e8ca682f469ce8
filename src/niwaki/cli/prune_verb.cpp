#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "niwaki/cli/options.hpp"
#include "niwaki/cli/sparsity_table.hpp"
#include "niwaki/cli/verbs.hpp"
#include "niwaki/core/error.hpp"
#include "niwaki/model/normalisation.hpp"
#include "niwaki/model/onnx.hpp"
#include "niwaki/prune/criterion.hpp"
#include "niwaki/prune/structure.hpp"

namespace niwaki {
namespace {

struct PruneCommand {
  CommonOptions common;
  std::string model;
  std::string method = "l1";
  std::optional<double> sparsity;
  std::string out;

  void run() const {
    common.apply();
    check_output(out, {".onnx", ".onnx.zst"});
    const double nominal = nominal_sparsity();
    const Graph dense = read_onnx(model);
    const Graph result = pruned(dense, method, nominal, RandomStream(common.seed.value_or(1), "prune/" + method, {0}));
    write_onnx(result, out);
    const SparsityReport report = measure_sparsity(result, dense);
    const std::string note = folding_note(normalisation_of(dense));
    if (common.json) {
      nlohmann::ordered_json document = sparsity_json(report);
      document["method"] = method;
      document["nominal_sparsity"] = nominal;
      document["parameters"] = {{"dense", parameter_count(dense)}, {"left", parameter_count(result)}};
      if (!note.empty()) {
        document["notes"] = {note};
      }
      print_json(document.dump(2));
      return;
    }
    print_sparsity_table(report);
    fmt::print("{}: nominal sparsity {}, actual {:.6f}; written to {}\n", method, nominal, report.sparsity(), out);
    if (parameter_count(result) < parameter_count(dense)) {
      fmt::print("{} of {} parameters are there\n", parameter_count(result), parameter_count(dense));
    }
    if (!note.empty()) {
      fmt::print("note: {}\n", note);
    }
  }

 private:
  [[nodiscard]] double nominal_sparsity() const {
    const Structure structure = structure_of(method);
    if (!sparsity && !structure.n_of_m) {
      throw UsageError("how much is to go is not said", "--sparsity", "give the share of weights, 0 to 1");
    }
    return sparsity ? *sparsity : structure.n_of_m->sparsity();
  }
};

}  // namespace

void add_prune_verb(CLI::App& program) {
  CLI::App* verb = program.add_subcommand("prune", "Take the least important weights or channels out of a network");
  const auto command = std::make_shared<PruneCommand>();
  std::string methods;
  for (const CriterionEntry& entry : criteria()) {
    methods += fmt::format("{}{}: {}", methods.empty() ? "" : "; ", entry.name, entry.description);
  }
  for (const StructureEntry& entry : structures()) {
    methods += fmt::format("; {}: {}", entry.name, entry.description);
  }
  verb->add_option("--model", command->model, "ONNX network (.onnx or .onnx.zst)")->required();
  verb->add_option("--method", command->method, methods)->capture_default_str();
  verb->add_option("--sparsity", command->sparsity, "Share of weights that go, 0 to 1; not needed for nm-N:M");
  verb->add_option("--out", command->out, "Where to write the pruned network")->required();
  command->common.add_to(*verb);
  verb->callback([command] { command->run(); });
}

}  // namespace niwaki
