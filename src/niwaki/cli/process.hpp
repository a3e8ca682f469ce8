#pragma once

namespace niwaki {

/// Puts `niwaki-networks`, the program beside this one that holds every verb, in this program's place, with the same
/// command line, and does not return. Throws MachineError where it is not there or does not start.
///
/// It has OpenMP's threads sleep after less than 0.1 ms of waiting. By default they
/// spin for milliseconds, on processors that the loader's threads, or other programs, could use. libgomp reads this
/// from the environment before main() begins, so here, before that program starts, is the place to set it. Left as it
/// is where the user has set GOMP_SPINCOUNT or OMP_WAIT_POLICY.
[[noreturn]] void become_networks_program(char** argv);

}  // namespace niwaki
