#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace niwaki {

/// The whole program: adds the verbs, parses the command line, runs the verb, and turns what goes wrong (in adding
/// them too) into one line on standard error and an exit code (core/error.hpp).
int run_program(int argc, const char* const* argv, const std::function<void(CLI::App&)>& add_verbs);

}  // namespace niwaki
