// Read before every file that clang-tidy looks at, and before libtorch's headers where clang compiles (make fuzz).
// clang 14 instantiates the members of a constexpr std::vector too early for libtorch's headers, which keep vectors of
// classes that are declared and not yet defined. A vector whose members are not constexpr is left alone until it is
// used.
#pragma once

#include <memory>
#include <string>

#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 fill_bits  // declared constexpr in <string> already
#include <vector>
#undef __fill_a1
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR constexpr
