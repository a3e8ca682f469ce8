#pragma once

namespace niwaki {

/// The programs beside `niwaki`: `niwaki-engine`, and `niwaki-networks`, which holds every verb.
enum class OtherProgram { kEngine, kNetworks };

/// Puts another program in this one's place, with the same command line, and does not return. Throws MachineError where
/// it is not there or does not start.
///
/// `niwaki-networks` gets OpenMP's threads to sleep after less than 0.1 ms of waiting. By default they
/// spin for milliseconds, on processors that the loader's threads, or other programs, could use. libgomp reads this
/// from the environment before main() begins, so here, before that program starts, is the place to set it. Left as it
/// is where the user has set GOMP_SPINCOUNT or OMP_WAIT_POLICY.
[[noreturn]] void become_other_program(OtherProgram other, char** argv);

}  // namespace niwaki
