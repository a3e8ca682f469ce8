#pragma once

namespace niwaki {

/// Keeps the memory of a training step for the next one. glibc would hand the large tensors back to the kernel after
/// each step and clear every page of them again in the next. Call it first in main().
void keep_freed_memory();

/// For the verbs that run networks: has OpenMP's threads sleep after less than 0.1 ms of waiting. By default they
/// spin for milliseconds, on processors that the loader's threads, or other programs, could use. libgomp reads this
/// from the environment before main() begins, so the program starts itself anew with GOMP_SPINCOUNT set, once, and
/// does not return. Does nothing where the user has set GOMP_SPINCOUNT or OMP_WAIT_POLICY, or where a program cannot
/// start itself anew (no /proc).
void limit_openmp_spinning(int argc, char** argv);

}  // namespace niwaki
