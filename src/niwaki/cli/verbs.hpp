#pragma once

#include <string_view>

namespace CLI {
class App;
}

namespace niwaki {

/// Each adds one verb (or two that share their work) to the program: its options, its help, and what it calls.
void add_audit_verb(CLI::App& program);
void add_audit_model_verb(CLI::App& program);
void add_bench_verb(CLI::App& program);
void add_certify_verb(CLI::App& program);
void add_cohort_verb(CLI::App& program);  // cohort check, cohort convert, cohort phantom
void add_exemplars_verb(CLI::App& program);
void add_explain_verb(CLI::App& program);
void add_fine_tune_verb(CLI::App& program);
void add_gate_verb(CLI::App& program);
void add_guard_verb(CLI::App& program);
void add_inspect_verb(CLI::App& program);
void add_predict_verb(CLI::App& program);
void add_prune_verb(CLI::App& program);
void add_readers_verb(CLI::App& program);  // readers sample, readers analyse
void add_report_verb(CLI::App& program);
void add_study_verbs(CLI::App& program);  // study and demo
void add_train_verb(CLI::App& program);

/// A verb that reads scores and runs no network. The program `niwaki` holds these and nothing else, so that they do not
/// wait for the loader to bring in what runs networks (docs/architecture.md, decision 9).
struct ScoreVerb {
  std::string_view name;
  void (*add)(CLI::App& program);
  bool large_heap = false;  // works in memory that it takes at once, on large pages, and never gives back
};
/// The one of this name, or none. A new one is listed in score_verbs.cpp, once.
const ScoreVerb* score_verb(std::string_view name);
void add_score_verbs(CLI::App& program);

/// A verb that runs networks by the engine alone, without libtorch: `niwaki-engine` holds these. A new one
/// is listed here and in engine_verbs.cpp.
constexpr bool is_engine_verb(std::string_view name) {
  return name == "bench" || name == "guard" || name == "predict";
}
void add_engine_verbs(CLI::App& program);

/// Every verb, in the order of the help.
void add_all_verbs(CLI::App& program);

}  // namespace niwaki
