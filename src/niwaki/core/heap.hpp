#pragma once

namespace niwaki {

/// Keeps the memory of a training step, or of a score table, for the next one. glibc would hand the large blocks back
/// to the kernel after each and clear every page of them again in the next. Call it first in main().
void keep_freed_memory();

/// For verbs whose memory is a few large tables for a moment: takes it in pages of 2 MiB, where the kernel gives them
/// to who asks, and from one heap for all threads. A page of 4 KiB costs more to fetch than to fill, and an audit would
/// fetch 20,000 of them. Does nothing where there are no such pages. Call it once, early.
void use_large_pages();

}  // namespace niwaki
