#pragma once

#include <functional>

namespace niwaki {

/// What main() of a small program beside niwaki (a bench, an experiment) returns: what `run` says, or `failed` where it
/// throws, with the message on standard error.
int exit_code_of(const std::function<int()>& run, int failed = 1);

}  // namespace niwaki
