#pragma once

namespace niwaki {

/// Keeps the memory of a training step, or of a score table, for the next one. glibc would hand the large blocks back
/// to the kernel after each and clear every page of them again in the next. Call it first in main().
void keep_freed_memory();

/// For the light verbs, whose memory is a few large tables for a moment: takes it in pages of 2 MiB, where the kernel
/// gives them to who asks, and from one heap for all threads. A page of 4 KiB costs more to fetch than to fill, and an
/// audit would fetch 20,000 of them. Does nothing where there are no such pages. Call it once, early.
void use_large_pages();

/// Puts `niwaki-networks`, the program beside this one that holds every verb, in this program's place, with the same
/// command line, and does not return. Throws MachineError where it is not there or does not start.
///
/// For the verbs that run networks it has OpenMP's threads sleep after less than 0.1 ms of waiting. By default they
/// spin for milliseconds, on processors that the loader's threads, or other programs, could use. libgomp reads this
/// from the environment before main() begins, so here, before that program starts, is the place to set it. Left as it
/// is where the user has set GOMP_SPINCOUNT or OMP_WAIT_POLICY.
[[noreturn]] void become_networks_program(int argc, char** argv);

}  // namespace niwaki
