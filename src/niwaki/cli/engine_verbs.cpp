#include "niwaki/cli/verbs.hpp"

namespace niwaki {

void add_engine_verbs(CLI::App& program) {
  add_bench_verb(program);
  add_guard_verb(program);
  add_predict_verb(program);
}

}  // namespace niwaki
