#pragma once

namespace CLI {
class App;
}

namespace niwaki {

/// Each adds one verb (or two that share their work) to the program: its options, its help, and what it calls.
void add_audit_verb(CLI::App& program);
void add_cohort_verb(CLI::App& program);
void add_inspect_verb(CLI::App& program);
void add_predict_verb(CLI::App& program);
void add_prune_verb(CLI::App& program);
void add_readers_verb(CLI::App& program);  // readers sample, readers analyse
void add_report_verb(CLI::App& program);
void add_study_verbs(CLI::App& program);  // study and demo
void add_train_verb(CLI::App& program);

}  // namespace niwaki
