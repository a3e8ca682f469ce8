#include "niwaki/cli/verbs.hpp"

namespace niwaki {

void add_all_verbs(CLI::App& program) {
  add_study_verbs(program);
  add_audit_model_verb(program);
  add_train_verb(program);
  add_prune_verb(program);
  add_fine_tune_verb(program);
  add_explain_verb(program);
  add_score_verbs(program);
  add_engine_verbs(program);
  add_readers_verb(program);
  add_report_verb(program);
  add_inspect_verb(program);
  add_cohort_verb(program);
}

}  // namespace niwaki
