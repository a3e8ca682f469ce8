#pragma once

namespace niwaki {

/// The whole program: parses the command line, runs the verb, and turns what goes wrong into one line on standard error
/// and an exit code (core/error.hpp).
int run_program(int argc, const char* const* argv);

}  // namespace niwaki
